//! Encroachment: goods, vehicles or people occupy a zone for longer than a dwell.

use contract::v1::Kind;

use super::left_object::{OBJECT, ObjectWitness};
use super::life::Facts;
use super::place::PlaceOptions;
use super::zone_dwell::{Grouping, ZoneDwell};
use crate::config::{EncroachmentConfig, LeftObjects, RuleConfig};
use crate::scene::{Membership, Scene};

pub(super) fn build(rule: &RuleConfig, own: &EncroachmentConfig, scene: &Scene) -> ZoneDwell {
    let facts = Facts::of(rule, Kind::Encroachment, "encroachment/2");
    let mut counted = own.classes.clone();
    if own.left_objects == LeftObjects::Count {
        counted.push(OBJECT.into());
    }
    let options = PlaceOptions {
        zone: scene.area(rule.zone.as_ref()),
        membership: Membership::of(own.min_overlap),
        classes: counted,
        min_confidence: rule.min_confidence,
        max_move: None,
        clear_after: rule.clear_after,
        dwell: own.dwell,
    };
    let objects = match own.left_objects {
        LeftObjects::Count => Some(ObjectWitness::new(own.classes.clone())),
        LeftObjects::Ignored => None,
    };
    ZoneDwell::new(facts, Grouping::Zone, rule.cool_down, options).with_objects(objects)
}
