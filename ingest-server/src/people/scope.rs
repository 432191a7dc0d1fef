//! To which incidents and cameras a person's rights reach: areas, kinds, and for roles of units the
//! unit. Pure: facts in, yes or no out. The store asks the same in SQL where it can
//! (`store::incidents`), and here for the rest.
//!
//! Whoever has no area in their scope has all of them; the same for kinds. What lies nowhere is seen
//! only by whoever has all areas.

use casework::area::{AreaId, Atlas, Place};
use casework::people::Role;
use casework::unit::{UnitId, UnitTree};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Most areas, and most kinds, of one scope.
pub const MAX_ENTRIES: usize = 64;
/// Bytes of an entry.
pub const MAX_ENTRY_BYTES: usize = 64;

/// Where and for what somebody's rights hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Areas; everywhere where empty.
    #[serde(default)]
    pub areas: Vec<AreaId>,
    /// Kinds of incident, or a kind and its detail as `kind/detail`; every one where empty.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// A scope that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a scope has at most {MAX_ENTRIES} areas and {MAX_ENTRIES} kinds, each of 1 to {MAX_ENTRY_BYTES} bytes"
)]
pub struct ScopeFault;

/// What an incident is, as far as rights ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Which of the kind.
    pub detail: &'a str,
    /// Where it is, or the camera that saw it.
    pub place: Option<Place>,
    /// The day for which areas are asked.
    pub day: Date,
    /// The units that have it: the lead and those that support.
    pub units: Vec<UnitId>,
    /// The unit that it complains of.
    pub complained_of: Option<UnitId>,
}

/// Somebody's reach: role, unit and scope together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The role.
    pub role: Role,
    /// The unit they act for.
    pub unit: Option<UnitId>,
    /// Every scope that holds: the account's, and the key's where a program asks.
    pub scopes: Vec<Scope>,
}

impl Scope {
    /// Checks the lengths.
    ///
    /// # Errors
    /// [`ScopeFault`].
    pub fn checked(self) -> Result<Self, ScopeFault> {
        let fits = |text: &str| (1..=MAX_ENTRY_BYTES).contains(&text.len());
        let few = self.areas.len() <= MAX_ENTRIES && self.kinds.len() <= MAX_ENTRIES;
        let good =
            self.areas.iter().all(|area| fits(&area.0)) && self.kinds.iter().all(|kind| fits(kind));
        if few && good {
            Ok(self)
        } else {
            Err(ScopeFault)
        }
    }

    /// Does it hold for this kind of incident?
    #[must_use]
    pub fn has_kind(&self, kind: &str, detail: &str) -> bool {
        self.kinds.is_empty()
            || self.kinds.iter().any(|own| match own.split_once('/') {
                None => own == kind,
                Some((own_kind, own_detail)) => own_kind == kind && own_detail == detail,
            })
    }

    /// Does it hold at this place on this day?
    #[must_use]
    pub fn has_place(&self, place: Option<Place>, day: Date, atlas: &Atlas) -> bool {
        self.areas.is_empty()
            || place.is_some_and(|place| {
                atlas
                    .at(place, day)
                    .any(|area| self.areas.contains(&area.id))
            })
    }
}

impl Reach {
    /// Does it reach an incident?
    #[must_use]
    pub fn has(&self, subject: &Subject<'_>, atlas: &Atlas, units: &UnitTree) -> bool {
        self.unit_has(subject, units)
            && self.scopes.iter().all(|scope| {
                scope.has_kind(subject.kind, subject.detail)
                    && scope.has_place(subject.place, subject.day, atlas)
            })
    }

    /// Does it reach a camera?
    #[must_use]
    pub fn has_camera(&self, place: Option<Place>, day: Date, atlas: &Atlas) -> bool {
        self.scopes
            .iter()
            .all(|scope| scope.has_place(place, day, atlas))
    }

