//! What a camera's picture usually looks like, and how far a new one is from it. Pure.
//!
//! Each cell of the grid has a usual level and a usual deviation, both learned: a tree in the wind,
//! rain and the noise of a cheap sensor become usual within some pictures and are calm again when
//! they cease. What stirs in a tenth of the picture and more is weather, and counts everywhere. A gain and an offset common to the whole picture (a cloud, the exposure) are taken
//! out first. Where most of the picture is another one (the camera was turned, or went over to
//! infrared), the background begins anew with it.

use super::grid::LumaGrid;

/// How a picture differs from the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Not more than usual.
    None,
    /// In single cells: worth a look and worth staying awake, not worth waking.
    Weak,
    /// In a part.
    Local,
    /// Nearly everywhere.
    Whole,
}

/// Deviations are held to be at least this many levels: a still picture encoded twice differs so much.
const LEAST_DEVIATION: f32 = 0.8;
/// And at most this. The digits of a clock in the picture go from black to white and back: theirs must
/// become usual, or no camera that shows one ever sleeps.
const MOST_DEVIATION: f32 = 64.0;
/// A cell of an unknown background deviates so much.
const UNKNOWN_DEVIATION: f32 = 2.0;
/// A cell is changed when it is so many deviations, and so many levels, from its usual level;
const CHANGED: (f32, f32) = (5.0, 3.0);
/// plainly changed, so that one cell alone suffices.
const PLAIN: (f32, f32) = (9.0, 9.0);
/// Share of changed cells from which on the picture is another one.
const WHOLE: f32 = 0.4;
/// How much of a new picture goes into the usual level of a calm cell,
const LEARN: f32 = 0.1;
/// and of a changed one: who stands still becomes background, but slowly.
const LEARN_CHANGED: f32 = 0.03;
/// How much of a larger deviation goes into a cell's usual one, and of a smaller: what stirs now and
/// then is remembered for some minutes. One picture counts as at most so many deviations.
const LEARN_DEVIATION: (f32, f32) = (0.1, 0.03);
const MOST_AT_ONCE: f32 = 12.0;
/// How much goes into the weather's deviation.
const LEARN_WEATHER: f32 = 0.3;
/// The weather is what so large a share of the cells stays below; in a normal distribution that is
/// so many deviations. Things take less of the picture than the rest.
const WEATHER: (f32, f32) = (0.9, 1.645);
/// Bounds of the gain that is taken out.
const GAIN: (f32, f32) = (0.5, 2.0);
/// Below this variance of its levels a picture says nothing of a gain.
const LEAST_CONTRAST: f32 = 25.0;

/// The background of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Background {
    across: usize,
    levels: Vec<f32>,
    deviations: Vec<f32>,
    weather: f32,
}

/// A picture's distance from the background, cell by cell.
struct Compared {
    /// The background under the picture's light.
    expected: Vec<f32>,
    change: Change,
}

impl Background {
    /// Compares a picture and learns from it.
    pub(crate) fn look(&mut self, grid: &LumaGrid) -> Change {
        let Some(compared) = self.compared(grid) else {
            self.begin(grid);
            return Change::Whole;
        };
        if compared.change == Change::Whole {
            self.begin(grid);
        } else {
            self.learn(grid, &compared.expected);
        }
        compared.change
    }

    /// Compares a picture, and remembers nothing of it.
    pub(crate) fn compare(&self, grid: &LumaGrid) -> Change {
        self.compared(grid)
            .map_or(Change::Whole, |compared| compared.change)
    }

    fn begin(&mut self, grid: &LumaGrid) {
        self.across = grid.across;
        self.levels.clone_from(&grid.cells);
        self.deviations = vec![UNKNOWN_DEVIATION; grid.cells.len()];
        self.weather = LEAST_DEVIATION;
    }

    fn learn(&mut self, grid: &LumaGrid, expected: &[f32]) {
        let now = weather(grid, expected);
        self.weather += LEARN_WEATHER * (now - self.weather);
        let weather = self.weather;
        let cells = self.levels.iter_mut().zip(&mut self.deviations);
        for ((level, deviation), (now, expected)) in cells.zip(grid.cells.iter().zip(expected)) {
            let off = now - expected;
            let rate = match exceeds(off, deviation.max(weather), CHANGED) {
                true => LEARN_CHANGED,
                false => LEARN,
            };
            *level = expected + rate * off;
            let seen = off.abs().min(MOST_AT_ONCE * *deviation);
            let (more, less) = LEARN_DEVIATION;
            let rate = if seen > *deviation { more } else { less };
            let variance = *deviation * *deviation;
            let variance = variance + rate * (seen * seen - variance);
            *deviation = variance.sqrt().clamp(LEAST_DEVIATION, MOST_DEVIATION);
        }
    }

