//! When each part of the picture was last looked at closely, and which part comes next: what stands
//! still and is too small for the whole picture is found by going round.

use super::window::Framing;
use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// Cells across and down.
const SIDE: u8 = 16;
/// Beyond this age of a look, in seconds, a part is as stale as can be.
const STALE: f32 = 10.0;
/// Neighbouring windows of a round share this much of their side, so that what one cuts the other
/// shows.
const SHARED: f32 = 0.2;
/// A part whose looks are younger than this, in seconds, is not gone round to again.
const FRESH: f32 = 0.5;

/// When each cell was last looked at closely.
#[derive(Debug, Clone, Default)]
pub(super) struct Looked {
    cells: Vec<Option<StreamTime>>,
}

impl Looked {
    /// What a look at this is worth: 1, and more the longer ago the last one was.
    pub(super) fn staleness(&self, at: StreamTime, frame: &Framing, bbox: &PixelBox) -> f32 {
        let middle = bbox.centre().normalised(frame.size);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the cells"
        )]
        let cell = |share: f32| (share * f32::from(SIDE)).clamp(0.0, f32::from(SIDE) - 1.0) as u8;
        1.0 + self.age(at, cell(middle.x), cell(middle.y))
    }

    /// At most `count` windows of a round, the stalest first; `side` by default so that a round is
    /// done at once.
    pub(super) fn stalest(
        &self,
        at: StreamTime,
        frame: &Framing,
        side: Option<f32>,
        count: usize,
        chosen: &[PixelBox],
    ) -> Vec<PixelBox> {
        if count == 0 {
            return Vec::new();
        }
        let side = side.unwrap_or_else(|| side_of_a_round(frame, count));
        let mut round: Vec<(f32, PixelBox)> = round(frame, side)
            .into_iter()
            .filter(|window| {
                let doubled = |one: &PixelBox| one.intersection(window) > 0.8 * window.area();
                !chosen.iter().any(doubled)
            })
            .map(|window| (self.age_of(at, frame, &window), window))
            .filter(|(age, _)| *age >= FRESH)
            .collect();
        round.sort_by(|a, b| b.0.total_cmp(&a.0));
        round.truncate(count);
        round.into_iter().map(|(_, window)| window).collect()
    }

    /// These windows are looked at.
    pub(super) fn note(&mut self, at: StreamTime, frame: &Framing, windows: &[PixelBox]) {
        let count = usize::from(SIDE) * usize::from(SIDE);
        self.cells.resize(count, None);
        for window in windows {
            for (column, row) in cells_in(frame, window) {
                self.cells[index(column, row)] = Some(at);
            }
        }
    }

    /// The mean age of a window's cells.
    fn age_of(&self, at: StreamTime, frame: &Framing, window: &PixelBox) -> f32 {
        let ages = cells_in(frame, window).map(|(column, row)| self.age(at, column, row));
        let (sum, count) = ages.fold((0.0, 0.0_f32), |(sum, count), age| (sum + age, count + 1.0));
        sum / count.max(1.0)
    }

    fn age(&self, at: StreamTime, column: u8, row: u8) -> f32 {
        let last = self.cells.get(index(column, row)).copied().flatten();
        last.map_or(STALE, |last| at.since(last).as_secs_f32().min(STALE))
    }
}

fn index(column: u8, row: u8) -> usize {
    usize::from(row) * usize::from(SIDE) + usize::from(column)
}

/// The cells whose middle lies in a window.
fn cells_in(frame: &Framing, window: &PixelBox) -> impl Iterator<Item = (u8, u8)> {
    let inside = window.normalised(frame.size);
    let within = move |cell: u8, start: f32, length: f32| {
        let middle = (f32::from(cell) + 0.5) / f32::from(SIDE);
        (start..start + length).contains(&middle)
    };
    (0..SIDE)
        .filter(move |row| within(*row, inside.y, inside.h))
        .flat_map(move |row| {
            (0..SIDE)
                .filter(move |column| within(*column, inside.x, inside.w))
                .map(move |column| (column, row))
        })
}

/// Windows of that side all over the picture, evenly.
fn round(frame: &Framing, side: f32) -> Vec<PixelBox> {
    let (width, height) = frame.size.as_f32();
    let middles = |length: f32| {
        let count = steps(length, side);
        (0..count).map(move |step| {
            let share = match count {
                1 => 0.5,
                _ => f32::from(step) / f32::from(count - 1),
            };
            side / 2.0 + share * (length - side)
        })
    };
    middles(height)
        .flat_map(|y| middles(width).map(move |x| (x, y)))
        .map(|middle| frame.square(middle, side))
        .collect()
}

/// Windows that it takes along a length.
fn steps(length: f32, side: f32) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates; a picture is some windows long"
    )]
    let more = ((length - side) / (side * (1.0 - SHARED))).ceil().max(0.0) as u16;
    more.saturating_add(1)
}

/// The least side with which a round takes at most `count` windows.
fn side_of_a_round(frame: &Framing, count: usize) -> f32 {
    let (width, height) = frame.size.as_f32();
    let most = frame.side_for(f32::MAX);
    let least = frame.side_for(0.0);
    let sides = (0..=20_u8).map(|step| least + (most - least) * f32::from(step) / 20.0);
    let fits =
        |side: &f32| usize::from(steps(width, *side)) * usize::from(steps(height, *side)) <= count;
    sides.into_iter().find(fits).unwrap_or(most)
}
