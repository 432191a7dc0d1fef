//! Rules that explain themselves, that break loudly, and that never send a complaint to whom it is about.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::area::{Atlas, Place};
use crate::lifecycle::{Case, OpenedBy, State};
use crate::people::{Person, Role};
use crate::unit::{Approval, Unit, UnitId, UnitTree};

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn units() -> UnitTree {
    let of = |id: &str, parent: Option<&str>| Unit {
        id: unit(id),
        name: id.to_owned(),
        parent: parent.map(unit),
        approval: Approval::ByLeader,
    };
    UnitTree::new([
        of("city", None),
        of("ward", Some("city")),
        of("team", Some("ward")),
        of("forest", Some("city")),
        of("inspectorate", None),
    ])
    .unwrap()
}

fn rules() -> Vec<Rule> {
    serde_json::from_str(
        r#"[
        {"name":"fire by night","when":{"category":["fire"],"hours":{"from":"18:00:00","to":"06:00:00"}},"lead":"forest","supporting":["ward"]},
        {"name":"fire, level IV","when":{"category":["fire"],"danger_level":4},"lead":"forest","supporting":["city"]},
        {"name":"in the ward","when":{"area":["c"],"severity":"medium"},"lead":"ward"},
        {"name":"weekend","when":{"weekday":[6,7],"source":["staff"]},"lead":"team"}
    ]"#,
    )
    .unwrap()
}

fn local(day: i8, hour: i8) -> Timestamp {
    let at = date(2026, 8, day).at(hour, 0, 0, 0);
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(7)))
        .unwrap()
        .timestamp()
}

fn subject() -> Subject {
    Subject {
        category: "fire".to_owned(),
        place: Some(Place {
            lat: 16.05,
            lon: 107.05,
        }),
        at: local(31, 12),
        severity: Severity::High,
        source: Source::Camera,
        danger_level: None,
        complained_of: None,
    }
}

/// The words of an explanation, one a rule.
fn told(rules: &[Rule], subject: &Subject) -> Vec<String> {
    let (atlas, units) = (
        Atlas::from_geojson(crate::area::tests::MERGED).unwrap(),
        units(),
    );
    let router = Router {
        rules,
        atlas: &atlas,
        units: &units,
        zone: TimeZone::fixed(jiff::tz::offset(7)),
    };
    let routed = router.route(subject);
    let end = match &routed.route {
        Route::Unit { lead, .. } => format!("→ {lead}"),
        Route::CommonTray => "→ tray".to_owned(),
    };
    let mut words: Vec<String> = routed
        .explanation
        .iter()
        .map(|explained| format!("{}: {:?}", explained.rule, explained.verdict))
        .collect();
    words.push(end);
    words
}

#[test]
fn the_explanation_names_the_term_that_failed() {
    assert_eq!(
        told(&rules(), &subject()),
        [
            "fire by night: Fails(Hours)",
            "fire, level IV: Fails(DangerLevel)",
            "in the ward: Fits",
            "→ ward"
        ]
    );
    let night = Subject {
        at: local(31, 2),
        ..subject()
    };
    assert_eq!(told(&rules(), &night), ["fire by night: Fits", "→ forest"]);
    let dry = Subject {
        danger_level: Some(5),
        ..subject()
    };
    assert_eq!(told(&rules(), &dry).last().unwrap(), "→ forest");
    let elsewhere = Subject {
        category: "litter".to_owned(),
        place: None,
        source: Source::Staff,
        ..subject()
    };
    assert_eq!(
        told(&rules(), &elsewhere),
        [
            "fire by night: Fails(Category)",
            "fire, level IV: Fails(Category)",
            "in the ward: Fails(Area)",
            "weekend: Fails(Weekday)",
            "→ tray"
        ]
    );
    let sunday = Subject {
        at: local(30, 12),
        ..elsewhere
    };
    assert_eq!(told(&rules(), &sunday).last().unwrap(), "→ team");
}

#[test]
fn areas_are_those_of_the_day() {
    let before_the_merger = Subject {
        at: date(2025, 6, 30)
            .at(5, 0, 0, 0)
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp(),
        ..subject()
    };
    assert_eq!(told(&rules(), &before_the_merger).last().unwrap(), "→ tray");
}

