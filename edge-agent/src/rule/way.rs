//! The way of one track over the ground, as far as it is surely the way of one thing.
//!
//! A tracker may hand a number from one thing to another, and a box may be cut short by what drives in
//! front. A way begins anew where it would have to jump, and takes no step from a box that is suddenly
//! smaller or larger.

use std::collections::VecDeque;
use std::time::Duration;

use crate::geometry::{PictureSize, PixelBox, PixelPoint};
use crate::time::StreamTime;

/// Steps remembered; what stands still takes one.
const MOST_STEPS: usize = 64;
/// A way does not go on over a longer gap.
const LONGEST_GAP: Duration = Duration::from_millis(1250);
/// A step of less than this, in mean sides, is a box that jitters.
const STANDS: f32 = 0.1;
/// A box whose height is less or more than these shares of what it was of late is cut off, or another
/// thing's.
const HEIGHTS: std::ops::Range<f32> = 0.66..1.5;
/// A box that stays so for this long is what the thing looks like now: the way begins anew.
const LEFT_OUT_FOR: Duration = Duration::from_millis(600);
/// Heights that "of late" means.
const OF_LATE: usize = 7;
/// How far a step may miss where the way was leading, in mean sides: at once,
const STRAYS: f32 = 0.5;
/// for each second between two pictures,
const STRAYS_A_SECOND: f32 = 1.0;
/// and as a share of the step that was expected.
const STRAYS_OF_STEP: f32 = 0.5;
/// Most speed of what was seen once only, in mean sides a second.
const FASTEST: f32 = 12.0;

/// Where a thing stood in one picture, or in several while it did not move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// The first of these pictures,
    pub(super) from: StreamTime,
    /// the last,
    pub(super) at: StreamTime,
    /// and how many.
    pub(super) pictures: u32,
    /// Where it touches the ground: the middle of the box's lower edge.
    pub(super) foot: PixelPoint,
    /// The box in the last of them.
    pub(super) bbox: PixelBox,
}

/// What a picture did to a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It goes on.
    GoesOn,
    /// The box says nothing of where the thing stands.
    LeftOut,
    /// Something else goes on under this number, or the thing was away: the way begins here.
    BeginsAnew,
}

/// The way of one track.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    steps: VecDeque<Step>,
    heights: VecDeque<f32>,
    /// Place and time of the last pictures, for the speed.
    recent: VecDeque<(StreamTime, PixelPoint)>,
    /// Since when its boxes are left out.
    left_out: Option<StreamTime>,
}

impl Way {
    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> + ExactSizeIterator {
        self.steps.iter()
    }

    /// The thing's mean side of late, in pixels; at least 1.
    pub(super) fn side(&self) -> f32 {
        let Some(last) = self.steps.back() else {
            return 1.0;
        };
        let height = self.height().unwrap_or(last.bbox.h);
        f32::midpoint(height, last.bbox.w).max(1.0)
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes where the thing is seen now.
    pub(super) fn take(&mut self, at: StreamTime, bbox: &PixelBox, size: PictureSize) -> Taken {
        let Some(last) = self.steps.back().copied() else {
            self.begin(at, bbox, size);
            return Taken::BeginsAnew;
        };
        if at.since(last.at) > LONGEST_GAP {
            self.begin(at, bbox, size);
            return Taken::BeginsAnew;
        }
        if !bbox.is_cut_off(size)
            && let Some(height) = self.height()
            && !HEIGHTS.contains(&(bbox.h / height.max(1.0)))
        {
            if at.since(*self.left_out.get_or_insert(at)) < LEFT_OUT_FOR {
                return Taken::LeftOut;
            }
            self.begin(at, bbox, size);
            return Taken::BeginsAnew;
        }
        self.left_out = None;
        let foot = foot(bbox, size);
        if !self.leads_to(at, foot) {
            self.begin(at, bbox, size);
            return Taken::BeginsAnew;
        }
        self.note(at, bbox, size);
        let side = self.side();
        match self.steps.back_mut() {
            Some(last) if distance(last.foot, foot) < STANDS * side => {
                last.at = at;
                last.bbox = *bbox;
                last.pictures = last.pictures.saturating_add(1);
            }
            _ => self.push(at, foot, *bbox),
        }
        Taken::GoesOn
    }

    fn begin(&mut self, at: StreamTime, bbox: &PixelBox, size: PictureSize) {
        self.forget();
        self.note(at, bbox, size);
        self.push(at, foot(bbox, size), *bbox);
    }

    fn note(&mut self, at: StreamTime, bbox: &PixelBox, size: PictureSize) {
        self.recent.push_back((at, foot(bbox, size)));
        if self.recent.len() > 4 {
            self.recent.pop_front();
        }
        if bbox.is_cut_off(size) {
            return;
        }
        self.heights.push_back(bbox.h);
        if self.heights.len() > OF_LATE {
            self.heights.pop_front();
        }
    }

    fn push(&mut self, at: StreamTime, foot: PixelPoint, bbox: PixelBox) {
        self.steps.push_back(Step {
            from: at,
            at,
            pictures: 1,
            foot,
            bbox,
        });
        if self.steps.len() > MOST_STEPS {
            self.steps.pop_front();
        }
    }

    /// Whether the thing may have got from where it was to there.
    fn leads_to(&self, at: StreamTime, foot: PixelPoint) -> bool {
        let Some((last_at, last)) = self.recent.back().copied() else {
            return true;
        };
        let dt = at.since(last_at).as_secs_f32();
        let side = self.side();
        let Some((across, down)) = self.speed() else {
            return distance(last, foot) <= side * (STRAYS + FASTEST * dt);
        };
        let expected = PixelPoint {
            x: last.x + across * dt,
            y: last.y + down * dt,
        };
        let step = across.hypot(down) * dt;
        let may_stray = side * (STRAYS + STRAYS_A_SECOND * dt) + STRAYS_OF_STEP * step;
        distance(expected, foot) <= may_stray
    }

    /// Pixels a second over the last pictures.
    fn speed(&self) -> Option<(f32, f32)> {
        let ((from, a), (to, b)) = (self.recent.front()?, self.recent.back()?);
        let dt = to.since(*from).as_secs_f32();
        (dt > 0.0).then(|| ((b.x - a.x) / dt, (b.y - a.y) / dt))
    }

    /// The middle one of the heights of late.
    fn height(&self) -> Option<f32> {
        let mut heights: Vec<f32> = self.heights.iter().copied().collect();
        heights.sort_by(f32::total_cmp);
        heights.get(heights.len() / 2).copied()
    }
}

/// Where a box touches the ground, inside the picture.
fn foot(bbox: &PixelBox, size: PictureSize) -> PixelPoint {
    bbox.clipped(size).bottom_centre()
}

pub(super) fn distance(a: PixelPoint, b: PixelPoint) -> f32 {
    (b.x - a.x).hypot(b.y - a.y)
}
