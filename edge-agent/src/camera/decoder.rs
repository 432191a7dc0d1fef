//! Access units to pictures. Live: whatever comes goes in at once, pictures come out by callback.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::access_unit::{AccessUnit, StreamInfo};
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::sample;
use super::source::DecoderOptions;
use crate::time::StreamTime;

/// Units that may wait for the decoder: two seconds of a usual camera.
const MOST_WAITING: u64 = 50;

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It will be decoded.
    Queued,
    /// The decoder is too far behind: this unit and all up to the next keyframe are left out.
    LeftOut,
}

/// A decoder of one connection.
pub(crate) struct Decoder {
    parts: DecoderPipeline,
    decoded: Arc<AtomicU64>,
    leaving_out: bool,
}

impl Decoder {
    /// Starts decoding; `on_picture` runs on the decoder's thread for each picture, in order of
    /// presentation, and must not block.
    pub(crate) fn start(
        info: &StreamInfo,
        options: DecoderOptions,
        mut on_picture: impl FnMut(&gst::SampleRef, StreamTime) + Send + 'static,
    ) -> Result<Self, CameraError> {
        let parts = DecoderPipeline::new(info, options)?;
        let decoded = Arc::new(AtomicU64::new(0));
        let count = decoded.clone();
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |pictures| {
            let sample = pictures.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            count.fetch_add(1, Ordering::Relaxed);
            if let Some(pts) = sample::picture_time(&sample) {
                on_picture(&sample, pts);
            }
            Ok(gst::FlowSuccess::Ok)
        });
        parts.pictures.set_callbacks(callbacks.build());
        parts.play()?;
        Ok(Self {
            parts,
            decoded,
            leaving_out: false,
        })
    }

    /// Hands over the next unit; never blocks.
    pub(crate) fn push(&mut self, unit: &AccessUnit) -> Result<Pushed, CameraError> {
        // Leaving out single units would smear every picture up to the next keyframe; so when the
        // queue is full everything up to there goes.
        let behind = self.parts.waiting() >= MOST_WAITING;
        self.leaving_out = behind || (self.leaving_out && !unit.keyframe);
        if self.leaving_out {
            return Ok(Pushed::LeftOut);
        }
        self.parts.push(unit)?;
        Ok(Pushed::Queued)
    }

    /// The error that stopped it, if one did.
    pub(crate) fn fault(&self) -> Option<GstFault> {
        self.parts.fault()
    }

    /// Pictures decoded so far.
    pub(crate) fn decoded(&self) -> u64 {
        self.decoded.load(Ordering::Relaxed)
    }
}

/// `appsrc ! decoder ! appsink`, stopped when dropped.
pub(crate) struct DecoderPipeline {
    pipeline: gst::Pipeline,
    units: gst_app::AppSrc,
    pub(crate) pictures: gst_app::AppSink,
}

impl DecoderPipeline {
    pub(crate) fn new(info: &StreamInfo, options: DecoderOptions) -> Result<Self, CameraError> {
        let format = Format::of_codec(info.codec)
            .ok_or_else(|| CameraError::unsupported(&info.codec.to_string()))?;
        let decoder = format
            .decoder
            .replace("{threads}", &options.threads.max(1).to_string());
        // `videoconvert` passes I420 and NV12 through untouched; only other formats are converted.
        // appsrc is unbounded because both its users look at its level before they push; appsink
        // holds two pictures and then makes the decoder wait.
        let description = format!(
            "appsrc name=units format=time max-bytes=0 ! {decoder} ! videoconvert \
             ! video/x-raw,format=(string){{I420,NV12}} \
             ! appsink name=pictures sync=false max-buffers=2"
        );
        let what = "the decoder";
        let pipeline = launch(&description, what)?;
        let units: gst_app::AppSrc = named(&pipeline, "units", what)?;
        let pictures: gst_app::AppSink = named(&pipeline, "pictures", what)?;
        let caps = info
            .caps
            .parse::<gst::Caps>()
            .map_err(|_| CameraError::Pipeline {
                what,
                source: GstFault::new("units", "the stream's caps are not caps"),
            })?;
        units.set_caps(Some(&caps));
        accept_strides(&pictures);
        Ok(Self {
            pipeline,
            units,
            pictures,
        })
    }

    pub(crate) fn play(&self) -> Result<(), CameraError> {
        self.pipeline
            .set_state(gst::State::Playing)
            .map(drop)
            .map_err(|_| CameraError::Pipeline {
                what: "the decoder",
                source: self.fault_or("did not start"),
            })
    }

    /// Units that wait to be decoded.
    pub(crate) fn waiting(&self) -> u64 {
        self.units.property("current-level-buffers")
    }

    pub(crate) fn push(&self, unit: &AccessUnit) -> Result<(), CameraError> {
        let pushed = self.units.push_buffer(sample::unit_buffer(unit));
        pushed
            .map(drop)
            .map_err(|_| CameraError::Undecodable(Some(self.fault_or("took no unit"))))
    }

    /// No more units come; pictures still inside come out.
    pub(crate) fn finish(&self) {
        // Fails only where the pipeline is already stopping, and then nothing is left to come out.
        let _ = self.units.end_of_stream();
    }

    /// The pipeline's own error where it posted one, else `message`.
    pub(crate) fn fault_or(&self, message: &str) -> GstFault {
        self.fault()
            .unwrap_or_else(|| GstFault::new("decoder", message))
    }

    /// The next error that the pipeline posted.
    pub(crate) fn fault(&self) -> Option<GstFault> {
        let message = self
            .pipeline
            .bus()?
            .pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(GstFault::from_message(error)),
            _ => None,
        }
    }
}

impl Drop for DecoderPipeline {
    fn drop(&mut self) {
        // Going to NULL cannot fail in a way that leaves anything to do.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Tells the decoder that strides and padding are understood, so that it renders into its own
/// buffers instead of copying every picture into a tight one.
pub(crate) fn accept_strides(pictures: &gst_app::AppSink) {
    let Some(pad) = pictures.static_pad("sink") else {
        return;
    };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(gst::PadProbeData::Query(query)) = &mut info.data
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gstreamer_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// A pipeline from a launch line.
pub(crate) fn launch(description: &str, what: &'static str) -> Result<gst::Pipeline, CameraError> {
    let fault = |message: String| CameraError::Pipeline {
        what,
        source: GstFault::new(what, message),
    };
    gst::init().map_err(|error| fault(error.to_string()))?;
    gst::parse::launch(description)
        .map_err(|error| fault(error.to_string()))?
        .downcast::<gst::Pipeline>()
        .map_err(|_| fault("not a pipeline".to_owned()))
}

/// An element of a pipeline by its name.
pub(crate) fn named<T: IsA<gst::Object> + IsA<gst::Element>>(
    bin: &impl IsA<gst::Bin>,
    name: &str,
    what: &'static str,
) -> Result<T, CameraError> {
    bin.as_ref()
        .by_name(name)
        .and_then(|element| element.downcast::<T>().ok())
        .ok_or_else(|| CameraError::Pipeline {
            what,
            source: GstFault::new(name, "element is missing"),
        })
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
