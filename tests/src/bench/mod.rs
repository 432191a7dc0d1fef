//! `make bench`: how fast a report becomes a row, and how soon a violation is seen.
//!
//! Prints numbers with the machine and the commit they were taken on, and asserts none of them: what
//! is fast enough is written in the documents, and a slow machine is no defect. What does not belong
//! here: tests.

mod intake;
mod latency;
mod machine;
mod numbers;
mod wire;

pub use intake::{IntakeNumbers, IntakeSetup, intake};
pub use latency::{LatencyNumbers, LatencySetup, latency};
pub use machine::Machine;
pub use numbers::{Percentiles, percentiles};
