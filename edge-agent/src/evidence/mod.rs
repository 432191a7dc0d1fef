//! What proves an event: stills, and the clip around it.
//!
//! Everything here makes bytes, or (`files`) keeps them whole and secret on the disk. What does not
//! belong here: when evidence is due (`report`), which file belongs to which event, how long it stays
//! and sending it (`outbox`, whose rows and files must agree over a crash).

mod annotated;
mod clip;
mod files;
mod gallery;
mod mp4;
mod overlay;
mod preview;
mod still;
mod text;

pub use annotated::{AnnotatedError, AnnotatedVideo, ContactSheet};
pub use clip::{Clip, ClipError, remux};
pub use files::{EvidenceFault, EvidenceFileError, EvidenceFiles, EvidenceReader};
pub use gallery::{BestShot, Gallery, cut_out};
pub use mp4::ContainerError;
pub use overlay::{Label, Overlay, OverlayBox, OverlayLamp, annotate, overlay_jpeg};
pub use preview::{MAX_PREVIEW_BYTES, preview_jpeg};
pub use still::{StillError, jpeg};
