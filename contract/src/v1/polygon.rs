//! Which corners are a polygon. Both programs ask here: the server before it publishes, the agent
//! before it believes.

use super::field_fault::FieldProblem;

/// Corners in fractions of the picture, in order, either way round; the last joins the first.
pub type Corners = Vec<[f32; 2]>;

/// Why corners are not a polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolygonError {
    /// Fewer than three.
    #[error("has {0} points, and a polygon has at least 3")]
    TooFew(usize),
    /// A point lies outside the picture.
    #[error("point {0} lies outside the picture (fractions are 0 to 1)")]
    Outside(usize),
    /// Two edges cross or touch.
    #[error("edge {0} crosses edge {1}")]
    SelfIntersecting(usize, usize),
    /// All points lie on one line.
    #[error("has no area")]
    Flat,
}

impl From<PolygonError> for FieldProblem {
    fn from(error: PolygonError) -> Self {
        match error {
            PolygonError::TooFew(_) => Self::TooFewCorners,
            PolygonError::Outside(_) => Self::OutsidePicture,
            PolygonError::SelfIntersecting(..) => Self::SelfIntersecting,
            PolygonError::Flat => Self::Flat,
        }
    }
}

/// Checks that corners are a polygon: at least three, inside the picture, an area, no edge across
/// another.
///
/// # Errors
/// [`PolygonError`] with the first thing that is wrong.
pub fn check_polygon(corners: &[[f32; 2]]) -> Result<(), PolygonError> {
    let count = corners.len();
    if count < 3 {
        return Err(PolygonError::TooFew(count));
    }
    let inside = |[x, y]: &[f32; 2]| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y);
    if let Some(index) = corners.iter().position(|corner| !inside(corner)) {
        return Err(PolygonError::Outside(index));
    }
    for first in 0..count {
        for second in first + 1..count {
            let neighbours = second == first + 1 || (first == 0 && second == count - 1);
            if !neighbours && edges_cross(corners, first, second) {
                return Err(PolygonError::SelfIntersecting(first, second));
            }
        }
    }
    let twice_area: f32 = (0..count)
        .map(|at| cross(corners[at], corners[(at + 1) % count]))
        .sum();
    if twice_area.abs() < 1e-6 {
        return Err(PolygonError::Flat);
    }
    Ok(())
}

fn cross([ax, ay]: [f32; 2], [bx, by]: [f32; 2]) -> f32 {
    ax * by - bx * ay
}

/// Which side of the line `a`–`b` the point lies on: the sign of the result.
fn side([ax, ay]: [f32; 2], [bx, by]: [f32; 2], [x, y]: [f32; 2]) -> f32 {
    (bx - ax) * (y - ay) - (by - ay) * (x - ax)
}

fn edges_cross(corners: &[[f32; 2]], first: usize, second: usize) -> bool {
    let (a, b) = (corners[first], corners[(first + 1) % corners.len()]);
    let (c, d) = (corners[second], corners[(second + 1) % corners.len()]);
    side(a, b, c) * side(a, b, d) <= 0.0
        && side(c, d, a) * side(c, d, b) <= 0.0
        && boxes_meet(a, b, c, d)
}

/// Parallel edges on one line have no sides; they meet where their extents do.
fn boxes_meet(a: [f32; 2], b: [f32; 2], c: [f32; 2], d: [f32; 2]) -> bool {
    (0..2).all(|axis| {
        a[axis].min(b[axis]) <= c[axis].max(d[axis]) && c[axis].min(d[axis]) <= a[axis].max(b[axis])
    })
}
