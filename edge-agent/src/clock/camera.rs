//! A camera's clock against the agent's, from the camera's RTCP sender reports.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::sntp::from_ntp;

/// Reports that are looked at together. A report is late by its way, never early: of several the
/// one with the greatest difference was the quickest.
const REPORTS: usize = 8;
/// A report further than this from what was known means that one of the clocks was set.
const SET: SignedDuration = SignedDuration::from_millis(1_000);

/// One sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// The camera's clock when it sent it: 32 whole and 32 fractional bits of seconds since 1900.
    pub ntp: u64,
    /// The agent's clock when it came.
    pub arrival: Timestamp,
}

/// What is known of one camera's clock.
#[derive(Debug, Default)]
pub struct CameraClock(Mutex<VecDeque<SignedDuration>>);

impl CameraClock {
    /// Takes a report. One of a camera that has no clock says nothing.
    pub fn heard(&self, report: SenderReport) {
        let Some(camera) = from_ntp(report.ntp) else {
            return;
        };
        let ahead = camera.duration_since(report.arrival);
        let mut heard = self.lock();
        if offset(&heard).is_some_and(|known| (ahead - known).abs() > SET) {
            heard.clear();
        }
        heard.push_back(ahead);
        while heard.len() > REPORTS {
            heard.pop_front();
        }
    }

    /// Forgets everything: the camera went away, or the agent's clock was set.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// The camera's clock minus the agent's in milliseconds; `None` while unknown. Late by the
    /// quickest report's way from the camera.
    #[must_use]
    pub fn offset_ms(&self) -> Option<i64> {
        let offset = offset(&self.lock())?;
        i64::try_from(offset.as_millis()).ok()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<SignedDuration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn offset(heard: &VecDeque<SignedDuration>) -> Option<SignedDuration> {
    heard.iter().max().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn ntp(at: Timestamp) -> u64 {
        let seconds = u64::try_from(at.as_second() + 2_208_988_800).unwrap();
        let fraction = (u64::try_from(at.subsec_nanosecond()).unwrap() << 32) / 1_000_000_000;
        (seconds << 32) | fraction
    }

    #[test]
    fn the_quickest_report_counts_and_a_clock_that_was_set_is_believed_at_once() {
        let clock = CameraClock::default();
        assert_eq!(clock.offset_ms(), None);
        let hear = |camera: i64, arrival: i64| {
            clock.heard(SenderReport {
                ntp: ntp(at(camera)),
                arrival: at(arrival),
            });
            clock.offset_ms().unwrap()
        };
        // 5 s ahead, reports on their way for 200, 20 and 90 ms.
        assert!((4_799..=4_800).contains(&hear(5_000, 200)));
        assert!((4_979..=4_980).contains(&hear(10_000, 5_020)));
        assert!((4_979..=4_980).contains(&hear(15_000, 10_090)));
        // Set back to the right time.
        assert!((-31..=-29).contains(&hear(15_000, 15_030)));
        clock.forget();
        assert_eq!(clock.offset_ms(), None);
    }

    #[test]
    fn a_camera_without_a_clock_stays_unknown() {
        let clock = CameraClock::default();
        clock.heard(SenderReport {
            ntp: 12_345 << 32,
            arrival: at(0),
        });
        assert_eq!(clock.offset_ms(), None);
    }
}
