//! Illegal parking: a vehicle stands in a zone for longer than a dwell.

use contract::v1::Kind;

use super::life::Facts;
use super::place::PlaceOptions;
use super::zone_dwell::{Grouping, ZoneDwell};
use crate::config::{IllegalParkingConfig, RuleConfig};
use crate::scene::{Membership, Scene};

pub(super) fn build(rule: &RuleConfig, own: &IllegalParkingConfig, scene: &Scene) -> ZoneDwell {
    let facts = Facts::of(rule, Kind::TrafficViolation, "illegal_parking/1");
    let options = PlaceOptions {
        zone: scene.area(rule.zone.as_ref()),
        membership: Membership::of(own.min_overlap),
        classes: own.classes.clone(),
        min_confidence: rule.min_confidence,
        max_move: Some(own.max_move),
        clear_after: rule.clear_after,
        dwell: own.dwell,
    };
    ZoneDwell::new(facts, Grouping::Place, rule.cool_down, options)
}
