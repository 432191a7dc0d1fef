//! What a decoder must know first, in front of every picture where decoding can begin. Pure.
//!
//! GStreamer's parsers put parameter sets in front of instantaneous refreshes (IDR) alone. The
//! keyframes of an open GOP are none, yet a passage may begin with one.

use bytes::{Bytes, BytesMut};

use super::access_unit::{AccessUnit, Codec};
use super::nal::units;

const START: [u8; 4] = [0, 0, 0, 1];

/// The parameter sets that a connection sent last.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParameterSets {
    latest: Bytes,
}

/// What a unit of a byte stream is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Delimiter,
    Set,
    Other,
}

impl ParameterSets {
    /// The unit, with the sets in front where decoding can begin and the camera sent none.
    pub(crate) fn complete(&mut self, codec: Codec, unit: AccessUnit) -> AccessUnit {
        if !unit.keyframe || codec == Codec::Mjpeg {
            return unit;
        }
        let parts = units(&unit.data);
        let of_kind = |kind| {
            parts
                .iter()
                .filter(move |part| kind_of(codec, part) == kind)
        };
        let mut sets = BytesMut::new();
        for set in of_kind(Unit::Set) {
            sets.extend_from_slice(&START);
            sets.extend_from_slice(set);
        }
        if !sets.is_empty() {
            self.latest = sets.freeze();
            return unit;
        }
        // A delimiter stands before all else in its access unit.
        let mut data = BytesMut::with_capacity(unit.data.len() + self.latest.len() + 16);
        for delimiter in of_kind(Unit::Delimiter) {
            data.extend_from_slice(&START);
            data.extend_from_slice(delimiter);
        }
        data.extend_from_slice(&self.latest);
        for part in of_kind(Unit::Other) {
            data.extend_from_slice(&START);
            data.extend_from_slice(part);
        }
        let data = data.freeze();
        AccessUnit { data, ..unit }
    }
}

/// By ITU-T H.264 table 7-1 and H.265 table 7-1.
fn kind_of(codec: Codec, unit: &[u8]) -> Unit {
    let first = unit.first().copied().unwrap_or_default();
    match (codec, first & 0x1f, first >> 1 & 0x3f) {
        (Codec::H264, 9, _) | (Codec::H265, _, 35) => Unit::Delimiter,
        (Codec::H264, 7 | 8 | 13 | 15, _) | (Codec::H265, _, 32..=34) => Unit::Set,
        _ => Unit::Other,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::time::StreamTime;

    const IDR: [u8; 26] = [
        0, 0, 0, 1, 9, 16, 0, 0, 1, 0x67, 66, 30, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65, 0x88, 1, 2,
        3, 4,
    ];
    const INTRA: [u8; 17] = [0, 0, 0, 1, 9, 16, 0, 0, 0, 1, 6, 5, 0, 0, 1, 0x61, 0x88];

    fn unit(keyframe: bool, data: &[u8]) -> AccessUnit {
        AccessUnit {
            pts: StreamTime::ZERO,
            duration: None,
            arrival: Timestamp::UNIX_EPOCH,
            camera_time: None,
            keyframe,
            data: Bytes::copy_from_slice(data),
        }
    }

    #[test]
    fn a_keyframe_without_sets_gets_the_latest_behind_its_delimiter() {
        let mut sets = ParameterSets::default();
        let idr = sets.complete(Codec::H264, unit(true, &IDR));
        assert_eq!(idr.data, IDR[..], "what the camera sent stays as it is");
        let intra = sets.complete(Codec::H264, unit(true, &INTRA)).data;
        let kinds: Vec<u8> = units(&intra).iter().map(|unit| unit[0] & 0x1f).collect();
        assert_eq!(kinds, [9, 7, 8, 6, 1]);
        let other = sets.complete(Codec::H264, unit(false, &INTRA));
        assert_eq!(other.data, INTRA[..], "only where decoding can begin");
        let jpeg = sets.complete(Codec::Mjpeg, unit(true, &INTRA));
        assert_eq!(jpeg.data, INTRA[..]);
    }
}
