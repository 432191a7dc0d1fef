//! One line: two ends in fractions of the picture, and which side of it is which.

use contract::v1::ZoneId;

use crate::config::LineConfig;
use crate::geometry::{NormPoint, PictureSize, PixelPoint};

/// A crossing this much of the line's length beyond one of its ends still is one: boxes jitter.
const OVERSHOOT: f32 = 0.02;

/// A named line that things cross.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    id: ZoneId,
    from: NormPoint,
    to: NormPoint,
    /// 1 where what lies to the right of the way from `from` to `to`, in the picture, lies beyond; −1
    /// where what lies to the left does.
    beyond: f32,
}

impl Line {
    /// The line as configured; where it does not say which way is forward, beyond is the right of the way
    /// from its first end to its second.
    #[must_use]
    pub fn of(config: &LineConfig) -> Self {
        let [from, to] = config.ends;
        let right = config.towards.is_none_or(|towards| {
            (to.x - from.x) * (towards.y - from.y) - (to.y - from.y) * (towards.x - from.x) >= 0.0
        });
        Self {
            id: config.id.clone(),
            from,
            to,
            beyond: if right { 1.0 } else { -1.0 },
        }
    }

    /// The same line with its sides exchanged.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            beyond: -self.beyond,
            ..self.clone()
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &ZoneId {
        &self.id
    }

    /// How far beyond the line a point lies, in pixels; negative before it. The line is taken as without
    /// ends.
    #[must_use]
    pub fn depth(&self, point: PixelPoint, size: PictureSize) -> f32 {
        let (from, to) = self.ends(size);
        let (across, down) = (to.x - from.x, to.y - from.y);
        let twice_area = across * (point.y - from.y) - down * (point.x - from.x);
        self.beyond * twice_area / across.hypot(down).max(1.0)
    }

    /// Whether who goes straight from one point to another, on the other side, passes between its ends.
    #[must_use]
    pub fn is_between_ends(&self, a: PixelPoint, b: PixelPoint, size: PictureSize) -> bool {
        let (before, beyond) = (self.depth(a, size), self.depth(b, size));
        let share = if (beyond - before).abs() > f32::EPSILON {
            -before / (beyond - before)
        } else {
            0.5
        };
        let at = PixelPoint {
            x: a.x + (b.x - a.x) * share,
            y: a.y + (b.y - a.y) * share,
        };
        let (from, to) = self.ends(size);
        let (across, down) = (to.x - from.x, to.y - from.y);
        let along = (at.x - from.x) * across + (at.y - from.y) * down;
        let along = along / (across * across + down * down).max(1.0);
        (-OVERSHOOT..=1.0 + OVERSHOOT).contains(&along)
    }

    fn ends(&self, size: PictureSize) -> (PixelPoint, PixelPoint) {
        let (width, height) = size.as_f32();
        let pixels = |point: NormPoint| PixelPoint {
            x: point.x * width,
            y: point.y * height,
        };
        (pixels(self.from), pixels(self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: PictureSize = PictureSize {
        width: 100,
        height: 200,
    };

    fn line(towards: Option<(f32, f32)>) -> Line {
        Line::of(&LineConfig {
            pose: None,
            id: "stop".parse().unwrap(),
            ends: [NormPoint { x: 0.2, y: 0.5 }, NormPoint { x: 0.8, y: 0.5 }],
            towards: towards.map(|(x, y)| NormPoint { x, y }),
        })
    }

    #[test]
    fn beyond_is_where_it_points_whichever_end_comes_first() {
        let above = PixelPoint { x: 50.0, y: 60.0 };
        for (towards, depth) in [
            (Some((0.5, 0.1)), 40.0),
            (Some((0.9, 0.9)), -40.0),
            (None, -40.0),
        ] {
            let line = line(towards);
            assert!(
                (line.depth(above, SIZE) - depth).abs() < 1e-3,
                "{towards:?}"
            );
            assert!((line.reversed().depth(above, SIZE) + depth).abs() < 1e-3);
        }
    }

    #[test]
    fn who_passes_beside_its_ends_does_not_cross_it() {
        let line = line(Some((0.5, 0.1)));
        let at = |x: f32, y: f32| PixelPoint { x, y };
        for (from, to, crosses) in [
            (at(50.0, 120.0), at(50.0, 80.0), true),
            (at(10.0, 120.0), at(10.0, 80.0), false),
            (at(10.0, 120.0), at(40.0, 80.0), true),
            (at(90.0, 120.0), at(90.0, 80.0), false),
            (at(81.0, 120.0), at(81.0, 80.0), true),
        ] {
            assert_eq!(line.is_between_ends(from, to, SIZE), crosses, "{from:?}");
        }
    }
}
