//! Encroachment: goods, vehicles or people occupy a zone for longer than a dwell.

use contract::v1::Kind;

use super::life::Facts;
use super::place::PlaceOptions;
use super::zone_dwell::{Grouping, ZoneDwell};
use crate::config::{EncroachmentConfig, RuleConfig};
use crate::scene::{Membership, Scene};

pub(super) fn build(rule: &RuleConfig, own: &EncroachmentConfig, scene: &Scene) -> ZoneDwell {
    let facts = Facts::of(rule, Kind::Encroachment, "encroachment/1");
    let options = PlaceOptions {
        zone: scene.area(rule.zone.as_ref()),
        membership: Membership::of(own.min_overlap),
        classes: own.classes.clone(),
        min_confidence: rule.min_confidence,
        max_move: None,
        clear_after: rule.clear_after,
        dwell: own.dwell,
    };
    ZoneDwell::new(facts, Grouping::Zone, rule.cool_down, options)
}
