//! How alike a track's expected box and a detection are.
//!
//! What does not belong here: classes, life cycle, who is compared with whom.

use std::time::Duration;

use crate::geometry::PixelBox;

/// Least `IoU` of a strong detection with a track's prediction.
const STRONG_IOU: f32 = 0.25;
/// Least `IoU` of a weak detection: it must lie well, since its score says little.
const WEAK_IOU: f32 = 0.4;
/// Least `IoU` of enlarged boxes.
const ENLARGED_IOU: f32 = 0.3;
/// What was lost is found again only where it is about as tall as it was.
const SAME_HEIGHT: f32 = 0.8;
/// Boxes are enlarged by so much more for each second that the track was not seen.
const REACH_PER_SECOND: f32 = 0.5;

/// How far a thing gets between two pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Less than its own width: people, animals, smoke.
    Walks,
    /// More than its own width.
    Drives,
}

impl Pace {
    pub(super) fn of(class: &str) -> Self {
        match class {
            "car" | "large_vehicle" | "two_wheeler" => Self::Drives,
            _ => Self::Walks,
        }
    }

    /// The share of its width by which a box is enlarged at either side, and by a quarter of that
    /// above and below (what walks or drives changes its place along the street more than across
    /// it): at first, and at most.
    const fn reach(self) -> (f32, f32) {
        match self {
            Self::Walks => (0.5, 1.0),
            Self::Drives => (1.0, 1.5),
        }
    }
}

/// A strong detection where the track is expected; none where it is elsewhere.
pub(super) fn near(expected: &PixelBox, found: &PixelBox) -> Option<f32> {
    like(expected, found, STRONG_IOU)
}

/// A weak detection where the track is expected.
pub(super) fn on_the_spot(expected: &PixelBox, found: &PixelBox) -> Option<f32> {
    like(expected, found, WEAK_IOU)
}

/// A strong detection within reach of a track that was not seen for `absent`: finds what moved by
/// more than its size between two pictures, and what comes out of an occlusion a little off
/// (boxes enlarged as in C-BIoU, Yang et al., 2023; the reach grows with the absence).
pub(super) fn within_reach(
    expected: &PixelBox,
    found: &PixelBox,
    absent: Duration,
    pace: Pace,
) -> Option<f32> {
    let taller = expected.h.max(found.h);
    if expected.h.min(found.h) < SAME_HEIGHT * taller {
        return None;
    }
    let (first, longest) = pace.reach();
    let reach = (first + REACH_PER_SECOND * absent.as_secs_f32()).min(longest);
    let iou = enlarged(expected, reach).iou(&enlarged(found, reach));
    (iou >= ENLARGED_IOU).then_some(iou)
}

/// `IoU` times the share of their heights that both have: two people in one another's way overlap
/// much, but rarely stand equally far from the camera (height-modulated `IoU`, Hybrid-SORT, Yang et
/// al., 2024).
fn like(expected: &PixelBox, found: &PixelBox, least: f32) -> Option<f32> {
    let iou = expected.iou(found);
    (iou >= least).then(|| iou * shared_height(expected, found))
}

fn shared_height(a: &PixelBox, b: &PixelBox) -> f32 {
    let shared = (a.y + a.h).min(b.y + b.h) - a.y.max(b.y);
    let all = (a.y + a.h).max(b.y + b.h) - a.y.min(b.y);
    (shared / all).max(0.0)
}

fn enlarged(bbox: &PixelBox, reach: f32) -> PixelBox {
    let (beside, above) = (bbox.w * reach, bbox.h * reach / 4.0);
    PixelBox {
        x: bbox.x - beside,
        y: bbox.y - above,
        w: bbox.w + 2.0 * beside,
        h: bbox.h + 2.0 * above,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn standing(x: f32, y: f32, h: f32) -> PixelBox {
        PixelBox { x, y, w: 40.0, h }
    }

    #[test]
    fn of_two_that_overlap_alike_the_one_of_equal_height_is_more_alike() {
        let expected = standing(0.0, 0.0, 100.0);
        let (beside, below) = (standing(10.0, 0.0, 100.0), standing(0.0, 25.0, 100.0));
        assert!((expected.iou(&beside) - expected.iou(&below)).abs() < 1e-6);
        assert!(near(&expected, &beside) > near(&expected, &below));
        assert_eq!(near(&expected, &standing(38.0, 0.0, 100.0)), None);
        assert_eq!(on_the_spot(&expected, &standing(20.0, 0.0, 100.0)), None);
    }

    #[test]
    fn reach_grows_with_absence_and_along_the_street() {
        let expected = standing(0.0, 0.0, 80.0);
        let (now, later) = (Duration::from_millis(40), Duration::from_secs(2));
        let aside = standing(60.0, 0.0, 80.0);
        assert_eq!(within_reach(&expected, &aside, now, Pace::Walks), None);
        assert!(within_reach(&expected, &aside, now, Pace::Drives).is_some());
        assert!(within_reach(&expected, &aside, later, Pace::Walks).is_some());
        let below = standing(0.0, 100.0, 80.0);
        assert_eq!(within_reach(&expected, &below, later, Pace::Walks), None);
        let child = standing(0.0, 20.0, 60.0);
        assert_eq!(within_reach(&expected, &child, later, Pace::Walks), None);
    }
}
