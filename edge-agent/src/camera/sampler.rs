//! Which decoded pictures are analysed: by their time, never by counting. Pure.

use std::time::Duration;

use crate::time::StreamTime;

/// A picture may come early by one part in so many of a period.
pub(crate) const EARLY: u32 = 16;

/// Picks pictures at a wanted rate on the PTS line.
///
/// Due times lie on one fixed grid, so the mean rate never drifts whatever the camera's rate; a gap
/// in the stream skips the missed due times instead of bursting through them.
#[derive(Debug, Clone)]
pub(crate) struct Sampler {
    period_ns: i64,
    origin: Option<StreamTime>,
    next_slot: i64,
}

impl Sampler {
    /// A sampler of `fps` pictures a second. A rate that is not a positive number takes all.
    #[must_use]
    pub(crate) fn new(fps: f64) -> Self {
        let period = if fps.is_finite() && fps > 0.0 {
            Duration::try_from_secs_f64(1.0 / fps).unwrap_or(Duration::MAX)
        } else {
            Duration::ZERO
        };
        let period_ns = i64::try_from(period.as_nanos()).unwrap_or(i64::MAX);
        Self {
            period_ns,
            origin: None,
            next_slot: 0,
        }
    }

    /// Whether the picture at `pts` is due. Call once per decoded picture, in order; a picture that
    /// goes back in time is never due.
    pub(crate) fn wants(&mut self, pts: StreamTime) -> bool {
        if self.period_ns == 0 {
            return true;
        }
        let slot = self.slot(pts);
        if slot < self.next_slot {
            return false;
        }
        self.next_slot = slot.saturating_add(1);
        true
    }

    /// Pictures shown after `pts` come again.
    pub(crate) fn go_back_to(&mut self, pts: StreamTime) {
        if self.period_ns > 0 {
            self.next_slot = self.next_slot.min(self.slot(pts).saturating_add(1));
        }
    }

    /// The time from which a picture is due; none before the first, or where all are.
    pub(crate) fn next_due(&self) -> Option<StreamTime> {
        let origin = self.origin.filter(|_| self.period_ns > 0)?;
        let until = self.next_slot.saturating_mul(self.period_ns);
        let early = self.period_ns / i64::from(EARLY);
        let since_origin = until.saturating_sub(early);
        Some(StreamTime::from_nanos(
            origin.as_nanos().saturating_add(since_origin),
        ))
    }

    fn slot(&mut self, pts: StreamTime) -> i64 {
        let origin = *self.origin.get_or_insert(pts);
        let elapsed = pts.as_nanos().saturating_sub(origin.as_nanos());
        // Cameras' PTS jitter by microseconds around the grid; a picture just before its due time
        // is the one wanted, not the next one a whole frame later.
        elapsed
            .saturating_add(self.period_ns / i64::from(EARLY))
            .div_euclid(self.period_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picked(fps: f64, times: impl IntoIterator<Item = f64>) -> Vec<f64> {
        let mut sampler = Sampler::new(fps);
        times
            .into_iter()
            .filter(|t| sampler.wants(StreamTime::from_secs_f64(*t)))
            .collect()
    }

    #[test]
    fn an_hour_at_an_odd_rate_does_not_drift() {
        for (camera, wanted) in [
            (25.0, 5.0),
            (30_000.0 / 1001.0, 5.0),
            (24.0, 5.0),
            (15.0, 4.0),
        ] {
            let times = (0..)
                .map(|i| f64::from(i) / camera)
                .take_while(|t| *t < 3600.0);
            let count = picked(wanted, times).len() as f64;
            assert!(
                (count - wanted * 3600.0).abs() <= 1.0,
                "{camera} → {wanted}: {count}"
            );
        }
    }

    #[test]
    fn a_slower_camera_gives_every_picture() {
        assert_eq!(picked(5.0, [0.0, 0.5, 1.0, 1.5]).len(), 4);
    }

    #[test]
    fn a_gap_does_not_burst() {
        let times = [0.0, 0.2, 10.0, 10.04, 10.08, 10.12, 10.16, 10.2];
        assert_eq!(picked(5.0, times), [0.0, 0.2, 10.0, 10.2]);
    }

    #[test]
    fn what_comes_again_is_due_again() {
        let mut sampler = Sampler::new(5.0);
        let at = StreamTime::from_secs_f64;
        assert!(sampler.wants(at(1.0)) && sampler.wants(at(9.0)) && !sampler.wants(at(3.0)));
        sampler.go_back_to(at(1.0));
        assert!(!sampler.wants(at(1.0)) && sampler.wants(at(1.2)) && sampler.wants(at(9.0)));
        sampler.go_back_to(at(20.0));
        assert!(!sampler.wants(at(9.0)), "nothing lies ahead");
    }

    #[test]
    fn going_back_is_never_due_and_zero_takes_all() {
        assert_eq!(picked(5.0, [1.0, 0.5, 1.1, 1.2]), [1.0, 1.2]);
        assert_eq!(picked(0.0, [0.0, 0.01]).len(), 2);
        assert_eq!(picked(f64::NAN, [0.0, 0.01]).len(), 2);
    }

    proptest! {
        #[test]
        fn what_is_due_next_is_what_is_wanted(times in prop::collection::vec(0.0..9.0f64, 1..60)) {
            let mut sampler = Sampler::new(5.0);
            prop_assert_eq!(sampler.next_due(), None);
            for time in times {
                let at = StreamTime::from_secs_f64(time);
                let due = sampler.next_due();
                let wanted = sampler.wants(at);
                prop_assert_eq!(wanted, due.is_none_or(|due| at >= due));
            }
        }

        #[test]
        fn jittered_times_keep_the_rate(jitter in prop::collection::vec(-0.002..0.002f64, 500)) {
            let times = jitter.iter().enumerate().map(|(i, j)| 1.0 + i as f64 / 25.0 + j);
            let count = picked(5.0, times).len();
            prop_assert!((99..=101).contains(&count), "{}", count);
        }
    }
}
