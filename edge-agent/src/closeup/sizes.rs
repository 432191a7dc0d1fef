//! How large things usually are, by where in the picture they are.

use crate::geometry::{PictureSize, PixelBox};

/// Cells across and down.
const SIDE: usize = 8;
/// How much one more thing counts.
const RATE: f32 = 0.05;

/// The usual longer side of things, in pixels, in each cell of the picture.
#[derive(Debug, Clone)]
pub(super) struct SizeMap {
    /// Means of logarithms: twice as large and half as large are equally far off.
    cells: [Option<f32>; SIDE * SIDE],
}

impl Default for SizeMap {
    fn default() -> Self {
        Self {
            cells: [None; SIDE * SIDE],
        }
    }
}

impl SizeMap {
    pub(super) fn learn(&mut self, size: PictureSize, bbox: &PixelBox) {
        let side = bbox.w.max(bbox.h).max(1.0).ln();
        let cell = &mut self.cells[cell_of(size, bbox)];
        *cell = Some(cell.map_or(side, |usual| usual + RATE * (side - usual)));
    }

    /// Where this stands; where nothing was seen yet, by the cells beside it.
    pub(super) fn at(&self, size: PictureSize, bbox: &PixelBox) -> Option<f32> {
        let cell = cell_of(size, bbox);
        let (row, column) = (cell / SIDE, cell % SIDE);
        let beside = (row.saturating_sub(1)..=(row + 1).min(SIDE - 1)).flat_map(|row| {
            let columns = column.saturating_sub(1)..=(column + 1).min(SIDE - 1);
            columns.map(move |column| row * SIDE + column)
        });
        self.cells[cell]
            .or_else(|| mean(beside.filter_map(|cell| self.cells[cell])))
            .map(f32::exp)
    }

    /// All over the picture.
    pub(super) fn usual(&self) -> Option<f32> {
        mean(self.cells.iter().flatten().copied()).map(f32::exp)
    }
}

/// Things belong where they stand.
fn cell_of(size: PictureSize, bbox: &PixelBox) -> usize {
    let foot = bbox.bottom_centre().normalised(size);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the cells"
    )]
    let cell = |share: f32| (share * 8.0).clamp(0.0, 7.0) as usize;
    cell(foot.y) * SIDE + cell(foot.x)
}

fn mean(numbers: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), one| (sum + one, count + 1.0));
    (count > 0.0).then(|| sum / count)
}
