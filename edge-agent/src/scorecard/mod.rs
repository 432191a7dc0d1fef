//! How well rules did on recordings with a known truth. Pure: what was told and what was expected in,
//! recall, false alarms and delays out.
//!
//! What does not belong here: reading a suite (`config`), running it and printing (`cmd/evaluate`).

mod clip;
mod rate;
mod tally;
mod told;

pub use clip::{ClipScore, Finding, Met, Outcome, judge};
pub use rate::at_most;
pub use tally::{RuleTally, Scored, delays, tally};
pub use told::{Chronicle, Told};
