//! What stands in a view where nothing stood: when it came, whether it is still there.

use std::collections::HashSet;
use std::time::Duration;

use super::cv::Component;
use super::pixels::{Pixel, Pixels};
use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// A region's number, unique within one watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionId(pub u64);

/// Something that stands there and did not before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StillRegion {
    /// Its number.
    pub id: RegionId,
    /// Around it, in pixels of the source.
    pub bbox: PixelBox,
    /// Its own area, in square pixels of the source.
    pub area: f32,
    /// Since when it stands.
    pub since: StreamTime,
    /// When it was last seen; before now while something covers it.
    pub last_seen: StreamTime,
    /// By how many levels it differs from the ground behind it, on the mean.
    pub contrast: f32,
}

/// A region and its pixels, in their order.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) id: RegionId,
    pub(super) cells: Vec<u32>,
    pub(super) since: StreamTime,
    pub(super) last_seen: StreamTime,
    pub(super) contrast: f32,
    gone_since: Option<StreamTime>,
}

/// What became of pixels that are not as the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Something is there that was not.
    Came,
    /// Something was there that is not.
    Went,
    /// The same in another light.
    Light,
    /// Nobody can say: the edges are alike.
    Unclear,
}

/// It is gone when so much of what can be seen of it is background.
const GONE: f32 = 0.6;
/// Covered, when less than this is seen.
const SEEN: f32 = 0.25;
/// A part belongs to a region when so much of its box lies in the region's.
const WITHIN: f32 = 0.7;
/// A thing has so many times the edges of the ground around it: between background and picture, whichever
/// way.
const GHOST_EDGES: f32 = 1.25;
/// Pictures of one ground in two lights correlate by this much,
const SAME_GROUND: f32 = 0.8;
/// if the ground has a pattern at all: its standard deviation in levels.
const PATTERN: f32 = 3.0;

impl Standing {
    pub(super) fn new(id: RegionId, at: StreamTime, cells: Vec<u32>, pixels: &Pixels) -> Self {
        let mut ages: Vec<Duration> = cells.iter().map(|cell| pixels.held_for(*cell)).collect();
        let middle = ages.len() / 2;
        let age = match ages.is_empty() {
            true => Duration::ZERO,
            false => *ages.select_nth_unstable(middle).1,
        };
        Self {
            id,
            contrast: pixels.difference(&cells),
            cells,
            since: at - age,
            last_seen: at,
            gone_since: None,
        }
    }

    /// Whether a part of the picture is this: they share a quarter of the smaller one, or it fills
    /// a gap of this.
    pub(super) fn shares(&self, part: &Component, width: u32) -> bool {
        let (mut own, mut common) = (self.cells.iter().peekable(), 0);
        for cell in &part.cells {
            while own.next_if(|own| *own < cell).is_some() {}
            common += usize::from(own.next_if(|own| *own == cell).is_some());
        }
        if common * 4 >= part.cells.len().min(self.cells.len()) {
            return true;
        }
        let whole = self.bbox(width);
        whole.intersection(&part.bbox()) >= WITHIN * part.bbox().area()
    }

    /// Around it, in its own pixels.
    fn bbox(&self, width: u32) -> PixelBox {
        Component::of(self.cells.clone(), width).bbox()
    }

    /// Becomes what is seen of it now, and what cannot be seen: who stood by it and left is no part
    /// of it.
    pub(super) fn follow(&mut self, part: &[u32], pixels: &Pixels) {
        self.cells
            .retain(|cell| pixels.kinds()[*cell as usize] != Pixel::Background);
        self.cells.extend(part);
        self.cells.sort_unstable();
        self.cells.dedup();
    }

    /// Tells its times on another line.
    pub(super) fn rebase(&mut self, from: StreamTime, to: StreamTime) {
        let moved = |time: StreamTime| to - from.since(time);
        self.since = moved(self.since);
        self.last_seen = moved(self.last_seen);
        self.gone_since = self.gone_since.map(moved);
    }

