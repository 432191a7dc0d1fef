//! What a camera's stream costs at the least: received alone, decoded alone. The bench holds the
//! agent's work against it.
//!
//! These are the plainest pipelines that GStreamer makes, with nothing of the agent between the
//! elements: no ring, no gate, no sampling. H.264 only, as the bench's clips are. What does not belong
//! here: measuring.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::access_unit::Codec;
use super::decoder::{launch, named};
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::url::StreamUrl;

/// Longest wait for a decoder to come to its end.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(300);

/// Access units as they came, in order.
#[derive(Debug, Clone, Default)]
pub struct Units {
    caps: Option<gst::Caps>,
    buffers: Vec<gst::Buffer>,
}

impl Units {
    /// How many.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.buffers.len()
    }

    /// The keyframes among them.
    #[must_use]
    pub fn keyframes(&self) -> Self {
        let is_keyframe =
            |buffer: &&gst::Buffer| !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        Self {
            caps: self.caps.clone(),
            buffers: self.buffers.iter().filter(is_keyframe).cloned().collect(),
        }
    }

    /// Without what came before the first keyframe, which nothing decodes.
    #[must_use]
    pub fn from_first_keyframe(mut self) -> Self {
        let first = self
            .buffers
            .iter()
            .position(|buffer| !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT));
        self.buffers.drain(..first.unwrap_or(self.buffers.len()));
        self
    }
}

/// Connections that receive and do nothing else.
#[derive(Debug)]
pub struct Receivers {
    pipelines: Vec<gst::Pipeline>,
    kept: Arc<Mutex<Units>>,
}

impl Receivers {
    /// Connects to each address over TCP. What the first sends is kept, every byte of it shared.
    ///
    /// # Errors
    /// [`CameraError::Pipeline`] where an element is missing.
    pub fn start(urls: &[StreamUrl]) -> Result<Self, CameraError> {
        let kept = Arc::new(Mutex::new(Units::default()));
        let keeper = std::iter::once(Some(Arc::clone(&kept))).chain(std::iter::repeat(None));
        let pipelines = urls.iter().zip(keeper);
        let pipelines = pipelines.map(|(url, kept)| receiver(url, kept));
        Ok(Self {
            pipelines: pipelines.collect::<Result<_, _>>()?,
            kept,
        })
    }

    /// What the first has sent since it was asked last.
    #[must_use]
    pub fn take(&self) -> Units {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Units {
            caps: kept.caps.clone(),
            buffers: std::mem::take(&mut kept.buffers),
        }
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        for pipeline in &self.pipelines {
            // Going to NULL cannot fail in a way that leaves anything to do.
            let _ = pipeline.set_state(gst::State::Null);
        }
    }
}

fn h264() -> Result<&'static Format, CameraError> {
    Format::of_codec(Codec::H264).ok_or_else(|| CameraError::UnsupportedCodec {
        codec: "H264".to_owned(),
    })
}

fn receiver(
    url: &StreamUrl,
    kept: Option<Arc<Mutex<Units>>>,
) -> Result<gst::Pipeline, CameraError> {
    let what = "receiving alone";
    let Format {
        depayloader,
        parser,
        unit_caps,
        ..
    } = h264()?;
    let pipeline = launch(
        &format!(
            "rtspsrc name=camera protocols=tcp latency=200 ! {depayloader} ! {parser} ! {unit_caps} \
             ! appsink name=units sync=false"
        ),
        what,
    )?;
    let camera: gst::Element = named(&pipeline, "camera", what)?;
    camera.set_property("location", url.location());
    if let Some(credentials) = url.credentials() {
        camera.set_property("user-id", credentials.user());
        camera.set_property("user-pw", credentials.password());
    }
    let sink: gst_app::AppSink = named(&pipeline, "units", what)?;
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        if let Some(kept) = &kept {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.caps.is_none() {
                kept.caps = sample.caps_owned();
            }
            kept.buffers.extend(sample.buffer_owned());
        }
        Ok(gst::FlowSuccess::Ok)
    });
    sink.set_callbacks(callbacks.build());
    play(&pipeline, what)?;
    Ok(pipeline)
}

/// Decodes units as quickly as it can, on one thread, and drops the pictures; returns how many there
/// were.
///
/// # Errors
/// [`CameraError`] where the units cannot be decoded, or there are none.
pub fn decode(units: &Units) -> Result<u64, CameraError> {
    let what = "decoding alone";
    let decoder = h264()?.decoder.replace("{threads}", "1");
    let pipeline = launch(
        &format!(
            "appsrc name=units format=time max-bytes=0 ! {decoder} ! appsink name=pictures sync=false"
        ),
        what,
    )?;
    let source: gst_app::AppSrc = named(&pipeline, "units", what)?;
    let sink: gst_app::AppSink = named(&pipeline, "pictures", what)?;
    source.set_caps(units.caps.as_ref());
    super::decoder::accept_strides(&sink);
    play(&pipeline, what)?;
    for buffer in &units.buffers {
        let pushed = source.push_buffer(buffer.copy());
        pushed.map_err(|_| undecodable("took no unit"))?;
    }
    let _ = source.end_of_stream();
    let mut pictures = 0;
    while sink.try_pull_sample(PATIENCE).is_some() {
        pictures += 1;
    }
    let ended = sink.is_eos();
    let _ = pipeline.set_state(gst::State::Null);
    match ended && pictures > 0 {
        true => Ok(pictures),
        false => Err(undecodable("gave no picture")),
    }
}

fn undecodable(message: &str) -> CameraError {
    CameraError::Undecodable(Some(GstFault::new("decoder", message)))
}

fn play(pipeline: &gst::Pipeline, what: &'static str) -> Result<(), CameraError> {
    pipeline
        .set_state(gst::State::Playing)
        .map(drop)
        .map_err(|_| CameraError::Pipeline {
            what,
            source: GstFault::new(what, "did not start"),
        })
}
