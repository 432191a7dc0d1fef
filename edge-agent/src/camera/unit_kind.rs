//! What an access unit is to the units after it, read from its first slice. Pure.

use super::access_unit::{AccessUnit, Codec};
use super::nal;

/// What hangs on a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum UnitKind {
    /// Decoding can begin here.
    Keyframe,
    /// Later pictures refer to it.
    Reference,
    /// Nothing refers to it: it can be left out and nobody notices.
    Disposable,
}

/// Tells the kinds of one stream's units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnitKinds {
    codec: Codec,
    /// Highest temporal layer seen (H.265): only its pictures can be disposable.
    highest_layer: u8,
}

impl UnitKinds {
    pub(crate) const fn new(codec: Codec) -> Self {
        Self {
            codec,
            highest_layer: 0,
        }
    }

    /// The kind of the next unit.
    pub(crate) fn of(&mut self, unit: &AccessUnit) -> UnitKind {
        if unit.keyframe || self.codec == Codec::Mjpeg {
            return UnitKind::Keyframe;
        }
        match self.is_disposable(&unit.data) {
            true => UnitKind::Disposable,
            false => UnitKind::Reference,
        }
    }

    /// By ITU-T H.264 §7.4.1 (`nal_ref_idc`, alike in all slices of a picture) and H.265 §7.4.2.2
    /// (sub-layer non-reference pictures have even types below 16; those of a lower layer may be
    /// referred to by a higher one).
    fn is_disposable(&mut self, data: &[u8]) -> bool {
        let codec = self.codec;
        let is_slice = |unit: &&[u8]| match (codec, unit.first()) {
            (Codec::H264, Some(first)) => matches!(first & 0x1f, 1..=5),
            (Codec::H265, Some(first)) => first >> 1 & 0x3f < 32,
            _ => false,
        };
        let slice = nal::first_unit(data, is_slice);
        match (codec, slice) {
            (Codec::H264, Some([first, ..])) => first >> 5 & 3 == 0,
            (Codec::H265, Some([first, second, ..])) => {
                let layer = (second & 7).saturating_sub(1);
                self.highest_layer = self.highest_layer.max(layer);
                let kind = first >> 1 & 0x3f;
                kind < 16 && kind % 2 == 0 && layer == self.highest_layer
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::time::StreamTime;

    fn kinds(codec: Codec, units: &[&[u8]]) -> Vec<UnitKind> {
        let mut kinds = UnitKinds::new(codec);
        let unit = |data: &[u8]| AccessUnit {
            pts: StreamTime::ZERO,
            duration: None,
            arrival: Timestamp::UNIX_EPOCH,
            camera_time: None,
            keyframe: false,
            data: Bytes::copy_from_slice(data),
        };
        units.iter().map(|data| kinds.of(&unit(data))).collect()
    }

    #[test]
    fn nal_ref_idc_of_the_first_slice_decides() {
        let delimiter_then = |slice: u8| [0, 0, 0, 1, 0x09, 0x30, 0, 0, 1, slice, 0x9a];
        let (b, p) = (delimiter_then(0x01), delimiter_then(0x41));
        let seen = kinds(Codec::H264, &[&b, &p, &[], &[0, 0, 1]]);
        use UnitKind::{Disposable, Reference};
        assert_eq!(seen, [Disposable, Reference, Reference, Reference]);
    }

    #[test]
    fn h265_goes_by_type_and_highest_layer() {
        use UnitKind::{Disposable, Reference};
        let slice = |kind: u8, layer: u8| [0, 0, 1, kind << 1, layer + 1, 0x80];
        let (trail_r, trail_n) = (slice(1, 0), slice(0, 0));
        assert_eq!(
            kinds(Codec::H265, &[&trail_r, &trail_n]),
            [Reference, Disposable]
        );
        let (tsa_n, low_n) = (slice(2, 1), slice(0, 0));
        assert_eq!(
            kinds(Codec::H265, &[&tsa_n, &low_n]),
            [Disposable, Reference],
            "a higher layer may refer to it"
        );
    }
}
