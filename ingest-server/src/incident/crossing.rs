//! Where the bearings of several cameras cross: the place of a smoke that none of them can place alone.
//!
//! A function of the set of events: of each spot that looks, its newest bearing counts, and the crossing is
//! `ground::fix`'s. Bearings that run side by side, meet behind a camera or look at different things are
//! none; then the incident keeps what it had.
//!
//! What does not belong here: geometry (the crate `ground`), which place an incident has (`facts`).

use std::collections::BTreeMap;

use contract::v1::{Bearing, EventId, Place, Position};
use ground::fix::{Fix, Sight};
use jiff::Timestamp;

/// One event's bearing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// When the event began.
    pub start: Timestamp,
    /// The event: among those that began together the later one counts.
    pub event_id: EventId,
    /// In which direction.
    pub bearing: Bearing,
}

/// Where bearings cross.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Where, and how far off it may be.
    pub fix: Fix,
    /// From how many spots it is seen.
    pub spots: usize,
}

impl Crossing {
    /// Finds where bearings cross; none where they do not.
    #[must_use]
    pub fn of(seen: impl IntoIterator<Item = Seen>) -> Option<Self> {
        let mut newest: BTreeMap<(i64, i64), Seen> = BTreeMap::new();
        for one in seen {
            let known = newest.entry(spot(one.bearing.from)).or_insert(one);
            if (known.start, known.event_id) < (one.start, one.event_id) {
                *known = one;
            }
        }
        let sights: Vec<Sight> = newest.values().map(|seen| sight(&seen.bearing)).collect();
        let fix = ground::fix::fix(&sights).ok()?;
        Some(Self {
            fix,
            spots: sights.len(),
        })
    }

    /// The place in the words of the contract: its radius is the error's long axis.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::Point {
            position: Position {
                lat: self.fix.place.lat,
                lon: self.fix.place.lon,
            },
            uncertainty_m: self.fix.error.radius().max(1.0),
        }
    }
}

/// One camera stands at one spot: places alike to a metre.
#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees on earth, in units of 0.00001"
)]
fn spot(position: Position) -> (i64, i64) {
    let whole = |degrees: f64| (degrees * 1e5).round() as i64;
    (whole(position.lat), whole(position.lon))
}

fn sight(bearing: &Bearing) -> Sight {
    Sight {
        from: ground::geodesy::Place {
            lat: bearing.from.lat,
            lon: bearing.from.lon,
        },
        bearing: ground::geodesy::Bearing::from_degrees(bearing.degrees),
        sigma: bearing.uncertainty_deg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tower that sees a smoke at 12.02° N, 108.43° E.
    fn seen(second: i64, lat: f64, lon: f64, off: f64) -> Seen {
        let from = Position { lat, lon };
        let tower = ground::geodesy::Place { lat, lon };
        let smoke = ground::geodesy::Place {
            lat: 12.02,
            lon: 108.43,
        };
        Seen {
            start: Timestamp::from_second(second).unwrap(),
            event_id: EventId::new(),
            bearing: Bearing {
                from,
                degrees: (tower.offset_to(smoke).bearing().degrees() + off).rem_euclid(360.0),
                uncertainty_deg: 0.8,
            },
        }
    }

    fn metres_off(crossing: &Crossing) -> f64 {
        crossing.fix.place.distance_to(ground::geodesy::Place {
            lat: 12.02,
            lon: 108.43,
        })
    }

    #[test]
    fn a_third_tower_makes_the_ellipse_smaller() {
        let towers = [
            seen(0, 12.00, 108.39, 0.4),
            seen(60, 12.00, 108.47, -0.4),
            seen(90, 12.07, 108.43, 0.2),
        ];
        assert_eq!(Crossing::of(towers[..1].iter().copied()), None);
        let two = Crossing::of(towers[..2].iter().copied()).unwrap();
        let three = Crossing::of(towers).unwrap();
        assert_eq!((two.spots, three.spots), (2, 3));
        assert!(metres_off(&two) < 2.0 * two.fix.error.major, "{two:?}");
        assert!(
            metres_off(&three) < 2.0 * three.fix.error.major,
            "{three:?}"
        );
        assert!(three.fix.error.major < two.fix.error.major);
    }

    #[test]
    fn of_one_tower_the_newest_look_counts_in_any_order() {
        let other = seen(60, 12.00, 108.47, 0.0);
        let (first, later) = (seen(0, 12.00, 108.39, 9.0), seen(50, 12.00, 108.39, 0.0));
        let found = Crossing::of([later, first, other]).unwrap();
        assert_eq!(found.spots, 2);
        assert!(metres_off(&found) < 5.0, "{found:?}");
        assert_eq!(Crossing::of([other, first, later]), Some(found));
        assert_eq!(Crossing::of([first, later]), None, "one spot alone");
    }

    #[test]
    fn towers_that_look_at_two_smokes_give_no_place() {
        let away = seen(60, 12.00, 108.47, 150.0);
        assert_eq!(Crossing::of([seen(0, 12.00, 108.39, 0.0), away]), None);
    }
}
