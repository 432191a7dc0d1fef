//! One picture decoded from a passage, for whoever asks for a still of now.

use std::time::{Duration, Instant};

use gstreamer as gst;

use super::decoder::DecoderPipeline;
use super::fault::CameraError;
use super::frame::Frame;
use super::passage::Passage;
use super::sample;
use super::source::DecoderOptions;

/// How long a decoder may take for a group of pictures.
const PATIENCE: Duration = Duration::from_secs(10);

/// Decodes a passage and returns its last picture. Blocks for as long as that takes.
///
/// # Errors
/// [`CameraError`] where nothing of it decodes.
pub fn last_picture(passage: &Passage) -> Result<Frame, CameraError> {
    let decoder = DecoderPipeline::new(&passage.info, DecoderOptions::default())?;
    decoder.play()?;
    for unit in &passage.units {
        decoder.push(unit)?;
    }
    decoder.finish();
    let until = Instant::now() + PATIENCE;
    let mut last = None;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let wait =
            gst::ClockTime::from_nseconds(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX));
        match decoder.pictures.try_pull_sample(wait) {
            Some(picture) => last = Some(picture),
            None => break,
        }
    }
    let undecodable = |fault| CameraError::Undecodable(Some(fault));
    let picture = last.ok_or_else(|| undecodable(decoder.fault_or("gave no picture")))?;
    let at = sample::picture_time(&picture).unwrap_or(passage.to);
    sample::frame(&picture, at, &passage.anchor).map_err(undecodable)
}
