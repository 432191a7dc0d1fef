//! What goes wrong with a request, and how it is told: RFC 9457 problem documents.
//!
//! A handler returns an [`ApiError`]; the middleware [`render`] writes the document, in the
//! language of the request. What the client cannot help (the store failed) is logged here, once,
//! with its causes, and told as `internal` with nothing of the inside.

use std::error::Error as StdError;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bundle::MissingField;
use jiff::Timestamp;
use notice::cap::AckFault;
use serde::Serialize;
use utoipa::ToSchema;

use contract::v1::FieldFault;

use super::catalogue::{self, Language};
use super::context::RequestId;
use super::said::Said;
use crate::dispatch::DispatchError;
use crate::export::{DisclosureError, ExportError};
use crate::login::LoginRefusal;
use crate::orders::OrderError;
use crate::people::account::{self, AccountFault};
use crate::people::api_key::{self, ApiKeyFault};
use crate::people::password;
use crate::review::setup::SetupError;
use crate::review::{MAX_NOTE_CHARS, ReviewError};
use crate::store::StoreError;

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, in the words of the API.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No session, or it is over.
    #[error("no session")]
    Unauthenticated,
    /// The role does not allow it.
    #[error("not allowed")]
    NotAllowed,
    /// The session's CSRF token is missing or wrong.
    #[error("CSRF token missing or wrong")]
    CsrfTokenInvalid,
    /// User name or password is wrong.
    #[error("wrong credentials")]
    WrongCredentials,
    /// Too many log-in attempts.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// There is no such thing, or none that this caller may know of.
    #[error("not found")]
    NotFound,
    /// The path exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body or the query is not what the API describes.
    #[error("invalid request: {0}")]
    InvalidRequest(String),
    /// The request will not do; the sentence says why.
    #[error("invalid request")]
    Invalid(Said),
    /// Fields that will not do, each with what is wrong.
    #[error("fields will not do")]
    InvalidFields(Vec<FieldProblemView>),
    /// The body's media type is another.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// The body is too large.
    #[error("body too large")]
    BodyTooLarge,
    /// The request took too long.
    #[error("timeout")]
    Timeout,
    /// The incident has moved on.
    #[error("stale version")]
    StaleVersion {
        /// The version it stands at.
        current: i64,
    },
    /// The desired state has moved on.
    #[error("stale desired state")]
    StaleDesired {
        /// The version it stands at.
        current: u64,
    },
    /// The life of a case does not allow it; the word says why.
    #[error("transition refused: {0}")]
    TransitionRefused(&'static str),
    /// Somebody else holds the incident.
    #[error("claimed by another")]
    ClaimedByAnother {
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// The document has moved on.
    #[error("stale document")]
    StaleDocument {
        /// The version it stands at.
        current: i64,
    },
    /// Merging does not allow it; the word says why.
    #[error("merge refused: {0}")]
    MergeRefused(&'static str),
    /// The requested range lies outside.
    #[error("range not satisfiable")]
    RangeNotSatisfiable {
        /// The length of the whole.
        length: u64,
    },
    /// The one-time token is unknown, used or past its time.
    #[error("enrolment token invalid")]
    EnrolmentTokenInvalid,
    /// A change of key is not signed as it must be.
    #[error("key rotation refused")]
    KeyRotationRefused,
    /// The public key belongs to another agent, or was used before.
    #[error("enrolment key in use")]
    EnrolmentKeyInUse,
    /// The upload token is unknown or revoked.
    #[error("upload token invalid")]
    UploadTokenInvalid,
    /// The token of a message or a feed is missing or wrong.
    #[error("token invalid")]
    TokenInvalid,
    /// A message to a unit cannot be sent again from where it stands.
    #[error("delivery not replayable")]
    DeliveryNotReplayable,
    /// The bytes do not begin where the stored ones end.
    #[error("upload offset mismatch")]
    UploadOffsetMismatch {
        /// Where the next byte belongs.
        offset: u64,
    },
    /// All bytes came, and their hash is another.
    #[error("upload hash mismatch")]
    UploadHashMismatch,
    /// Mandatory fields of a bundle are missing.
    #[error("bundle incomplete")]
    BundleIncomplete(Vec<MissingField>),
    /// No bundle can be made of the event now; the text says why.
    #[error("bundle unavailable")]
    BundleUnavailable(Said),
    /// There is no redacted copy to give out; the text says where it stands.
    #[error("copy unavailable")]
    CopyUnavailable(Said),
    /// It is seen masked, and the masked copy is not there yet; the text says where it stands.
    #[error("masked: {0}")]
    Masked(String),
    /// No account can be made or changed so; the word says why.
    #[error("account refused: {0}")]
    AccountRefused(&'static str),
    /// The bundle was released and cannot change any more.
    #[error("bundle released")]
    BundleReleased,
    /// Too many reports, or looks at codes, from one address or for one contact.
    #[error("too many reports")]
    TooManyReports {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Another report was sent under the same key.
    #[error("report key in use")]
    ReportKeyInUse,
    /// A report that has not come to its end cannot be rated.
    #[error("report not over")]
    ReportNotOver,
    /// A report is held; the text says why.
    #[error("report held: {0}")]
    ReportHeld(String),
    /// The server's disk is full.
    #[error("disk full")]
    DiskFull,
    /// The server has no room now.
    #[error("unavailable")]
    Unavailable,
    /// Anything the client cannot help.
    #[error("internal error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

/// Every code, for the catalogue's test.
#[cfg(test)]
pub(super) const CODES: [&str; 40] = [
    "claimed_by_another",
    "stale_document",
    "unauthenticated",
    "not_allowed",
    "csrf_token_invalid",
    "wrong_credentials",
    "too_many_attempts",
    "not_found",
    "method_not_allowed",
    "invalid_request",
    "invalid_fields",
    "unsupported_media_type",
    "body_too_large",
    "timeout",
    "stale_version",
    "stale_desired",
    "transition_refused",
    "merge_refused",
    "range_not_satisfiable",
    "enrolment_token_invalid",
    "enrolment_key_in_use",
    "key_rotation_refused",
    "upload_token_invalid",
    "token_invalid",
    "delivery_not_replayable",
    "upload_offset_mismatch",
    "upload_hash_mismatch",
    "bundle_incomplete",
    "bundle_unavailable",
    "bundle_released",
    "copy_unavailable",
    "masked",
    "account_refused",
    "too_many_reports",
    "report_key_in_use",
    "report_not_over",
    "report_held",
    "disk_full",
    "unavailable",
    "internal",
];

/// Every detail that is translated, for the catalogue's test.
#[cfg(test)]
pub(super) const DETAILS: [&str; 32] = [
    "not_a_person",
    "not_this_role",
    "not_your_unit",
    "not_from_here",
    "eligibility_first",
    "approval_first",
    "note_missing",
    "no_such_unit",
    "not_below",
    "lead_supports",
    "too_late",
    "review_in_the_past",
    "step_moved_on",
    "step_not_yours",
    "step_too_late",
    "step_told",
    "nothing_to_undo",
    "would_go_to_accused",
    "shelf_no_reason",
    "shelf_bad_length",
    "shelf_fire",
    "merge_itself",
    "merge_inside",
    "split_not_here",
    "split_nothing_left",
    "undo_already",
    "undo_merged_further",
    "undo_moved_on",
    "undo_decided_since",
    "no_longer_suggested",
    "username_taken",
    "own_account",
];

impl ApiError {
    /// An error of the inside.
    pub fn internal(error: impl StdError + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }

    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::NotAllowed => "not_allowed",
            Self::CsrfTokenInvalid => "csrf_token_invalid",
            Self::WrongCredentials => "wrong_credentials",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InvalidRequest(_) | Self::Invalid(_) => "invalid_request",
            Self::InvalidFields(_) => "invalid_fields",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::BodyTooLarge => "body_too_large",
            Self::Timeout => "timeout",
            Self::StaleVersion { .. } => "stale_version",
            Self::StaleDesired { .. } => "stale_desired",
            Self::TransitionRefused(_) => "transition_refused",
            Self::ClaimedByAnother { .. } => "claimed_by_another",
            Self::StaleDocument { .. } => "stale_document",
            Self::MergeRefused(_) => "merge_refused",
            Self::RangeNotSatisfiable { .. } => "range_not_satisfiable",
            Self::EnrolmentTokenInvalid => "enrolment_token_invalid",
            Self::EnrolmentKeyInUse => "enrolment_key_in_use",
            Self::KeyRotationRefused => "key_rotation_refused",
            Self::UploadTokenInvalid => "upload_token_invalid",
            Self::TokenInvalid => "token_invalid",
            Self::DeliveryNotReplayable => "delivery_not_replayable",
            Self::UploadOffsetMismatch { .. } => "upload_offset_mismatch",
            Self::UploadHashMismatch => "upload_hash_mismatch",
            Self::BundleIncomplete(_) => "bundle_incomplete",
            Self::BundleUnavailable(_) => "bundle_unavailable",
            Self::BundleReleased => "bundle_released",
            Self::CopyUnavailable(_) => "copy_unavailable",
            Self::Masked(_) => "masked",
            Self::AccountRefused(_) => "account_refused",
            Self::TooManyReports { .. } => "too_many_reports",
            Self::ReportKeyInUse => "report_key_in_use",
            Self::ReportNotOver => "report_not_over",
            Self::ReportHeld(_) => "report_held",
            Self::DiskFull => "disk_full",
            Self::Unavailable => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated
            | Self::WrongCredentials
            | Self::UploadTokenInvalid
            | Self::TokenInvalid => StatusCode::UNAUTHORIZED,
            Self::NotAllowed
            | Self::CsrfTokenInvalid
            | Self::EnrolmentTokenInvalid
            | Self::KeyRotationRefused => StatusCode::FORBIDDEN,
            Self::TooManyAttempts { .. } | Self::TooManyReports { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidRequest(_) | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::StaleVersion { .. }
            | Self::StaleDesired { .. }
            | Self::TransitionRefused(_)
            | Self::ClaimedByAnother { .. }
            | Self::StaleDocument { .. }
            | Self::MergeRefused(_)
            | Self::EnrolmentKeyInUse
            | Self::ReportKeyInUse
            | Self::ReportNotOver
            | Self::ReportHeld(_)
            | Self::BundleIncomplete(_)
            | Self::BundleUnavailable(_)
            | Self::BundleReleased
            | Self::CopyUnavailable(_)
            | Self::Masked(_)
            | Self::AccountRefused(_)
            | Self::DeliveryNotReplayable
            | Self::UploadOffsetMismatch { .. } => StatusCode::CONFLICT,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::UploadHashMismatch | Self::InvalidFields(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::DiskFull | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Why it was refused, as a word, where the code alone does not say.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::TransitionRefused(word) | Self::MergeRefused(word) => Some(word),
            _ => None,
        }
    }

    fn detail(&self) -> Option<Detail> {
        match self {
            Self::InvalidRequest(problem) => Some(Detail::Said(
                Said::new("unreadable").with("problem", problem),
            )),
            Self::Invalid(said) | Self::BundleUnavailable(said) | Self::CopyUnavailable(said) => {
                Some(Detail::Said(said.clone()))
            }
            Self::Masked(reason) => Some(Detail::Said(Said::new("masked").with("reason", reason))),
            Self::BundleIncomplete(fields) => Some(Detail::Fields(fields.clone())),
            Self::TransitionRefused(word)
            | Self::MergeRefused(word)
            | Self::AccountRefused(word) => Some(Detail::Word(word)),
            Self::ClaimedByAnother { by, until } => Some(Detail::Said(
                Said::new("claimed_until")
                    .with("by", by)
                    .with("until", until),
            )),
            _ => None,
        }
    }

    /// Headers that belong to the answer.
    fn headers(&self) -> Option<(header::HeaderName, String)> {
        match self {
            Self::TooManyAttempts { retry_after } | Self::TooManyReports { retry_after } => Some((
                header::RETRY_AFTER,
                retry_after.as_secs().max(1).to_string(),
            )),
            Self::Unavailable => Some((header::RETRY_AFTER, "5".to_owned())),
            Self::RangeNotSatisfiable { length } => {
                Some((header::CONTENT_RANGE, format!("bytes */{length}")))
            }
            Self::UploadOffsetMismatch { offset } => Some((
                header::HeaderName::from_static("upload-offset"),
                offset.to_string(),
            )),
            Self::UploadTokenInvalid | Self::TokenInvalid => {
                Some((header::WWW_AUTHENTICATE, "Bearer".to_owned()))
            }
            _ => None,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<ReviewError> for ApiError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::NotFound => Self::NotFound,
            ReviewError::Stale { current } => Self::StaleVersion { current },
            ReviewError::Refused(refusal) => Self::TransitionRefused(refusal.as_str()),
            ReviewError::NotUndone(refusal) => Self::TransitionRefused(refusal.as_str()),
            ReviewError::NothingToUndo => Self::TransitionRefused("nothing_to_undo"),
            ReviewError::NotShelved(refusal) => Self::TransitionRefused(refusal.as_str()),
            ReviewError::WouldGoToAccused => Self::TransitionRefused("would_go_to_accused"),
            ReviewError::Held(held) => Self::ClaimedByAnother {
                by: held.by,
                until: held.until,
            },
            ReviewError::NotMerged(refusal) => Self::MergeRefused(refusal.as_str()),
            ReviewError::NoLongerSuggested => Self::MergeRefused("no_longer_suggested"),
            ReviewError::NoteTooLong => Self::Invalid(note_too_long()),
            ReviewError::Store(error) => error.into(),
        }
    }
}

impl From<SetupError> for ApiError {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Policy(_) | SetupError::Areas(_) => Self::InvalidRequest(chain(&error)),
            SetupError::Stale { current } => Self::StaleDocument { current },
            SetupError::Store(error) => error.into(),
        }
    }
}

impl From<DisclosureError> for ApiError {
    fn from(error: DisclosureError) -> Self {
        match error {
            DisclosureError::NotFound => Self::NotFound,
            DisclosureError::NoRedactedCopy(reason) => {
                Self::CopyUnavailable(Said::new("no_redacted_copy").with("reason", reason))
            }
            DisclosureError::NoPicture => Self::Invalid(Said::new("no_picture")),
            DisclosureError::NoteTooLong => Self::Invalid(note_too_long()),
            DisclosureError::Store(error) => error.into(),
        }
    }
}

impl From<DispatchError> for ApiError {
    fn from(error: DispatchError) -> Self {
        match error {
            DispatchError::NotFound => Self::NotFound,
            DispatchError::NotReplayable(_) => Self::DeliveryNotReplayable,
            DispatchError::Ack(fault) => match fault {
                AckFault::Missing(element) => {
                    Self::InvalidFields(vec![FieldProblemView::of_word(element, "missing")])
                }
                AckFault::Bad(element) => {
                    Self::InvalidFields(vec![FieldProblemView::unreadable(element.to_owned())])
                }
                AckFault::DocumentType => Self::Invalid(Said::new("no_doctype")),
                AckFault::NoText | AckFault::Malformed | AckFault::NotCap => {
                    Self::Invalid(Said::new("no_cap"))
                }
            },
            DispatchError::Store(error) => error.into(),
        }
    }
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::NoSuchAgent => Self::NotFound,
            OrderError::Fields(faults) => {
                Self::InvalidFields(faults.into_iter().map(FieldProblemView::from).collect())
            }
            OrderError::Stale { current } => Self::StaleDesired { current },
            OrderError::Store(error) => error.into(),
        }
    }
}

/// A field that will not do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldProblemView {
    /// The field's path.
    #[schema(example = "cameras.cam-1.masks[0]")]
    pub field: String,
    /// What is wrong with it, as a word.
    #[schema(example = "self_intersecting")]
    pub problem: &'static str,
    /// What is wrong with it, in the language of the request.
    pub message: &'static str,
}

