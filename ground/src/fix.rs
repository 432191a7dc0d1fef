//! Two or more bearings become a fix.
//!
//! Each bearing is a line with an error that grows with the distance; the fix is the place with the least
//! sum of squared angles off (Gauss–Newton from where the first two lines cross), and its covariance is what the
//! normal equations leave.

use crate::ellipse::{Covariance, Ellipse};
use crate::geodesy::{Bearing, Offset, Place};
use crate::tower::FARTHEST;

/// One look at a thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// From where.
    pub from: Place,
    /// In which direction.
    pub bearing: Bearing,
    /// How far off that may be: standard deviation in degrees, more than 0.
    pub sigma: f64,
}

/// Where bearings meet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// Where.
    pub place: Place,
    /// How far off it may be.
    pub error: Ellipse,
    /// Largest angle by which a bearing misses the place, in its own standard deviations.
    pub worst_miss: f64,
}

/// Why bearings are no fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFix {
    /// One line is no place.
    #[error("a fix takes two bearings from two places")]
    TooFew,
    /// They run side by side, or from one place.
    #[error("the bearings are too nearly parallel")]
    Parallel,
    /// They meet behind a camera, or beyond sight.
    #[error("the bearings do not meet within sight")]
    NoMeeting,
    /// They meet, but not in one place: they look at different things.
    #[error("the bearings look at different things")]
    Disagree,
}

/// Below this angle the crossing is worth kilometres along the lines.
const LEAST_ANGLE: f64 = 5.0;
/// A bearing that misses by more standard deviations looks at something else.
const WORST_MISS: f64 = 3.0;

/// Finds where sights meet.
///
/// # Errors
/// [`NoFix`].
pub fn fix(sights: &[Sight]) -> Result<Fix, NoFix> {
    let [first, _, ..] = sights else {
        return Err(NoFix::TooFew);
    };
    let origin = first.from;
    let lines: Vec<Line> = sights.iter().map(|sight| Line::of(sight, origin)).collect();
    let across = |a: &Line, b: &Line| {
        let angle = a.bearing.between(b.bearing);
        angle.min(180.0 - angle)
    };
    let widest = lines
        .iter()
        .flat_map(|a| lines.iter().map(move |b| (a, b)))
        .max_by(|x, y| across(x.0, x.1).total_cmp(&across(y.0, y.1)));
    let (a, b) = widest.ok_or(NoFix::TooFew)?;
    if across(a, b) < LEAST_ANGLE {
        return Err(NoFix::Parallel);
    }
    let mut at = cross(a, b).ok_or(NoFix::Parallel)?;
    let mut covariance = Covariance::default();
    for _ in 0..10 {
        let (step, left) = improve(&lines, at).ok_or(NoFix::NoMeeting)?;
        at = Offset {
            east: at.east + step.east,
            north: at.north + step.north,
        };
        covariance = left;
        if step.length() < 0.01 {
            break;
        }
    }
    let misses = lines.iter().map(|line| line.miss(at) / line.sigma);
    let worst_miss = misses.fold(0.0_f64, |worst, miss| worst.max(miss.abs()));
    let in_sight = lines.iter().all(|line| {
        line.to(at).length() <= FARTHEST && line.to(at).bearing().between(line.bearing) < 90.0
    });
    if !in_sight {
        return Err(NoFix::NoMeeting);
    }
    if worst_miss > WORST_MISS {
        return Err(NoFix::Disagree);
    }
    Ok(Fix {
        place: origin.at(at),
        error: covariance.ellipse(),
        worst_miss,
    })
}

/// A sight in metres around the first one.
struct Line {
    from: Offset,
    bearing: Bearing,
    /// In radians.
    sigma: f64,
}

impl Line {
    fn of(sight: &Sight, origin: Place) -> Self {
        Self {
            from: origin.offset_to(sight.from),
            bearing: sight.bearing,
            sigma: sight.sigma.to_radians(),
        }
    }

    fn to(&self, at: Offset) -> Offset {
        Offset {
            east: at.east - self.from.east,
            north: at.north - self.from.north,
        }
    }

    /// By how many radians the line passes a place, clockwise.
    fn miss(&self, at: Offset) -> f64 {
        let off = self.to(at).bearing().degrees() - self.bearing.degrees();
        ((off + 180.0).rem_euclid(360.0) - 180.0).to_radians()
    }
}

