//! `MOTChallenge` text (Leal-Taixé et al., 2015): detections in, results out.
//!
//! What does not belong here: files and streams (`cmd::track`), scores of results (py-motmetrics,
//! `models/evaluation`).

mod read;
mod results;
mod strength;

pub use read::{BadLine, LineFault, Read, Seen, read};
pub use results::{Row, fill_gaps, follow};
pub use strength::strong_score;

#[cfg(test)]
mod tests;