impl FieldProblemView {
    /// A field and the word of what is wrong with it, which the catalogue knows.
    #[must_use]
    pub fn of_word(field: &str, problem: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            problem,
            message: "",
        }
    }

    /// A field that is not of the shape the API describes.
    #[must_use]
    pub const fn unreadable(field: String) -> Self {
        Self {
            field,
            problem: "unreadable",
            message: "",
        }
    }
}

impl From<FieldFault> for FieldProblemView {
    fn from(fault: FieldFault) -> Self {
        Self {
            field: fault.field,
            problem: fault.problem.as_str(),
            message: "",
        }
    }
}

impl From<AccountFault> for ApiError {
    fn from(fault: AccountFault) -> Self {
        Self::Invalid(match fault {
            AccountFault::Username => Said::new("no_username"),
            AccountFault::DisplayName => {
                Said::new("no_display_name").with("most", account::MAX_DISPLAY_NAME_CHARS)
            }
            AccountFault::Password => Said::new("password_length")
                .with("least", password::MIN_BYTES)
                .with("most", password::MAX_BYTES),
            AccountFault::Hash(_) => return Self::internal(fault),
        })
    }
}

impl From<ApiKeyFault> for ApiError {
    fn from(fault: ApiKeyFault) -> Self {
        Self::Invalid(match fault {
            ApiKeyFault::Name => Said::new("no_key_name").with("most", api_key::MAX_NAME_CHARS),
            ApiKeyFault::NoRight => Said::new("key_without_right"),
            ApiKeyFault::NotOwners(right) => Said::new("not_the_owners").with("right", right),
            ApiKeyFault::Expiry => Said::new("key_too_long"),
        })
    }
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotFound => Self::NotFound,
            ExportError::WhichEvent => Self::Invalid(Said::new("which_event")),
            ExportError::Incomplete(fields) => Self::BundleIncomplete(fields),
            ExportError::Released => Self::BundleReleased,
            ExportError::NotSealed => Self::BundleUnavailable(Said::new("not_sealed")),
            ExportError::BadSeal(reason) => {
                Self::BundleUnavailable(Said::new("bad_seal").with("reason", reason))
            }
            ExportError::Bundle(error) => {
                Self::BundleUnavailable(Said::new("no_bundle").with("problem", chain(&error)))
            }
            ExportError::Object(error) => Self::internal(error),
            ExportError::Store(error) => error.into(),
        }
    }
}

