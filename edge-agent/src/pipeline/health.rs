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
