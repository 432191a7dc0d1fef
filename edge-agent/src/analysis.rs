//! One camera's analysis: tracker, scene and rules, the same in `run` and `replay`; each pose by itself
//! ([`PosedAnalysis`]).
//!
//! Pure: detections and a time in, tracks and event changes out. What does not belong here:
//! pictures, models, queues.

mod attention;
mod gaze;
mod memory;
mod plan;
mod pose_time;
mod posed;
mod simulate;

use jiff::Timestamp;

use attention::OpenEvents;
pub use gaze::Gaze;
pub use memory::{Remembered, TrackMemory};
pub use plan::{Plan, Running, named, names};
pub use posed::{PosedAnalysis, Standing};
pub use simulate::{Supposed, simulate};

use crate::camera::{Cause, Frame};
use crate::config::{
    CameraConfig, DangerLevel, LeftObjects, LineConfig, RuleConfig, RuleKind, ZoneConfig,
};
use crate::detect::Detection;
use crate::geometry::PictureSize;
use crate::motion::{Attention, MotionError, SceneSigns, ViewWatch};
use crate::rule::{self, EventChange, HeldBack, Observation, Rule};
use crate::scene::Scene;
use crate::signal::SignalReading;
use crate::time::StreamTime;
use crate::track::{Track, Tracker, TrackerOptions};
use crate::verify::Verdict;

/// What one picture led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Every live track, seen in this picture or coasting.
    pub tracks: Vec<Track>,
    /// What the rules say, in the order of the configuration.
    pub changes: Vec<EventChange>,
    /// What the rules nearly said, and why not.
    pub held_back: Vec<HeldBack>,
    /// What keeps the camera's gate open.
    pub holds: Option<Cause>,
}

/// What is known of one picture.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Its time.
    pub at: StreamTime,
    /// Its size.
    pub size: PictureSize,
    /// What the detector saw in it.
    pub detections: &'a [Detection],
    /// What the second look said of that.
    pub verdicts: &'a [Verdict],
    /// What the view shows without any model; none where the analysis looked itself, or nobody did.
    pub scene: Option<&'a SceneSigns>,
    /// When it was taken, where that is known. Schedules go by it.
    pub wall: Option<Timestamp>,
    /// What the camera's traffic signals show.
    pub signals: &'a [SignalReading],
}

impl<'a> Look<'a> {
    /// A picture in which nothing is known to be; the rest is filled in with `..`.
    #[must_use]
    pub const fn new(at: StreamTime, size: PictureSize) -> Self {
        Self {
            at,
            size,
            detections: &[],
            verdicts: &[],
            scene: None,
            wall: None,
            signals: &[],
        }
    }
}

/// Tracker and rules of one camera in one pose.
pub struct CameraAnalysis {
    tracker: Tracker,
    scene: Scene,
    rules: Vec<PlacedRule>,
    danger_level: Option<DangerLevel>,
    open: OpenEvents,
    /// None where no rule asks what the view shows without a model.
    view: Option<ViewWatch>,
}

/// One rule, and what it was made from.
struct PlacedRule {
    config: RuleConfig,
    zones: Vec<ZoneConfig>,
    line: Option<LineConfig>,
    voice: Voice,
    rule: Box<dyn Rule>,
}

/// Whether a rule may raise anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Speaks,
    Silent,
}

impl PlacedRule {
    /// None where the rule has a life of its own.
    fn new(
        config: &RuleConfig,
        camera: &CameraConfig,
        scene: &Scene,
        voice: Voice,
    ) -> Option<Self> {
        Some(Self {
            zones: named_zones(config, camera),
            line: named_line(config, camera),
            voice,
            rule: rule::build(config, scene)?,
            config: config.clone(),
        })
    }
}

/// What the rules of a camera want its view to be looked at for without a model, if at all.
fn attention(camera: &CameraConfig) -> Option<Attention> {
    let wanted = camera.rules.iter().filter_map(|rule| match &rule.kind {
        RuleKind::Encroachment(own) if own.left_objects == LeftObjects::Count => {
            Some(Attention::Things)
        }
        RuleKind::CameraHealth(own) if own.looks_at_pictures() => Some(Attention::Condition),
        _ => None,
    });
    wanted.reduce(|one, other| match one {
        Attention::Things => one,
        Attention::Condition => other,
    })
}

/// The zones that a rule looks at, as they are.
fn named_zones(rule: &RuleConfig, camera: &CameraConfig) -> Vec<ZoneConfig> {
    let named = plan::zones_of(rule);
    let mut zones = camera.zones.clone();
    zones.retain(|zone| named.contains(&&zone.id));
    zones
}

/// The line that a rule watches, as it is.
fn named_line(rule: &RuleConfig, camera: &CameraConfig) -> Option<LineConfig> {
    let mut lines = camera.lines.iter();
    lines
        .find(|line| Some(&line.id) == rule.zone.as_ref())
        .cloned()
}

