//! One watch for each pose of a camera that turns.

use std::collections::HashMap;

use super::error::MotionError;
use super::luma::LumaPicture;
use super::watch::{Motion, MotionOptions, MotionWatch};
use crate::config::PoseId;
use crate::time::StreamTime;

/// Most poses remembered, about a megabyte each; beyond it the one that was not seen for longest is
/// forgotten.
const MOST_POSES: usize = 32;

/// The motion of a camera, each pose by itself.
#[derive(Debug)]
pub struct PoseMotion {
    options: MotionOptions,
    poses: HashMap<PoseId, (MotionWatch, StreamTime)>,
}

impl PoseMotion {
    /// A camera of which nothing is known yet.
    #[must_use]
    pub fn new(options: MotionOptions) -> Self {
        Self {
            options,
            poses: HashMap::new(),
        }
    }

    /// Takes one picture in. While the pose is not known, because the camera turns, nothing can be
    /// said.
    ///
    /// # Errors
    /// [`MotionError::OpenCv`] where `OpenCV` refuses.
    pub fn look(
        &mut self,
        at: StreamTime,
        pose: Option<PoseId>,
        picture: &LumaPicture,
    ) -> Result<Option<Motion>, MotionError> {
        let Some(pose) = pose else { return Ok(None) };
        if !self.poses.contains_key(&pose) && self.poses.len() >= MOST_POSES {
            let oldest = self.poses.iter().min_by_key(|(_, (_, seen))| *seen);
            if let Some(oldest) = oldest.map(|(pose, _)| *pose) {
                self.poses.remove(&oldest);
            }
        }
        let new = || (MotionWatch::new(self.options.clone()), at);
        let (watch, seen) = self.poses.entry(pose).or_insert_with(new);
        *seen = at;
        watch.look(at, picture).map(Some)
    }

    /// The watch of a pose, where there is one.
    #[must_use]
    pub fn watch(&self, pose: PoseId) -> Option<&MotionWatch> {
        self.poses.get(&pose).map(|(watch, _)| watch)
    }

    /// The stream broke.
    pub fn forget(&mut self) {
        self.poses.clear();
    }
}
