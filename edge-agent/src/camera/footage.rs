//! What evidence is cut from: the ring of the stream that is analysed, or that of the camera's main
//! stream beside it.
//!
//! Both streams show the same street, each on a time line of its own. A moment of one is found on the
//! other by the camera's clock, where the camera told the time on both; else by when their packets
//! came, the quickest counting. What does not belong here: what the evidence is for.

use std::time::Duration;

use jiff::Timestamp;

use super::passage::{Passage, PassageError};
use super::ring::{Epoch, Tie};
use super::shared_ring::{Reached, SharedRing};
use super::size::Duty;
use crate::time::{ClockAnchor, StreamTime};

/// Two streams whose times by the camera's clock and by arrival differ by more than this have no
/// common clock, whatever the camera says; in nanoseconds.
const SAME_CLOCK: i64 = 5_000_000_000;
/// How much later than the newest held moment of the main stream the wanted one may be: streams run
/// beside each other, never exactly abreast.
const ABREAST: Duration = Duration::from_secs(3);

/// Where evidence of a camera is cut from; clones share it.
#[derive(Debug, Clone)]
pub struct Footage {
    analysed: SharedRing,
    main: Option<SharedRing>,
}

/// How a moment was found on the stream that evidence is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoundBy {
    /// It is the analysed stream itself.
    Itself,
    /// By the camera's own clock.
    CameraTime,
    /// By when the packets came.
    Arrival,
    /// The main stream was away: the analysed stream stands in for it.
    MainAway,
}

/// One connection's moments on the stream that evidence is cut from.
#[derive(Debug, Clone)]
pub struct Place {
    /// That stream.
    pub ring: SharedRing,
    /// Its connection.
    pub epoch: Epoch,
    /// How it was found.
    pub found_by: FoundBy,
    /// Its time minus the analysed stream's, in nanoseconds.
    shift: i64,
    clock: ClockAnchor,
}

impl Footage {
    /// Of a camera whose one stream is analysed and kept.
    #[must_use]
    pub const fn of(analysed: SharedRing) -> Self {
        Self {
            analysed,
            main: None,
        }
    }

    /// Of a camera with a main stream beside the analysed one.
    #[must_use]
    pub const fn beside(analysed: SharedRing, main: SharedRing) -> Self {
        Self {
            analysed,
            main: Some(main),
        }
    }

    /// Whether there is a main stream.
    #[must_use]
    pub const fn has_main(&self) -> bool {
        self.main.is_some()
    }

    /// The ring of the analysed stream.
    #[must_use]
    pub const fn analysed(&self) -> &SharedRing {
        &self.analysed
    }

    /// When the picture of a moment of the analysed stream had arrived, while it is held.
    #[must_use]
    pub fn arrival(&self, epoch: Epoch, at: StreamTime) -> Option<Timestamp> {
        self.analysed.arrival(epoch, at)
    }

    /// The ring that shows the camera best now: the main stream's while it is connected.
    #[must_use]
    pub fn best(&self) -> &SharedRing {
        let main = self.main.as_ref().filter(|main| main.is_live());
        main.unwrap_or(&self.analysed)
    }

    /// Where evidence of a moment of the analysed stream is cut from. `clock` is the wall clock by
    /// which the moment is told.
    #[must_use]
    pub fn place(&self, epoch: Epoch, at: StreamTime, clock: ClockAnchor) -> Place {
        let itself = |found_by| Place {
            ring: self.analysed.clone(),
            epoch,
            found_by,
            shift: 0,
            clock,
        };
        let Some(main) = &self.main else {
            return itself(FoundBy::Itself);
        };
        let here = self.analysed.tie(epoch).unwrap_or(Tie::by_wall(clock));
        for (candidate, there) in main.ties() {
            let (shift, found_by) = shift(here, there);
            let wanted = shifted(at, shift);
            if there.first <= wanted && wanted <= there.newest + ABREAST {
                return Place {
                    ring: main.clone(),
                    epoch: candidate,
                    found_by,
                    shift,
                    clock,
                };
            }
        }
        itself(FoundBy::MainAway)
    }
}

