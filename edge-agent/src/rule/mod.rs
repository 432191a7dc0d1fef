//! Tracks and scene to event changes: one file per rule, all pure, all in stream time.
//!
//! What does not belong here: pictures, wall time, MQTT, evidence. A rule is handed an
//! [`Observation`] and returns [`EventChange`]s. A rule registers with its `mod` line and its line
//! in [`build`], and in `config::rule` with its keys.

mod event;

mod camera_health;
mod life;
mod place;
mod left_object;
mod scheduled;
mod shadow;

mod fire_place;
mod score_window;

mod way;

mod passage;
mod passing;

mod encroachment;
mod fire_smoke;
mod illegal_parking;
mod line_crossing;
mod red_light;
mod stray_cattle;
mod wrong_way;
mod zone_dwell;

pub use camera_health::{CameraHealth, Counts, HealthSigns, Hearing, RateMeter, Verdict};
pub use event::{EventChange, HeldBack, HeldBackReason, Moments, Observation, Rule, TrackSpeed};

use crate::config::{RuleConfig, RuleKind, RuleMode};
use crate::scene::Scene;

/// The rule that a configuration asks for, on one camera's scene; none for `camera_health`, which
/// goes by the stream and has a life of its own ([`CameraHealth`]).
#[must_use]
pub fn build(rule: &RuleConfig, scene: &Scene) -> Option<Box<dyn Rule>> {
    let built: Box<dyn Rule> = match &rule.kind {
        RuleKind::FireSmoke(own) => Box::new(fire_smoke::build(rule, own, scene)),
        RuleKind::StrayCattle(own) => Box::new(stray_cattle::build(rule, own, scene)),
        RuleKind::Encroachment(own) => Box::new(encroachment::build(rule, own, scene)),
        RuleKind::CameraHealth(_) => return None,
        RuleKind::IllegalParking(own) => Box::new(illegal_parking::build(rule, own, scene)),
        RuleKind::WrongWay(own) => Box::new(wrong_way::build(rule, own, scene)),
        RuleKind::LineCrossing(own) => Box::new(line_crossing::build(rule, own, scene)),
        RuleKind::RedLight(own) => Box::new(red_light::build(rule, own, scene)),
    };
    let scheduled = Box::new(scheduled::Scheduled::new(rule.schedule.clone(), built));
    Some(match rule.mode {
        RuleMode::Live => scheduled,
        RuleMode::Shadow => Box::new(shadow::Shadow(scheduled)),
    })
}

#[cfg(test)]
mod fire_tests;
#[cfg(test)]
mod noise;
#[cfg(test)]
mod noise_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod traffic_tests;