impl From<LoginRefusal> for ApiError {
    fn from(error: LoginRefusal) -> Self {
        match error {
            LoginRefusal::WrongCredentials => Self::WrongCredentials,
            LoginRefusal::TooMany(too_many) => Self::TooManyAttempts {
                retry_after: too_many.retry_after,
            },
            LoginRefusal::Store(error) => error.into(),
            LoginRefusal::Token(error) => Self::internal(error),
            LoginRefusal::Stopping => Self::Unavailable,
        }
    }
}

#[derive(Debug, Clone)]
enum Detail {
    /// A word of the catalogue.
    Word(&'static str),
    /// Fields of a bundle, each by its name for people and its path.
    Fields(Vec<MissingField>),
    /// A sentence of the catalogue with what is filled in.
    Said(Said),
}

/// What travels from the error to [`render`], which knows the language.
#[derive(Debug, Clone)]
struct Pending {
    code: &'static str,
    detail: Option<Detail>,
    current_version: Option<i64>,
    fields: Vec<FieldProblemView>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(error) = &self {
            tracing::error!(error = %chain(error.as_ref()), "a request failed");
        }
        let current_version = match self {
            Self::StaleVersion { current } | Self::StaleDocument { current } => Some(current),
            Self::StaleDesired { current } => i64::try_from(current).ok(),
            _ => None,
        };
        let fields = match &self {
            Self::InvalidFields(fields) => fields.clone(),
            _ => Vec::new(),
        };
        let pending = Pending {
            code: self.code(),
            detail: self.detail(),
            current_version,
            fields,
        };
        let mut response = self.status().into_response();
        if let Some((name, value)) = self.headers()
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(pending);
        response
    }
}

