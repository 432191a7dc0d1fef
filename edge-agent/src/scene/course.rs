//! Which way followed things go together: the heading of a herd, over the ground where the camera is calibrated, else
//! in the picture. Pure.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use contract::v1::Heading;
use ground::geodesy::Offset;
use ground::speed::{Step, Velocity, velocity};

use super::whereabouts::Whereabouts;
use crate::geometry::{PictureSize, PixelBox};
use crate::time::StreamTime;
use crate::track::{Track, TrackId};

/// A heading is that of the last moments: cattle amble.
const SPAN: Duration = Duration::from_secs(10);
/// A course is known after so long a look,
const LEAST_SPAN: Duration = Duration::from_secs(1);
/// and not believed below so many standard deviations.
const SURE: f64 = 3.0;
/// Who goes slower than this stands: metres a second over the ground,
const STANDS_ON_GROUND: f64 = 0.15;
/// sides of its own box a second in the picture.
const STANDS_IN_PICTURE: f64 = 0.08;
/// A box's lower edge wanders by this share of the box's side from picture to picture.
const JITTER: f64 = 0.05;
/// Most steps remembered of one thing.
const MOST_STEPS: usize = 128;

/// The last steps of everything that is followed.
#[derive(Debug, Default)]
pub struct Course {
    walks: HashMap<TrackId, VecDeque<Trace>>,
}

/// Where one thing was at one moment.
#[derive(Debug, Clone, Copy)]
struct Trace {
    /// In pixels; up is north.
    picture: Step,
    /// The longer side of its box, in pixels.
    side: f64,
    ground: Option<Step>,
}

/// What the numbers of a velocity mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Ground,
    Picture,
}

impl Course {
    /// Takes the tracks of one picture; those that are gone are forgotten.
    pub fn observe(
        &mut self,
        at: StreamTime,
        tracks: &[Track],
        size: PictureSize,
        ground: &Whereabouts,
    ) {
        self.walks
            .retain(|id, _| tracks.iter().any(|track| track.id == *id));
        // What the picture's edge cuts off seems to go another way than it does.
        let whole = |track: &&Track| track.last_seen == at && !track.bbox.is_cut_off(size);
        for track in tracks.iter().filter(whole) {
            let side = f64::from(track.bbox.w.max(track.bbox.h)).max(1.0);
            let trace = Trace {
                picture: in_picture(at, &track.bbox, side),
                side,
                ground: ground.step_of(&track.bbox, size, at),
            };
            let walk = self.walks.entry(track.id).or_default();
            walk.push_back(trace);
            let old = |first: &Trace| trace.picture.at - first.picture.at > SPAN.as_secs_f64();
            while walk.len() > MOST_STEPS || walk.front().is_some_and(old) {
                walk.pop_front();
            }
        }
    }

    /// Which way these go, taken together; none where they stand, go apart, or were seen too briefly.
    #[must_use]
    pub fn of(&self, tracks: &[TrackId]) -> Option<Heading> {
        self.over(Over::Ground, tracks)
            .or_else(|| self.over(Over::Picture, tracks))
    }

    /// The stream broke, or the camera turned.
    pub fn forget(&mut self) {
        self.walks.clear();
    }

    fn over(&self, over: Over, tracks: &[TrackId]) -> Option<Heading> {
        let velocities: Vec<Velocity> = tracks
            .iter()
            .filter_map(|track| self.velocity(over, *track))
            .collect();
        let together = together(&velocities)?;
        let speed = together.a_second.length();
        let stands = match over {
            Over::Ground => STANDS_ON_GROUND,
            Over::Picture => STANDS_IN_PICTURE,
        };
        if speed < stands || speed < SURE * together.sigma {
            return None;
        }
        // No herd's heading is worth more than whole degrees.
        let degrees = together
            .a_second
            .bearing()
            .degrees()
            .round()
            .rem_euclid(360.0);
        let uncertainty_deg = together.sigma.atan2(speed).to_degrees().round().max(1.0);
        Some(match over {
            Over::Ground => Heading::Ground {
                degrees,
                uncertainty_deg,
            },
            Over::Picture => Heading::Picture {
                degrees,
                uncertainty_deg,
            },
        })
    }

    fn velocity(&self, over: Over, track: TrackId) -> Option<Velocity> {
        let walk = self.walks.get(&track)?;
        let steps = walk.iter().map(|trace| match over {
            Over::Ground => trace.ground,
            Over::Picture => Some(trace.picture),
        });
        let steps: Vec<Step> = steps.collect::<Option<_>>()?;
        let seen_for = steps.last()?.at - steps.first()?.at;
        let found = (seen_for >= LEAST_SPAN.as_secs_f64())
            .then(|| velocity(&steps))
            .flatten()?;
        Some(match over {
            Over::Ground => found,
            Over::Picture => {
                let count = f64::from(u32::try_from(walk.len()).ok()?);
                let side = walk.iter().map(|trace| trace.side).sum::<f64>() / count;
                Velocity {
                    a_second: Offset {
                        east: found.a_second.east / side,
                        north: found.a_second.north / side,
                    },
                    sigma: found.sigma / side,
                }
            }
        })
    }
}

/// The mean of several, each weighed by its error; as uncertain as they differ, and as they are by themselves.
fn together(velocities: &[Velocity]) -> Option<Velocity> {
    let weight = |one: &Velocity| 1.0 / (one.sigma * one.sigma).max(f64::MIN_POSITIVE);
    let total: f64 = velocities.iter().map(weight).sum();
    let sum = |value: fn(&Velocity) -> f64| -> f64 {
        velocities.iter().map(|one| weight(one) * value(one)).sum()
    };
    let mean = Offset {
        east: sum(|one| one.a_second.east) / total,
        north: sum(|one| one.a_second.north) / total,
    };
    let apart = |one: &Velocity| {
        let (east, north) = (
            one.a_second.east - mean.east,
            one.a_second.north - mean.north,
        );
        weight(one) * (east * east + north * north)
    };
    let others = f64::from(u32::try_from(velocities.len().checked_sub(1)?).ok()?);
    let scatter: f64 = velocities.iter().map(apart).sum();
    // Two dimensions, and one mean taken out of each.
    let spread = (scatter / (2.0 * others).max(1.0)).max(1.0);
    Some(Velocity {
        a_second: mean,
        sigma: (spread / total).sqrt(),
    })
}

fn in_picture(at: StreamTime, bbox: &PixelBox, side: f64) -> Step {
    let foot = bbox.bottom_centre();
    Step {
        at: at.as_secs_f64(),
        offset: Offset {
            east: f64::from(foot.x),
            north: -f64::from(foot.y),
        },
        sigma: JITTER * side,
    }
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