/// What to add to times of one connection to have those of another, and by which clock.
fn shift(here: Tie, there: Tie) -> (i64, FoundBy) {
    let by_arrival = here.arrival.saturating_sub(there.arrival);
    let by_camera = here.camera.zip(there.camera);
    let by_camera = by_camera.map(|(here, there)| here.saturating_sub(there));
    match by_camera {
        Some(shift) if shift.abs_diff(by_arrival) <= SAME_CLOCK.unsigned_abs() => {
            (shift, FoundBy::CameraTime)
        }
        _ => (by_arrival, FoundBy::Arrival),
    }
}

const fn shifted(at: StreamTime, by: i64) -> StreamTime {
    StreamTime::from_nanos(at.as_nanos().saturating_add(by))
}

impl Place {
    /// A moment of the analysed stream, here.
    #[must_use]
    pub const fn here(&self, at: StreamTime) -> StreamTime {
        shifted(at, self.shift)
    }

    /// A moment here, on the analysed stream.
    #[must_use]
    pub const fn analysed(&self, at: StreamTime) -> StreamTime {
        shifted(at, self.shift.saturating_neg())
    }

    /// Which stream this is.
    #[must_use]
    pub const fn duty(&self) -> Duty {
        match self.found_by {
            FoundBy::Itself | FoundBy::MainAway => Duty::Analyse,
            FoundBy::CameraTime | FoundBy::Arrival => Duty::Keep,
        }
    }

    /// Waits as [`SharedRing::reached`] does, for a moment of the analysed stream.
    pub async fn reached(&self, at: StreamTime) -> Reached {
        self.ring.reached(self.epoch, self.here(at)).await
    }

    /// Cuts `from` to `to` of the analysed stream's time; see [`SharedRing::passage`].
    ///
    /// # Errors
    /// As [`SharedRing::passage`].
    pub fn passage(&self, from: StreamTime, to: StreamTime) -> Result<Passage, PassageError> {
        let cut = self
            .ring
            .passage(self.epoch, self.here(from), self.here(to))?;
        Ok(self.told(cut))
    }

    /// Cuts it in as many parts as the camera was connected; see [`SharedRing::passages`].
    ///
    /// # Errors
    /// As [`SharedRing::passages`].
    pub fn passages(&self, from: StreamTime, to: StreamTime) -> Result<Vec<Passage>, PassageError> {
        let (from, to) = (self.here(from), self.here(to));
        let parts = self.ring.passages(self.epoch, from, to)?;
        let told = parts
            .into_iter()
            .map(|part| match part.epoch == self.epoch {
                true => self.told(part),
                false => part,
            });
        Ok(told.collect())
    }

