//! A picture's luma as mean levels of a coarse grid: what the gate compares. Pure.

use super::super::frame::Frame;

/// Most cells across; the other side follows the picture's shape.
const MOST_ACROSS: usize = 96;
/// Least pixels a cell's side has: smaller ones hold mostly noise.
const LEAST_SIDE: usize = 4;
/// From that many rows on every second one is enough.
const TALL: usize = 480;

/// Mean luma of each cell, 0 to 255, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LumaGrid {
    pub(crate) across: usize,
    pub(crate) cells: Vec<f32>,
}

impl LumaGrid {
    /// The grid of a picture; without cells where its planes are shorter than its size says.
    pub(crate) fn of(frame: &Frame) -> Self {
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        let side = width.max(height).div_ceil(MOST_ACROSS).max(LEAST_SIDE);
        let (across, down) = (width / side, height / side);
        let mut cells = Vec::with_capacity(across * down);
        let step = if height >= TALL { 2 } else { 1 };
        if let Some(luma) = frame.planes.first() {
            for row in 0..down {
                let mut sums = vec![0_u32; across];
                let mut rows = 0;
                for y in (row * side..(row + 1) * side).step_by(step) {
                    let start = y * luma.stride;
                    let Some(line) = luma.data.get(start..start + across * side) else {
                        return Self {
                            across: 0,
                            cells: Vec::new(),
                        };
                    };
                    for (sum, pixels) in sums.iter_mut().zip(line.chunks_exact(side)) {
                        *sum += pixels.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
                    }
                    rows += 1;
                }
                let pixels = (rows * side).max(1) as f32;
                cells.extend(sums.into_iter().map(|sum| sum as f32 / pixels));
            }
        }
        Self { across, cells }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::camera::frame_of;

    #[test]
    fn cells_are_means_and_an_odd_edge_is_left_out() {
        let mut picture = RgbImage::from_pixel(41, 22, Rgb([50, 50, 50]));
        for y in 4..8 {
            for x in 8..12 {
                picture.put_pixel(x, y, Rgb([250, 250, 250]));
            }
        }
        let grid = LumaGrid::of(&frame_of(&picture));
        assert_eq!((grid.across, grid.cells.len()), (10, 50));
        let bright: Vec<_> = (0..50).filter(|i| grid.cells[*i] > 60.0).collect();
        assert_eq!(bright, [12]);
        assert!((grid.cells[12] - 250.0).abs() < 1.0 && (grid.cells[0] - 50.0).abs() < 1.0);
    }

    #[test]
    fn large_pictures_have_a_bounded_grid_and_short_planes_none() {
        let picture = RgbImage::from_pixel(1920, 1080, Rgb([9, 9, 9]));
        let mut frame = frame_of(&picture);
        let grid = LumaGrid::of(&frame);
        assert_eq!((grid.across, grid.cells.len()), (96, 96 * 54));
        frame.planes[0].data.truncate(1000);
        assert!(LumaGrid::of(&frame).cells.is_empty());
    }
}