fn note_too_long() -> Said {
    Said::new("note_too_long").with("most", MAX_NOTE_CHARS)
}

/// The error and its causes in one line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

/// A problem document, RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The stable word for programs.
    #[schema(example = "stale_version")]
    pub code: &'static str,
    /// One sentence for people, in the language of the request.
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// More, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `transition_refused` and `merge_refused`: why, as a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// With `stale_version`, `stale_desired` and `stale_document`: the version it stands at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<i64>,
    /// With `invalid_fields`: each field that will not do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblemView>,
    /// What to tell the administrator: the server's log has lines with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Middleware: writes the problem document into an answer that has none yet. Answers of the
/// framework itself (no such method, body too large) become problems as well.
pub async fn render(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .map(ToString::to_string);
    let mut response = next.run(request).await;
    let pending = match response.extensions_mut().remove::<Pending>() {
        Some(pending) => pending,
        None => match of_framework(response.status()) {
            Some(error) => Pending {
                code: error.code(),
                detail: None,
                current_version: None,
                fields: Vec::new(),
            },
            None => return response,
        },
    };
    let status = response.status();
    let reason = match &pending.detail {
        Some(Detail::Word(word)) => Some(*word),
        _ => None,
    };
    let problem = Problem {
        reason,
        code: pending.code,
        title: catalogue::error_title(language, pending.code),
        status: status.as_u16(),
        detail: pending.detail.map(|detail| match detail {
            Detail::Word(word) => catalogue::detail(language, word).to_owned(),
            Detail::Fields(fields) => field_names(language, &fields),
            Detail::Said(said) => said.in_language(language),
        }),
        current_version: pending.current_version,
        fields: pending
            .fields
            .into_iter()
            .map(|field| FieldProblemView {
                message: catalogue::field_problem(language, field.problem),
                ..field
            })
            .collect(),
        request_id,
    };
    let (mut parts, _) = response.into_parts();
    let headers = &mut parts.headers;
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.tag()),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    Response::from_parts(parts, body.into())
}

/// Each field as people call it, with its path.
fn field_names(language: Language, fields: &[MissingField]) -> String {
    let language = match language {
        Language::Vietnamese => bundle::Language::Vietnamese,
        Language::English => bundle::Language::English,
    };
    let name = |field: &MissingField| {
        format!(
            "{} ({})",
            bundle::field_name(language, *field),
            field.as_str()
        )
    };
    fields.iter().map(name).collect::<Vec<_>>().join("; ")
}

/// Statuses that the framework gives without a handler of ours.
const fn of_framework(status: StatusCode) -> Option<ApiError> {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::MethodNotAllowed),
        StatusCode::PAYLOAD_TOO_LARGE => Some(ApiError::BodyTooLarge),
        StatusCode::REQUEST_TIMEOUT => Some(ApiError::Timeout),
        _ => None,
    }
}