    /// None where there is no background of this picture's shape.
    fn compared(&self, grid: &LumaGrid) -> Option<Compared> {
        let same = self.across == grid.across && self.levels.len() == grid.cells.len();
        if !same || grid.cells.is_empty() {
            return None;
        }
        let expected = self.under_light_of(grid);
        let off: Vec<f32> = grid
            .cells
            .iter()
            .zip(&expected)
            .map(|(now, expected)| now - expected)
            .collect();
        let change = self.judged(&off);
        Some(Compared { expected, change })
    }

    fn judged(&self, off: &[f32]) -> Change {
        let is = |at: usize, bounds| {
            let cell = off.get(at).zip(self.deviations.get(at));
            cell.is_some_and(|(off, own)| exceeds(*off, own.max(self.weather), bounds))
        };
        let changed: Vec<usize> = (0..off.len()).filter(|at| is(*at, CHANGED)).collect();
        if changed.len() as f32 > WHOLE * off.len() as f32 {
            return Change::Whole;
        }
        let across = self.across;
        let has_neighbour = |at: &usize| {
            let right = !(at + 1).is_multiple_of(across) && is(at + 1, CHANGED);
            right || is(at + across, CHANGED)
        };
        if changed.iter().any(|at| is(*at, PLAIN)) || changed.iter().any(has_neighbour) {
            return Change::Local;
        }
        match changed.is_empty() {
            true => Change::None,
            false => Change::Weak,
        }
    }

    /// The background as it would look in the picture's light: a gain and an offset are fitted to
    /// the cells, those that fit worst left out (they show what moved, not the light).
    fn under_light_of(&self, grid: &LumaGrid) -> Vec<f32> {
        let pairs = || self.levels.iter().copied().zip(grid.cells.iter().copied());
        let offset = median(pairs().map(|(level, now)| now - level).collect());
        let mut light = (1.0, offset);
        for _ in 0..2 {
            let off = |(level, now): (f32, f32)| (now - light.0 * level - light.1).abs();
            let limit = 2.5 * median(pairs().map(off).collect()) + 1.0;
            light = fitted(pairs().filter(|pair| off(*pair) <= limit)).unwrap_or(light);
        }
        self.levels
            .iter()
            .map(|level| light.0 * level + light.1)
            .collect()
    }
}

/// How far off the picture is nearly everywhere.
fn weather(grid: &LumaGrid, expected: &[f32]) -> f32 {
    let off = grid.cells.iter().zip(expected);
    let mut off: Vec<f32> = off.map(|(now, expected)| (now - expected).abs()).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let at = (off.len() as f32 * WEATHER.0) as usize;
    if at >= off.len() {
        return 0.0;
    }
    *off.select_nth_unstable_by(at, f32::total_cmp).1 / WEATHER.1
}

fn exceeds(off: f32, deviation: f32, (deviations, levels): (f32, f32)) -> bool {
    off.abs() > deviations * deviation && off.abs() > levels
}

/// Least squares: gain and offset; none where the levels hardly differ.
fn fitted(pairs: impl Iterator<Item = (f32, f32)>) -> Option<(f32, f32)> {
    let (mut n, mut x, mut y, mut xx, mut xy) = (0.0_f32, 0.0_f64, 0.0, 0.0, 0.0);
    for (level, now) in pairs {
        let (level, now) = (f64::from(level), f64::from(now));
        n += 1.0;
        x += level;
        y += now;
        xx += level * level;
        xy += level * now;
    }
    let count = f64::from(n);
    if count < 1.0 {
        return None;
    }
    let (mean_x, mean_y) = (x / count, y / count);
    let variance = xx / count - mean_x * mean_x;
    let gain = match variance >= f64::from(LEAST_CONTRAST) {
        true => (xy / count - mean_x * mean_y) / variance,
        false => 1.0,
    };
    let gain = gain.clamp(f64::from(GAIN.0), f64::from(GAIN.1));
    #[expect(clippy::cast_possible_truncation, reason = "levels of a picture")]
    let light = (gain as f32, (mean_y - gain * mean_x) as f32);
    Some(light)
}

fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    match values.is_empty() {
        true => 0.0,
        false => *values.select_nth_unstable_by(middle, f32::total_cmp).1,
    }
}

#[cfg(test)]
#[path = "background_tests.rs"]
mod tests;
