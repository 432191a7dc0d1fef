//! One picture decoded from a passage, for whoever needs to see a moment that nobody analysed.

use std::time::{Duration, Instant};

use gstreamer as gst;

use super::decoder::DecoderPipeline;
use super::fault::CameraError;
use super::frame::Frame;
use super::passage::Passage;
use super::sample;
use super::source::DecoderOptions;

/// How long a decoder may take for a group of pictures.
const PATIENCE: Duration = Duration::from_secs(20);

/// Decodes a passage and returns the last picture shown at or before its end. Blocks for as long as
/// that takes.
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
        let Some(picture) = decoder.pictures.try_pull_sample(wait) else {
            break;
        };
        let at = sample::picture_time(&picture).unwrap_or(passage.to);
        // Decoding needs pictures that are shown later; showing does not.
        if at <= passage.to || last.is_none() {
            last = Some((picture, at));
        }
    }
    let undecodable = |fault| CameraError::Undecodable(Some(fault));
    let (picture, at) = last.ok_or_else(|| undecodable(decoder.fault_or("gave no picture")))?;
    sample::frame(&picture, at, &passage.anchor).map_err(undecodable)
}
