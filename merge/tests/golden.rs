//! Pairs that people would tell apart or together at a glance, with every bit that says so. A change
//! of a weight shows here, term by term.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use jiff::Timestamp;
use merge::{
    Candidate, Code, Decision, Model, Place, Profile, Source, Span, Standing, Verdict, Why,
    Witness, decide,
};
use serde_json::{Value, json};

const LAT: f64 = 16.0;
const LON: f64 = 107.0;

fn at(minute: i64) -> Timestamp {
    // A working morning.
    Timestamp::from_second(1_770_000_000 + minute * 60).unwrap()
}

/// A point so many metres east and north of the scene's middle.
fn point(east: f64, north: f64, uncertainty_m: f64) -> Place {
    Place::Point {
        lat: LAT + north / 111_195.0,
        lon: LON + east / (111_195.0 * LAT.to_radians().cos()),
        uncertainty_m,
    }
}

fn witness(id: &str, source: Source, category: &str, minute: i64, place: Place) -> Witness {
    Witness {
        id: id.to_owned(),
        source,
        category: Code::new(category),
        named: None,
        place: Some(place),
        occurred: Span::at(at(minute)),
        text: None,
        pictures: vec![],
        plate: None,
        camera: None,
        zone: None,
        reporter: None,
    }
}

fn camera(category: &str, zone: &str, minute: i64, place: Place) -> Witness {
    Witness {
        camera: Some("site-1/cam-1".to_owned()),
        zone: Some(zone.to_owned()),
        occurred: Span {
            start: at(minute),
            end: None,
        },
        ..witness(
            &format!("camera {zone}"),
            Source::Camera,
            category,
            minute,
            place,
        )
    }
}

fn said(text: &str, witness: Witness) -> Witness {
    Witness {
        text: Some(text.to_owned()),
        ..witness
    }
}

/// What a report does to one incident of the witnesses before it.
fn told(known: &[Witness], report: &Witness) -> Decision<u8> {
    let profile = Profile::of(known.iter().cloned());
    let candidate = Candidate {
        id: 1,
        profile: &profile,
        standing: Standing::Open,
    };
    decide(&Model::shipped(), report, &[candidate])
}

/// The decision with its bits, rounded as people read them.
fn shown(decision: &Decision<u8>) -> Value {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let weighed: Vec<Value> = decision
        .weighed
        .iter()
        .map(|one| {
            let mut bits = vec![format!("prior {:+.2}", one.score.prior_bits)];
            bits.extend(one.score.findings.iter().map(|found| {
                let measured = found
                    .measured
                    .map_or_else(String::new, |m| format!(" ({m:.1})"));
                format!("{} {:+.2}{measured}", found.level.as_str(), found.bits)
            }));
            json!({ "bits": bits, "sum": round(one.score.bits()), "p": round(one.probability) })
        })
        .collect();
    json!({
        "verdict": format!("{:?}", decision.verdict),
        "suggested": decision.suggested,
        "weighed": weighed,
    })
}

/// What was found, by name, and the sum of its bits.
fn told_by(decision: &Decision<u8>) -> (String, f64) {
    let score = &decision.weighed.first().unwrap().score;
    let names: Vec<&str> = score
        .findings
        .iter()
        .map(|found| found.level.as_str())
        .collect();
    (names.join(" "), score.bits())
}

fn links(decision: &Decision<u8>) -> bool {
    matches!(decision.verdict, Verdict::Link { .. })
}

#[test]
fn a_camera_and_a_citizen_18_m_apart_on_one_pavement() {
    let camera = camera("encroachment", "pavement", 0, point(0.0, 0.0, 5.0));
    let citizen = said(
        "Hàng quán lấn chiếm vỉa hè",
        witness(
            "citizen",
            Source::Citizen,
            "encroachment",
            25,
            point(18.0, 0.0, 20.0),
        ),
    );
    let decision = told(&[camera], &citizen);
    assert!(links(&decision), "{decision:#?}");
    insta::assert_json_snapshot!("one_pavement", shown(&decision));
}

#[test]
fn a_camera_and_three_citizens_on_one_herd() {
    let mut known = vec![camera("stray_cattle", "road", 0, point(0.0, 0.0, 8.0))];
    let citizens = [
        (
            "Đàn bò đi giữa đường",
            6,
            point(60.0, 20.0, 15.0),
            "space_within_1 time_overlap category_same neighbours",
        ),
        (
            "bo di lac tren duong nguy hiem",
            14,
            point(150.0, 60.0, 25.0),
            "space_within_1 time_overlap category_same neighbours text_similar",
        ),
        (
            "trâu bò thả rông cản trở giao thông",
            31,
            point(310.0, 120.0, 20.0),
            "space_within_1 time_overlap category_same neighbours text_unlike",
        ),
    ];
    for (text, minute, place, expected) in citizens {
        let id = format!("citizen at {minute}");
        let citizen = said(
            text,
            witness(&id, Source::Citizen, "stray_cattle", minute, place),
        );
        let decision = told(&known, &citizen);
        assert!(links(&decision), "{decision:#?}");
        let (found, bits) = told_by(&decision);
        assert_eq!(found, expected, "{decision:#?}");
        assert!((5.1..7.2).contains(&bits), "{bits}");
        known.push(citizen);
    }
}

