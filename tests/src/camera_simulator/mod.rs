//! Network cameras that are not there: each an RTSP server of its own, on a port of its own, that
//! plays footage and can be unplugged, struck dumb, brought back, made to send noise, to film with
//! another size, to lie about the time, and to go blind in several ways. A camera may have a second stream beside its first.
//!
//! A camera's clock runs on whether or not somebody watches, as a real one's does: who comes back
//! after a minute sees what happens then. What does not belong here: knowing what the footage shows.

mod ailment;
mod device;
mod encoding;
mod feeder;
mod footage;
mod playhead;
mod simulator;
mod wire;

pub use ailment::Ailment;
pub use device::{Credentials, Playback};
pub use encoding::{Encoding, FootageCodec};
pub use footage::{Footage, FootageError, Unit};
pub use simulator::{CameraSimulator, SimulatorError};
