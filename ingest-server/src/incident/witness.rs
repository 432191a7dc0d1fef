//! An event as a witness, and an incident's standing, in the words of merging.
//!
//! What does not belong here: weighing (the crate `merge`), rows.

use casework::lifecycle::State;
use contract::v1::{AutoReport, Kind, Phase, Place};
use merge::{Code, Source, Span, Standing, Witness};

/// What a camera's report says, as far as merging goes.
#[must_use]
pub fn of(report: &AutoReport) -> Witness {
    let over = (report.phase == Phase::Cleared).then_some(report.occurred.start);
    Witness {
        id: report.event_id.to_string(),
        source: Source::Camera,
        category: category(report.kind, &report.detail),
        named: None,
        place: report.place.map(place),
        occurred: Span {
            start: report.occurred.start,
            end: report.occurred.end.or(over),
        },
        text: None,
        pictures: Vec::new(),
        plate: None,
        camera: Some(format!("{}/{}", report.agent, report.camera)),
        zone: report.zone.as_ref().map(ToString::to_string),
        reporter: None,
    }
}

/// The category of a camera's event. Smoke and flame are one fire, goods and stalls one pavement;
/// another traffic rule, or another trouble of a camera, is another matter.
#[must_use]
pub fn category(kind: Kind, detail: &str) -> Code {
    match kind {
        Kind::TrafficViolation | Kind::CameraHealth => {
            Code::new(format!("{}/{detail}", kind.as_str()))
        }
        Kind::FireSmoke | Kind::Encroachment | Kind::StrayCattle => Code::new(kind.as_str()),
    }
}

/// The category of an incident, as its row says. A citizen's category that is no kind of a camera's stands for itself,
/// with what it is within its family: a street lamp is another unit's than a water pipe.
#[must_use]
pub fn category_of(kind: &str, detail: &str) -> Code {
    match serde_json::from_value(serde_json::Value::from(kind)) {
        Ok(kind) => category(kind, detail),
        Err(_) if detail.is_empty() || detail == kind => Code::new(kind),
        Err(_) => Code::new(format!("{kind}/{detail}")),
    }
}

/// A place of the contract, in the words of merging.
#[must_use]
pub const fn place(place: Place) -> merge::Place {
    match place {
        Place::Point {
            position,
            uncertainty_m,
        } => merge::Place::Point {
            lat: position.lat,
            lon: position.lon,
            uncertainty_m,
        },
        Place::Bearing(bearing) => merge::Place::Bearing {
            lat: bearing.from.lat,
            lon: bearing.from.lon,
            degrees: bearing.degrees,
            uncertainty_deg: bearing.uncertainty_deg,
        },
    }
}

/// Where an incident stands, as far as merging goes.
#[must_use]
pub const fn standing(state: State, camera_phase: Phase) -> Standing {
    match (state, camera_phase) {
        (State::Rejected(_) | State::NotEligible(_), _) => Standing::Dismissed,
        (State::Resolved | State::ClosedUnresolved(_), _) => Standing::Closed,
        (_, Phase::Cleared) => Standing::Cleared,
        (_, Phase::Raised | Phase::Updated) => Standing::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casework::lifecycle::{RejectReason, UnresolvedReason};

    #[test]
    fn a_rejection_stands_above_what_cameras_say() {
        let rejected = State::Rejected(RejectReason::FalseDetection);
        for (state, phase, expected) in [
            (State::New, Phase::Raised, Standing::Open),
            (State::Confirmed, Phase::Updated, Standing::Open),
            (State::Confirmed, Phase::Cleared, Standing::Cleared),
            (rejected, Phase::Raised, Standing::Dismissed),
            (rejected, Phase::Cleared, Standing::Dismissed),
            (State::Resolved, Phase::Raised, Standing::Closed),
            (
                State::ClosedUnresolved(UnresolvedReason::NotFound),
                Phase::Cleared,
                Standing::Closed,
            ),
        ] {
            assert_eq!(standing(state, phase), expected);
        }
    }

    #[test]
    fn what_citizens_tell_keeps_what_it_is_within_its_family() {
        for (kind, detail, expected) in [
            (
                "infrastructure",
                "street_light",
                "infrastructure/street_light",
            ),
            ("other", "other", "other"),
            ("other", "", "other"),
            ("encroachment", "goods", "encroachment"),
            (
                "traffic_violation",
                "red_light",
                "traffic_violation/red_light",
            ),
        ] {
            assert_eq!(category_of(kind, detail).as_str(), expected);
        }
    }

    #[test]
    fn smoke_and_flame_are_one_matter_and_two_traffic_rules_are_two() {
        let of = |kind, detail| category(kind, detail);
        assert_eq!(of(Kind::FireSmoke, "smoke"), of(Kind::FireSmoke, "flame"));
        assert_ne!(
            of(Kind::TrafficViolation, "wrong_way"),
            of(Kind::TrafficViolation, "red_light")
        );
    }
}
