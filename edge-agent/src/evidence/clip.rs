//! A passage to a clip a browser plays: the camera's own bytes, remuxed, never re-encoded.

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::decode_times::{decode_times, usual_step};
use crate::camera::{AccessUnit, Format, GstFault, Passage};
use crate::time::StreamTime;

/// Longest that remuxing may take; it copies bytes, so this means a fault.
const PATIENCE_S: u64 = 30;

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
    /// No container is known for this codec.
    #[error("no clip container is known for {0}")]
    Codec(String),
    /// GStreamer could not mux.
    #[error("the clip could not be muxed")]
    Mux(#[source] GstFault),
    /// The temporary file could not be made or read back.
    #[error("no temporary file for the clip; check the space in {}", std::env::temp_dir().display())]
    Temporary(#[source] std::io::Error),
}

/// Remuxes a passage: fragmented MP4 for H.264. Decoding begins at time zero; so does showing, unless
/// the camera reorders pictures: then it begins as much later as they are reordered, since GStreamer's
/// muxer writes no edit list into a fragmented file.
///
/// Blocks for as long as copying the bytes takes; call it off the runtime's threads.
///
/// # Errors
/// [`ClipError`].
pub fn remux(passage: &Passage) -> Result<Clip, ClipError> {
    let units = &passage.units;
    if !units.first().is_some_and(|unit| unit.keyframe) {
        return Err(ClipError::NoKeyframe);
    }
    let format = Format::of_codec(passage.info.codec)
        .ok_or_else(|| ClipError::Codec(format!("{:?}", passage.info.codec)))?;
    // The muxer goes back to write durations, so it needs a file; a pipe would lack them.
    let file = tempfile::Builder::new()
        .prefix("vong-clip-")
        .tempfile()
        .map_err(ClipError::Temporary)?;
    // appsrc is unbounded: the passage is in memory already and its units are shared, not copied.
    let description = format!(
        "appsrc name=units format=time max-bytes=0 ! {} ! {} ! {} ! filesink name=file",
        format.parser, format.muxer_caps, format.muxer
    );
    let shown: Vec<StreamTime> = units.iter().map(|unit| unit.pts).collect();
    let step = usual_step(&shown);
    mux(&description, file.path(), passage, &shown, step).map_err(ClipError::Mux)?;
    let bytes = std::fs::read(file.path()).map_err(ClipError::Temporary)?;
    let from = shown.iter().min().copied().unwrap_or_default();
    let to = shown.iter().max().copied().unwrap_or_default() + step;
    Ok(Clip {
        bytes,
        mime: format.clip_mime,
        from,
        to,
        pictures: units.len(),
    })
}

fn mux(
    description: &str,
    file: &std::path::Path,
    passage: &Passage,
    shown: &[StreamTime],
    step: Duration,
) -> Result<(), GstFault> {
    let fault = |message: String| GstFault {
        message,
        origin: "clip muxer".to_owned(),
    };
    gst::init().map_err(|error| fault(error.to_string()))?;
    let pipeline = gst::parse::launch(description)
        .map_err(|error| fault(error.to_string()))?
        .downcast::<gst::Pipeline>()
        .map_err(|_| fault("not a pipeline".to_owned()))?;
    let pipeline = Running(pipeline);
    let missing = |name: &str| fault(format!("element {name} is missing"));
    let source = pipeline
        .0
        .by_name("units")
        .and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
    let source = source.ok_or_else(|| missing("units"))?;
    pipeline
        .0
        .by_name("file")
        .ok_or_else(|| missing("file"))?
        .set_property("location", file);
    let caps = passage.info.caps.parse::<gst::Caps>();
    source.set_caps(Some(
        &caps.map_err(|_| fault("caps are not caps".to_owned()))?,
    ));
    pipeline
        .0
        .set_state(gst::State::Playing)
        .map_err(|error| fault(error.to_string()))?;
    for buffer in buffers(&passage.units, shown, step) {
        source
            .push_buffer(buffer)
            .map_err(|error| fault(error.to_string()))?;
    }
    source
        .end_of_stream()
        .map_err(|error| fault(error.to_string()))?;
    pipeline.wait_for_end()
}

/// The units with their times moved so that the first decode is at zero and nothing is negative.
fn buffers<'a>(
    units: &'a [std::sync::Arc<AccessUnit>],
    shown: &[StreamTime],
    step: Duration,
) -> impl Iterator<Item = gst::Buffer> + 'a {
    let decoded = decode_times(shown);
    let zero = decoded.first().copied().unwrap_or_default();
    units.iter().zip(decoded).map(move |(unit, decode)| {
        let mut buffer = gst::Buffer::from_slice(unit.data.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(clock_time(unit.pts.since(zero)));
            buffer.set_dts(clock_time(decode.since(zero)));
            buffer.set_duration(clock_time(unit.duration.unwrap_or(step)));
            if !unit.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        buffer
    })
}

fn clock_time(time: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// A pipeline that is stopped whatever happens.
struct Running(gst::Pipeline);

impl Running {
    fn wait_for_end(&self) -> Result<(), GstFault> {
        let fault = |message: &str| GstFault {
            message: message.to_owned(),
            origin: "clip muxer".to_owned(),
        };
        let bus = self.0.bus().ok_or_else(|| fault("no bus"))?;
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        let patience = gst::ClockTime::from_seconds(PATIENCE_S);
        let message = bus
            .timed_pop_filtered(patience, &ends)
            .ok_or_else(|| fault("timed out"))?;
        match message.view() {
            gst::MessageView::Error(error) => Err(GstFault::from_message(error)),
            _ => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

#[cfg(test)]
#[path = "clip_tests.rs"]
mod tests;
