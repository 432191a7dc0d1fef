//! A small picture of brightness, and where it lies in the picture it was made from.

use super::error::MotionError;
use crate::camera::Frame;
use crate::geometry::{PictureSize, PixelBox};

/// A picture's brightness, made small: rows without gaps, 0 to 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LumaPicture {
    size: PictureSize,
    source: PictureSize,
    levels: Vec<u8>,
}

impl LumaPicture {
    /// The brightness of a decoded picture, at most `width` pixels wide and in its proportions.
    /// Each pixel is the mean of those it stands for.
    ///
    /// # Errors
    /// [`MotionError::Picture`] where the plane is too short.
    pub fn of(frame: &Frame, width: u32) -> Result<Self, MotionError> {
        let source = frame.size;
        let short = MotionError::Picture {
            width: source.width,
            height: source.height,
        };
        let (columns, rows) = (source.width as usize, source.height as usize);
        let Some(plane) = frame.planes.first() else {
            return Err(short);
        };
        let needed = plane.stride * rows.saturating_sub(1) + columns;
        if rows == 0 || columns == 0 || plane.stride < columns || plane.data.len() < needed {
            return Err(short);
        }
        let row = |y: usize| &plane.data[y * plane.stride..][..columns];
        Ok(Self::shrunk(source, width, row))
    }

    /// From levels of that size, row by row; missing ones are black.
    #[must_use]
    pub fn from_levels(size: PictureSize, mut levels: Vec<u8>) -> Self {
        levels.resize(size.width as usize * size.height as usize, 0);
        Self {
            size,
            source: size,
            levels,
        }
    }

    /// The same picture, said to lie in another.
    #[cfg(test)]
    pub(super) fn in_source(mut self, source: PictureSize) -> Self {
        self.source = source;
        self
    }

    fn shrunk<'a>(source: PictureSize, width: u32, row: impl Fn(usize) -> &'a [u8]) -> Self {
        let width = width.clamp(1, source.width);
        let scaled = u64::from(source.height) * u64::from(width) / u64::from(source.width);
        let height = u32::try_from(scaled).unwrap_or(u32::MAX).max(1);
        let size = PictureSize { width, height };
        let (columns, rows) = (edges(width, source.width), edges(height, source.height));
        let mut levels = Vec::with_capacity(width as usize * height as usize);
        let mut sums = vec![0_u32; width as usize];
        for lines in rows.windows(2) {
            sums.fill(0);
            for line in lines[0]..lines[1] {
                let line = row(line);
                for (sum, across) in sums.iter_mut().zip(columns.windows(2)) {
                    let own = &line[across[0]..across[1]];
                    *sum += own.iter().copied().map(u32::from).sum::<u32>();
                }
            }
            let down = lines[1] - lines[0];
            levels.extend(sums.iter().zip(columns.windows(2)).map(|(sum, across)| {
                let count = u32::try_from((across[1] - across[0]) * down).unwrap_or(1);
                u8::try_from((sum + count / 2) / count.max(1)).unwrap_or(u8::MAX)
            }));
        }
        Self {
            size,
            source,
            levels,
        }
    }

    /// Its own size.
    #[must_use]
    pub const fn size(&self) -> PictureSize {
        self.size
    }

    /// The size of the picture it was made from.
    #[must_use]
    pub const fn source(&self) -> PictureSize {
        self.source
    }

    /// Its levels, row by row.
    #[must_use]
    pub fn levels(&self) -> &[u8] {
        &self.levels
    }

    /// Source pixels to one of its own, across and down.
    pub(super) fn scale(&self) -> (f32, f32) {
        let ((width, height), (source_width, source_height)) =
            (self.size.as_f32(), self.source.as_f32());
        (source_width / width, source_height / height)
    }

    /// A box of its own pixels, in pixels of the source.
    pub(super) fn to_source(&self, bbox: PixelBox) -> PixelBox {
        let (across, down) = self.scale();
        PixelBox {
            x: bbox.x * across,
            y: bbox.y * down,
            w: bbox.w * across,
            h: bbox.h * down,
        }
    }
}

/// Where each of `count` pixels begins among `of`, and where the last one ends.
fn edges(count: u32, of: u32) -> Vec<usize> {
    let edge = |index: u32| u64::from(index) * u64::from(of) / u64::from(count);
    (0..=count)
        .map(|index| usize::try_from(edge(index)).unwrap_or(usize::MAX))
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::camera::{ColorMatrix, ColorRange, PixelFormat, Plane};
    use crate::time::StreamTime;

    #[test]
    fn each_pixel_is_the_mean_of_those_it_stands_for() {
        let size = PictureSize {
            width: 5,
            height: 4,
        };
        // Stride 6, the last row without its gap.
        let bytes: Vec<u8> = (0..4_u8)
            .flat_map(|row| (0..6).map(move |column| row * 10 + column))
            .take(23)
            .collect();
        let mut frame = Frame {
            pts: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
            size,
            format: PixelFormat::I420,
            range: ColorRange::Limited,
            matrix: ColorMatrix::Bt601,
            planes: vec![Plane {
                data: Bytes::from(bytes),
                stride: 6,
            }],
        };
        let small = LumaPicture::of(&frame, 2).unwrap();
        assert_eq!((small.size().width, small.size().height), (2, 1));
        // Columns 0–1 and 2–4 of rows 0 to 3: means 15.5 and 18.
        assert_eq!(small.levels(), [16, 18]);
        assert_eq!(LumaPicture::of(&frame, 99).unwrap().levels().len(), 20);
        frame.planes[0].data.truncate(22);
        assert!(matches!(
            LumaPicture::of(&frame, 2),
            Err(MotionError::Picture { .. })
        ));
    }
}
