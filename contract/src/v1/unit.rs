//! What the server tells a unit of an incident, and what the unit answers. The same message goes over
//! MQTT (`units/{unit}/incidents`) and, as a signed request, over HTTP.
//!
//! A message takes the place of those that it supersedes. It comes again until it is acknowledged:
//! `delivery` says whether it is known. What a camera has a word for is a [`UnitIncident`]; what only
//! people tell of (a water leak, a broken lamp) is a [`UnitCase`]. Once a month comes a [`UnitLetter`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{DeliveryId, EventId, UnitId};
use super::place::Place;
use super::report::{Interval, Kind, Severity};

/// Most bytes of one acknowledgement of a unit.
pub const MAX_UNIT_ACK_BYTES: usize = 4 * 1024;
/// Most characters of a unit's note, and of the name of who acknowledged.
pub const MAX_UNIT_NOTE_CHARS: usize = 500;

/// What a message is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitWord {
    /// The first of it.
    Alert,
    /// Takes the place of what was said.
    Update,
    /// Takes back what was said.
    Cancel,
}

/// What people made of the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitReview {
    /// Nobody has decided yet: a camera or a citizen says so, and no more.
    Unconfirmed,
    /// A person says that it is real.
    Confirmed,
    /// A person says that it is not, or not to be acted on.
    Rejected,
}

/// A sealed bundle that was released to the unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitBundle {
    /// The event that it proves.
    pub event_id: EventId,
    /// Where it lies; shown with the message's `token` as bearer token.
    pub url: String,
    /// Redacted copies of its pictures and films, by the piece's id, shown like the bundle.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redacted: BTreeMap<String, String>,
    /// Pieces of which no redacted copy could be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_redacted: Vec<String>,
    /// The offence that the camera's rule proposes. Whoever receives this decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_offence: Option<String>,
    /// What the centre's data say of the law on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
}

/// One message to one unit about one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitIncident {
    /// This message; the same when it is sent again.
    pub delivery: DeliveryId,
    /// To whom.
    pub unit: UnitId,
    /// What it is to those before it.
    pub word: UnitWord,
    /// Why it was sent: `raised`, `again` (alarm again), `grew`, `confirmed`, `rejected`, `reopened`,
    /// `closed`, `merged_into`, `routed`, `released`, `no_ack`, `deadline_near`, `deadline_missed`,
    /// `call_due`, `review_due`; others may come.
    #[schemars(length(max = 64))]
    pub cause: String,
    /// The messages whose place it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<DeliveryId>,
    /// The incident.
    pub incident: Uuid,
    /// Its short number, for people.
    pub number: u64,
    /// What family of thing.
    pub kind: Kind,
    /// Which of the family.
    pub detail: String,
    /// How much it matters.
    pub severity: Severity,
    /// 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// What people made of it.
    pub review: UnitReview,
    /// When.
    pub occurred: Interval,
    /// Where; absent where no camera could tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The first camera's name for people.
    pub camera: String,
    /// One line for people, in the unit's language.
    pub headline: String,
    /// Several lines for people, in the unit's language.
    pub text: String,
    /// The stage that ends soon, or is overdue, where that is why it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<UnitDeadline>,
    /// Until when an acknowledgement is awaited; without it none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack_by: Option<Timestamp>,
    /// Where an acknowledgement may be posted, for whoever does not speak MQTT.
    pub ack_url: String,
    /// The right to acknowledge this message and to fetch what it names.
    pub token: String,
    /// What was released to the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<UnitBundle>,
}

/// A stage of an incident's work and when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitDeadline {
    /// `acknowledge`, `verify`, `process`, `answer`, `legal_verification`; others may come.
    #[schemars(length(max = 64))]
    pub stage: String,
    /// When it ends, or ended.
    pub due: Timestamp,
}

/// One message to one unit about one incident that no camera has a word for. Fields of a name mean what
/// they mean in [`UnitIncident`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitCase {
    /// This message; the same when it is sent again.
    pub delivery: DeliveryId,
    /// To whom.
    pub unit: UnitId,
    /// What it is to those before it.
    pub word: UnitWord,
    /// Why it was sent.
    #[schemars(length(max = 64))]
    pub cause: String,
    /// The messages whose place it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<DeliveryId>,
    /// The incident.
    pub incident: Uuid,
    /// Its short number, for people.
    pub number: u64,
    /// What it is, e.g. `infrastructure/water_leak`: a family, and which of it where that is known.
    #[schemars(length(max = 128))]
    pub category: String,
    /// How much it matters.
    pub severity: Severity,
    /// What people made of it.
    pub review: UnitReview,
    /// When.
    pub occurred: Interval,
    /// Where; absent where nobody could tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How many reports tell of it.
    pub reports: u32,
    /// One line for people, in the unit's language.
    pub headline: String,
    /// Several lines for people, in the unit's language.
    pub text: String,
    /// The stage that ends soon, or is overdue, where that is why it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<UnitDeadline>,
    /// Until when an acknowledgement is awaited; without it none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack_by: Option<Timestamp>,
    /// Where an acknowledgement may be posted, for whoever does not speak MQTT.
    pub ack_url: String,
    /// The right to acknowledge this message.
    pub token: String,
}

/// What a unit let become overdue in a month: the list that its head answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitLetter {
    /// This message; the same when it is sent again.
    pub letter: DeliveryId,
    /// To whom.
    pub unit: UnitId,
    /// Which month, `YYYY-MM`, where the centre's days begin.
    #[schemars(length(equal = 7))]
    pub month: String,
    /// What became overdue in it, or was overdue before and not done by its end; the oldest first.
    pub items: Vec<UnitOverdue>,
    /// The list for people, in the unit's language.
    pub text: String,
}

/// One stage that was not done in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitOverdue {
    /// The incident.
    pub incident: Uuid,
    /// Its short number, for people.
    pub number: u64,
    /// What it is, e.g. `encroachment`.
    #[schemars(length(max = 128))]
    pub category: String,
    /// The unit that has it: the one of the letter, or one below it.
    pub unit: UnitId,
    /// Which stage.
    #[schemars(length(max = 64))]
    pub stage: String,
    /// When it was due.
    pub due: Timestamp,
    /// When it was done; absent where it was not by the end of the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Timestamp>,
}

/// A unit's acknowledgement: it has the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitAck {
    /// Which message.
    pub delivery: DeliveryId,
    /// Who says so, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub by: Option<String>,
    /// What else the unit says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

impl UnitAck {
    /// Whether its texts are short enough.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        [&self.by, &self.note]
            .into_iter()
            .flatten()
            .all(|text| text.chars().count() <= MAX_UNIT_NOTE_CHARS && !text.contains('\0'))
    }
}
