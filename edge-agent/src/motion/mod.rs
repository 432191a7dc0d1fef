//! What changes in a fixed view, without any model: what moves, what stands there that did not,
//! how far the view shifted, how sharp and how bright it is.
//!
//! Works on small luma pictures in stream time, one [`MotionWatch`] for each pose of a camera. Only
//! values leave this module; `OpenCV` is spoken in `cv` and nowhere else. What does not belong here:
//! what a change means (`rule`), classes, decoding.

mod error;
mod luma;

mod cv;

mod glance;
mod shift;

mod blob;
mod learning;
mod light;
mod pixels;
mod region;
mod watch;

mod reference;
mod signs;
mod view;

pub use blob::Blob;
pub use error::MotionError;
pub use glance::{Glance, LumaStatistics, PictureHash, change_between};
pub use luma::LumaPicture;
pub use reference::Aim;
pub use region::{RegionId, StillRegion};
pub use shift::{Shift, shift_between};
pub use signs::{PoseSign, SceneSigns};
pub use view::{Attention, ViewWatch};
pub use watch::{Motion, MotionOptions, MotionWatch, View};

#[cfg(test)]
pub(crate) mod rendered;
#[cfg(test)]
mod tests;
