//! What proves an event: stills, and the clip around it.
//!
//! Everything here makes bytes. What does not belong here: when evidence is due (`report`), keeping
//! and sending it (`outbox`, whose rows and files must agree over a crash).

mod clip;
mod decode_times;
mod overlay;
mod still;
mod text;

pub use clip::{Clip, ClipError, remux};
pub use overlay::{Label, Overlay, OverlayBox, overlay_jpeg};
pub use still::{StillError, jpeg};
