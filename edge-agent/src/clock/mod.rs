//! How far the clocks can be trusted: the agent's own against a reference, each camera's against the
//! agent's, and whether somebody set one of them.
//!
//! The agent never sets a clock; it compares, remembers and says. What is not known is `unknown`,
//! never zero. Pure: `sntp`'s packets, the readers of `chrony` and `timesyncd`, `state`, `camera`,
//! `event_times`. With a socket or a process: `reference`. What does not belong here: reading the
//! clock for others; callers pass times in.

mod camera;
mod chrony;
mod event_times;
mod reference;
mod sntp;
mod state;
mod timesyncd;

pub use camera::{CameraClock, SenderReport};
pub use event_times::EventTimes;
pub use reference::{Compared, compare};
pub use state::{ClockBoard, ClockState, Step, StepWatch, camera_is_off};
