//! What the API shows: shapes of JSON, and how rows become them. One direction each: rows in,
//! views out; requests in, values out.
//!
//! What does not belong here: queries, rights.

mod account;
mod camera;
mod casework;
mod delivery;
mod citizen;
mod enrolment;
mod evidence;
mod gap;
mod incident;
mod orders;
mod overdue;
mod key;
mod merging;
mod place;
mod quarantine;
mod reports;
mod seal;
mod session;
mod setup;
mod words;

pub use account::{
    AccessEntryView, AccessLogPage, AccountChange, AccountList, AccountRequest, AccountView,
    ApiKeyList, ApiKeyMade, ApiKeyRequest, ApiKeyView, PasswordRequest, ScopeView,
};
pub use camera::{AgentList, AgentView, CameraCountersView, CameraList, CameraRef, CameraView};
pub use casework::{
    CallOutcomeWord, CallRequest, CallView, CaseRows, CaseView, ClaimRequest, ClaimView,
    ComplaintRequest, GripWord, PauseRequest, RouteReasonView, RouteView, ShelfRequest, ShelfView,
    StageClockView, StepBody, StepRequest, UndoRequest, UndoableView, UrgencyRequest, UrgencyWord,
};
pub use citizen::{
    CitizenFileView, CitizenReportView, CitizenRows, ContactPurposeRequest, ContactView,
    FootageView, ReasonRequest,
};
pub use delivery::{
    AckAnswer, AckRequest, CapAckAnswer, DeliveryList, DeliveryStateWord, DeliveryView,
};
pub use enrolment::{EnrolmentAnswerView, EnrolmentRequestView};
pub use evidence::{
    CopyView, CustodyDetailView, CustodyEntryView, CustodyLog, DisclosureRequest, EvidenceView,
    PartView,
};
pub use gap::{GapLossView, GapReportList, GapReportView};
pub use incident::{
    ClockView, DecisionRequest, EventView, HeadingView, HistoryView, IncidentDetail, IncidentPage,
    IncidentSummary, IntervalView, ModelView, MovingView, RejectRequest, SpeedView, TrackView,
    detail, page, summary,
};
pub use key::{KeyEnding, KeyList, KeyRotationAnswerView, KeyRotationRequestView, KeyView};
pub use merging::{
    FindingView, IncidentRef, MergeDecisionView, MergeRequest, MergeStepView, Merging, MergingRows,
    SplitRequest, SuggestionRequest, UndoMergeRequest,
};
pub use orders::{
    ActionView, AgentClockView, AppliedView, CameraDesiredView, CandidateView, CommandList,
    CommandRequest, CommandView, DesiredBody, DesiredRequest, DesiredView, MuteView,
    RefusedKeyView, RuleChangeView, SimulationView, SpanView, agent_clock,
};
pub use overdue::{LetterList, LetterView, OverdueItemView, OverdueMonthView};
pub use place::{NormBoxView, PlaceView, PositionView};
pub use quarantine::{QuarantineList, QuarantinedView};
pub use reports::{
    AnswerRequest, AttributeValueView, AttributeView, ChannelWord, ContactRequest, FollowedStep,
    FollowedView, NearbyList, NearbyView, RatingRequest, RatingWord, ReceivedView,
    ReopenReasonWord, ReopenRequest, ReportRequest, ServiceList, ServiceView, WordsView, expected,
    lang, nearby,
};
pub use seal::{ChainFaultView, ChainSummary, ChainView, SealView};
pub use session::{LoginRequest, SessionView};
pub use setup::{
    AreasView, BulkAnswer, BulkOutcome, BulkRequest, MovedView, OverdueList, OverdueUnitView,
    PolicyView, RehearsalRequest, RehearsalView, SeenIncident, SetAreasRequest, SetPolicyRequest,
    SetupAnswer,
};
pub use words::{
    ActWord, CameraPhase, CameraReason, CameraStateWord, ClockReferenceWord, ClockSourceWord,
    ClockTrustWord, CommandStateWord, CopyStateWord, CopyWord, EvidenceKindWord, EvidenceState,
    IncidentKind, IncidentState, LivenessWord, PurposeWord, RecipientWord, RejectReasonWord,
    RoleWord, SeverityWord, UnavailableWord,
};

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

/// Reads a word of the store.
fn word<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|_| StoreError::Unreadable { table, column })
}

/// Reads a JSON column of the store.
fn json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { table, column })
}

/// Reads a time of the store.
fn time(
    microsecond: i64,
    table: &'static str,
    column: &'static str,
) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microsecond).map_err(|_| StoreError::Unreadable { table, column })
}
