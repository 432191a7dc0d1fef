//! Street cameras: the plane of the road, from point pairs that somebody marked.
//!
//! Four pairs determine the eight numbers, more are fitted by least squares after both sides were brought to
//! mean 0 and mean distance √2 (Hartley, "In defense of the eight-point algorithm", 1997). What the fit
//! leaves is the reprojection error, and it is reported: it is how well the pairs agree with one plane.

use crate::ellipse::{Covariance, Ellipse};
use crate::geodesy::{Offset, Place};

/// A point of the picture and the place that it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Fraction of the width and of the height.
    pub picture: [f64; 2],
    /// Where it is.
    pub place: Place,
}

/// Picture to ground, for one pose of one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Homography {
    origin: Place,
    /// Row by row; from fractions of the picture to metres of [`Offset`] from `origin`.
    matrix: [[f64; 3]; 3],
    reprojection: f64,
    /// How far off each of the pairs' places may be by itself: standard deviation in metres.
    marking: f64,
    /// The sign of the denominator where the pairs are: beyond the horizon it is the other one.
    near: f64,
}

/// A place with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fixed {
    /// Where.
    pub place: Place,
    /// How far off it may be.
    pub error: Ellipse,
}

/// Why pairs determine no plane.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum HomographyFault {
    /// Too few.
    #[error("{0} point pairs were given, and at least 4 are needed")]
    TooFew(usize),
    /// A number is not one, or a point lies outside the picture.
    #[error("pair {0}: the point must lie in the picture (0 to 1) and the place on earth")]
    BadPair(usize),
    /// Three of four, or all, lie on one line or on one point.
    #[error(
        "the points lie on one line, or so many of them that no plane is determined: mark points that span an area"
    )]
    Collinear,
}

/// The determinant below which a system of eight normalised equations counts as without an answer.
const SINGULAR: f64 = 1e-9;

impl Homography {
    /// Fits the plane to the pairs.
    ///
    /// # Errors
    /// [`HomographyFault`].
    pub fn fit(pairs: &[Pair]) -> Result<Self, HomographyFault> {
        if pairs.len() < 4 {
            return Err(HomographyFault::TooFew(pairs.len()));
        }
        if let Some(bad) = pairs.iter().position(|pair| !is_sound(pair)) {
            return Err(HomographyFault::BadPair(bad));
        }
        let origin = pairs[0].place;
        let ground: Vec<[f64; 2]> = pairs
            .iter()
            .map(|pair| origin.offset_to(pair.place))
            .map(|offset| [offset.east, offset.north])
            .collect();
        let picture: Vec<[f64; 2]> = pairs.iter().map(|pair| pair.picture).collect();
        let matrix = fit_plane(&picture, &ground).ok_or(HomographyFault::Collinear)?;
        let near = denominator(&matrix, pairs[0].picture).signum();
        if pairs
            .iter()
            .any(|pair| denominator(&matrix, pair.picture) * near <= 0.0)
        {
            // The pairs lie on both sides of the horizon they imply: they contradict each other.
            return Err(HomographyFault::Collinear);
        }
        let mut fitted = Self {
            origin,
            matrix,
            reprojection: 0.0,
            marking: 0.0,
            near,
        };
        fitted.reprojection = fitted.error_of(&picture, &ground);
        Ok(fitted)
    }

    /// Root mean square of what the fit leaves, in metres; 0 for exactly four pairs, which always fit.
    #[must_use]
    pub const fn reprojection_error(&self) -> f64 {
        self.reprojection
    }

    /// The same plane from pairs whose places may be off by this much each: standard deviation in metres. Four
    /// pairs always fit, so what the fit leaves does not tell how well they were measured.
    #[must_use]
    pub const fn marked_within(mut self, metres: f64) -> Self {
        self.marking = metres;
        self
    }

    /// The place that a point of the picture shows, if it shows ground at all; `sigma` is how far off the point
    /// may be, as a fraction of the picture.
    ///
    /// None above the horizon, and so near it that a point is worth kilometres.
    #[must_use]
    pub fn place_of(&self, point: [f64; 2], sigma: f64) -> Option<Fixed> {
        let offset = self.offset_of(point)?;
        // Central differences: the error is what the place moves when the point does.
        let step = sigma.max(1e-6);
        let moved = |dx, dy| self.offset_of([point[0] + dx, point[1] + dy]);
        let (right, left) = (moved(step, 0.0)?, moved(-step, 0.0)?);
        let (down, up) = (moved(0.0, step)?, moved(0.0, -step)?);
        let by = |a: Offset, b: Offset| {
            [
                (a.east - b.east) / (2.0 * step) * sigma,
                (a.north - b.north) / (2.0 * step) * sigma,
            ]
        };
        let (x, y) = (by(right, left), by(down, up));
        let of_point = Covariance {
            east: x[0] * x[0] + y[0] * y[0],
            north: x[1] * x[1] + y[1] * y[1],
            cross: x[0] * x[1] + y[0] * y[1],
        };
        let error = of_point
            .plus(Covariance::round(self.reprojection.max(self.marking)))
            .ellipse();
        Some(Fixed {
            place: self.origin.at(offset),
            error,
        })
    }

