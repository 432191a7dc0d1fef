//! What rules take and give.

use std::sync::Arc;

use jiff::Timestamp;

use contract::v1::{EventId, Heading, Kind, Phase, Place, Severity, ZoneId};

use crate::config::{DangerLevel, PoseId, RuleMode};
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::motion::SceneSigns;
use crate::signal::SignalReading;
use crate::time::StreamTime;
use crate::track::{Track, TrackId};
use crate::verify::Verdict;

/// What one analysed picture tells the rules.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The picture's time.
    pub at: StreamTime,
    /// The picture's size.
    pub size: PictureSize,
    /// Every live track, confirmed or not.
    pub tracks: &'a [Track],
    /// What the detector saw, weak detections too.
    pub detections: &'a [Detection],
    /// What the second look said of some of them.
    pub verdicts: &'a [Verdict],
    /// The danger of forest fire that the server declared.
    pub danger_level: Option<DangerLevel>,
    /// What the view shows without any model; none where nobody looked.
    pub scene: Option<&'a SceneSigns>,
    /// When the picture was taken, where that is known.
    pub wall: Option<Timestamp>,
    /// What the camera's traffic signals show.
    pub signals: &'a [SignalReading],
}

impl<'a> Observation<'a> {
    /// A picture of which nothing is known but when it was taken and how large it is; the rest is
    /// filled in with `..`.
    #[must_use]
    pub const fn new(at: StreamTime, size: PictureSize) -> Self {
        Self {
            at,
            size,
            tracks: &[],
            detections: &[],
            verdicts: &[],
            danger_level: None,
            scene: None,
            wall: None,
            signals: &[],
        }
    }
}

/// A change in the life of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventChange {
    /// The event.
    pub event_id: EventId,
    /// What became of it.
    pub phase: Phase,
    /// Its family.
    pub kind: Kind,
    /// Which of the family, e.g. `illegal_parking`.
    pub detail: &'static str,
    /// `name/version` of the rule that speaks.
    pub rule_version: &'static str,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the picture.
    pub zone: Option<ZoneId>,
    /// When the event began (the first sighting, not the end of the dwell).
    pub began: StreamTime,
    /// The picture that decided this change.
    pub at: StreamTime,
    /// The tracks that take part, as they are now.
    pub tracks: Vec<Track>,
    /// The most objects seen at once.
    pub count: u32,
    /// The pictures that show a passage over a line; only its raised change has them.
    pub moments: Option<Moments>,
    /// Whether anybody is told of it.
    pub mode: RuleMode,
    /// The pose the camera was in; none where no pose was asked for.
    pub pose: Option<PoseId>,
    /// Where it is on the ground, as well as the camera's calibration can tell.
    pub place: Option<Place>,
    /// How fast those are who take part, where the camera is calibrated.
    pub speeds: Vec<TrackSpeed>,
    /// Which way they go, taken together.
    pub heading: Option<Heading>,
}

/// Three pictures of a passage over a line, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// Before the line.
    pub before: StreamTime,
    /// On it, as nearly as a picture shows.
    pub crossing: StreamTime,
    /// Beyond it.
    pub after: StreamTime,
}

/// How fast something moved over the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackSpeed {
    /// What moved.
    pub track: TrackId,
    /// Kilometres an hour, 0 or more.
    pub kmh: f64,
    /// Standard deviation, in kilometres an hour.
    pub sigma_kmh: f64,
}

#[cfg(test)]
impl EventChange {
    /// A change of some event that began at zero, for tests; what matters is filled in over it.
    pub(crate) const fn sample(event_id: EventId, phase: Phase, at: StreamTime) -> Self {
        Self {
            event_id,
            phase,
            kind: Kind::StrayCattle,
            detail: "stray_cattle",
            rule_version: "stray_cattle/1",
            confidence: 0.9,
            severity: Severity::High,
            zone: None,
            began: StreamTime::ZERO,
            at,
            tracks: Vec::new(),
            count: 1,
            moments: None,
            mode: RuleMode::Live,
            pose: None,
            place: None,
            speeds: Vec::new(),
            heading: None,
        }
    }
}

/// Something that nearly was an event, and why it was not told.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldBack {
    /// The rule's `detail`.
    pub detail: &'static str,
    /// Where the rule looks.
    pub zone: Option<ZoneId>,
    /// Why it was not told.
    pub reason: HeldBackReason,
    /// The picture that decided so.
    pub at: StreamTime,
    /// The first sighting.
    pub since: StreamTime,
    /// What it looks like.
    pub class: Arc<str>,
    /// The mean score, 0 to 1.
    pub confidence: f32,
    /// Where in the picture.
    pub bbox: PixelBox,
    /// Whether anybody would have been told of it.
    pub mode: RuleMode,
}

/// Why a candidate was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeldBackReason {
    /// The scores are too low on any day.
    Weak,
    /// The scores are too low for the declared danger level.
    DangerLevel,
    /// The verifier takes it for something else.
    Refuted,
    /// It stands as still as a lamp.
    Still,
    /// It moves away and does not grow: a head lamp, a cloud.
    Wanders,
    /// Another class fits the same thing better.
    Rival,
    /// Something is known to burn there at this hour: a kiln, permitted burning.
    KnownSource,
    /// An event was cleared there a moment ago.
    CoolDown,
    /// Nothing was seen of the lamp when it mattered.
    LampHidden,
    /// The lamp showed two colours, or not what its controller said.
    LampUnsure,
    /// The lamp was just turning.
    LampTurned,
    /// The controller said nothing.
    SignalSilent,
}

impl HeldBackReason {
    /// The word in metrics, logs and replays.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::DangerLevel => "danger_level",
            Self::Refuted => "refuted",
            Self::Still => "still",
            Self::Wanders => "wanders",
            Self::Rival => "rival",
            Self::KnownSource => "known_source",
            Self::CoolDown => "cool_down",
            Self::LampHidden => "lamp_hidden",
            Self::LampUnsure => "lamp_unsure",
            Self::LampTurned => "lamp_turned",
            Self::SignalSilent => "signal_silent",
        }
    }
}

/// One rule on one camera: a state machine over observations.
pub trait Rule: Send {
    /// Takes the next observation; times never go back. Returns what changed.
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange>;

    /// What the last observation held back, once for each candidate and reason. Most rules hold
    /// nothing back.
    fn held_back(&mut self) -> Vec<HeldBack> {
        Vec::new()
    }

    /// The stream ended or broke at `at`: closes what is open, since nobody looks any more.
    fn end(&mut self, at: StreamTime) -> Vec<EventChange>;
}
