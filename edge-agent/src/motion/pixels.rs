//! What each pixel of a view is when nothing is there, and how it differs now: background at two
//! rates.
//!
//! The slow one is what the view looks like: a mean and its spread, begun with what the first pictures
//! say (`learning`), then led on only where nothing is in the way. So what stands there is never learnt, in
//! whatever time. The fast one is what the last second looked like: what differs from it changes
//! right now. A pixel that differs from the slow one and not from the fast one stands. (Two rates:
//! Porikli, 2007. Mean and spread: Wren et al., 1997.)
//!
//! Pure. What does not belong here: which pixels hang together, what is told.

use std::collections::HashSet;
use std::time::Duration;

use super::learning::{FirstLevels, FirstPictures};
use super::light::{Light, share_in};

/// What a pixel is in this picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pixel {
    /// What it is when nothing is there.
    Background,
    /// Something that has not stood long.
    Moving,
    /// Something that stands.
    Still,
}

/// How fast the background follows the view where nothing is there.
const SLOW: f32 = 60.0;
/// How fast the picture of the last second follows.
const FAST: f32 = 0.8;
/// A pixel differs by at least so many levels
const LEAST_DIFFERENCE: f32 = 14.0;
/// and so many times its usual spread.
const SPREADS: f32 = 4.0;
/// A pixel changes from one moment to the next by at least so many levels.
const LEAST_CHANGE: f32 = 10.0;
/// What stands is another thing when it looks different by so many levels.
const ANOTHER: f32 = 18.0;

/// The background of a view.
#[derive(Debug)]
pub(super) struct Pixels {
    first: FirstPictures,
    /// What the first pictures say, until what came and went in them is judged.
    learnt: Vec<FirstLevels>,
    slow: Vec<f32>,
    spread: Vec<f32>,
    fast: Vec<f32>,
    held: Vec<f32>,
    held_for: Vec<f32>,
    now: Vec<f32>,
    kinds: Vec<Pixel>,
    changing: Vec<bool>,
    light: Light,
}

impl Pixels {
    pub(super) fn new() -> Self {
        Self {
            first: FirstPictures::default(),
            learnt: Vec::new(),
            slow: Vec::new(),
            spread: Vec::new(),
            fast: Vec::new(),
            held: Vec::new(),
            held_for: Vec::new(),
            now: Vec::new(),
            kinds: Vec::new(),
            changing: Vec::new(),
            light: Light::new(),
        }
    }

    /// Whether there are enough pictures to know what the view is.
    pub(super) fn is_known(&self) -> bool {
        !self.slow.is_empty()
    }

    /// Takes one of the first pictures in. Once there are enough the view is known, but for what
    /// [`Pixels::changed_meanwhile`]: that is to be judged before the next picture.
    pub(super) fn learn(&mut self, dt: Duration, levels: &[u8]) {
        let Some(learnt) = self.first.take(dt, levels) else {
            return;
        };
        let count = levels.len();
        // Where something changed, both states are laid beside each other for now: what was there as the
        // background, what is there as the picture.
        let both = |shown: &FirstLevels| shown.change().unwrap_or((shown.middle, shown.middle));
        (self.slow, self.now) = learnt.iter().map(both).unzip();
        self.learnt = learnt;
        self.spread = vec![2.0; count];
        self.fast = levels.iter().copied().map(f32::from).collect();
        self.held = vec![-1.0; count];
        self.held_for = vec![0.0; count];
        self.kinds = vec![Pixel::Background; count];
        self.changing = vec![false; count];
        self.light = Light::new();
    }

    /// Whether a pixel showed one thing first and another at the end of the first pictures.
    pub(super) fn changed_meanwhile(&self, cell: usize) -> bool {
        let shown = self.learnt.get(cell);
        shown.is_some_and(|shown| shown.change().is_some())
    }

    /// What the first pictures showed is the ground; what was there before, where something came.
    pub(super) fn settle(&mut self, came: &HashSet<u32>) {
        let learnt = std::mem::take(&mut self.learnt);
        for ((cell, index), shown) in (0_u32..).zip(0..).zip(learnt) {
            let before = shown.change().map(|(before, _)| before);
            let level = before.filter(|_| came.contains(&cell));
            let level = level.unwrap_or(shown.middle);
            self.slow[index] = level;
            self.now[index] = self.fast[index];
            // What is no ground stands since it came.
            if (shown.last - level).abs() > LEAST_DIFFERENCE {
                (self.held[index], self.held_for[index]) = (shown.last, shown.last_for);
            }
        }
    }