    /// Metres from the first pair's place; none at or above the horizon.
    #[must_use]
    pub fn offset_of(&self, point: [f64; 2]) -> Option<Offset> {
        let scale = denominator(&self.matrix, point);
        if !scale.is_finite() || scale * self.near <= 1e-9 {
            return None;
        }
        let [x, y] = point;
        let row = |row: &[f64; 3]| (row[0] * x + row[1] * y + row[2]) / scale;
        Some(Offset {
            east: row(&self.matrix[0]),
            north: row(&self.matrix[1]),
        })
    }

    fn error_of(&self, picture: &[[f64; 2]], ground: &[[f64; 2]]) -> f64 {
        let squares = picture.iter().zip(ground).filter_map(|(from, to)| {
            let at = self.offset_of(*from)?;
            Some((at.east - to[0]).powi(2) + (at.north - to[1]).powi(2))
        });
        let count = f64::from(u32::try_from(picture.len()).unwrap_or(u32::MAX));
        (squares.sum::<f64>() / count).sqrt()
    }
}

fn is_sound(pair: &Pair) -> bool {
    let inside = pair.picture.iter().all(|part| (0.0..=1.0).contains(part));
    inside && pair.place.lat.abs() <= 90.0 && pair.place.lon.abs() <= 180.0
}

fn denominator(matrix: &[[f64; 3]; 3], [x, y]: [f64; 2]) -> f64 {
    matrix[2][0] * x + matrix[2][1] * y + matrix[2][2]
}

/// Mean and scale that bring points to mean 0 and mean distance √2.
struct Normal {
    mean: [f64; 2],
    scale: f64,
}

impl Normal {
    fn of(points: &[[f64; 2]]) -> Option<Self> {
        let count = f64::from(u32::try_from(points.len()).ok()?);
        let mean = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / count);
        let distance = points
            .iter()
            .map(|[x, y]| (x - mean[0]).hypot(y - mean[1]))
            .sum::<f64>()
            / count;
        (distance > 1e-9).then(|| Self {
            mean,
            scale: std::f64::consts::SQRT_2 / distance,
        })
    }

    fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            (x - self.mean[0]) * self.scale,
            (y - self.mean[1]) * self.scale,
        ]
    }
}

fn fit_plane(from: &[[f64; 2]], to: &[[f64; 2]]) -> Option<[[f64; 3]; 3]> {
    if is_degenerate(from) || is_degenerate(to) {
        return None;
    }
    let (before, after) = (Normal::of(from)?, Normal::of(to)?);
    // Normal equations of the eight unknowns h11 … h32, with h33 = 1.
    let mut left = [[0.0; 8]; 8];
    let mut right = [0.0; 8];
    for (a, b) in from.iter().zip(to) {
        let ([x, y], [u, v]) = (before.apply(*a), after.apply(*b));
        for (row, value) in [
            ([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u),
            ([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v),
        ] {
            for i in 0..8 {
                right[i] += row[i] * value;
                for j in 0..8 {
                    left[i][j] += row[i] * row[j];
                }
            }
        }
    }
    let h = solve(left, right)?;
    Some(denormalise(
        [[h[0], h[1], h[2]], [h[3], h[4], h[5]], [h[6], h[7], 1.0]],
        &before,
        &after,
    ))
}

/// Do fewer than four of the points span the plane: do all but one lie on one line?
fn is_degenerate(points: &[[f64; 2]]) -> bool {
    let Some(normal) = Normal::of(points) else {
        return true;
    };
    let points: Vec<[f64; 2]> = points.iter().map(|point| normal.apply(*point)).collect();
    let on_line = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| {
        ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs() < 1e-3
    };
    points.iter().enumerate().any(|(i, &a)| {
        points.iter().skip(i + 1).any(|&b| {
            let off = points.iter().filter(|&&c| !on_line(a, b, c)).count();
            off < 2
        })
    })
}

fn denormalise(h: [[f64; 3]; 3], before: &Normal, after: &Normal) -> [[f64; 3]; 3] {
    let s = before.scale;
    let of_input = [
        [s, 0.0, -s * before.mean[0]],
        [0.0, s, -s * before.mean[1]],
        [0.0, 0.0, 1.0],
    ];
    let t = 1.0 / after.scale;
    let of_output = [
        [t, 0.0, after.mean[0]],
        [0.0, t, after.mean[1]],
        [0.0, 0.0, 1.0],
    ];
    product(product(of_output, h), of_input)
}

fn product(a: [[f64; 3]; 3], b: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut c = [[0.0; 3]; 3];
    for (i, row) in c.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = (0..3).map(|k| a[i][k] * b[k][j]).sum();
        }
    }
    c
}