fn cross(a: &Line, b: &Line) -> Option<Offset> {
    let (ua, ub) = (
        Offset::towards(a.bearing, 1.0),
        Offset::towards(b.bearing, 1.0),
    );
    let determinant = ua.east * ub.north - ua.north * ub.east;
    let apart = b.to(a.from);
    let along = -(apart.east * ub.north - apart.north * ub.east) / determinant;
    along.is_finite().then_some(Offset {
        east: a.from.east + along * ua.east,
        north: a.from.north + along * ua.north,
    })
}

/// One step of Gauss–Newton, and the covariance there.
fn improve(lines: &[Line], at: Offset) -> Option<(Offset, Covariance)> {
    let (mut ee, mut nn, mut en, mut e, mut n) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for line in lines {
        let to = line.to(at);
        let square = to.length().powi(2);
        if square < 1.0 {
            return None;
        }
        // d(bearing)/d(east) = north/d², d(bearing)/d(north) = −east/d².
        let (de, dn) = (to.north / square, -to.east / square);
        let weight = 1.0 / (line.sigma * line.sigma);
        let miss = line.miss(at);
        ee += weight * de * de;
        nn += weight * dn * dn;
        en += weight * de * dn;
        e -= weight * de * miss;
        n -= weight * dn * miss;
    }
    let determinant = ee * nn - en * en;
    if !determinant.is_normal() {
        return None;
    }
    let step = Offset {
        east: (nn * e - en * n) / determinant,
        north: (ee * n - en * e) / determinant,
    };
    let left = Covariance {
        east: nn / determinant,
        north: ee / determinant,
        cross: -en / determinant,
    };
    Some((step, left))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Place = Place {
        lat: 16.5,
        lon: 107.5,
    };

    fn sight(from: Offset, to: Offset, off: f64) -> Sight {
        let (from, to) = (HERE.at(from), HERE.at(to));
        Sight {
            from,
            bearing: Bearing::from_degrees(from.offset_to(to).bearing().degrees() + off),
            sigma: 0.5,
        }
    }

    const fn at(east: f64, north: f64) -> Offset {
        Offset { east, north }
    }

    #[test]
    fn three_towers_find_the_smoke() {
        let smoke = at(4_000.0, 5_000.0);
        let sights = [
            sight(at(0.0, 0.0), smoke, 0.3),
            sight(at(8_000.0, 0.0), smoke, -0.3),
            sight(at(0.0, 9_000.0), smoke, 0.1),
        ];
        let found = fix(&sights).unwrap();
        let off = found.place.distance_to(HERE.at(smoke));
        assert!(
            off < 60.0 && found.error.major < 80.0,
            "{off} {:?}",
            found.error
        );
    }

    #[test]
    fn what_does_not_meet_is_no_fix() {
        let smoke = at(0.0, 5_000.0);
        let one = sight(at(0.0, 0.0), smoke, 0.0);
        let beside = sight(at(100.0, 0.0), at(100.0, 5_000.0), 0.0);
        let apart = Sight {
            bearing: Bearing::from_degrees(60.0),
            ..sight(at(1_000.0, 0.0), smoke, 0.0)
        };
        let other = sight(at(-4_000.0, 2_000.0), at(3_000.0, 5_000.0), 0.0);
        for (name, sights, expected) in [
            ("one", vec![one], NoFix::TooFew),
            ("parallel", vec![one, beside], NoFix::Parallel),
            ("behind", vec![one, apart], NoFix::NoMeeting),
            (
                "another fire",
                vec![one, sight(at(5_000.0, 0.0), smoke, 0.0), other],
                NoFix::Disagree,
            ),
        ] {
            assert_eq!(fix(&sights), Err(expected), "{name}");
        }
    }

    proptest! {
        /// With errors as stated, the smoke lies within a few of the ellipse's axes.
        #[test]
        fn the_ellipse_tells_the_truth(east in -6_000.0_f64..6_000.0, north in 2_000.0_f64..9_000.0, a in -0.5_f64..0.5, b in -0.5_f64..0.5) {
            let smoke = at(east, north);
            let sights = [sight(at(-3_000.0, 0.0), smoke, a), sight(at(3_000.0, 0.0), smoke, b)];
            if let Ok(found) = fix(&sights) {
                let off = found.place.distance_to(HERE.at(smoke));
                prop_assert!(off <= 3.5 * found.error.major, "{off} of {:?}", found.error);
            }
        }
    }
}
