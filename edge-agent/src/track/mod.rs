//! Detections to tracks: motion model, association, life cycle, all in stream time.
//!
//! Pure: takes detections and a time, returns tracks. What does not belong here: frame counts
//! (dropped frames must not bend a dwell), zones, wall time.

mod state;

mod assignment;
mod likeness;
mod motion;
mod stillness;

mod live;
mod tracker;

pub mod mot;

pub use state::{Life, Track, TrackId};
pub use tracker::{Tracker, TrackerOptions};
