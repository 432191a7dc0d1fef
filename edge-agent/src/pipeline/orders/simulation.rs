//! What a rule would have raised with other parameters, over what its camera remembers.

use std::time::Duration;

use contract::v1::{
    AnswerOutcome, CameraDesired, CameraId, CommandRefusal, Interval, MAX_SIMULATED_CANDIDATES,
    MAX_SIMULATED_INTERVALS, Parameters, RuleRef, Simulation,
};

use super::{Orders, Post, failed, refused};
use crate::analysis::{self, Supposed};
use crate::config::{CameraOverlay, DangerLevel, RuleConfig};

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) camera: &'a CameraId,
    pub(super) rule: &'a RuleRef,
    pub(super) parameters: &'a Parameters,
    pub(super) danger_level: Option<u8>,
    /// Zones and masks to suppose.
    pub(super) view: CameraDesired,
    pub(super) back: Duration,
}

impl Orders {
    pub(super) async fn simulate(&self, post: &Post, asked: &Question<'_>) -> AnswerOutcome {
        let plan = post.plan.borrow().clone();
        let named = |rules: &[RuleConfig]| analysis::named(asked.rule, rules).cloned();
        let Some(as_it_is) = named(&plan.camera.rules) else {
            let message = format!("camera {} has no rule {}", asked.camera, asked.rule);
            return refused(CommandRefusal::UnknownRule, &message);
        };
        let Some(mut overlay) = CameraOverlay::of(&self.config, asked.camera) else {
            return failed("the camera's configuration cannot be read again".to_owned());
        };
        // What the server wants already holds; the simulation changes that.
        overlay.lay(&self.wanted(asked.camera).await);
        let mut refused_keys = overlay.lay(&asked.view);
        refused_keys.extend(overlay.lay_parameters(asked.rule, asked.parameters));
        if let Some(fault) = refused_keys.first() {
            let message = format!("{}: {}", fault.key, fault.reason);
            return refused(CommandRefusal::Invalid, &message);
        }
        let changed = overlay.into_camera();
        let Some(supposed) = named(&changed.rules) else {
            return failed("the changed rule cannot be found".to_owned());
        };
        let looks = post.memory.last(asked.back);
        let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
            return refused(CommandRefusal::NotHeld, "no tracks are remembered yet");
        };
        let over = Interval {
            start: first.anchor.wall_at(first.at),
            end: Some(last.anchor.wall_at(last.at)),
        };
        let pictures = looks.len() as u64;
        let danger_level = asked
            .danger_level
            .and_then(DangerLevel::new)
            .or(plan.danger_level);
        let run = move || {
            let now = analysis::simulate(&plan.camera, &as_it_is, plan.danger_level, &looks);
            let then = analysis::simulate(&changed, &supposed, danger_level, &looks);
            (then, now)
        };
        match tokio::task::spawn_blocking(run).await {
            Ok((then, now)) => {
                let Supposed {
                    events: mut intervals,
                    mut held_back,
                } = then;
                let events = count(&intervals);
                intervals.truncate(MAX_SIMULATED_INTERVALS);
                held_back.truncate(MAX_SIMULATED_CANDIDATES);
                AnswerOutcome::Done {
                    evidence: Vec::new(),
                    simulation: Some(Simulation {
                        over,
                        pictures,
                        events,
                        events_as_it_is: count(&now.events),
                        intervals,
                        held_back,
                    }),
                }
            }
            Err(panic) => failed(format!("the simulation broke: {panic}")),
        }
    }
}

fn count(intervals: &[Interval]) -> u32 {
    u32::try_from(intervals.len()).unwrap_or(u32::MAX)
}
