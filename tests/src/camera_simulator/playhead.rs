//! Which access unit comes next, and when: pure, in the camera's own time.

use std::time::Duration;

use super::device::Playback;
use super::footage::{Footage, Unit};

/// A reader of footage that goes round without a seam.
#[derive(Debug)]
pub(super) struct Playhead {
    footage: Footage,
    playback: Playback,
    /// The next unit's number within its round.
    next: usize,
    /// The start of that round in the camera's time.
    round: Duration,
}

/// A unit and its times in the camera's time.
#[derive(Debug)]
pub(super) struct Due {
    /// The unit.
    pub(super) unit: Unit,
    /// When to send it.
    pub(super) at: Duration,
    /// When its picture is shown.
    pub(super) shown: Duration,
}

impl Playhead {
    /// Starts at the last keyframe that was due at `now`, which is in the camera's time.
    pub(super) fn at(footage: Footage, playback: Playback, now: Duration) -> Self {
        let period = footage.period.max(Duration::from_millis(1));
        let rounds = match playback {
            Playback::Looped => u32::try_from(now.as_millis() / period.as_millis()).unwrap_or(0),
            Playback::Once => 0,
        };
        let round = period * rounds;
        let within = now.saturating_sub(round);
        let next = match playback {
            Playback::Once if within >= period => footage.units.len(),
            _ => footage
                .units
                .iter()
                .rposition(|unit| unit.keyframe && unit.due <= within)
                .unwrap_or(0),
        };
        Self {
            footage,
            playback,
            next,
            round,
        }
    }

    /// The next unit; none once footage that plays once is over.
    pub(super) fn next(&mut self) -> Option<Due> {
        if self.next >= self.footage.units.len() {
            if self.playback == Playback::Once {
                return None;
            }
            self.next = 0;
            self.round += self.footage.period;
        }
        let unit = self.footage.units.get(self.next)?.clone();
        self.next += 1;
        Some(Due {
            at: self.round + unit.due,
            shown: self.round + unit.shown,
            unit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding::FootageCodec;
    use super::*;

    fn footage() -> Footage {
        gstreamer::init().unwrap();
        let unit = |index: u64| Unit {
            data: gstreamer::Buffer::new(),
            due: Duration::from_millis(100 * index),
            shown: Duration::from_millis(100 * index),
            keyframe: index.is_multiple_of(5),
        };
        Footage {
            units: (0..10).map(unit).collect(),
            period: Duration::from_secs(1),
            caps: gstreamer::Caps::new_empty(),
            codec: FootageCodec::H264,
        }
    }

    fn times(playback: Playback, now_ms: u64, count: usize) -> Vec<u128> {
        let mut head = Playhead::at(footage(), playback, Duration::from_millis(now_ms));
        std::iter::from_fn(|| head.next())
            .take(count)
            .map(|due| due.shown.as_millis())
            .collect()
    }

    #[test]
    fn a_loop_goes_on_without_a_seam() {
        let times = times(Playback::Looped, 0, 35);
        assert_eq!(times.len(), 35);
        assert!(
            times.windows(2).all(|pair| pair[1] - pair[0] == 100),
            "{times:?}"
        );
    }

    #[test]
    fn a_newcomer_starts_at_the_last_keyframe_of_the_cameras_own_time() {
        assert_eq!(times(Playback::Looped, 2_730, 2), [2_500, 2_600]);
        assert_eq!(times(Playback::Once, 730, 2), [500, 600]);
    }

    #[test]
    fn footage_that_plays_once_ends() {
        assert_eq!(times(Playback::Once, 0, 100).len(), 10);
        assert_eq!(times(Playback::Once, 1_000, 100), [0_u128; 0]);
    }
}