/// Gaussian elimination with partial pivoting; none where there is no single answer.
fn solve(mut left: [[f64; 8]; 8], mut right: [f64; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|a, b| left[*a][column].abs().total_cmp(&left[*b][column].abs()))?;
        if left[pivot][column].abs() < SINGULAR {
            return None;
        }
        left.swap(column, pivot);
        right.swap(column, pivot);
        let (head, above) = (left[column], right[column]);
        for row in column + 1..8 {
            let factor = left[row][column] / head[column];
            for (cell, top) in left[row].iter_mut().zip(head).skip(column) {
                *cell -= factor * top;
            }
            right[row] -= factor * above;
        }
    }
    let mut answer = [0.0; 8];
    for row in (0..8).rev() {
        let known: f64 = (row + 1..8)
            .map(|column| left[row][column] * answer[column])
            .sum();
        answer[row] = (right[row] - known) / left[row][row];
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ORIGIN: Place = Place {
        lat: 16.46,
        lon: 107.59,
    };

    /// What a camera 6 m above the road sees, 30 degrees down, at 60 degrees across, of a point of the road.
    fn seen(east: f64, north: f64) -> [f64; 2] {
        let (sin, cos) = 30.0_f64.to_radians().sin_cos();
        let (height, focal) = (6.0, 0.5 / 30.0_f64.to_radians().tan());
        let depth = north * cos + height * sin;
        let down = height * cos - north * sin;
        [
            0.5 + focal * east / depth,
            0.5 + focal * 16.0 / 9.0 * down / depth,
        ]
    }

    fn pair(east: f64, north: f64) -> Pair {
        Pair {
            picture: seen(east, north),
            place: ORIGIN.at(Offset { east, north }),
        }
    }

    fn pairs() -> Vec<Pair> {
        [
            (-3.0, 8.0),
            (3.0, 8.0),
            (-4.0, 20.0),
            (4.0, 20.0),
            (0.0, 14.0),
        ]
        .map(|(e, n)| pair(e, n))
        .to_vec()
    }

    #[test]
    fn a_road_is_measured_from_five_points() {
        let plane = Homography::fit(&pairs()).unwrap();
        assert!(
            plane.reprojection_error() < 1e-3,
            "{}",
            plane.reprojection_error()
        );
        let true_place = ORIGIN.at(Offset {
            east: 1.5,
            north: 25.0,
        });
        let found = plane.place_of(seen(1.5, 25.0), 0.002).unwrap();
        assert!(found.place.distance_to(true_place) < 0.01);
        // Along the line of sight a point is worth more metres than across it.
        assert!(
            found.error.major > 2.0 * found.error.minor,
            "{:?}",
            found.error
        );
        assert!(
            plane.place_of([0.5, -0.6], 0.002).is_none(),
            "above the horizon"
        );
    }

    #[test]
    fn a_place_is_no_better_than_the_marks() {
        let plane = Homography::fit(&pairs()[..4]).unwrap();
        let at = seen(0.0, 12.0);
        assert!(plane.place_of(at, 1e-4).unwrap().error.major < 0.05);
        let error = plane.marked_within(2.0).place_of(at, 1e-4).unwrap().error;
        assert!((2.0..2.1).contains(&error.minor), "{error:?}");
    }

    #[test]
    fn pairs_that_disagree_are_told_by_the_reprojection_error() {
        let mut pairs = pairs();
        pairs[4].place = ORIGIN.at(Offset {
            east: 2.0,
            north: 14.0,
        });
        let plane = Homography::fit(&pairs).unwrap();
        assert!(
            plane.reprojection_error() > 0.3,
            "{}",
            plane.reprojection_error()
        );
    }

    #[test]
    fn what_determines_no_plane_is_refused() {
        let line = [(0.0, 8.0), (0.0, 12.0), (0.0, 16.0), (0.0, 20.0)].map(|(e, n)| pair(e, n));
        let three_of_four =
            [(0.0, 8.0), (0.0, 12.0), (0.0, 16.0), (3.0, 12.0)].map(|(e, n)| pair(e, n));
        let twice = [(0.0, 8.0), (0.0, 8.0), (3.0, 16.0), (3.0, 12.0)].map(|(e, n)| pair(e, n));
        let mut outside = pairs();
        outside[2].picture = [1.2, 0.5];
        for (name, pairs, expected) in [
            ("three", &pairs()[..3], HomographyFault::TooFew(3)),
            ("a line", &line[..], HomographyFault::Collinear),
            (
                "three of four on a line",
                &three_of_four[..],
                HomographyFault::Collinear,
            ),
            ("one point twice", &twice[..], HomographyFault::Collinear),
            ("outside", &outside[..], HomographyFault::BadPair(2)),
        ] {
            assert_eq!(Homography::fit(pairs), Err(expected), "{name}");
        }
    }

    proptest! {
        /// Wherever a point of the road lies, it is found again; and with marks that are off, the true place
        /// lies within a few of the stated standard deviations.
        #[test]
        fn points_of_the_road_are_found_again(east in -8.0_f64..8.0, north in 5.0_f64..60.0) {
            let plane = Homography::fit(&pairs()).unwrap();
            let found = plane.place_of(seen(east, north), 0.001).unwrap();
            let true_place = ORIGIN.at(Offset { east, north });
            prop_assert!(found.place.distance_to(true_place) < 0.05);
        }
    }
}
