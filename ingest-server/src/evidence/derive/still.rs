//! Pictures as JPEG files: `image` is named here alone.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ColorType, ImageDecoder as _, ImageReader, Limits, RgbImage};

use super::area::Area;
use super::container::MAX_SIZE;
use super::failure::Failure;
use super::film::Picture;
use super::mosaic::{Channel, cover};

/// Quality of what is looked at and of what leaves.
const QUALITY: u8 = 88;

/// Covers areas of a JPEG or PNG file and writes the rest as a new JPEG file. Nothing of the original
/// file but its pixels is carried over: no EXIF data, no thumbnail.
///
/// # Errors
/// [`Failure::Unreadable`], [`Failure::BadSize`], [`Failure::Undecodable`], [`Failure::NotRun`].
pub(super) fn cover_file(source: &Path, out: &Path, areas: &[Area]) -> Result<(), Failure> {
    let mut picture = read(source)?;
    let (width, height) = picture.dimensions();
    for offset in 0..3 {
        let mut channel = Channel {
            data: &mut picture,
            stride: width as usize * 3,
            step: 3,
            offset,
            width: width as usize,
            height: height as usize,
            shrunk: 1,
        };
        for area in areas {
            cover(&mut channel, *area);
        }
    }
    write(&picture, out)
}

/// Writes a picture of a clip.
///
/// # Errors
/// [`Failure::NotRun`] where the disk does not take it.
pub(super) fn write_picture(picture: &mut Picture<'_>, out: &Path) -> Result<(), Failure> {
    let mut planes: Vec<(Vec<u8>, usize, usize, usize)> = Vec::with_capacity(3);
    picture.each_channel(|channel| {
        let copy = channel.data.to_vec();
        planes.push((copy, channel.stride, channel.width, channel.height));
    });
    let [luma, blue, red] = planes.as_slice() else {
        return Err(Failure::Undecodable);
    };
    let width = u32::try_from(luma.2).map_err(|_| Failure::BadSize)?;
    let height = u32::try_from(luma.3).map_err(|_| Failure::BadSize)?;
    let value = |(data, stride, ..): &(Vec<u8>, usize, usize, usize), x: usize, y: usize| {
        i32::from(data.get(y * stride + x).copied().unwrap_or(0))
    };
    let rgb = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let y_value = 298 * (value(luma, x, y) - 16);
        let (cb, cr) = (
            value(blue, x / 2, y / 2) - 128,
            value(red, x / 2, y / 2) - 128,
        );
        // BT.601, limited range, in units of 1/256.
        let level = |sum: i32| u8::try_from(((sum + 128) >> 8).clamp(0, 255)).unwrap_or(0);
        image::Rgb([
            level(y_value + 409 * cr),
            level(y_value - 100 * cb - 208 * cr),
            level(y_value + 516 * cb),
        ])
    });
    write(&rgb, out)
}

fn read(source: &Path) -> Result<RgbImage, Failure> {
    let bytes = std::fs::read(source).map_err(|_| Failure::SourceUnavailable)?;
    if is_cut_jpeg(&bytes) {
        return Err(Failure::Undecodable);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| Failure::Unreadable)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIZE.0);
    limits.max_image_height = Some(MAX_SIZE.1);
    limits.max_alloc = Some(256 * 1024 * 1024);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(failure_of)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Failure::BadSize);
    }
    let picture = image::DynamicImage::from_decoder(decoder).map_err(failure_of)?;
    Ok(picture.into_rgb8())
}

/// A JPEG begins with its start marker and has its end marker near the end; the decoder fills what a cut one
/// lacks with grey and says nothing.
fn is_cut_jpeg(bytes: &[u8]) -> bool {
    const PADDING: usize = 64;
    let tail = &bytes[bytes.len().saturating_sub(PADDING)..];
    bytes.starts_with(&[0xff, 0xd8]) && !tail.windows(2).any(|two| two == [0xff, 0xd9])
}

fn failure_of(error: image::ImageError) -> Failure {
    match error {
        image::ImageError::Limits(_) => Failure::BadSize,
        image::ImageError::Unsupported(_) => Failure::UnknownCodec,
        image::ImageError::IoError(_) => Failure::Unreadable,
        _ => Failure::Undecodable,
    }
}

fn write(picture: &RgbImage, out: &Path) -> Result<(), Failure> {
    let file = File::create(out).map_err(|_| Failure::NotRun)?;
    let mut writer = BufWriter::new(file);
    let (width, height) = picture.dimensions();
    JpegEncoder::new_with_quality(&mut writer, QUALITY)
        .encode(picture, width, height, ColorType::Rgb8.into())
        .map_err(|_| Failure::NotRun)?;
    std::io::Write::flush(&mut writer).map_err(|_| Failure::NotRun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(bytes: &[u8]) -> Result<RgbImage, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let (source, out) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::write(&source, bytes).unwrap();
        let area = Area {
            x0: 0.0,
            y0: 0.0,
            x1: 0.5,
            y1: 1.0,
        };
        cover_file(&source, &out, &[area])?;
        read(&out)
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let checkers = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([if (x / 4 + y / 4) % 2 == 0 { 255 } else { 0 }; 3])
        });
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95)
            .encode_image(&checkers)
            .unwrap();
        bytes
    }

    #[test]
    fn half_a_picture_is_covered_and_the_other_half_is_not() {
        let picture = covered(&jpeg(256, 128)).unwrap();
        let spread = |x0: u32, x1: u32| {
            let values: Vec<u8> = (x0..x1).map(|x| picture.get_pixel(x, 60).0[0]).collect();
            values.iter().max().unwrap() - values.iter().min().unwrap()
        };
        assert!(spread(10, 100) < 30, "{}", spread(10, 100));
        assert!(spread(150, 250) > 200);
    }

    #[test]
    fn foreign_bytes_fail_with_a_reason() {
        assert_eq!(covered(b"no picture").unwrap_err(), Failure::UnknownCodec);
        assert_eq!(covered(b"").unwrap_err(), Failure::UnknownCodec);
        let whole = jpeg(64, 64);
        let cut = covered(&whole[..whole.len() / 3]);
        assert!(
            matches!(cut, Err(Failure::Undecodable | Failure::Unreadable)),
            "{cut:?}"
        );
        // A header that claims 65,535 × 65,535 pixels.
        let mut huge = whole;
        let frame = huge.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
        huge[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
        assert_eq!(covered(&huge).unwrap_err(), Failure::BadSize);
    }
}
