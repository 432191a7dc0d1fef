//! Camera health: the camera does not see, or its pictures cannot be believed. Each fault is an event
//! of its own, raised when it lasts and cleared when it is over.
//!
//! Other than the rules beside it this one goes on when no pictures come: it is fed what is known at
//! a moment, on a time line of whoever feeds it, that no lost connection ends.

mod daylight;
mod lasting;
mod picture;
mod rate;

use std::time::Duration;

use contract::v1::{Place, Severity};
use jiff::Timestamp;

use daylight::Daylight;
pub use lasting::Verdict;
use lasting::{Lasting, Terms, Voice};
use picture::PictureJudge;
pub use rate::{Counts, RateMeter};

use super::event::EventChange;
use crate::config::{
    CameraConfig, CameraHealthConfig, HealthConcern, RuleConfig, RuleKind, Schedule,
};
use crate::motion::SceneSigns;
use crate::time::StreamTime;

/// A clock that is set right within this time was not worth a report.
const CLOCK_AFTER: Duration = Duration::from_secs(10);
/// Nobody can say how the clock stands for so long.
const CLOCK_UNKNOWN_AFTER: Duration = Duration::from_secs(240);

/// What is known of a camera at one moment. What is absent is not judged.
#[derive(Debug, Clone, Copy)]
pub struct HealthSigns<'a> {
    /// The moment; times never go back.
    pub at: StreamTime,
    /// The same by the wall clock, where that is known.
    pub wall: Option<Timestamp>,
    /// Whether pictures come.
    pub stream: Verdict,
    /// What a picture shows, and its width in pixels.
    pub picture: Option<(&'a SceneSigns, f32)>,
    /// Whether as many pictures are analysed as the rules need.
    pub rate: Verdict,
    /// Whether the camera's clock is right.
    pub camera_clock: Verdict,
    /// Whether the agent's clock is right; unknown at all cameras of an agent but one.
    pub agent_clock: Verdict,
    /// Whether anybody knows how the agent's clock stands; likewise.
    pub clock_known: Verdict,
    /// Whether an operator wants to hear of it.
    pub hearing: Hearing,
}

/// Whether an operator wants to hear of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// Yes.
    Wanted,
    /// Planned works: what is open ends, and nothing is raised until they are over.
    Muted,
}

impl HealthSigns<'_> {
    /// A moment of which nothing is known.
    #[must_use]
    pub const fn new(at: StreamTime) -> Self {
        Self {
            at,
            wall: None,
            stream: Verdict::Unknown,
            picture: None,
            rate: Verdict::Unknown,
            camera_clock: Verdict::Unknown,
            agent_clock: Verdict::Unknown,
            clock_known: Verdict::Unknown,
            hearing: Hearing::Wanted,
        }
    }
}

/// One camera's health.
#[derive(Debug)]
pub struct CameraHealth {
    watch: Vec<HealthConcern>,
    schedule: Schedule,
    place: Option<Place>,
    judge: PictureJudge,
    offline: Lasting,
    frozen: Lasting,
    covered: Lasting,
    moved: Lasting,
    out_of_focus: Lasting,
    too_dark: Lasting,
    too_slow: Lasting,
    camera_clock: Lasting,
    agent_clock: Lasting,
    clock_unknown: Lasting,
}

impl CameraHealth {
    /// The health of a configured camera; none where no rule asks for it.
    #[must_use]
    pub fn of(camera: &CameraConfig) -> Option<Self> {
        camera.rules.iter().find_map(|rule| match &rule.kind {
            RuleKind::CameraHealth(own) => Some(Self::new(rule, own, camera.place)),
            _ => None,
        })
    }

    fn new(rule: &RuleConfig, own: &CameraHealthConfig, place: Option<Place>) -> Self {
        let lasting = |detail, after| {
            Lasting::new(Terms {
                detail,
                severity: rule.severity,
                mode: rule.mode,
                after,
                over_after: rule.clear_after,
                cool_down: rule.cool_down,
            })
        };
        let clock = |detail, severity, after| {
            Lasting::new(Terms {
                detail,
                severity,
                mode: rule.mode,
                after,
                over_after: Duration::ZERO,
                cool_down: Duration::ZERO,
            })
        };
        Self {
            watch: own.watch.clone(),
            schedule: rule.schedule.clone(),
            place,
            judge: PictureJudge::default(),
            offline: lasting("offline", own.offline_after),
            frozen: lasting("frozen", own.blind_after),
            covered: lasting("covered", own.blind_after),
            moved: lasting("moved", own.blind_after),
            out_of_focus: lasting("out_of_focus", own.blind_after),
            too_dark: lasting("too_dark", own.blind_after),
            too_slow: lasting("too_slow", own.slow_after),
            camera_clock: clock("camera_clock", rule.severity, CLOCK_AFTER),
            // The times of all cameras are in doubt.
            agent_clock: clock("agent_clock", Severity::High, CLOCK_AFTER),
            clock_unknown: clock("clock_unknown", Severity::Low, CLOCK_UNKNOWN_AFTER),
        }
    }

    /// Takes what is known at the next moment; returns what changed.
    pub fn observe(&mut self, signs: &HealthSigns<'_>) -> Vec<EventChange> {
        let at = signs.at;
        let voice = match signs.hearing {
            Hearing::Wanted if self.schedule.is_open(signs.wall) => Voice::Speaks,
            Hearing::Wanted | Hearing::Muted => Voice::Muted,
        };
        let daylight = Daylight::of(signs.wall, self.place.as_ref(), self.schedule.zone());
        let seen = signs
            .picture
            .map(|(scene, width)| self.judge.look(at, scene, width, daylight));
        if signs.stream == Verdict::Bad {
            self.judge.resume();
        }
        let of_picture = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Unknown);
        let verdicts = [
            (HealthConcern::Offline, signs.stream),
            (
                HealthConcern::Frozen,
                of_picture(seen.map(|seen| seen.frozen)),
            ),
            (
                HealthConcern::Covered,
                of_picture(seen.map(|seen| seen.covered)),
            ),
            (
                HealthConcern::Moved,
                of_picture(seen.map(|seen| seen.moved)),
            ),
            (
                HealthConcern::OutOfFocus,
                of_picture(seen.map(|seen| seen.out_of_focus)),
            ),
            (
                HealthConcern::TooDark,
                of_picture(seen.map(|seen| seen.too_dark)),
            ),
            (HealthConcern::TooSlow, signs.rate),
            (HealthConcern::Clock, signs.camera_clock),
            (HealthConcern::Clock, signs.agent_clock),
            (HealthConcern::Clock, signs.clock_known),
        ];
        let watched = self.watch.clone();
        let states = self.states().into_iter().zip(verdicts);
        let watched = states.filter(|(_, (concern, _))| watched.contains(concern));
        watched
            .filter_map(|(state, (_, verdict))| state.observe(at, verdict, voice))
            .collect()
    }

    /// Nobody looks any more: closes what is open.
    pub fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        let states = self.states().into_iter();
        states.filter_map(|state| state.end(at)).collect()
    }

    /// In the order of the verdicts.
    const fn states(&mut self) -> [&mut Lasting; 10] {
        [
            &mut self.offline,
            &mut self.frozen,
            &mut self.covered,
            &mut self.moved,
            &mut self.out_of_focus,
            &mut self.too_dark,
            &mut self.too_slow,
            &mut self.camera_clock,
            &mut self.agent_clock,
            &mut self.clock_unknown,
        ]
    }
}

#[cfg(test)]
mod tests;
