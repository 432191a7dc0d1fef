//! When each picture is decoded and shown, in ticks of the file.

use crate::time::StreamTime;

/// Ticks in a second: RTP's own for video (RFC 3551 §5), so that nothing is rounded twice.
pub(crate) const TICKS_PER_SECOND: u32 = 90_000;
/// Shown for this long where a single picture leaves nothing to measure: 40 ms.
const USUAL_STEP: u64 = 3_600;

/// Times of a passage, counted from its first decoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    decode: Vec<u64>,
    shown: Vec<u64>,
    step: u64,
}

/// The times of pictures that are shown at `shown`, in decode order.
///
/// RTP carries presentation times only. The k-th picture decoded can be decoded no later than the
/// k-th picture shown, moved back by the deepest reordering (ISO/IEC 14496-12 §8.6.1 wants decode
/// times; this is the usual way to make them): strictly increasing, none after its presentation.
pub(crate) fn times(shown: &[StreamTime]) -> Times {
    let shown: Vec<i64> = shown.iter().copied().map(ticks).collect();
    let mut decode = shown.clone();
    decode.sort_unstable();
    let mut earliest = i64::MIN;
    for at in &mut decode {
        // Two pictures at one moment still decode one after the other.
        *at = (*at).max(earliest);
        earliest = at.saturating_add(1);
    }
    let depth = decode
        .iter()
        .zip(&shown)
        .map(|(decode, shown)| decode - shown)
        .max()
        .unwrap_or_default();
    let zero = decode.first().map_or(0, |first| first - depth);
    let counted = |at: i64| u64::try_from(at - zero).unwrap_or_default();
    Times {
        decode: decode.iter().map(|at| counted(at - depth)).collect(),
        shown: shown.iter().copied().map(counted).collect(),
        step: usual_step(&shown),
    }
}

/// How long the last picture is shown: as long as the pictures before it on average.
fn usual_step(shown: &[i64]) -> u64 {
    let (first, last) = (shown.iter().min(), shown.iter().max());
    let length = first.zip(last).map_or(0, |(first, last)| last - first);
    let steps = shown.len().saturating_sub(1).max(1) as u64;
    match u64::try_from(length).unwrap_or_default() / steps {
        0 => USUAL_STEP,
        step => step,
    }
}

fn ticks(at: StreamTime) -> i64 {
    let exact = i128::from(at.as_nanos()) * i128::from(TICKS_PER_SECOND);
    let rounded = (exact + 500_000_000).div_euclid(1_000_000_000);
    i64::try_from(rounded).unwrap_or_default()
}

impl Times {
    /// When a picture is decoded.
    pub(super) fn decode(&self, index: usize) -> u64 {
        self.decode.get(index).copied().unwrap_or_default()
    }

    /// When it is shown.
    pub(super) fn shown(&self, index: usize) -> u64 {
        self.shown.get(index).copied().unwrap_or_default()
    }

    /// By how much it is shown later than it is decoded.
    pub(super) fn offset(&self, index: usize) -> i64 {
        let later = self.shown(index).saturating_sub(self.decode(index));
        i64::try_from(later).unwrap_or(i64::MAX)
    }

    /// How long until the next one is decoded.
    pub(super) fn duration(&self, index: usize) -> u32 {
        let next = self.decode.get(index + 1).copied();
        let length = next.map_or(self.step, |next| next - self.decode(index));
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    /// When the first picture is shown.
    pub(super) fn first_shown(&self) -> u64 {
        self.shown.iter().min().copied().unwrap_or_default()
    }

    /// When the last one has been shown.
    pub(super) fn end_shown(&self) -> u64 {
        self.shown.iter().max().copied().unwrap_or_default() + self.step
    }

    /// How long the last picture is shown.
    pub(crate) fn step(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.step * 1_000_000_000 / u64::from(TICKS_PER_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> StreamTime {
        StreamTime::from_nanos(ms * 1_000_000)
    }

    fn of(ms: &[i64]) -> Times {
        times(&ms.iter().copied().map(at).collect::<Vec<_>>())
    }

    #[test]
    fn without_reordering_decoding_is_showing() {
        let times = of(&[1000, 1040, 1080]);
        assert_eq!(
            (times.decode.clone(), times.step),
            (vec![0, 3600, 7200], 3600)
        );
        assert_eq!(times.decode, times.shown);
        assert_eq!(of(&[7]).step, USUAL_STEP);
        assert_eq!(times.end_shown(), 3 * 3600);
    }

    #[test]
    fn b_frames_are_shown_later_than_the_first_is_decoded() {
        let times = of(&[0, 120, 40, 80]);
        assert_eq!(times.decode, [0, 3600, 7200, 10_800]);
        assert_eq!(times.shown, [3600, 14_400, 7200, 10_800]);
        assert_eq!(times.first_shown(), 3600);
    }

    proptest! {
        #[test]
        fn increasing_and_never_late(shown in prop::collection::vec(-50_000..100_000i64, 1..200)) {
            let times = of(&shown);
            prop_assert_eq!(times.decode[0], 0);
            prop_assert!(times.decode.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(times.decode.iter().zip(&times.shown).all(|(decode, shown)| decode <= shown));
            let apart = |a: usize, b: usize| {
                let ticks = times.shown[a].abs_diff(times.shown[b]);
                ticks == (shown[a] - shown[b]).unsigned_abs() * 90
            };
            prop_assert!((1..shown.len()).all(|index| apart(0, index)));
        }
    }
}