    /// Takes a picture in, `dt` after the last one.
    pub(super) fn look(&mut self, dt: Duration, levels: &[u8], still_after: Duration) {
        let dt = dt.as_secs_f32();
        let (slow_rate, fast_rate) = (share_in(dt, SLOW), share_in(dt, FAST));
        let (kinds, slow) = (&self.kinds, &self.slow);
        let ground = levels.iter().zip(kinds.iter().zip(slow));
        let ground = ground.filter(|(_, (kind, _))| **kind == Pixel::Background);
        let ground = ground.map(|(level, (_, slow))| (*level, *slow));
        self.light.look(dt, ground, levels.len());
        let light = self.light.gain();
        let still_after = still_after.as_secs_f32();
        for (cell, level) in levels.iter().enumerate() {
            let now = f32::from(*level) / light;
            self.now[cell] = now;
            let (slow, spread) = (self.slow[cell], self.spread[cell]);
            let changing =
                (now - self.fast[cell]).abs() > LEAST_CHANGE.max(0.75 * SPREADS * spread);
            let other = (now - slow).abs() > LEAST_DIFFERENCE.max(SPREADS * spread);
            self.fast[cell] += fast_rate * (now - self.fast[cell]);
            self.changing[cell] = changing;
            if !other {
                self.slow[cell] += slow_rate * (now - slow);
                // The mean distance of a normal spread is 0.8 of its deviation.
                let distance = 1.25 * (now - slow).abs();
                self.spread[cell] = (spread + slow_rate * (distance - spread)).clamp(1.5, 20.0);
                // A moment of background is a gap; some moments are the end.
                let held_for = self.held_for[cell].min(2.0 * still_after);
                self.held_for[cell] = (held_for - 2.0 * dt).max(0.0);
                self.kinds[cell] = Pixel::Background;
                continue;
            }
            if !changing {
                if (self.fast[cell] - self.held[cell]).abs() > ANOTHER {
                    self.held[cell] = self.fast[cell];
                    self.held_for[cell] = 0.0;
                } else {
                    self.held_for[cell] += dt;
                }
            }
            self.kinds[cell] = match self.held_for[cell] >= still_after {
                true => Pixel::Still,
                false => Pixel::Moving,
            };
        }
    }

    /// What each pixel is.
    pub(super) fn kinds(&self) -> &[Pixel] {
        &self.kinds
    }

    /// Whether a pixel changes right now.
    pub(super) fn is_changing(&self, cell: usize) -> bool {
        self.changing[cell]
    }

    /// The share of pixels that change right now, 0 to 1.
    pub(super) fn changing_share(&self) -> f32 {
        let changing = self.changing.iter().filter(|changing| **changing);
        #[expect(clippy::cast_precision_loss, reason = "a share of pixels")]
        let share = changing.count() as f32 / self.changing.len().max(1) as f32;
        share
    }

    /// What each pixel's background is, and what is there now, differ by so much on the mean, in
    /// levels.
    pub(super) fn difference(&self, cells: &[u32]) -> f32 {
        let all = cells
            .iter()
            .map(|cell| self.now_and_background(*cell as usize));
        let sum: f32 = all.map(|(now, ground)| (now - ground).abs()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
        let mean = sum / cells.len().max(1) as f32;
        mean
    }

    /// How long a pixel stands.
    pub(super) fn held_for(&self, cell: u32) -> Duration {
        Duration::try_from_secs_f32(self.held_for[cell as usize]).unwrap_or_default()
    }

    /// How much brighter than its background the view is.
    pub(super) const fn light(&self) -> f32 {
        self.light.gain()
    }

    /// The share of pixels that are not as the background, 0 to 1.
    pub(super) fn disturbed(&self) -> f32 {
        let other = self.kinds.iter().filter(|kind| **kind != Pixel::Background);
        #[expect(clippy::cast_precision_loss, reason = "a share of pixels")]
        let share = other.count() as f32 / self.kinds.len().max(1) as f32;
        share
    }

    /// What is there now, at the light of the background, and the background itself.
    pub(super) fn now_and_background(&self, cell: usize) -> (f32, f32) {
        (self.now[cell], self.slow[cell])
    }

    /// The background as a picture, at the light of now.
    pub(super) fn background(&self) -> Vec<u8> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a level"
        )]
        let level = |slow: &f32| (slow * self.light.gain()).round().clamp(0.0, 255.0) as u8;
        self.slow.iter().map(level).collect()
    }

    /// These pixels, and what stands beside them, are what they are now when nothing is there.
    pub(super) fn accept(&mut self, cells: &[u32], width: u32) {
        for cell in self.with_rim(cells, width) {
            self.slow[cell] = self.fast[cell];
            self.spread[cell] = 2.0;
            self.held_for[cell] = 0.0;
            self.kinds[cell] = Pixel::Background;
        }
    }

    /// The pixels within two of these that are no background, those among them.
    fn with_rim(&self, cells: &[u32], width: u32) -> Vec<usize> {
        let width = width as usize;
        let rows = self.kinds.len() / width.max(1);
        let mut found: Vec<usize> = Vec::with_capacity(2 * cells.len());
        for cell in cells.iter().map(|cell| *cell as usize) {
            let (x, y) = (cell % width, cell / width);
            for row in y.saturating_sub(2)..(y + 3).min(rows) {
                let columns = x.saturating_sub(2)..(x + 3).min(width);
                found.extend(columns.map(|column| row * width + column));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|cell| self.kinds[*cell] != Pixel::Background);
        found
    }
}

impl FirstLevels {
    /// What was there before and what is there now, where they are not the same.
    fn change(&self) -> Option<(f32, f32)> {
        let before = self.before?;
        ((self.last - before).abs() > LEAST_DIFFERENCE).then_some((before, self.last))
    }
}