    /// Whether it is gone for `clear_after`. What moves before it covers it: of that part nothing
    /// is known.
    pub(super) fn is_gone(
        &mut self,
        at: StreamTime,
        pixels: &Pixels,
        clear_after: Duration,
    ) -> bool {
        let (mut seen, mut background) = (0_usize, 0_usize);
        for cell in &self.cells {
            match pixels.kinds()[*cell as usize] {
                Pixel::Background => background += 1,
                _ if pixels.is_changing(*cell as usize) => continue,
                _ => {}
            }
            seen += 1;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
        let [all, seen, background] =
            [self.cells.len(), seen, background].map(|count| count as f32);
        if seen < SEEN * all {
            self.gone_since = None;
            return false;
        }
        if background < GONE * seen {
            self.gone_since = None;
            self.last_seen = at;
            return false;
        }
        let since = *self.gone_since.get_or_insert(at);
        at.since(since) >= clear_after
    }
}

/// Makes one of two where one lies in the other: what came in pieces keeps the first number.
pub(super) fn join(standing: &mut Vec<Standing>, pixels: &Pixels, width: u32) {
    let mut index = 1;
    while index < standing.len() {
        let bbox = standing[index].bbox(width);
        let within = |first: &Standing| {
            let (other, smaller) = (first.bbox(width), bbox.area());
            other.intersection(&bbox) >= WITHIN * smaller.min(other.area())
        };
        if let Some(first) = standing[..index].iter().position(within) {
            let piece = standing.remove(index);
            standing[first].since = standing[first].since.min(piece.since);
            standing[first].follow(&piece.cells, pixels);
        } else {
            index += 1;
        }
    }
}

/// Whether nothing stands where pixels are not as the background: what was there left, or the light is
/// another.
pub(super) fn is_nothing(cells: &[u32], pixels: &Pixels, width: u32) -> bool {
    let change = change_in(cells, pixels, width);
    matches!(change, Change::Went | Change::Light)
}

/// What became of these pixels since the background was as it is. A thing has edges against the ground
/// that it hides, and takes them along when it leaves.
pub(super) fn change_in(cells: &[u32], pixels: &Pixels, width: u32) -> Change {
    let (now, before) = edges(cells, pixels, width);
    if before > GHOST_EDGES * now {
        Change::Went
    } else if same_ground(cells, pixels) {
        Change::Light
    } else if now > GHOST_EDGES * before {
        Change::Came
    } else {
        Change::Unclear
    }
}

/// How strong the edges are along the rim of these pixels, now and in the background.
fn edges(cells: &[u32], pixels: &Pixels, width: u32) -> (f32, f32) {
    let inside: HashSet<u32> = cells.iter().copied().collect();
    let count = u32::try_from(pixels.kinds().len()).unwrap_or(u32::MAX);
    let (mut now, mut before) = (0.0, 0.0);
    for cell in cells {
        let (x, y) = (cell % width, cell / width);
        let around = [
            (x > 0).then(|| cell - 1),
            (x + 1 < width).then(|| cell + 1),
            (y > 0).then(|| cell - width),
            (cell + width < count).then(|| cell + width),
        ];
        for other in around.into_iter().flatten() {
            if inside.contains(&other) {
                continue;
            }
            // Rims are blurred over a pixel or two: one step inwards to two steps outwards.
            let step = i64::from(other) - i64::from(*cell);
            let reach = |cell: u32, steps: i64| {
                let far = i64::from(cell) + step * steps;
                u32::try_from(far)
                    .ok()
                    .filter(|far| *far < count)
                    .unwrap_or(cell)
            };
            let at = |cell: u32| pixels.now_and_background(cell as usize);
            let (inner, outer) = (at(reach(*cell, -1)), at(reach(other, 1)));
            now += (inner.0 - outer.0).abs();
            before += (inner.1 - outer.1).abs();
        }
    }
    (now, before)
}

/// Whether the pattern of the ground shows through.
fn same_ground(cells: &[u32], pixels: &Pixels) -> bool {
    let pairs = || {
        cells
            .iter()
            .map(|cell| pixels.now_and_background(*cell as usize))
    };
    #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
    let count = cells.len().max(1) as f32;
    let (now_mean, ground_mean) = pairs().fold((0.0, 0.0), |(a, b), (now, ground)| {
        (a + now / count, b + ground / count)
    });
    let (mut both, mut now_alone, mut ground_alone) = (0.0, 0.0, 0.0);
    for (now, ground) in pairs() {
        let (now, ground) = (now - now_mean, ground - ground_mean);
        both += now * ground;
        now_alone += now * now;
        ground_alone += ground * ground;
    }
    let pattern = (ground_alone / count)
        .sqrt()
        .min((now_alone / count).sqrt());
    pattern >= PATTERN && both / (now_alone * ground_alone).sqrt() >= SAME_GROUND
}
