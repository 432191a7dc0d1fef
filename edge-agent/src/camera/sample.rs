//! GStreamer samples to our own types, without copying a byte.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use jiff::Timestamp;

use super::access_unit::{AccessUnit, CameraTime, StreamInfo};
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::frame::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
use super::timeline::Timeline;
use crate::geometry::PictureSize;
use crate::time::{ClockAnchor, StreamTime};

/// Standard definition ends here; taller pictures without a stated matrix are BT.709.
const TALLEST_BT601: u32 = 576;

/// What the caps of encoded units say.
pub(crate) fn stream_info(caps: &gst::CapsRef) -> Result<StreamInfo, CameraError> {
    let structure = caps.structure(0);
    let format = format_of(caps)?;
    let side = |name| {
        structure
            .and_then(|s| s.get::<i32>(name).ok())
            .and_then(|n| n.try_into().ok())
    };
    let size = side("width").zip(side("height"));
    let size = size.filter(|(width, height)| *width > 0 && *height > 0);
    Ok(StreamInfo {
        codec: format.codec,
        caps: caps.to_string(),
        size: size.map(|(width, height)| PictureSize { width, height }),
    })
}

/// The format of encoded pictures with these caps.
pub(crate) fn format_of(caps: &gst::CapsRef) -> Result<&'static Format, CameraError> {
    let structure = caps.structure(0);
    let media_type = structure.map_or("nothing", |s| s.name().as_str());
    Format::of_media_type(media_type).ok_or_else(|| {
        let version = structure.and_then(|s| s.get::<i32>("mpegversion").ok());
        CameraError::unsupported(&match version {
            Some(version) => format!("{media_type}, mpegversion {version}"),
            None => media_type.to_owned(),
        })
    })
}

/// One access unit, which came at `arrival` by a clock that only goes forward; `None` for an empty
/// buffer.
pub(crate) fn access_unit(
    sample: &gst::SampleRef,
    timeline: &mut Timeline,
    arrival: Duration,
) -> Option<AccessUnit> {
    let buffer = sample.buffer_owned()?;
    if buffer.size() == 0 {
        return None;
    }
    let pts = timeline.map(stamp(sample, &buffer), arrival);
    let duration = buffer
        .duration()
        .map(|d| Duration::from_nanos(d.nseconds()));
    let camera_time = camera_time(&buffer);
    let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    let mapped = buffer.into_mapped_buffer_readable().ok()?;
    let data = Bytes::from_owner(mapped);
    Some(AccessUnit {
        pts,
        duration,
        arrival: Timestamp::now(),
        camera_time,
        keyframe,
        data,
    })
}

/// Whether something is missing between this unit and the one before.
pub(crate) fn follows_a_loss(sample: &gst::SampleRef) -> bool {
    let buffer = sample.buffer();
    buffer.is_some_and(|buffer| buffer.flags().contains(gst::BufferFlags::DISCONT))
}

/// The camera's clock at a buffer, which the jitter buffer notes once it has heard the time.
fn camera_time(buffer: &gst::BufferRef) -> Option<CameraTime> {
    let noted = buffer.iter_meta::<gst::ReferenceTimestampMeta>();
    let ntp = |meta: &gst::MetaRef<'_, gst::ReferenceTimestampMeta>| {
        let clock = meta.reference().structure(0);
        clock.is_some_and(|clock| clock.name() == "timestamp/x-ntp")
    };
    let told = noted.filter(ntp).map(|meta| meta.timestamp().nseconds());
    told.map(CameraTime).next()
}

/// When a buffer is shown, or else decoded, in running time. That may be negative: where an edit list
/// cuts into the first pictures, and where the first pictures that a camera sends belong before the
/// keyframe that they follow. Of the latter the jitter buffer subtracts without a sign.
fn stamp(sample: &gst::SampleRef, buffer: &gst::BufferRef) -> Option<i64> {
    let at = buffer.pts().or(buffer.dts())?;
    let segment = sample
        .segment()
        .and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
    match segment {
        Some(segment) => segment.to_running_time_full(at).map(signed_nanos),
        None => Some(at.nseconds().cast_signed()),
    }
}

fn signed_nanos(time: gst::Signed<gst::ClockTime>) -> i64 {
    match time {
        gst::Signed::Positive(t) => t.nseconds().cast_signed(),
        gst::Signed::Negative(t) => i64::try_from(t.nseconds()).map_or(i64::MIN, |n| -n),
    }
}

