//! What units were told, as the API shows it.

use jiff::Timestamp;
use notice::{State, Targets};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::store::Delivery;

/// Messages to units.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryList {
    /// The messages.
    pub deliveries: Vec<DeliveryView>,
}

/// One message to one target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    /// Its name, the same at every attempt.
    pub id: Uuid,
    /// The incident.
    pub incident_id: Uuid,
    /// The incident's short number.
    #[schema(example = 12)]
    pub incident_number: i64,
    /// The target, by its name in the file of targets.
    #[schema(example = "kiem-lam")]
    pub target: String,
    /// The target's unit.
    pub unit: String,
    /// How it is reached: `mqtt`, `webhook`, `email`, `cap_feed`; `gone` where it is no longer configured.
    pub channel: &'static str,
    /// What it is to those before it: `alert`, `update`, `cancel`.
    pub word: &'static str,
    /// Why it was made, as a word.
    #[schema(example = "raised")]
    pub cause: &'static str,
    /// What people had made of the incident when it was made: `unconfirmed`, `confirmed`, `rejected`.
    pub review: &'static str,
    /// Where it stands.
    pub state: DeliveryStateWord,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed, as a word.
    pub failure: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When something is to be done next: an attempt, or the end of the one under way.
    pub due_at: Option<Timestamp>,
    /// When the other side first took it.
    pub sent_at: Option<Timestamp>,
    /// Until when it must be acknowledged.
    pub ack_due_at: Option<Timestamp>,
    /// When it was.
    pub acked_at: Option<Timestamp>,
    /// By whom.
    pub acked_by: Option<String>,
    /// What else the unit said.
    pub ack_note: Option<String>,
    /// When others were told that it was not acknowledged in time.
    pub escalated_at: Option<Timestamp>,
}

impl DeliveryView {
    /// Shows a message.
    #[must_use]
    pub fn new(delivery: Delivery, targets: &Targets) -> Self {
        let target = targets.get(&delivery.target);
        let (acked_at, acked_by, ack_note) = delivery.ack.map_or((None, None, None), |ack| {
            (Some(ack.at), Some(ack.by), ack.note)
        });
        Self {
            id: delivery.id.as_uuid(),
            incident_id: delivery.incident.as_uuid(),
            incident_number: delivery.facts.number,
            channel: target.map_or("gone", |target| target.channel.as_str()),
            target: delivery.target,
            unit: delivery.unit.to_string(),
            word: delivery.word.as_str(),
            cause: delivery.cause.as_str(),
            review: match delivery.facts.review {
                notice::Review::Unconfirmed => "unconfirmed",
                notice::Review::Confirmed => "confirmed",
                notice::Review::Rejected => "rejected",
            },
            state: delivery.state.into(),
            attempts: delivery.attempts,
            failure: delivery.failure,
            made_at: delivery.made_at,
            due_at: delivery.due_at,
            sent_at: delivery.sent_at,
            ack_due_at: delivery.ack_due_at,
            acked_at,
            acked_by,
            ack_note,
            escalated_at: delivery.escalated_at,
        }
    }
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub enum DeliveryStateWord {
    /// It waits for its turn.
    Queued,
    /// A server is at it.
    Sending,
    /// The other side took it.
    Sent,
    /// The unit said that it has it.
    Acknowledged,
    /// It will not be tried again by itself.
    #[default]
    Dead,
    /// A later message took its place.
    Superseded,
}

impl From<State> for DeliveryStateWord {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Sending => Self::Sending,
            State::Sent => Self::Sent,
            State::Acknowledged => Self::Acknowledged,
            State::Dead => Self::Dead,
            State::Superseded => Self::Superseded,
        }
    }
}

impl From<DeliveryStateWord> for State {
    fn from(word: DeliveryStateWord) -> Self {
        match word {
            DeliveryStateWord::Queued => Self::Queued,
            DeliveryStateWord::Sending => Self::Sending,
            DeliveryStateWord::Sent => Self::Sent,
            DeliveryStateWord::Acknowledged => Self::Acknowledged,
            DeliveryStateWord::Dead => Self::Dead,
            DeliveryStateWord::Superseded => Self::Superseded,
        }
    }
}

/// What is said with an acknowledgement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckRequest {
    /// Who has it, for people: at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub by: Option<String>,
    /// What else is said: at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// What became of the acknowledgement of several messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapAckAnswer {
    /// Each message that it names, once.
    pub acknowledged: Vec<AckAnswer>,
}

/// What became of an acknowledgement.
#[derive(Debug, Serialize, ToSchema)]
pub struct AckAnswer {
    /// The message.
    pub delivery: Uuid,
    /// Whether this is the first acknowledgement of it; a later one changes nothing.
    pub first: bool,
}
