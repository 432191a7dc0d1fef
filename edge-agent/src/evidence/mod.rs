//! What proves an event: stills, the clip around it, and the disk that holds them until uploaded.
//!
//! Everything here makes or keeps bytes. What does not belong here: when evidence is due (`report`),
//! sending it (`outbox`).

mod clip;
mod decode_times;
mod overlay;
mod piece;
mod still;
mod store;
mod text;

pub use clip::{Clip, ClipError, remux};
pub use overlay::{Label, Overlay, OverlayBox, overlay_jpeg};
pub use still::{StillError, jpeg};
pub use store::{Dropped, EvidenceStore, Held, NewPiece, Put, Sealed, StoreError};