/// The presentation time that [`unit_buffer`] gave the unit this picture was decoded from.
pub(crate) fn picture_time(sample: &gst::SampleRef) -> Option<StreamTime> {
    let pts = sample.buffer()?.pts()?.nseconds();
    i64::try_from(pts).ok().map(StreamTime::from_nanos)
}

/// A unit as the decoder takes it: its bytes shared, its time the stream's.
pub(crate) fn unit_buffer(unit: &AccessUnit) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_slice(unit.data.clone());
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(clock_time(unit.pts));
        if !unit.keyframe {
            buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
    }
    buffer
}

fn clock_time(at: StreamTime) -> Option<gst::ClockTime> {
    u64::try_from(at.as_nanos())
        .ok()
        .map(gst::ClockTime::from_nseconds)
}

/// The NTP timestamp of the first RTCP sender report in a packet (RFC 3550 §6.4.1).
pub(crate) fn sender_report_time(packet: &gst::BufferRef) -> Option<u64> {
    const SENDER_REPORT: u8 = 200;
    let mapped = packet.map_readable().ok()?;
    let mut rest = mapped.as_slice();
    while let Some(header) = rest.first_chunk::<4>() {
        let bytes = 4 * (usize::from(u16::from_be_bytes([header[2], header[3]])) + 1);
        if header[1] == SENDER_REPORT {
            let stamp = rest.get(8..16)?.first_chunk::<8>()?;
            return Some(u64::from_be_bytes(*stamp));
        }
        rest = rest.get(bytes..)?;
    }
    None
}

/// A decoded picture that borrows the decoder's planes for as long as it lives.
pub(crate) fn frame(
    sample: &gst::SampleRef,
    pts: StreamTime,
    anchor: &ClockAnchor,
) -> Result<Frame, GstFault> {
    let fault = |what: &str| GstFault::new("decoder", what);
    let caps = sample.caps().ok_or_else(|| fault("picture without caps"))?;
    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| fault("caps of no picture"))?;
    let format = match info.format() {
        gst_video::VideoFormat::I420 => PixelFormat::I420,
        gst_video::VideoFormat::Nv12 => PixelFormat::Nv12,
        _ => return Err(fault("pixel format is neither I420 nor NV12")),
    };
    let buffer = sample
        .buffer_owned()
        .ok_or_else(|| fault("sample without a buffer"))?;
    let mapped = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
        .map_err(|_| fault("picture cannot be mapped"))?;
    let size = PictureSize {
        width: info.width(),
        height: info.height(),
    };
    let planes = planes_of(mapped).map_err(fault)?;
    let (range, matrix) = colours(&info);
    Ok(Frame {
        pts,
        wall: anchor.wall_at(pts),
        size,
        format,
        range,
        matrix,
        planes,
    })
}

fn planes_of(
    mapped: gst_video::VideoFrame<gst_video::video_frame::Readable>,
) -> Result<Vec<Plane>, &'static str> {
    let strides = mapped.plane_stride().to_vec();
    let mapped = Arc::new(mapped);
    (0..mapped.n_planes())
        .zip(strides)
        .map(|(index, stride)| {
            mapped.plane_data(index).map_err(|_| "plane is missing")?;
            let stride = usize::try_from(stride).map_err(|_| "stride is negative")?;
            let owner = PlaneOwner {
                picture: mapped.clone(),
                index,
            };
            Ok(Plane {
                data: Bytes::from_owner(owner),
                stride,
            })
        })
        .collect()
}

/// Keeps the mapped picture alive while one of its planes is in use.
struct PlaneOwner {
    picture: Arc<gst_video::VideoFrame<gst_video::video_frame::Readable>>,
    index: u32,
}

impl AsRef<[u8]> for PlaneOwner {
    fn as_ref(&self) -> &[u8] {
        // Checked when the plane was made; an empty plane is refused by whoever reads its size.
        self.picture.plane_data(self.index).unwrap_or_default()
    }
}

fn colours(info: &gst_video::VideoInfo) -> (ColorRange, ColorMatrix) {
    let colorimetry = info.colorimetry();
    let range = match colorimetry.range() {
        gst_video::VideoColorRange::Range0_255 => ColorRange::Full,
        _ => ColorRange::Limited,
    };
    let matrix = match colorimetry.matrix() {
        gst_video::VideoColorMatrix::Bt601 => ColorMatrix::Bt601,
        gst_video::VideoColorMatrix::Bt709 => ColorMatrix::Bt709,
        _ if info.height() > TALLEST_BT601 => ColorMatrix::Bt709,
        _ => ColorMatrix::Bt601,
    };
    (range, matrix)
}
