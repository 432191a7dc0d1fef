//! Network cameras that are not there: each an RTSP server of its own, on a port of its own, that
//! plays footage and can be unplugged, struck dumb and brought back on command.
//!
//! A camera's clock runs on whether or not somebody watches, as a real one's does: who comes back
//! after a minute sees what happens then. What does not belong here: knowing what the footage shows.

mod device;
mod feeder;
mod footage;
mod playhead;
mod simulator;

pub use device::{Credentials, Playback};
pub use footage::{Footage, FootageError, Unit};
pub use simulator::{CameraSimulator, SimulatorError};
