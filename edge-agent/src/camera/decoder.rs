//! Access units to pictures, on the caller's thread: whoever pushes a unit has its pictures when the
//! call returns, so a decision about a picture can be taken before the next unit goes in.
//!
//! What does not belong here: which units are decoded (`gate`, `thinning`), and when (`gated`).

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::access_unit::{AccessUnit, StreamInfo};
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::sample;
use super::source::DecoderOptions;
use crate::time::StreamTime;

const WHAT: &str = "the decoder";

/// `decoder ! appsink`, fed by hand, stopped when dropped.
pub(crate) struct Decoder {
    pipeline: gst::Pipeline,
    input: gst::Pad,
    pictures: gst_app::AppSink,
}

impl Decoder {
    /// A decoder that waits for its first keyframe.
    pub(crate) fn start(info: &StreamInfo, options: DecoderOptions) -> Result<Self, CameraError> {
        let format = Format::of_codec(info.codec)
            .ok_or_else(|| CameraError::unsupported(&info.codec.to_string()))?;
        let decoder = format
            .decoder
            .replace("{threads}", &options.threads.max(1).to_string());
        // `videoconvert` passes I420 and NV12 through untouched; only other formats are converted.
        // appsink holds what one unit completes: whoever pushes takes it before pushing again.
        let description = format!(
            "{decoder} ! videoconvert ! video/x-raw,format=(string){{I420,NV12}} \
             ! appsink name=pictures sync=false async=false"
        );
        gst::init().map_err(|error| broken(error.to_string()))?;
        let bin = gst::parse::bin_from_description(&description, true)
            .map_err(|error| broken(error.to_string()))?;
        let pictures: gst_app::AppSink = named(&bin, "pictures", WHAT)?;
        accept_strides(&pictures);
        let pipeline = gst::Pipeline::new();
        keep_errors_only(&pipeline);
        pipeline.add(&bin).map_err(|e| broken(e.to_string()))?;
        let sink = bin.static_pad("sink").ok_or_else(|| broken("no input"))?;
        let input = gst::Pad::builder(gst::PadDirection::Src).build();
        input.link(&sink).map_err(|e| broken(e.to_string()))?;
        let decoder = Self {
            pipeline,
            input,
            pictures,
        };
        decoder.play(info)?;
        Ok(decoder)
    }

    fn play(&self, info: &StreamInfo) -> Result<(), CameraError> {
        let caps = info.caps.parse::<gst::Caps>();
        let caps = caps.map_err(|_| broken("the stream's caps are not caps"))?;
        self.pipeline
            .set_state(gst::State::Playing)
            .map_err(|_| CameraError::Pipeline {
                what: WHAT,
                source: self.fault_or("did not start"),
            })?;
        self.input
            .set_active(true)
            .map_err(|error| broken(error.message))?;
        self.tell(gst::event::StreamStart::new("units"));
        self.tell(gst::event::Caps::new(&caps));
        self.begin_segment();
        Ok(())
    }

    /// Decodes the next unit. The pictures that it completes, in order of presentation, are there
    /// for [`Decoder::picture`].
    pub(crate) fn push(&self, unit: &AccessUnit) -> Result<(), CameraError> {
        let pushed = self.input.push(sample::unit_buffer(unit));
        if pushed.is_ok()
            && let Some(fault) = self.fault()
        {
            return Err(CameraError::Undecodable(Some(fault)));
        }
        pushed
            .map(drop)
            .map_err(|_| CameraError::Undecodable(Some(self.fault_or("took no unit"))))
    }

    /// Pictures that wait for others to be shown first come out now. Only a keyframe may follow.
    pub(crate) fn drain(&self) {
        self.tell(gstreamer_video::StillFrameEvent::builder(true).build());
    }

    /// Forgets what went in; time may go back. Only a keyframe may follow.
    pub(crate) fn restart(&self) {
        self.tell(gst::event::FlushStart::new());
        self.tell(gst::event::FlushStop::new(true));
        self.begin_segment();
    }

    /// The next picture that is complete, and when it is shown.
    pub(crate) fn picture(&self) -> Option<(gst::Sample, Option<StreamTime>)> {
        let sample = self.pictures.try_pull_sample(gst::ClockTime::ZERO)?;
        let at = sample::picture_time(&sample);
        Some((sample, at))
    }

    /// The pipeline's own error where it posted one, else `message`.
    pub(crate) fn fault_or(&self, message: &str) -> GstFault {
        self.fault()
            .unwrap_or_else(|| GstFault::new("decoder", message))
    }

    fn fault(&self) -> Option<GstFault> {
        let message = self
            .pipeline
            .bus()?
            .pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(GstFault::from_message(error)),
            _ => None,
        }
    }

    fn begin_segment(&self) {
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        self.tell(gst::event::Segment::new(&segment));
    }

    fn tell(&self, event: gst::Event) {
        // What does not take an event does not take the next unit either, and that is reported.
        let _ = self.input.push_event(event);
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // Going to NULL cannot fail in a way that leaves anything to do.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn broken(message: impl Into<String>) -> CameraError {
    CameraError::Pipeline {
        what: WHAT,
        source: GstFault::new("decoder", message),
    }
}

/// Nobody reads the others; they would pile up on the bus.
fn keep_errors_only(pipeline: &gst::Pipeline) {
    if let Some(bus) = pipeline.bus() {
        bus.set_sync_handler(|_, message| match message.type_() {
            gst::MessageType::Error => gst::BusSyncReply::Pass,
            _ => gst::BusSyncReply::Drop,
        });
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
