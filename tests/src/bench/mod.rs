//! `make bench`: how fast a report becomes a row, how soon a violation is seen, what a camera costs.
//!
//! Prints numbers with the machine and the commit they were taken on, and asserts none of them: what
//! is fast enough is written in the documents, and a slow machine is no defect. What does not belong
//! here: tests.

pub mod clips;
mod intake;
mod latency;
mod machine;
mod numbers;
mod recall;
mod streams;
mod wire;

pub use intake::{IntakeNumbers, IntakeSetup, intake};
pub use latency::{LatencyNumbers, LatencySetup, latency};
pub use machine::Machine;
pub use numbers::{Percentiles, percentiles};
pub use recall::{Recall, recall};
pub use streams::{AgentNumbers, Ratio, StreamsNumbers, StreamsSetup, streams};
