//! One picture decoded from a passage, for whoever needs to see a moment that nobody analysed.

use gstreamer as gst;

use super::decoder::Decoder;
use super::fault::CameraError;
use super::frame::Frame;
use super::passage::Passage;
use super::sample;
use super::source::DecoderOptions;
use crate::time::StreamTime;

/// Decodes a passage and returns the last picture shown at or before its end. Blocks for as long as
/// that takes.
///
/// # Errors
/// [`CameraError`] where nothing of it decodes.
pub fn last_picture(passage: &Passage) -> Result<Frame, CameraError> {
    let decoder = Decoder::start(&passage.info, DecoderOptions::default())?;
    let mut last = None;
    for unit in &passage.units {
        decoder.push(unit)?;
        keep_last(&decoder, passage.to, &mut last);
    }
    decoder.drain();
    keep_last(&decoder, passage.to, &mut last);
    let undecodable = |fault| CameraError::Undecodable(Some(fault));
    let (picture, at) = last.ok_or_else(|| undecodable(decoder.fault_or("gave no picture")))?;
    sample::frame(&picture, at, &passage.anchor).map_err(undecodable)
}

/// Decoding needs pictures that are shown later; showing does not.
fn keep_last(decoder: &Decoder, to: StreamTime, last: &mut Option<(gst::Sample, StreamTime)>) {
    while let Some((picture, at)) = decoder.picture() {
        let at = at.unwrap_or(to);
        if at <= to || last.is_none() {
            *last = Some((picture, at));
        }
    }
}
