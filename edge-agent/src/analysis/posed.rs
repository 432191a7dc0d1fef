//! One camera's analysis, each of its poses by itself: tracks, zones, masks, rules and calibration. Pure.
//!
//! While the camera turns, or nobody knows where it looks, no rule is asked. A rule of a pose counts the time
//! that the camera looked there ([`PoseTime`]); what leaves this file is in stream time again, with its pose
//! and its place.

use std::time::Duration;

use contract::v1::Kind;
use jiff::Timestamp;

use super::pose_time::{Arrival, PoseTime};
use super::{CameraAnalysis, Look, Plan, Step};
use crate::camera::{Cause, Frame};
use crate::config::{CameraConfig, DangerLevel, PoseId};
use crate::detect::Detection;
use crate::geometry::PictureSize;
use crate::motion::{MotionError, SceneSigns};
use crate::pose::PoseState;
use crate::rule::{EventChange, TrackSpeed};
use crate::scene::{Course, Pace, Whereabouts};
use crate::signal::SignalReading;
use crate::time::StreamTime;
use crate::track::{Track, TrackId, TrackerOptions};

/// Numbers of tracks in one pose stay below the next one's.
const NUMBERS_PER_POSE: u32 = 32;
/// The class of what wanders in herds.
const CATTLE: &str = "cattle";

/// A camera that may turn.
pub struct PosedAnalysis {
    poses: Vec<Posed>,
    /// Where the last picture was of.
    standing: Option<PoseId>,
    /// Time between two pictures: so long a return to a pose takes in the pose's own time.
    period: Duration,
}

/// Where the camera stands, and what the time is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The pose.
    pub pose: PoseId,
    /// The time in it.
    pub at: StreamTime,
}

struct Posed {
    pose: PoseId,
    analysis: CameraAnalysis,
    whereabouts: Whereabouts,
    pace: Pace,
    course: Course,
    time: PoseTime,
    /// The picture that the pose's time was last told for.
    arrived: Option<StreamTime>,
}

impl PosedAnalysis {
    /// The analysis of a configured camera that has seen nothing yet.
    #[must_use]
    pub fn new(camera: &CameraConfig, tracker: &TrackerOptions) -> Self {
        let posed = |pose: PoseId| {
            let here = camera.in_pose(pose);
            Posed {
                pose,
                analysis: CameraAnalysis::new(&here, tracker.clone()),
                whereabouts: Whereabouts::of(&here),
                pace: Pace::default(),
                course: Course::default(),
                time: PoseTime::default(),
                arrived: None,
            }
        };
        let period = Duration::try_from_secs_f64(1.0 / camera.analyse_fps);
        Self {
            poses: camera.poses.all().into_iter().map(posed).collect(),
            standing: None,
            period: period.unwrap_or_default(),
        }
    }

    /// Takes note of where the camera stands at a picture; nothing while it turns or nobody knows. Asked twice
    /// of one picture it says the same.
    pub fn arrive(&mut self, at: StreamTime, state: PoseState) -> Option<Standing> {
        let pose = state.pose();
        let arrival = match pose == self.standing {
            true => Arrival::StillHere,
            false => Arrival::Anew,
        };
        self.standing = pose;
        let period = self.period;
        let posed = self.posed(pose?)?;
        if arrival == Arrival::StillHere && posed.arrived == Some(at) {
            return Some(Standing {
                pose: posed.pose,
                at: posed.time.inside(at),
            });
        }
        posed.arrived = Some(at);
        Some(Standing {
            pose: posed.pose,
            at: posed.time.enter(at, period, arrival),
        })
    }

    /// Looks at a picture without any model; see [`CameraAnalysis::watch_view`].
    ///
    /// # Errors
    /// [`MotionError`] where nothing can be seen in it.
    pub fn watch_view(&mut self, frame: &Frame, state: PoseState) -> Result<(), MotionError> {
        let Some(standing) = self.arrive(frame.pts, state) else {
            return Ok(());
        };
        let Some(posed) = self.posed(standing.pose) else {
            return Ok(());
        };
        if standing.at == frame.pts {
            return posed.analysis.watch_view(frame);
        }
        posed.analysis.watch_view(&Frame {
            pts: standing.at,
            ..frame.clone()
        })
    }

    /// What the last picture showed without a model, where somebody looked at it.
    #[must_use]
    pub fn view(&self, at: StreamTime) -> Option<SceneSigns> {
        let posed = self.poses.get(usize::from(self.standing?.0))?;
        let mut signs = posed.analysis.view(posed.time.inside(at))?.clone();
        for thing in &mut signs.motion.still {
            thing.since = posed.time.outside(thing.since);
            thing.last_seen = posed.time.outside(thing.last_seen);
        }
        Some(signs)
    }

    /// Takes what is known of one picture, whose signs, if any, are in the time that
    /// [`PosedAnalysis::arrive`] told. Nothing comes of it while the camera does not stand.
    pub fn step(&mut self, look: &Look<'_>, state: PoseState) -> Step {
        let Some(standing) = self.arrive(look.at, state) else {
            return Step::default();
        };
        let Some(posed) = self.posed(standing.pose) else {
            return Step::default();
        };
        let signals = signals_inside(look.signals, &posed.time);
        let mut step = posed.analysis.step(&Look {
            at: standing.at,
            signals: &signals,
            ..*look
        });
        posed.bring_out(&mut step);
        posed
            .pace
            .observe(look.at, &step.tracks, look.size, &posed.whereabouts);
        posed.follow_herd(look.at, &step.tracks, look.size);
        for change in &mut step.changes {
            posed.place(change, look.size);
        }
        step
    }

