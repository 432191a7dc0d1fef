//! One encoded picture as the camera sent it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// How the pictures are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264 / AVC.
    H264,
    /// H.265 / HEVC.
    H265,
    /// Motion JPEG: every picture a keyframe.
    Mjpeg,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Mjpeg => "MJPEG",
        })
    }
}

/// What a connection carries, known once its first caps came.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInfo {
    /// How the pictures are encoded.
    pub codec: Codec,
    /// GStreamer caps of the access units, parsed form with codec data where there is any.
    pub caps: String,
    /// Size of the coded picture, where the caps say it.
    pub size: Option<PictureSize>,
}

/// A moment by a camera's own clock, in nanoseconds since 1900, as its RTCP sender reports tell it.
/// Right or wrong, it is the same clock for all streams of that camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CameraTime(pub u64);

impl StreamInfo {
    /// Whether what follows is another stream: nothing that counts in pixels goes on across it.
    pub(crate) fn is_other(&self, info: &Self) -> bool {
        (self.codec, self.size) != (info.codec, info.size)
    }
}

/// One encoded picture (RFC 6184 calls it an access unit), never decoded here.
#[derive(Debug, Clone)]
pub struct AccessUnit {
    /// When it is shown.
    pub pts: StreamTime,
    /// How long it is shown, where known.
    pub duration: Option<Duration>,
    /// The agent's wall clock at arrival.
    pub arrival: Timestamp,
    /// The camera's own clock at the moment it shows, once the camera told the time.
    pub camera_time: Option<CameraTime>,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// The bytes, SEI and all.
    pub data: Bytes,
}
