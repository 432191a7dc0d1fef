//! One camera's health in a running agent: what its stream, its counters and its clocks say, every
//! few seconds, pictures or not.
//!
//! Its time line begins when the agent does and ends with it: a fault outlives connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::v1::CameraState;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::analysis::Plan;
use crate::camera::{CameraHealth as StreamHealth, Counters};
use crate::config::{CameraConfig, RuleConfig, RuleKind};
use crate::motion::SceneSigns;
use crate::rule::{CameraHealth, Counts, EventChange, HealthSigns, Hearing, RateMeter, Verdict};
use crate::time::{ClockAnchor, StreamTime};

/// How often it is looked at while no picture comes.
pub(super) const TICK: Duration = Duration::from_secs(2);

/// Watches one camera's health.
pub(super) struct HealthWatch {
    began: Instant,
    rule: Option<CameraHealth>,
    rate: RateMeter,
    stream: watch::Receiver<StreamHealth>,
    counters: Arc<Counters>,
    looked_at: Option<StreamTime>,
    /// What the rule and the meter were made from.
    made_from: CameraConfig,
}

/// What the clocks say.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockVerdicts {
    pub(super) camera: Verdict,
    pub(super) agent: Verdict,
    pub(super) known: Verdict,
}

impl HealthWatch {
    pub(super) fn new(
        camera: &CameraConfig,
        stream: watch::Receiver<StreamHealth>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            began: Instant::now(),
            rule: CameraHealth::of(camera),
            rate: RateMeter::of(camera),
            stream,
            counters,
            looked_at: None,
            made_from: camera.clone(),
        }
    }

    /// What is known now; `shown` is what a picture showed just now, and its width.
    pub(super) fn look(
        &mut self,
        plan: &Plan,
        clocks: ClockVerdicts,
        shown: Option<(&SceneSigns, f32)>,
    ) -> Vec<EventChange> {
        let (at, now) = (self.now(), Timestamp::now());
        let too_soon = |last: StreamTime| at.since(last) < TICK / 2;
        if shown.is_none() && self.looked_at.is_some_and(too_soon) {
            return Vec::new();
        }
        self.looked_at = Some(at);
        let mut changes = self.follow(plan, at);
        let stream = match self.stream.borrow().state {
            CameraState::Running => Verdict::Good,
            CameraState::Connecting | CameraState::Retrying => Verdict::Bad,
            CameraState::Stopped => Verdict::Unknown,
        };
        let counted = self.counters.snapshot();
        let counts = Counts {
            received: counted.received,
            analysed: counted.analysed,
            dropped: counted.dropped,
        };
        let rate = self.rate.look(at, counts, stream);
        let Some(rule) = &mut self.rule else {
            return changes;
        };
        changes.extend(rule.observe(&HealthSigns {
            wall: Some(now),
            stream,
            picture: shown,
            rate,
            camera_clock: clocks.camera,
            agent_clock: clocks.agent,
            clock_known: clocks.known,
            hearing: hearing(plan, now),
            ..HealthSigns::new(at)
        }));
        changes
    }

    /// The agent stops: what is open is closed.
    pub(super) fn end(&mut self) -> Vec<EventChange> {
        let at = self.now();
        self.rule.iter_mut().flat_map(|rule| rule.end(at)).collect()
    }

    /// The wall clock of its time line, as it is now.
    pub(super) fn clock(&self) -> ClockAnchor {
        ClockAnchor {
            stream: self.now(),
            wall: Timestamp::now(),
        }
    }

    fn now(&self) -> StreamTime {
        StreamTime::ZERO + self.began.elapsed()
    }

    /// Takes up another configuration; what is open ends where the rule is another.
    fn follow(&mut self, plan: &Plan, at: StreamTime) -> Vec<EventChange> {
        if plan.camera == self.made_from {
            return Vec::new();
        }
        let same = written(&plan.camera) == written(&self.made_from);
        self.made_from = plan.camera.clone();
        self.rate = RateMeter::of(&plan.camera);
        if same {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.rule, CameraHealth::of(&plan.camera));
        before
            .into_iter()
            .flat_map(|mut rule| rule.end(at))
            .collect()
    }
}

fn written(camera: &CameraConfig) -> Option<&RuleConfig> {
    let health = |rule: &&RuleConfig| matches!(rule.kind, RuleKind::CameraHealth(_));
    camera.rules.iter().find(health)
}

