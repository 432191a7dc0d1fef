//! By when each stage must be done: limits per category and urgency, on a clock that never stops or on
//! a working calendar with holidays, with pauses that have a reason, warnings before, overdue after.
//!
//! ```text
//! limits (data) + calendar (data) + what happened ──► due, warn at, overdue since
//! ```
//!
//! Whole days cannot express a 24-hour fire rule (Signalen's SLO can only say days), so limits are hours.
//! The clock runs on while an incident is handed from unit to unit: a return buys no time.
//!
//! What does not belong here: who is told (dispatch), how often the server looks.

mod calendar;
mod escalation;
mod limits;
mod stage;

pub use calendar::{Calendar, CalendarFault, DayRule};
pub use escalation::{Ladder, LadderFault, Rung, due_rung, rung_due_at};
pub use limits::{Clock, Limit, Limits, LimitsFault, Urgency};
pub use stage::{Due, Pause, PauseReason, Stage, Standing, Track};
