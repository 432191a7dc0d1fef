//! Clips through GStreamer, which is named here alone: decoded picture by picture, looked at, altered,
//! encoded again as H.264 by openh264.
//!
//! Runs in the process that makes copies, never in the server's. Only elements that are named below
//! take part; nothing is plugged by what the file says. The demuxer heeds the edit list: of a clip that
//! begins in the middle of a group of pictures, only what it is meant to show comes out.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::container::{Codec, Header, MAX_SIZE};
use super::failure::Failure;
use super::mosaic::Channel;

/// Most pictures of a clip: more than two minutes at 120 a second.
const MAX_PICTURES: u32 = 18_000;
/// How long no picture may come before a pipeline counts as stuck.
const STUCK: gst::ClockTime = gst::ClockTime::from_seconds(60);

/// Into how many pixels a copy's pictures fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits a second at full size.
    pub(super) bitrate: u32,
}

impl Bounds {
    /// The size of a copy: even, as 4:2:0 wants it, never larger than the original.
    fn fit(self, header: &Header) -> (u32, u32) {
        let narrow = f64::from(self.width) / f64::from(header.width);
        let low = f64::from(self.height) / f64::from(header.height);
        let scale = narrow.min(low).min(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a side of at most 4,096 pixels, made smaller"
        )]
        let side = |length: u32| ((f64::from(length) * scale / 2.0).round() as u32 * 2).max(16);
        (side(header.width), side(header.height))
    }
}

/// A decoded picture: three planes of 4:2:0.
pub(super) struct Picture<'a> {
    /// When it is shown, from the clip's beginning.
    pub(super) at: Duration,
    frame: gst_video::VideoFrameRef<&'a mut gst::BufferRef>,
}

impl Picture<'_> {
    /// Runs over luma and both chroma planes.
    pub(super) fn each_channel(&mut self, mut act: impl FnMut(Channel<'_>)) {
        let format = self.frame.format_info();
        for plane in 0..3_u32 {
            let stride = self.frame.plane_stride().get(plane as usize).copied();
            let width = self.frame.comp_width(plane) as usize;
            let height = self.frame.comp_height(plane) as usize;
            let shrunk = 1 << format.w_sub().get(plane as usize).copied().unwrap_or(0);
            let Ok(data) = self.frame.plane_data_mut(plane) else {
                continue;
            };
            act(Channel {
                data,
                stride: stride
                    .and_then(|stride| stride.try_into().ok())
                    .unwrap_or(0),
                step: 1,
                offset: 0,
                width,
                height,
                shrunk,
            });
        }
    }
}

/// Encodes a clip again, each picture as `alter` leaves it.
///
/// # Errors
/// [`Failure::Undecodable`], [`Failure::TooLong`], [`Failure::NotRun`] where GStreamer or one of the
/// elements is missing.
pub(super) fn encode_again(
    source: &Path,
    header: &Header,
    bounds: Bounds,
    out: &Path,
    alter: impl FnMut(&mut Picture<'_>) + Send + 'static,
) -> Result<(), Failure> {
    let size = bounds.fit(header);
    let pixels = u64::from(size.0) * u64::from(size.1);
    let full = u64::from(bounds.width) * u64::from(bounds.height);
    let bitrate = (u64::from(bounds.bitrate) * pixels / full).max(200_000);
    let tail = format!(
        "openh264enc rate-control=bitrate bitrate={bitrate} gop-size=50 complexity=low \
         ! video/x-h264,profile=constrained-baseline ! h264parse \
         ! mp4mux name=mux faststart=true ! filesink name=out"
    );
    let pipeline = pipeline(source, header, size, &tail)?;
    if let Some(sink) = pipeline.by_name("out") {
        sink.set_property("location", out);
    }
    keep_tags_out(&pipeline);
    run(&pipeline, alter)
}

/// Shows every picture of a clip to `look`.
///
/// # Errors
/// As [`encode_again`].
pub(super) fn look_through(
    source: &Path,
    header: &Header,
    bounds: Bounds,
    look: impl FnMut(&mut Picture<'_>) + Send + 'static,
) -> Result<(u32, u32), Failure> {
    let size = bounds.fit(header);
    let pipeline = pipeline(source, header, size, "fakesink sync=false")?;
    run(&pipeline, look)?;
    Ok(size)
}

/// What a film says of itself (who filmed it, where, with what) comes as tags, and stays outside.
fn keep_tags_out(pipeline: &gst::Pipeline) {
    let Some(mux) = pipeline.by_name("mux") else {
        return;
    };
    for pad in mux.sink_pads() {
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
            match info.event().map(|event| event.type_()) {
                Some(gst::EventType::Tag) => gst::PadProbeReturn::Drop,
                _ => gst::PadProbeReturn::Ok,
            }
        });
    }
}

