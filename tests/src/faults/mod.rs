//! The fault suite: every fault many times at random moments, and the books balanced at the end.
//!
//! What the agent's rules raised stands in its event log before its outbox hears of it; what the
//! server stored stands in its database. Whatever happens in between, the two must agree: nothing
//! lost, nothing doubled, nothing corrupt, and no memory that grows. Cameras make some of the events;
//! the many are written into the log of an agent that was killed, as if it had seen them just
//! before, and its next start files them. What does not belong here: which result is demanded
//! (`tests/system/faults.rs`, `bin/soak.rs`).

mod books;
mod bundles;
mod dice;
mod disk;
mod fault;
mod ground;
mod lane;
mod memory;
mod messages;
mod suite;
mod table;

pub use books::Tally;
pub use bundles::Bundles;
pub use dice::Dice;
pub use fault::Fault;
pub use memory::Growth;
pub use suite::{Outcome, Plan, Report, run};
