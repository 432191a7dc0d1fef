//! Hand-made access units for the tests of the ring and of what cuts from it.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::access_unit::{AccessUnit, Codec, StreamInfo};
use crate::time::{ClockAnchor, StreamTime};

pub(crate) const ANCHOR: ClockAnchor = ClockAnchor {
    stream: StreamTime::ZERO,
    wall: Timestamp::UNIX_EPOCH,
};

pub(crate) fn info() -> StreamInfo {
    StreamInfo {
        codec: Codec::H264,
        caps: "video/x-h264".to_owned(),
        size: None,
    }
}

pub(crate) fn unit(at: f64, keyframe: bool, bytes: usize) -> Arc<AccessUnit> {
    Arc::new(AccessUnit {
        pts: StreamTime::from_secs_f64(at),
        duration: None,
        arrival: Timestamp::UNIX_EPOCH,
        camera_time: None,
        keyframe,
        data: Bytes::from(vec![0; bytes]),
    })
}