impl CameraAnalysis {
    /// The analysis of a configured camera that has seen nothing yet.
    #[must_use]
    pub fn new(camera: &CameraConfig, tracker: TrackerOptions) -> Self {
        let scene = Scene::of(camera);
        Self {
            tracker: Tracker::new(tracker),
            rules: camera
                .rules
                .iter()
                .filter_map(|rule| PlacedRule::new(rule, camera, &scene, Voice::Speaks))
                .collect(),
            scene,
            danger_level: None,
            open: OpenEvents::default(),
            view: attention(camera).map(ViewWatch::new),
        }
    }

    /// Becomes what the plan says, from the next picture on. A rule whose parameters and zones are
    /// as before does not notice; any other is made anew, and what it has open ends at `at`. A mute
    /// holds until its wall time has come: follow the plan again then.
    pub fn follow(&mut self, plan: &Plan, now: Timestamp, at: StreamTime) -> Vec<EventChange> {
        self.danger_level = plan.danger_level;
        self.scene = Scene::of(&plan.camera);
        self.view = attention(&plan.camera).map(|attention| {
            let mut view = self
                .view
                .take()
                .unwrap_or_else(|| ViewWatch::new(attention));
            view.attend(attention);
            view
        });
        let mut before = std::mem::take(&mut self.rules);
        for config in &plan.camera.rules {
            let voice = match plan.silences(config, now) {
                true => Voice::Silent,
                false => Voice::Speaks,
            };
            let zones = named_zones(config, &plan.camera);
            let line = named_line(config, &plan.camera);
            let same = before.iter().position(|placed| {
                placed.config == *config
                    && placed.zones == zones
                    && placed.line == line
                    && placed.voice == voice
            });
            self.rules.extend(match same {
                Some(at) => Some(before.swap_remove(at)),
                None => PlacedRule::new(config, &plan.camera, &self.scene, voice),
            });
        }
        let ended = before.iter_mut();
        let ended: Vec<_> = ended.flat_map(|placed| placed.rule.end(at)).collect();
        self.open.note(&ended);
        ended
    }

    /// Looks at a picture without any model, where a rule wants that and the last look was not a
    /// moment ago. To be called before [`CameraAnalysis::step`] takes what else is known of it.
    ///
    /// # Errors
    /// [`MotionError`] where nothing can be seen in it; the rules go on without.
    pub fn watch_view(&mut self, frame: &Frame) -> Result<(), MotionError> {
        match &mut self.view {
            Some(view) => view.look(frame.pts, frame),
            None => Ok(()),
        }
    }

    /// What the picture of that time shows without a model, where somebody looked.
    #[must_use]
    pub fn view(&self, at: StreamTime) -> Option<&SceneSigns> {
        self.view.as_ref()?.signs(at)
    }

    /// From the next picture on the server's danger level replaces the configured ones; none gives
    /// them back.
    pub const fn set_danger_level(&mut self, level: Option<DangerLevel>) {
        self.danger_level = level;
    }

    /// Takes what is known of one picture. Times must not go back between two calls of
    /// [`CameraAnalysis::end`].
    pub fn step(&mut self, look: &Look<'_>) -> Step {
        let seen: Vec<Detection>;
        let detections: &[Detection] = if self.scene.has_masks() {
            let visible = |one: &&Detection| !self.scene.masks(&one.bbox, look.size);
            seen = look.detections.iter().filter(visible).cloned().collect();
            &seen
        } else {
            look.detections
        };
        let tracks = self.tracker.step(look.at, detections);
        let signs = look.scene.or_else(|| self.view(look.at));
        let signs = signs.map(|signs| self.unmasked(signs, look.size));
        let observation = Observation {
            tracks: &tracks,
            detections,
            verdicts: look.verdicts,
            danger_level: self.danger_level,
            scene: signs.as_ref(),
            wall: look.wall,
            signals: look.signals,
            ..Observation::new(look.at, look.size)
        };
        let changes: Vec<_> = self
            .rules
            .iter_mut()
            .filter(|placed| placed.voice == Voice::Speaks)
            .flat_map(|placed| placed.rule.observe(&observation))
            .collect();
        let held_back = self.rules.iter_mut();
        let held_back = held_back.flat_map(|placed| placed.rule.held_back());
        let held_back = held_back.collect();
        self.open.note(&changes);
        let holds = self.holds(look.size, &tracks, detections);
        Step {
            tracks,
            changes,
            held_back,
            holds,
        }
    }

    /// What the view shows outside of masks.
    fn unmasked(&self, signs: &SceneSigns, size: PictureSize) -> SceneSigns {
        let mut signs = signs.clone();
        let still = &mut signs.motion.still;
        still.retain(|thing| !self.scene.masks(&thing.bbox, size));
        signs
    }

    /// The stream ended or broke: clears what is open and forgets the tracks. The next picture may
    /// be of another time line; track numbers go on.
    pub fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.tracker.forget();
        self.view.iter_mut().for_each(ViewWatch::end);
        self.open.forget();
        self.rules
            .iter_mut()
            .flat_map(|placed| placed.rule.end(at))
            .collect()
    }
}

#[cfg(test)]
mod gated_tests;
#[cfg(test)]
mod view_tests;
