//! A second look at what a detector takes for flame or smoke: a small classifier sees the place in
//! the last few pictures, and may refute it.
//!
//! What does not belong here: deciding what becomes of a refuted place; the rule does.

mod verdict;

pub use verdict::Verdict;
