//! Cameras: encoded access units in, a packet ring that remembers them, pictures on demand.
//!
//! GStreamer is spoken here (and in `evidence/clip`, which remuxes) and nowhere else. What does not
//! belong here: models, rules, anything that knows why a picture is wanted.

mod access_unit;
mod frame;

pub use access_unit::{AccessUnit, Codec, StreamInfo};
pub use frame::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