    /// The passage, its wall clock that of the report: both streams then tell one time.
    fn told(&self, passage: Passage) -> Passage {
        let anchor = match self.duty() {
            Duty::Analyse => passage.anchor,
            Duty::Keep => ClockAnchor {
                stream: self.here(self.clock.stream),
                wall: self.clock.wall,
            },
        };
        Passage { anchor, ..passage }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::camera::RingLimits;
    use crate::camera::access_unit::{AccessUnit, CameraTime};
    use crate::camera::ring_fixture::{info, unit};

    const LIMITS: RingLimits = RingLimits {
        span: Duration::from_secs(60),
        bytes: 1 << 20,
    };

    fn wall(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn secs(seconds: f64) -> StreamTime {
        StreamTime::from_secs_f64(seconds)
    }

    /// How one stream of a camera runs.
    struct Course {
        /// When its time line's zero was filmed.
        zero_ms: i64,
        /// How late the first unit came, and the others.
        late_ms: (i64, i64),
        /// The camera's clock, ahead of the agent's, where it tells the time.
        camera_ms: Option<i64>,
        seconds: u32,
    }

    fn ring_of(course: &Course, epoch: u64) -> (SharedRing, ClockAnchor) {
        let ring = SharedRing::new(LIMITS);
        let anchor = ClockAnchor {
            stream: StreamTime::ZERO,
            wall: wall(course.zero_ms + course.late_ms.0),
        };
        ring.begin(Epoch(epoch), info(), anchor);
        for second in 0..course.seconds {
            let filmed = course.zero_ms + i64::from(second) * 1000;
            let late = match second {
                0 => course.late_ms.0,
                _ => course.late_ms.1,
            };
            let camera = course.camera_ms.map(|ahead| {
                let ms = u64::try_from(filmed + ahead + 1_000_000).unwrap();
                CameraTime(ms * 1_000_000)
            });
            let plain = unit(f64::from(second), true, 10);
            ring.push(std::sync::Arc::new(AccessUnit {
                arrival: wall(filmed + late),
                camera_time: camera,
                ..AccessUnit::clone(&plain)
            }));
        }
        (ring, anchor)
    }

    fn found(analysed: &Course, main: &Course, at: f64) -> (FoundBy, f64) {
        let (ring, clock) = ring_of(analysed, 7);
        let (beside, _) = ring_of(main, 3);
        let footage = Footage::beside(ring, beside);
        let place = footage.place(Epoch(7), secs(at), clock);
        assert_eq!(place.analysed(place.here(secs(at))), secs(at));
        (place.found_by, place.here(secs(at)).as_secs_f64())
    }

    const SUB: Course = Course {
        zero_ms: 0,
        late_ms: (300, 250),
        camera_ms: None,
        seconds: 20,
    };

    #[test]
    fn the_camera_s_clock_finds_a_moment_though_packets_are_late() {
        let told = |course: Course| Course {
            camera_ms: Some(3_600_000),
            ..course
        };
        // The main stream began 4 s later, with a burst that had waited for 2 s.
        let main = Course {
            zero_ms: 4_000,
            late_ms: (2_000, 900),
            seconds: 16,
            ..SUB
        };
        let (by, at) = found(&told(SUB), &told(main), 10.0);
        assert_eq!((by, at), (FoundBy::CameraTime, 6.0));
    }

    #[test]
    fn without_the_camera_s_clock_the_quickest_packets_count() {
        let main = Course {
            zero_ms: 4_000,
            late_ms: (2_000, 300),
            seconds: 16,
            ..SUB
        };
        let (by, at) = found(&SUB, &main, 10.0);
        assert_eq!(by, FoundBy::Arrival);
        assert!((at - 6.0).abs() < 0.06, "{at}");
    }

    #[test]
    fn clocks_that_contradict_the_arrival_are_not_believed() {
        let sub = Course {
            camera_ms: Some(0),
            ..SUB
        };
        let main = Course {
            camera_ms: Some(60_000),
            ..SUB
        };
        let (by, at) = found(&sub, &main, 10.0);
        assert_eq!((by, at), (FoundBy::Arrival, 10.0));
    }

    #[test]
    fn where_the_main_stream_is_away_the_analysed_one_stands_in() {
        for main in [
            Course { seconds: 0, ..SUB },
            // It ended before, or begins after.
            Course { seconds: 4, ..SUB },
            Course {
                zero_ms: 15_000,
                seconds: 5,
                ..SUB
            },
        ] {
            assert_eq!(found(&SUB, &main, 10.0), (FoundBy::MainAway, 10.0));
        }
        let (ring, clock) = ring_of(&SUB, 7);
        let alone = Footage::of(ring).place(Epoch(7), secs(10.0), clock);
        assert_eq!(alone.found_by, FoundBy::Itself);
        assert_eq!(alone.passage(secs(2.0), secs(5.0)).unwrap().units.len(), 4);
    }

    #[test]
    fn what_is_cut_tells_the_report_s_time() {
        let main = Course {
            zero_ms: 4_000,
            late_ms: (2_000, 250),
            seconds: 16,
            ..SUB
        };
        let (ring, clock) = ring_of(&SUB, 7);
        let (beside, _) = ring_of(&main, 3);
        let place = Footage::beside(ring, beside).place(Epoch(7), secs(10.0), clock);
        let cut = place.passage(secs(8.0), secs(12.0)).unwrap();
        assert_eq!((cut.epoch, cut.units.len()), (Epoch(3), 5));
        let told = cut.anchor.wall_at(cut.units[0].pts);
        assert_eq!(told, clock.wall_at(secs(8.0)));
    }
}
