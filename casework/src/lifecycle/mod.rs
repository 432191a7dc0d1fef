//! What people decide about an incident, step by step, and who may take which step.
//!
//! ```text
//! new ─► eligible ─► acknowledged ─► confirmed ─► routed ─► accepted ─► in progress ─► answered
//!   └► not eligible        └► rejected    ▲         └► returned ─┘            ▲           │
//!                                         │                                   └ sent back ┤
//!                 deferred (reviewed on) ─┘   resolved | closed unresolved ◄─ published ◄─ approved
//!                                                        └────► reopened
//! ```
//!
//! A step is asked of [`Case::take`], which answers with the changed case or a [`Refusal`]; a step that was
//! taken by mistake is undone by [`Taken::undo`]. What the cameras say (raised, updated, cleared) is
//! another matter and never moves a state: an incident can be confirmed long after the camera cleared it.
//!
//! What does not belong here: history rows, deadlines, who is told of a step.

mod reason;
mod state;
mod step;
mod take;
mod undo;

#[cfg(test)]
mod tests;

pub use reason::{
    IneligibleReason, RejectReason, ReopenReason, ReturnReason, UnknownReason, UnresolvedReason,
};
pub use state::{Outcome, State, UnknownState};
pub use step::{Action, Step};
pub use take::{Case, OpenedBy, Refusal, Rules};
pub use undo::{Taken, UndoRefusal};
