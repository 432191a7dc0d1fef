//! One picture from a JPEG or PNG file, as a camera's decoder would hand it over: I420.
//!
//! The file is decoded to RGB, turned upright as its EXIF data say, and then to full-range BT.601
//! (JFIF's own colours) with chroma averaged over two by two pixels. From there on it goes through
//! the very preprocessing of a camera's picture.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, RgbImage};
use jiff::Timestamp;

use super::frame::{ColorMatrix, ColorRange, Frame, PixelFormat, Plane};
use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// A picture file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder has none.
    #[error("{} has no JPEG or PNG file in it", folder.display())]
    NoPicture {
        /// The folder.
        folder: PathBuf,
    },
    /// It is no whole JPEG or PNG.
    #[error("{} is no picture that can be decoded (JPEG and PNG can)", file.display())]
    Undecodable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: ImageError,
    },
}

/// Reads a picture file.
///
/// # Errors
/// [`PictureError`] naming the file.
pub fn read_picture(file: &Path) -> Result<Frame, PictureError> {
    let unreadable = |source| PictureError::Unreadable {
        file: file.to_owned(),
        source,
    };
    let reader = ImageReader::open(file).map_err(unreadable)?;
    let reader = reader.with_guessed_format().map_err(unreadable)?;
    let picture = decode(reader).map_err(|source| PictureError::Undecodable {
        file: file.to_owned(),
        source,
    })?;
    Ok(frame_of(&picture))
}

fn decode(reader: ImageReader<std::io::BufReader<std::fs::File>>) -> Result<RgbImage, ImageError> {
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture.into_rgb8())
}

/// An RGB picture as I420, full range, BT.601.
#[must_use]
pub fn frame_of(picture: &RgbImage) -> Frame {
    let (width, height) = picture.dimensions();
    let luma = picture.pixels().map(|pixel| level(luma_of(pixel.0)));
    let luma = Plane {
        data: luma.collect::<Vec<u8>>().into(),
        stride: width as usize,
    };
    let (cb, cr) = chroma_of(picture);
    let half = |data: Vec<u8>| Plane {
        data: Bytes::from(data),
        stride: width.div_ceil(2) as usize,
    };
    Frame {
        pts: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
        size: PictureSize { width, height },
        format: PixelFormat::I420,
        range: ColorRange::Full,
        matrix: ColorMatrix::Bt601,
        planes: vec![luma, half(cb), half(cr)],
    }
}

fn luma_of([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Chroma of each two by two pixels' mean; an odd edge's blocks are smaller.
fn chroma_of(picture: &RgbImage) -> (Vec<u8>, Vec<u8>) {
    let (width, height) = picture.dimensions();
    let blocks = width.div_ceil(2) as usize * height.div_ceil(2) as usize;
    let (mut cb, mut cr) = (Vec::with_capacity(blocks), Vec::with_capacity(blocks));
    for top in (0..height).step_by(2) {
        for left in (0..width).step_by(2) {
            let (mut sum, mut count) = ([0.0; 3], 0.0);
            for y in top..(top + 2).min(height) {
                for x in left..(left + 2).min(width) {
                    let [red, green, blue] = picture.get_pixel(x, y).0;
                    sum[0] += luma_of([red, green, blue]);
                    sum[1] += f32::from(blue);
                    sum[2] += f32::from(red);
                    count += 1.0;
                }
            }
            let [luma, blue, red] = sum.map(|sum| sum / count);
            cb.push(level(128.0 + (blue - luma) / 1.772));
            cr.push(level(128.0 + (red - luma) / 1.402));
        }
    }
    (cb, cr)
}

fn level(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0 to 255"
    )]
    let level = value.round().clamp(0.0, 255.0) as u8;
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn colours_and_odd_sizes_become_planes() {
        let mut picture = RgbImage::from_pixel(3, 3, Rgb([255, 255, 255]));
        picture.put_pixel(2, 2, Rgb([255, 0, 0]));
        let frame = frame_of(&picture);
        assert_eq!((frame.size.width, frame.size.height), (3, 3));
        assert_eq!(
            &frame.planes[0].data[..],
            [255, 255, 255, 255, 255, 255, 255, 255, 76]
        );
        // The last block is the red pixel alone.
        assert_eq!(&frame.planes[1].data[..], [128, 128, 128, 85]);
        assert_eq!(&frame.planes[2].data[..], [128, 128, 128, 255]);
        assert_eq!(frame.planes[1].stride, 2);
    }

    #[test]
    fn a_file_comes_back_as_it_was_saved_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grey.png");
        RgbImage::from_pixel(4, 2, Rgb([90, 90, 90]))
            .save(&file)
            .unwrap();
        let frame = read_picture(&file).unwrap();
        assert_eq!(&frame.planes[0].data[..], [90; 8]);
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        let message = read_picture(&file).unwrap_err().to_string();
        assert!(message.contains("grey.png"), "{message}");
        let gone = folder.path().join("gone.jpg");
        assert!(matches!(
            read_picture(&gone),
            Err(PictureError::Unreadable { .. })
        ));
    }
}