    /// What in a picture that was not analysed yet is worth analysing all that lies before it.
    #[must_use]
    pub fn glance(
        &self,
        size: PictureSize,
        detections: &[Detection],
        state: PoseState,
    ) -> Option<Cause> {
        let pose = state.pose()?;
        let posed = self.poses.get(usize::from(pose.0))?;
        posed.analysis.glance(size, detections)
    }

    /// Becomes what the plan says in every pose; see [`CameraAnalysis::follow`].
    pub fn follow(&mut self, plan: &Plan, now: Timestamp, at: StreamTime) -> Vec<EventChange> {
        let mut ended = Vec::new();
        for posed in &mut self.poses {
            let here = Plan {
                camera: plan.camera.in_pose(posed.pose),
                ..plan.clone()
            };
            let inside = posed.time.newest().unwrap_or(at);
            let changes = posed.analysis.follow(&here, now, inside);
            ended.extend(changes.into_iter().map(|change| posed.closed(change, at)));
        }
        ended
    }

    /// From the next picture on the server's danger level replaces the configured ones; none gives them back.
    pub fn set_danger_level(&mut self, level: Option<DangerLevel>) {
        for posed in &mut self.poses {
            posed.analysis.set_danger_level(level);
        }
    }

    /// The stream ended or broke: what is open in any pose is closed, since nobody looks any more.
    pub fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.standing = None;
        let mut ended = Vec::new();
        for posed in &mut self.poses {
            let inside = posed.time.newest().unwrap_or(at);
            let changes = posed.analysis.end(inside);
            ended.extend(changes.into_iter().map(|change| posed.closed(change, at)));
            posed.time = PoseTime::default();
            posed.arrived = None;
            posed.pace.forget();
            posed.course.forget();
        }
        ended
    }

    fn posed(&mut self, pose: PoseId) -> Option<&mut Posed> {
        self.poses.get_mut(usize::from(pose.0))
    }
}

impl Posed {
    /// From the pose's time to the stream's.
    fn bring_out(&self, step: &mut Step) {
        for track in &mut step.tracks {
            self.bring_track_out(track);
        }
        for change in &mut step.changes {
            self.bring_change_out(change);
        }
        for held_back in &mut step.held_back {
            held_back.at = self.time.outside(held_back.at);
            held_back.since = self.time.outside(held_back.since);
        }
    }

    fn bring_change_out(&self, change: &mut EventChange) {
        change.began = self.time.outside(change.began);
        change.at = self.time.outside(change.at);
        change.pose = Some(self.pose);
        if let Some(moments) = &mut change.moments {
            for at in [
                &mut moments.before,
                &mut moments.crossing,
                &mut moments.after,
            ] {
                *at = self.time.outside(*at);
            }
        }
        for track in &mut change.tracks {
            self.bring_track_out(track);
        }
    }

    fn bring_track_out(&self, track: &mut Track) {
        let above = u64::from(self.pose.0) << NUMBERS_PER_POSE;
        track.id = TrackId(track.id.0 | above);
        track.first_seen = self.time.outside(track.first_seen);
        track.last_seen = self.time.outside(track.last_seen);
        track.still_since = track.still_since.map(|since| self.time.outside(since));
    }

    /// A change of a rule that is asked no more, told as of now.
    fn closed(&self, mut change: EventChange, at: StreamTime) -> EventChange {
        self.bring_change_out(&mut change);
        change.at = at;
        change
    }

    /// Cattle alone have a heading: what else moves drives along its lane.
    fn follow_herd(&mut self, at: StreamTime, tracks: &[Track], size: PictureSize) {
        let herd = tracks.iter().filter(|track| &*track.class == CATTLE);
        let herd: Vec<Track> = herd.cloned().collect();
        self.course.observe(at, &herd, size, &self.whereabouts);
    }

    /// Where a change is, how fast those are who take part, and which way they go.
    fn place(&self, change: &mut EventChange, size: PictureSize) {
        let boxes: Vec<_> = change.tracks.iter().map(|track| track.bbox).collect();
        change.place = self.whereabouts.place_of(&boxes, size);
        let paces = change.tracks.iter().filter_map(|track| {
            let speed = self.pace.of(track.id)?;
            Some(TrackSpeed {
                track: track.id,
                kmh: speed.kmh,
                sigma_kmh: speed.sigma,
            })
        });
        change.speeds = paces.collect();
        if change.kind == Kind::StrayCattle {
            let herd: Vec<TrackId> = change.tracks.iter().map(|track| track.id).collect();
            change.heading = self.course.of(&herd);
        }
    }
}

/// What signals showed, in the time of the pose in which the camera stands.
pub(super) fn signals_inside(readings: &[SignalReading], time: &PoseTime) -> Vec<SignalReading> {
    let inside = |reading: &SignalReading| SignalReading {
        since: time.since(reading.since),
        seen_at: time.since(reading.seen_at),
        ..reading.clone()
    };
    readings.iter().map(inside).collect()
}

#[cfg(test)]
#[path = "posed_tests.rs"]
mod tests;
