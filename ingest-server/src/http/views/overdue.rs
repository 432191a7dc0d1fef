//! Lists of a month, as the API shows them.

use contract::v1::UnitOverdue;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::DeliveryStateWord;
use crate::store::Letter;

/// What became overdue in a month.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverdueMonth)]
pub struct OverdueMonthView {
    /// The unit, with those below it; `null` for all.
    pub unit: Option<String>,
    /// The month, `YYYY-MM`.
    #[schema(example = "2026-10")]
    pub month: String,
    /// What stands in it, what was due first at its head.
    pub items: Vec<OverdueItemView>,
    /// The same for people, in the language of the request.
    pub text: String,
}

/// One stage that was not done in time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverdueItem)]
pub struct OverdueItemView {
    /// The incident.
    pub incident_id: Uuid,
    /// Its short number.
    #[schema(example = 12)]
    pub number: u64,
    /// What it is.
    #[schema(example = "infrastructure/street_light")]
    pub category: String,
    /// The unit that answers for it.
    pub unit: String,
    /// Which stage: `process`, `answer`, `legal_verification`.
    #[schema(example = "process")]
    pub stage: String,
    /// When it was due.
    pub due: Timestamp,
    /// When it was done; `null` where it was not by the end of the month.
    pub done: Option<Timestamp>,
}

impl From<&UnitOverdue> for OverdueItemView {
    fn from(item: &UnitOverdue) -> Self {
        Self {
            incident_id: item.incident,
            number: item.number,
            category: item.category.clone(),
            unit: item.unit.to_string(),
            stage: item.stage.clone(),
            due: item.due,
            done: item.done,
        }
    }
}

/// Monthly lists that units were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterList {
    /// The lists.
    pub letters: Vec<LetterView>,
}

/// One monthly list to one target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverdueLetter)]
pub struct LetterView {
    /// Its name.
    pub id: Uuid,
    /// The target.
    pub target: String,
    /// Its unit.
    pub unit: String,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// How many stages stand in it.
    pub items: usize,
    /// Where it stands.
    pub state: DeliveryStateWord,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed, as a word.
    pub failure: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// When the other side took it.
    pub sent_at: Option<Timestamp>,
}

impl From<Letter> for LetterView {
    fn from(letter: Letter) -> Self {
        Self {
            id: letter.id.as_uuid(),
            target: letter.target,
            unit: letter.unit.to_string(),
            month: letter.month.to_string(),
            items: letter.items.len(),
            state: letter.state.into(),
            attempts: letter.attempts,
            failure: letter.failure,
            made_at: letter.made_at,
            due_at: letter.due_at,
            sent_at: letter.sent_at,
        }
    }
}
