//! A passage to a clip: the camera's own bytes in a container that players know, never re-encoded.

use super::mp4::{self, ContainerError, Sample, Track};
use crate::camera::Passage;
use crate::time::StreamTime;

/// A finished clip.
#[derive(Debug, Clone)]
pub struct Clip {
    /// The container's bytes.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub mime: &'static str,
    /// The first moment it shows: a keyframe at or before what was asked for, where that was held,
    pub from: StreamTime,
    /// and the last: the end of its last picture.
    pub to: StreamTime,
    /// Pictures in it.
    pub pictures: usize,
}

/// Why there is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The passage is empty or does not begin with a keyframe.
    #[error("the passage cannot be shown: it does not begin with a keyframe")]
    NoKeyframe,
    /// The camera never said how large its pictures are.
    #[error("the stream does not say how large its pictures are")]
    NoSize,
    /// The container cannot be written.
    #[error("the clip could not be written")]
    Container(#[from] ContainerError),
}

/// Remuxes a passage: fragmented MP4 for H.264 and H.265, QuickTime for Motion JPEG. The first
/// picture is shown at zero. Every byte of every picture is kept, SEI and all.
///
/// Copies the passage's bytes, so call it off the runtime's threads.
///
/// # Errors
/// [`ClipError`].
pub fn remux(passage: &Passage) -> Result<Clip, ClipError> {
    let units = &passage.units;
    if !units.first().is_some_and(|unit| unit.keyframe) {
        return Err(ClipError::NoKeyframe);
    }
    let shown: Vec<StreamTime> = units.iter().map(|unit| unit.pts).collect();
    let times = mp4::times(&shown);
    let samples: Vec<Sample> = units
        .iter()
        .map(|unit| Sample {
            keyframe: unit.keyframe,
            data: unit.data.clone(),
        })
        .collect();
    let codec = passage.info.codec;
    let bytes = mp4::write(&Track {
        codec,
        size: passage.info.size.ok_or(ClipError::NoSize)?,
        samples: &samples,
        times: &times,
    })?;
    let from = shown.iter().min().copied().unwrap_or_default();
    let to = shown.iter().max().copied().unwrap_or_default() + times.step();
    Ok(Clip {
        bytes,
        mime: mp4::mime(codec),
        from,
        to,
        pictures: units.len(),
    })
}

#[cfg(test)]
#[path = "clip_tests.rs"]
mod tests;
