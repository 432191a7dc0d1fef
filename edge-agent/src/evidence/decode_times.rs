//! Decode times for a passage whose camera sent none. Pure.

use std::time::Duration;

use crate::time::StreamTime;

/// Shown for this long where a single picture leaves nothing to measure.
const USUAL_STEP: Duration = Duration::from_millis(40);

/// One decode time per unit in decode order: strictly increasing, none after its presentation.
///
/// RTP carries presentation times only. The k-th picture decoded can be decoded no later than the
/// k-th picture shown, moved back by the deepest reordering (ISO/IEC 14496-12 §8.6.1 wants decode
/// times; this is the usual way to make them).
pub(super) fn decode_times(shown: &[StreamTime]) -> Vec<StreamTime> {
    let mut sorted = shown.to_vec();
    sorted.sort_unstable();
    let mut earliest = None;
    for at in &mut sorted {
        // Two pictures at one moment still decode one after the other.
        *at = earliest.map_or(*at, |earliest| (*at).max(earliest));
        earliest = Some(*at + Duration::from_nanos(1));
    }
    let depth = sorted
        .iter()
        .zip(shown)
        .map(|(decode, shown)| decode.since(*shown))
        .max();
    let depth = depth.unwrap_or_default();
    sorted.into_iter().map(|at| at - depth).collect()
}

/// How long the last picture is shown: as long as the pictures before it on average.
pub(super) fn usual_step(shown: &[StreamTime]) -> Duration {
    let (first, last) = (shown.iter().min(), shown.iter().max());
    let steps = u32::try_from(shown.len().saturating_sub(1)).unwrap_or(u32::MAX);
    match (first, last) {
        (Some(first), Some(last)) if steps > 0 && last > first => last.since(*first) / steps,
        _ => USUAL_STEP,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> StreamTime {
        StreamTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn without_reordering_decode_is_presentation() {
        let shown = [at(0), at(40), at(80)];
        assert_eq!(decode_times(&shown), shown);
        assert_eq!(usual_step(&shown), Duration::from_millis(40));
        assert_eq!(usual_step(&[at(7)]), USUAL_STEP);
    }

    #[test]
    fn b_frames_move_decode_back() {
        let shown = [at(0), at(120), at(40), at(80)];
        assert_eq!(decode_times(&shown), [at(-40), at(0), at(40), at(80)]);
    }

    proptest! {
        #[test]
        fn increasing_and_never_late(shown in prop::collection::vec(0..100_000i64, 1..200)) {
            let shown: Vec<_> = shown.into_iter().map(at).collect();
            let times = decode_times(&shown);
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(times.iter().zip(&shown).all(|(decode, shown)| decode <= shown));
        }
    }
}
