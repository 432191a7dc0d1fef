//! Event changes to report revisions: the bridge from the agent's words to the contract's.
//!
//! Pure: values and times in, [`AutoReport`](contract::v1::AutoReport)s and signed messages out.
//! What does not belong here: cutting evidence (`evidence`), keeping or sending messages
//! (`outbox`), reading a clock.

mod answer;
mod book;
mod brief;
pub mod journal;
mod message;

pub use answer::AnswerMessage;
pub use book::{
    BookError, CameraFacts, Grounds, Outcome, Promise, Proposal, ReportBook, Sighting,
    UNKNOWN_CLOCK,
};
pub use message::{Message, MessageError};