    /// Does it reach the whole map?
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.scopes.iter().all(|scope| scope.areas.is_empty())
    }

    /// Does it reach every incident there is, so that none need be asked about?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.role.is_unit()
            && self.unit.is_none()
            && self.scopes.iter().all(|scope| *scope == Scope::default())
    }

    /// As `casework::routing::may_see`: a unit what it or a unit below it has, nobody a complaint about
    /// their own unit or one above it.
    fn unit_has(&self, subject: &Subject<'_>, units: &UnitTree) -> bool {
        let within =
            |below: &UnitId, above: &UnitId| below == above || units.is_within(below, above);
        if let (Some(accused), Some(own)) = (&subject.complained_of, &self.unit)
            && within(own, accused)
        {
            return false;
        }
        if !self.role.is_unit() {
            return true;
        }
        self.unit
            .as_ref()
            .is_some_and(|own| subject.units.iter().any(|unit| within(unit, own)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const AREAS: &str = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"id":"dong","name":"Đông","from":"2000-01-01","until":"2025-07-01"},
         "geometry":{"type":"Polygon","coordinates":[[[107,16],[107.1,16],[107.1,16.1],[107,16.1],[107,16]]]}},
        {"type":"Feature","properties":{"id":"hop","name":"Hợp","from":"2025-07-01"},
         "geometry":{"type":"Polygon","coordinates":[[[106.9,16],[107.1,16],[107.1,16.1],[106.9,16.1],[106.9,16]]]}}
    ]}"#;
    const INSIDE: Option<Place> = Some(Place {
        lat: 16.05,
        lon: 107.05,
    });
    const OUTSIDE: Option<Place> = Some(Place {
        lat: 17.0,
        lon: 107.05,
    });

    fn unit(text: &str) -> UnitId {
        UnitId::new(text).unwrap()
    }

    fn subject(place: Option<Place>, units: &[&str]) -> Subject<'static> {
        Subject {
            kind: "traffic_violation",
            detail: "wrong_way",
            place,
            day: date(2026, 1, 1),
            units: units.iter().map(|id| unit(id)).collect(),
            complained_of: None,
        }
    }

    fn reach(role: Role, own: Option<&str>, areas: &[&str], kinds: &[&str]) -> Reach {
        Reach {
            role,
            unit: own.map(unit),
            scopes: vec![Scope {
                areas: areas.iter().map(|id| AreaId((*id).to_owned())).collect(),
                kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            }],
        }
    }

    #[test]
    fn the_table_of_reach() {
        use Role::{AgencyHandler, Auditor, Operator};
        let atlas = Atlas::from_geojson(AREAS).unwrap();
        let units = UnitTree::default();
        #[rustfmt::skip]
        let table = [
            (reach(Operator, None, &[], &[]),                            subject(None, &[]),        true),
            (reach(Operator, None, &["hop"], &[]),                       subject(INSIDE, &[]),      true),
            (reach(Operator, None, &["hop"], &[]),                       subject(OUTSIDE, &[]),     false),
            (reach(Operator, None, &["hop"], &[]),                       subject(None, &[]),        false),
            // An area that is no more.
            (reach(Operator, None, &["dong"], &[]),                      subject(INSIDE, &[]),      false),
            (reach(Operator, None, &[], &["traffic_violation"]),         subject(None, &[]),        true),
            (reach(Operator, None, &[], &["traffic_violation/red_light"]), subject(None, &[]),      false),
            (reach(Operator, None, &[], &["fire_smoke"]),                subject(None, &[]),        false),
            (reach(Auditor, None, &[], &[]),                             subject(None, &[]),        true),
            (reach(AgencyHandler, Some("ward"), &[], &[]),               subject(None, &["ward"]),  true),
            (reach(AgencyHandler, Some("ward"), &[], &[]),               subject(None, &["other"]), false),
            (reach(AgencyHandler, Some("ward"), &[], &[]),               subject(None, &[]),        false),
            (reach(AgencyHandler, None, &[], &[]),                       subject(None, &["ward"]),  false),
        ];
        for (reach, subject, expected) in table {
            assert_eq!(
                reach.has(&subject, &atlas, &units),
                expected,
                "{reach:?} {subject:?}"
            );
        }
    }

    #[test]
    fn nobody_sees_a_complaint_about_their_own_unit() {
        let (atlas, units) = (Atlas::default(), UnitTree::default());
        let complaint = Subject {
            complained_of: Some(unit("ward")),
            ..subject(None, &["ward", "city"])
        };
        assert!(
            !reach(Role::AgencyHandler, Some("ward"), &[], &[]).has(&complaint, &atlas, &units)
        );
        assert!(!reach(Role::Operator, Some("ward"), &[], &[]).has(&complaint, &atlas, &units));
        assert!(reach(Role::AgencyLeader, Some("city"), &[], &[]).has(&complaint, &atlas, &units));
    }

    /// A key reaches no farther than whoever owns it.
    #[test]
    fn scopes_add_up_to_less() {
        let mut both = reach(Role::Operator, None, &[], &["traffic_violation"]);
        both.scopes.push(Scope {
            kinds: vec!["fire_smoke".to_owned()],
            ..Scope::default()
        });
        let none = (Atlas::default(), UnitTree::default());
        assert!(!both.has(&subject(None, &[]), &none.0, &none.1));
        assert!(!both.is_whole());
        assert!(reach(Role::Operator, None, &[], &[]).is_whole());
        assert!(!reach(Role::ForestUnit, Some("kiem-lam"), &[], &[]).is_whole());
    }
}
