//! Tracks and scene to event changes: one file per rule, all pure, all in stream time.
//!
//! What does not belong here: pictures, wall time, MQTT, evidence. A rule is handed an
//! [`Observation`] and returns [`EventChange`]s.

mod event;

pub use event::{EventChange, Observation, Rule};