#[test]
fn a_broken_rule_is_skipped_loudly() {
    let mut list = rules();
    list[0].lead = unit("gone");
    list[1].when.area = vec![crate::area::AreaId("nowhere".to_owned())];
    list[3].when.weekday = vec![8];
    let words = told(&list, &subject());
    assert_eq!(
        words[0],
        "fire by night: Broken(NoSuchUnit(UnitId(\"gone\")))"
    );
    assert!(words[1].contains("NoSuchArea"), "{words:?}");
    assert_eq!(words.last().unwrap(), "→ ward");
}

#[test]
fn a_complaint_passes_by_whom_it_is_about() {
    let about_ward = Subject {
        complained_of: Some(unit("ward")),
        ..subject()
    };
    let words = told(&rules(), &about_ward);
    assert!(words[2].contains("WouldGoToAccused"), "{words:?}");
    assert_eq!(words.last().unwrap(), "→ tray");

    let units = units();
    let case = Case {
        state: State::Routed,
        lead: Some(unit("inspectorate")),
        supporting: [unit("city")].into(),
        ..Case::new(OpenedBy::Reporter)
    };
    let sees = |role, of: Option<&str>, accused: Option<&str>| {
        let person = Person {
            name: "x".to_owned(),
            role,
            unit: of.map(unit),
        };
        may_see(&person, &case, accused.map(unit).as_ref(), &units)
    };
    assert!(sees(Role::AgencyHandler, Some("city"), None));
    assert!(
        !sees(Role::AgencyHandler, Some("ward"), None),
        "a unit below does not see what the one above supports"
    );
    assert!(!sees(Role::AgencyHandler, Some("city"), Some("city")));
    assert!(!sees(Role::AgencyLeader, Some("team"), Some("ward")));
    assert!(sees(Role::Operator, None, Some("ward")));
    assert!(!sees(Role::Citizen, None, None));
}

#[test]
fn a_rehearsal_counts_what_would_move() {
    let (atlas, units) = (
        Atlas::from_geojson(crate::area::tests::MERGED).unwrap(),
        units(),
    );
    let (now, mut then) = (rules(), rules());
    then.remove(2);
    let router = |rules| Router {
        rules,
        atlas: &atlas,
        units: &units,
        zone: TimeZone::fixed(jiff::tz::offset(7)),
    };
    let past = [
        (1, subject()),
        (
            2,
            Subject {
                at: local(31, 2),
                ..subject()
            },
        ),
    ];
    let found = rehearse(&router(&now[..]), &router(&then[..]), past);
    assert_eq!((found.looked_at, found.common_tray), (2, 1));
    assert_eq!(found.taken["fire by night"], 1);
    assert_eq!(found.taken["weekend"], 0);
    assert_eq!(
        found
            .moved
            .iter()
            .map(|moved| moved.incident)
            .collect::<Vec<_>>(),
        [1]
    );
}

proptest! {
    /// Whatever the incident: an answer is there, the explanation ends with the rule that fits or tells of
    /// every rule, and no complaint reaches the accused or anybody below.
    #[test]
    fn every_incident_goes_somewhere_and_says_why(
        category in proptest::sample::select(vec!["fire", "litter"]),
        lon in 106.5_f64..107.5,
        hours in 0_i64..20_000,
        danger in proptest::option::of(1_u8..=5),
        source in proptest::sample::select(vec![Source::Camera, Source::Citizen, Source::Staff, Source::Open311]),
        accused in proptest::option::of(proptest::sample::select(vec!["city", "ward", "team", "forest"])),
    ) {
        let subject = Subject {
            category: category.to_owned(),
            place: Some(Place { lat: 16.05, lon }),
            at: local(1, 0) + jiff::SignedDuration::from_hours(hours),
            source,
            danger_level: danger,
            complained_of: accused.map(unit),
            ..subject()
        };
        let (atlas, units, rules) = (Atlas::from_geojson(crate::area::tests::MERGED).unwrap(), units(), rules());
        let router = Router { rules: &rules, atlas: &atlas, units: &units, zone: TimeZone::UTC };
        let routed = router.route(&subject);
        match &routed.route {
            Route::CommonTray => prop_assert_eq!(routed.explanation.len(), rules.len()),
            Route::Unit { rule, lead, supporting } => {
                let last = routed.explanation.last().unwrap();
                prop_assert_eq!((&last.rule, &last.verdict), (rule, &Verdict::Fits));
                if let Some(accused) = &subject.complained_of {
                    for to in std::iter::once(lead).chain(supporting) {
                        prop_assert!(!units.is_within(to, accused));
                    }
                }
            }
        }
    }
}