#[test]
fn a_smoke_bearing_and_a_villagers_phone_call() {
    let tower = Witness {
        place: Some(Place::Bearing {
            lat: LAT,
            lon: LON,
            degrees: 62.0,
            uncertainty_deg: 1.5,
        }),
        ..camera("fire_smoke", "slope", 0, point(0.0, 0.0, 1.0))
    };
    let call = said(
        "thấy khói bốc lên trên đồi phía sau thôn",
        witness(
            "call",
            Source::Phone,
            "fire_smoke",
            12,
            point(5_300.0, 2_600.0, 400.0),
        ),
    );
    let decision = told(std::slice::from_ref(&tower), &call);
    assert!(links(&decision), "{decision:#?}");
    let elsewhere = Witness {
        place: Some(point(-4_000.0, 3_000.0, 400.0)),
        ..call
    };
    assert!(!links(&told(&[tower], &elsewhere)), "behind the tower");
    let (found, bits) = told_by(&decision);
    assert_eq!(
        found,
        "space_within_1 time_overlap category_same neighbours"
    );
    assert!((5.3..7.2).contains(&bits), "{bits}");
}

#[test]
fn two_sides_of_one_street_are_two() {
    let north = camera("encroachment", "north pavement", 0, point(0.0, 0.0, 4.0));
    let south = camera("encroachment", "south pavement", 10, point(0.0, -15.0, 4.0));
    let cameras = told(&[north], &south);
    assert!(!links(&cameras), "{cameras:#?}");
    let odd = said(
        "quán nước bày bàn ghế trước số nhà 45",
        witness(
            "odd",
            Source::Citizen,
            "encroachment",
            0,
            point(0.0, 0.0, 8.0),
        ),
    );
    let even = said(
        "cửa hàng tạp hóa để hàng ra vỉa hè, số nhà 46 phía đối diện",
        witness(
            "even",
            Source::Citizen,
            "encroachment",
            20,
            point(2.0, -15.0, 8.0),
        ),
    );
    let citizens = told(&[odd], &even);
    assert!(!links(&citizens), "{citizens:#?}");
    let (found, _) = told_by(&citizens);
    assert!(found.ends_with("number_near"), "{found}");
    insta::assert_json_snapshot!("two_sides", [shown(&cameras)]);
}

#[test]
fn different_plates_are_never_one_and_equal_ones_say_much() {
    let parked = |id: &str, text: &str| Witness {
        plate: Some(merge::Plate {
            text: text.to_owned(),
            reading: merge::PlateReading::Sure,
        }),
        ..witness(
            id,
            Source::Citizen,
            "traffic_violation/illegal_parking",
            0,
            point(0.0, 0.0, 5.0),
        )
    };
    let known = [parked("first", "75A-123.45")];
    let other = told(&known, &parked("other", "75A-543.21"));
    let Verdict::Open { why, .. } = other.verdict else {
        panic!("{other:#?}");
    };
    assert_eq!(why, Why::Vetoed(merge::Veto::OtherPlate));
    assert!(links(&told(&known, &parked("same", "75a 12345"))));
}

#[test]
fn a_link_never_silences_a_fire() {
    let fire = witness(
        "fire",
        Source::Citizen,
        "fire_smoke",
        5,
        point(0.0, 0.0, 10.0),
    );
    let of = |category: &str, standing| {
        let known = camera(category, "zone", 0, point(0.0, 0.0, 5.0));
        let profile = Profile::of([known]);
        let candidate = Candidate {
            id: 1,
            profile: &profile,
            standing,
        };
        decide(&Model::shipped(), &fire, &[candidate])
    };
    assert!(links(&of("fire_smoke", Standing::Open)));
    for (category, standing) in [
        ("fire_smoke", Standing::Cleared),
        ("fire_smoke", Standing::Closed),
        ("fire_smoke", Standing::Dismissed),
        ("environment/litter", Standing::Open),
    ] {
        let decision = of(category, standing);
        assert!(!links(&decision), "{category} {standing:?}: {decision:#?}");
    }
}

#[test]
fn after_closure_it_is_a_recurrence() {
    let known = camera("encroachment", "pavement", 0, point(0.0, 0.0, 5.0));
    let profile = Profile::of([known]);
    for (standing, why, recurrence_of) in [
        (Standing::Closed, Why::Recurrence, Some(1)),
        (Standing::Dismissed, Why::AfterDismissal, None),
    ] {
        let again = witness(
            "again",
            Source::Citizen,
            "encroachment",
            60,
            point(3.0, 0.0, 10.0),
        );
        let candidate = Candidate {
            id: 1,
            profile: &profile,
            standing,
        };
        let decision = decide(&Model::shipped(), &again, &[candidate]);
        let expected = Verdict::Open { why, recurrence_of };
        assert_eq!(decision.verdict, expected, "{decision:#?}");
    }
}

/// Each next stall is near the last one, and the last is far from the first: a row of stalls does not
/// become one incident link by link.
#[test]
fn a_row_does_not_chain() {
    let model = Model::shipped();
    let mut incidents: Vec<Profile> = Vec::new();
    for number in 0..12 {
        let place = point(f64::from(number) * 20.0, 0.0, 4.0);
        let id = format!("stall {number}");
        let stall = witness(&id, Source::Staff, "encroachment", i64::from(number), place);
        let candidates: Vec<Candidate<'_, usize>> = incidents
            .iter()
            .enumerate()
            .map(|(id, profile)| Candidate {
                id,
                profile,
                standing: Standing::Open,
            })
            .collect();
        match decide(&model, &stall, &candidates).verdict {
            Verdict::Link { incident, .. } => incidents[incident].join(stall),
            Verdict::Open { .. } => incidents.push(Profile::of([stall])),
        }
    }
    let longest = incidents
        .iter()
        .map(|profile| {
            let members = profile.members();
            let places: Vec<Place> = members.iter().filter_map(|member| member.place).collect();
            let far = |a: &Place| {
                places
                    .iter()
                    .map(|b| merge::place::metres(a, b))
                    .fold(0.0, f64::max)
            };
            places.iter().map(far).fold(0.0, f64::max)
        })
        .fold(0.0, f64::max);
    assert!(longest <= 120.0, "{longest} m");
}
