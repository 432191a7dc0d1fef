//! One zone: a polygon in fractions of the picture.

use contract::v1::ZoneId;

use crate::config::Polygon;
use crate::geometry::{NormPoint, PictureSize, PixelBox, PixelPoint};

/// A named part of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    id: ZoneId,
    polygon: Polygon,
}

/// When a box counts as being in a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Membership {
    /// When the middle of its lower edge is: where a thing touches the ground.
    BottomCentre,
    /// When at least this share of its area is, 0 to 1.
    Overlap(f32),
}

impl Membership {
    /// By a share where one is configured, else by the bottom centre.
    #[must_use]
    pub fn of(min_overlap: Option<f32>) -> Self {
        min_overlap.map_or(Self::BottomCentre, Self::Overlap)
    }
}

impl Zone {
    /// A zone of that shape.
    #[must_use]
    pub const fn new(id: ZoneId, polygon: Polygon) -> Self {
        Self { id, polygon }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &ZoneId {
        &self.id
    }

    /// Whether a box of a picture of that size is in the zone.
    #[must_use]
    pub fn holds(&self, bbox: &PixelBox, size: PictureSize, membership: Membership) -> bool {
        match membership {
            Membership::BottomCentre => {
                // Feet below the lower edge of the picture stand at that edge.
                let point = bbox.clipped(size).bottom_centre().normalised(size);
                self.contains(NormPoint {
                    x: point.x.min(1.0),
                    y: point.y.min(1.0 - 1e-6),
                })
            }
            Membership::Overlap(least) => self.overlap(bbox, size) >= least,
        }
    }

    /// Whether a point is inside (even-odd rule).
    #[must_use]
    pub fn contains(&self, point: NormPoint) -> bool {
        is_inside(&self.polygon, point)
    }

    /// The share of a box's area that lies in the zone, 0 to 1; 0 for an empty box.
    #[must_use]
    pub fn overlap(&self, bbox: &PixelBox, size: PictureSize) -> f32 {
        let (width, height) = size.as_f32();
        let corners = self.polygon.points().iter();
        let pixels = corners
            .map(|p| PixelPoint {
                x: p.x * width,
                y: p.y * height,
            })
            .collect();
        if bbox.area() <= 0.0 {
            return 0.0;
        }
        (area(&clip(pixels, bbox)) / bbox.area()).clamp(0.0, 1.0)
    }
}

/// A part of the picture in which nothing is to be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask(Polygon);

impl Mask {
    /// A mask of that shape.
    #[must_use]
    pub const fn new(polygon: Polygon) -> Self {
        Self(polygon)
    }

    /// Whether the middle of a box lies in it.
    #[must_use]
    pub fn hides(&self, bbox: &PixelBox, size: PictureSize) -> bool {
        let middle = PixelPoint {
            x: bbox.x + bbox.w / 2.0,
            y: bbox.y + bbox.h / 2.0,
        };
        is_inside(&self.0, middle.normalised(size))
    }
}

/// Whether a polygon holds a point (even-odd rule).
#[must_use]
pub fn polygon_holds(polygon: &Polygon, point: NormPoint) -> bool {
    is_inside(polygon, point)
}

/// The even-odd rule.
fn is_inside(polygon: &Polygon, point: NormPoint) -> bool {
    let corners = polygon.points();
    let mut inside = false;
    for (at, a) in corners.iter().enumerate() {
        let b = corners[(at + 1) % corners.len()];
        if (a.y > point.y) != (b.y > point.y)
            && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
        {
            inside = !inside;
        }
    }
    inside
}

/// The polygon's part inside the box (Sutherland and Hodgman, 1974). The window is convex, so the
/// area comes out right for concave polygons too: their parts are joined by edges without area.
fn clip(polygon: Vec<PixelPoint>, bbox: &PixelBox) -> Vec<PixelPoint> {
    let (left, right) = (bbox.x, bbox.x + bbox.w);
    let (top, bottom) = (bbox.y, bbox.y + bbox.h);
    let kept = clip_side(&polygon, |p| p.x - left);
    let kept = clip_side(&kept, |p| right - p.x);
    let kept = clip_side(&kept, |p| p.y - top);
    clip_side(&kept, |p| bottom - p.y)
}

/// Keeps the side of a line where `depth` is not negative.
fn clip_side(polygon: &[PixelPoint], depth: impl Fn(&PixelPoint) -> f32) -> Vec<PixelPoint> {
    let mut kept = Vec::with_capacity(polygon.len() + 2);
    for (at, a) in polygon.iter().enumerate() {
        let b = &polygon[(at + 1) % polygon.len()];
        let (depth_a, depth_b) = (depth(a), depth(b));
        if depth_a >= 0.0 {
            kept.push(*a);
        }
        if (depth_a >= 0.0) != (depth_b >= 0.0) {
            let t = depth_a / (depth_a - depth_b);
            kept.push(PixelPoint {
                x: a.x + (b.x - a.x) * t,
                y: a.y + (b.y - a.y) * t,
            });
        }
    }
    kept
}

fn area(polygon: &[PixelPoint]) -> f32 {
    let twice: f32 = polygon
        .iter()
        .enumerate()
        .map(|(at, a)| {
            let b = polygon[(at + 1) % polygon.len()];
            a.x * b.y - b.x * a.y
        })
        .sum();
    twice.abs() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: PictureSize = PictureSize {
        width: 100,
        height: 200,
    };

    fn zone(corners: &[(f32, f32)]) -> Zone {
        let points = corners.iter().map(|&(x, y)| NormPoint { x, y }).collect();
        Zone::new("z".parse().unwrap(), Polygon::new(points).unwrap())
    }

    const fn pixel_box(x: f32, y: f32, w: f32, h: f32) -> PixelBox {
        PixelBox { x, y, w, h }
    }

    #[test]
    fn points_inside_a_concave_zone_and_in_its_notch() {
        let notched = zone(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.0)]);
        assert!(notched.contains(NormPoint { x: 0.5, y: 0.2 }));
        assert!(notched.contains(NormPoint { x: 0.9, y: 0.8 }));
        assert!(!notched.contains(NormPoint { x: 0.5, y: 0.8 }));
    }

    #[test]
    fn overlap_is_the_share_of_the_box() {
        let lower_half = zone(&[(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]);
        for (bbox, wanted) in [
            (pixel_box(10.0, 120.0, 20.0, 20.0), 1.0),
            (pixel_box(10.0, 90.0, 20.0, 20.0), 0.5),
            (pixel_box(10.0, 10.0, 20.0, 20.0), 0.0),
            (pixel_box(10.0, 10.0, 0.0, 20.0), 0.0),
        ] {
            assert!(
                (lower_half.overlap(&bbox, SIZE) - wanted).abs() < 1e-5,
                "{bbox:?}"
            );
        }
        let notched = zone(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.0)]);
        assert!((notched.overlap(&pixel_box(0.0, 0.0, 100.0, 200.0), SIZE) - 0.75).abs() < 1e-4);
    }

    #[test]
    fn a_box_that_leaves_the_picture_below_still_stands_in_a_zone_at_the_edge() {
        let lower_half = zone(&[(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]);
        let cut_off = pixel_box(10.0, 120.0, 20.0, 200.0);
        assert!(lower_half.holds(&cut_off, SIZE, Membership::BottomCentre));
        let above = pixel_box(10.0, 10.0, 20.0, 80.0);
        assert!(!lower_half.holds(&above, SIZE, Membership::BottomCentre));
        assert!(lower_half.holds(
            &pixel_box(10.0, 60.0, 20.0, 80.0),
            SIZE,
            Membership::Overlap(0.4)
        ));
    }
}