fn pipeline(
    source: &Path,
    header: &Header,
    (width, height): (u32, u32),
    tail: &str,
) -> Result<gst::Pipeline, Failure> {
    gst::init().map_err(|_| Failure::NotRun)?;
    let (max_width, max_height) = MAX_SIZE;
    // The bound holds for what the pictures themselves say, not only for the header.
    let bound =
        |kind: &str| format!("{kind},width=(int)[16,{max_width}],height=(int)[16,{max_height}]");
    let decode = match header.codec {
        Codec::H264(_) => format!(
            "h264parse ! {} ! avdec_h264 max-threads=2",
            bound("video/x-h264")
        ),
        Codec::H265 => format!(
            "h265parse ! {} ! avdec_h265 max-threads=2",
            bound("video/x-h265")
        ),
        Codec::Mjpeg => format!("jpegparse ! {} ! jpegdec", bound("image/jpeg")),
    };
    let description = format!(
        "filesrc name=in ! qtdemux name=demux \
         queue name=decode max-size-buffers=8 max-size-bytes=0 max-size-time=0 ! {decode} \
         ! videoconvertscale add-borders=false ! video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1 \
         ! identity name=pictures ! {tail}"
    );
    let pipeline = gst::parse::launch(&description).map_err(|_| Failure::NotRun)?;
    let pipeline = pipeline
        .downcast::<gst::Pipeline>()
        .map_err(|_| Failure::NotRun)?;
    let part = |name: &str| pipeline.by_name(name).ok_or(Failure::NotRun);
    part("in")?.set_property("location", source);
    // The first track of pictures is decoded; sound and whatever else is there is not.
    let decode = part("decode")?;
    part("demux")?.connect_pad_added(move |_, pad| {
        let is_video = pad.name().starts_with("video");
        let Some(free) = decode.static_pad("sink").filter(|sink| !sink.is_linked()) else {
            return;
        };
        if is_video && pad.link(&free).is_err() {
            decode.post_error_message(gst::error_msg!(gst::StreamError::WrongType, ["no link"]));
        }
    });
    Ok(pipeline)
}

/// Runs a pipeline to its end; `act` gets each picture on the way.
fn run(
    pipeline: &gst::Pipeline,
    act: impl FnMut(&mut Picture<'_>) + Send + 'static,
) -> Result<(), Failure> {
    let pictures = pipeline.by_name("pictures").ok_or(Failure::NotRun)?;
    let pad = pictures.static_pad("src").ok_or(Failure::NotRun)?;
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let act = Mutex::new((act, None));
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if counted.fetch_add(1, Ordering::Relaxed) >= MAX_PICTURES {
            if let Some(element) = pad.parent_element() {
                element.post_error_message(gst::error_msg!(gst::StreamError::Failed, ["too long"]));
            }
            return gst::PadProbeReturn::Drop;
        }
        let mut held = act.lock().unwrap_or_else(PoisonError::into_inner);
        let (act, last) = &mut *held;
        match info
            .buffer_mut()
            .and_then(|buffer| show(pad, buffer, last, act))
        {
            Some(()) => gst::PadProbeReturn::Ok,
            // A picture that was not altered must not pass as one that was.
            None => {
                if let Some(element) = pad.parent_element() {
                    let cause = gst::error_msg!(gst::StreamError::Format, ["no picture"]);
                    element.post_error_message(cause);
                }
                gst::PadProbeReturn::Drop
            }
        }
    });
    let ended = play(pipeline, &count);
    if pipeline.set_state(gst::State::Null).is_err() {
        return Err(Failure::NotRun);
    }
    match count.load(Ordering::Relaxed) {
        _ if ended.is_err() => ended,
        0 => Err(Failure::Undecodable),
        _ => Ok(()),
    }
}

fn show(
    pad: &gst::Pad,
    buffer: &mut gst::Buffer,
    last: &mut Option<gst::ClockTime>,
    act: &mut impl FnMut(&mut Picture<'_>),
) -> Option<()> {
    let caps = pad.current_caps()?;
    let info = gst_video::VideoInfo::from_caps(&caps).ok()?;
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?.clone();
    // A camera's timestamps may not fit the order of its pictures: then the decoder gives two pictures
    // one time, and a parser behind the encoder would take the second's away.
    let next = last.map_or(gst::ClockTime::ZERO, |last| last + gst::ClockTime::MSECOND);
    let pts = buffer.pts()?.max(next);
    *last = Some(pts);
    let at = segment.to_stream_time(pts)?;
    let buffer = buffer.make_mut();
    buffer.set_pts(pts);
    let frame = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, &info).ok()?;
    act(&mut Picture {
        at: Duration::from_nanos(at.nseconds()),
        frame,
    });
    Some(())
}

fn play(pipeline: &gst::Pipeline, count: &AtomicU32) -> Result<(), Failure> {
    let bus = pipeline.bus().ok_or(Failure::NotRun)?;
    pipeline
        .set_state(gst::State::Playing)
        .map_err(|_| Failure::Undecodable)?;
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let mut before = 0;
    loop {
        let Some(message) = bus.timed_pop_filtered(STUCK, &ends) else {
            let now = count.load(Ordering::Relaxed);
            if now == before {
                return Err(Failure::Undecodable);
            }
            before = now;
            continue;
        };
        return match message.view() {
            gst::MessageView::Error(error) => Err(failure_of(&error.error(), count)),
            _ => Ok(()),
        };
    }
}

fn failure_of(error: &glib::Error, count: &AtomicU32) -> Failure {
    tracing::debug!(error = %error, "a pipeline ended");
    if count.load(Ordering::Relaxed) > MAX_PICTURES {
        return Failure::TooLong;
    }
    if error.matches(gst::ResourceError::NoSpaceLeft) || error.matches(gst::ResourceError::Write) {
        return Failure::NotRun;
    }
    Failure::Undecodable
}