fn hearing(plan: &Plan, now: Timestamp) -> Hearing {
    match written(&plan.camera) {
        Some(rule) if plan.silences(rule, now) => Hearing::Muted,
        _ => Hearing::Wanted,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use contract::v1::{CameraStatusReason, Mute, Phase};
    use jiff::SignedDuration;

    use super::*;
    use crate::config::Config;

    const CLOCKS: ClockVerdicts = ClockVerdicts {
        camera: Verdict::Good,
        agent: Verdict::Good,
        known: Verdict::Good,
    };

    /// A camera that somebody watches, by a clock that the test winds on.
    struct Watched {
        health: HealthWatch,
        plan: Plan,
        supervisor: watch::Sender<StreamHealth>,
        counters: Arc<Counters>,
    }

    fn camera(keys: &str) -> CameraConfig {
        let text = format!(
            "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam-1\"\nurl = \"rtsp://h/p\"\n\
             [[camera.rule]]\nkind = \"stray_cattle\"\n[[camera.rule]]\nkind = \"camera_health\"\n\
             offline_after_s = 20\nslow_after_s = 30\nclear_after_s = 2\ncool_down_s = 0\n{keys}"
        );
        let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
        config.cameras[0].clone()
    }

    fn stream(state: CameraState) -> StreamHealth {
        let reason = (state == CameraState::Retrying).then_some(CameraStatusReason::Stalled);
        StreamHealth {
            state,
            reason,
            since: Timestamp::now(),
        }
    }

    impl Watched {
        fn new(keys: &str) -> Self {
            let camera = camera(keys);
            let (supervisor, health) = watch::channel(stream(CameraState::Running));
            let counters = Arc::new(Counters::default());
            Self {
                health: HealthWatch::new(&camera, health, Arc::clone(&counters)),
                plan: Plan::of(camera, String::new()),
                supervisor,
                counters,
            }
        }

        /// Seconds pass, in each of which so many pictures come and the model looks at one; what is told.
        fn pass(&mut self, seconds: u32, pictures: u32) -> Vec<(&'static str, Phase)> {
            let mut told = Vec::new();
            for _ in 0..seconds {
                self.health.began -= Duration::from_secs(1);
                for _ in 0..pictures {
                    self.counters.received(Timestamp::now());
                }
                if pictures > 0 {
                    self.counters.analysed();
                }
                let changes = self.health.look(&self.plan, CLOCKS, None);
                told.extend(changes.iter().map(|change| (change.detail, change.phase)));
            }
            told
        }

        fn is(&self, state: CameraState) {
            self.supervisor.send_replace(stream(state));
        }
    }

    const GONE: (&str, Phase) = ("offline", Phase::Raised);
    const BACK: (&str, Phase) = ("offline", Phase::Cleared);

    #[test]
    fn a_camera_that_its_supervisor_cannot_reach_is_told_though_no_picture_comes() {
        let mut watched = Watched::new("");
        assert_eq!(watched.pass(30, 5), []);
        watched.is(CameraState::Retrying);
        assert_eq!(watched.pass(15, 0), []);
        // Between two tries it connects, which is no picture.
        watched.is(CameraState::Connecting);
        assert_eq!(watched.pass(10, 0), [GONE]);
        watched.is(CameraState::Running);
        assert_eq!(watched.pass(10, 5), [BACK]);
        // The agent stops while the camera is away: nothing stays open.
        watched.is(CameraState::Retrying);
        assert_eq!(watched.pass(30, 0), [GONE]);
        let ended = watched.health.end();
        assert!(matches!(&ended[..], [one] if one.phase == Phase::Cleared));
        assert!(one_line(&watched), "its times are of the agent's own line");
    }

    fn one_line(watched: &Watched) -> bool {
        let clock = watched.health.clock();
        clock.stream >= StreamTime::ZERO + Duration::from_secs(85)
    }

    #[test]
    fn planned_works_silence_it_until_they_are_over() {
        let mut watched = Watched::new("");
        watched.plan.muted = vec![Mute {
            rule: serde_json::from_str("{\"rule\": \"camera_health\"}").unwrap(),
            until: Timestamp::now() + SignedDuration::from_hours(1),
        }];
        watched.is(CameraState::Retrying);
        assert_eq!(watched.pass(100, 0), []);
        watched.plan.muted[0].until = Timestamp::now() - SignedDuration::from_secs(1);
        assert_eq!(watched.pass(3, 0), [GONE]);
        // Works that begin while it is open end it.
        watched.plan.muted[0].until = Timestamp::now() + SignedDuration::from_hours(1);
        assert_eq!(watched.pass(3, 0), [BACK]);
    }

    #[test]
    fn another_plan_counts_from_its_first_look_on() {
        let mut watched = Watched::new("");
        watched.is(CameraState::Retrying);
        assert_eq!(watched.pass(25, 0), [GONE]);
        // The same rule again, of a camera that changed otherwise, does not notice.
        let mut changed = watched.plan.camera.clone();
        changed.name.push('x');
        watched.plan = Plan::of(changed, String::new());
        assert_eq!(watched.pass(3, 0), []);
        let other = camera("").rules;
        let mut slower = camera("blind_after_s = 30");
        assert_ne!(other, slower.rules);
        slower.name.clone_from(&watched.plan.camera.name);
        watched.plan = Plan::of(slower, String::new());
        assert_eq!(watched.pass(3, 0), [BACK]);
        assert_eq!(watched.pass(30, 0), [GONE]);
    }

    #[test]
    fn a_camera_that_sends_too_little_for_its_rules_is_told_and_one_that_a_gate_spares_is_not() {
        // Cattle must be seen within 10 s.
        let mut watched = Watched::new("");
        assert_eq!(watched.pass(60, 25), [], "the gate decoded one in 25");
        let mut told = Vec::new();
        for _ in 0..60 {
            told.extend(watched.pass(1, 1));
            told.extend(watched.pass(4, 0));
        }
        assert_eq!(told, [("too_slow", Phase::Raised)]);
        assert_eq!(watched.pass(60, 25), [("too_slow", Phase::Cleared)]);
    }
}
