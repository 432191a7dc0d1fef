//! Pictures as JPEG files: `image` is named here alone.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::path::Path;

use citizens::sniff::Format;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder as _, ImageReader, Limits, RgbImage};
use merge::picture::{SIDE, perceptual};

use super::area::Area;
use super::container::MAX_SIZE;
use super::failure::Failure;
use super::film::Picture;
use super::mosaic::{Channel, cover};
use super::task::Answer;

/// Quality of what is looked at and of what leaves.
const QUALITY: u8 = 88;
/// A telephone's picture has at most so many pixels on a side; what more claims, is none.
const MAX_SIDE: u32 = 12_000;
/// Most bytes of a decoded picture: 85 megapixels.
const MAX_ALLOC: usize = 256 * 1024 * 1024;
/// A citizen's picture is kept with at most so many pixels on a side.
const CLEAN_SIDE: u32 = 2_560;

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

/// Encodes a citizen's picture anew as JPEG, the right way up and no larger than needed. Nothing of the file but its pixels
/// is carried over.
///
/// # Errors
/// [`Failure::Unreadable`], [`Failure::BadSize`], [`Failure::Undecodable`], [`Failure::NotRun`].
pub(super) fn clean_file(source: &Path, out: &Path) -> Result<Answer, Failure> {
    let bytes = std::fs::read(source).map_err(|_| Failure::SourceUnavailable)?;
    let turned = citizens::exif::read(&bytes).orientation;
    let mut picture = match citizens::sniff::sniff(&bytes) {
        Some(Format::WebP) => of_webp(&bytes)?,
        _ => decode(bytes, (MAX_SIDE, MAX_SIDE))?,
    };
    if let Some(turned) = turned.and_then(Orientation::from_exif) {
        picture.apply_orientation(turned);
    }
    if picture.width().max(picture.height()) > CLEAN_SIDE {
        picture = picture.resize(CLEAN_SIDE, CLEAN_SIDE, FilterType::Triangle);
    }
    let side = u32::try_from(SIDE).unwrap_or(32);
    let grey = picture
        .resize_exact(side, side, FilterType::Triangle)
        .into_luma8();
    let grey: [u8; SIDE * SIDE] = grey.into_raw().try_into().map_err(|_| Failure::BadSize)?;
    let picture = picture.into_rgb8();
    write(&picture, out)?;
    Ok(Answer::Cleaned {
        width: picture.width(),
        height: picture.height(),
        perceptual: perceptual(&grey),
    })
}

fn of_webp(bytes: &[u8]) -> Result<DynamicImage, Failure> {
    let undecodable = |_| Failure::Undecodable;
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(undecodable)?;
    decoder.set_memory_limit(MAX_ALLOC);
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(Failure::BadSize);
    }
    let size = decoder
        .output_buffer_size()
        .filter(|size| *size <= MAX_ALLOC);
    let mut pixels = vec![0; size.ok_or(Failure::BadSize)?];
    decoder.read_image(&mut pixels).map_err(undecodable)?;
    let picture = if decoder.has_alpha() {
        image::RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    };
    picture.ok_or(Failure::Undecodable)
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
    Ok(decode(bytes, MAX_SIZE)?.into_rgb8())
}

fn decode(bytes: Vec<u8>, (most_wide, most_high): (u32, u32)) -> Result<DynamicImage, Failure> {
    if is_cut_jpeg(&bytes) {
        return Err(Failure::Undecodable);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| Failure::Unreadable)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(most_wide);
    limits.max_image_height = Some(most_high);
    limits.max_alloc = Some(MAX_ALLOC as u64);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(failure_of)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Failure::BadSize);
    }
    DynamicImage::from_decoder(decoder).map_err(failure_of)
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

/// A PNG of three bytes a pixel, for tests elsewhere.
#[cfg(test)]
pub(crate) fn png_for_tests(pixels: &[u8], width: u32, height: u32, out: &mut Vec<u8>) {
    use image::ImageEncoder as _;
    let encoder = image::codecs::png::PngEncoder::new(out);
    let written = encoder.write_image(pixels, width, height, ColorType::Rgb8.into());
    assert!(written.is_ok(), "{written:?}");
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
        jpeg_of(&RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([if (x / 4 + y / 4) % 2 == 0 { 255 } else { 0 }; 3])
        }))
    }

    /// Checkers over patches of any brightness: the hash of checkers alone would be chance.
    fn patches(width: u32, height: u32) -> Vec<u8> {
        jpeg_of(&RgbImage::from_fn(width, height, |x, y| {
            let patch = (x * 8 / width * 37 + y * 8 / height * 101) * 57 % 200;
            let checker = if (x / 4 + y / 4) % 2 == 0 { 50 } else { 0 };
            image::Rgb([u8::try_from(patch + checker).unwrap_or(255); 3])
        }))
    }

    fn jpeg_of(picture: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95)
            .encode_image(picture)
            .unwrap();
        bytes
    }

    fn clean(bytes: &[u8]) -> Result<(Answer, Vec<u8>), Failure> {
        let folder = tempfile::tempdir().unwrap();
        let (source, out) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::write(&source, bytes).unwrap();
        let answer = clean_file(&source, &out)?;
        Ok((answer, std::fs::read(out).unwrap()))
    }

    #[test]
    fn a_citizen_s_picture_keeps_its_pixels_and_nothing_else() {
        let plain = patches(120, 80);
        // Exif that turns it a quarter, and says who took it where.
        let mut exif =
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0SECRET PLACE"
                .to_vec();
        let mut file = plain[..2].to_vec();
        file.extend([0xff, 0xe1]);
        file.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        file.append(&mut exif);
        file.extend(&plain[2..]);
        // And a second file behind the picture.
        file.extend(b"PK\x03\x04 hidden");
        let (answer, out) = clean(&file).unwrap();
        assert!(
            matches!(
                answer,
                Answer::Cleaned {
                    width: 80,
                    height: 120,
                    ..
                }
            ),
            "{answer:?}"
        );
        for secret in [b"SECRET".as_slice(), b"Exif", b"hidden"] {
            assert!(!out.windows(secret.len()).any(|part| part == secret));
        }
        let (
            Answer::Cleaned {
                perceptual: once, ..
            },
            Answer::Cleaned {
                perceptual: twice, ..
            },
        ) = (answer, clean(&out).unwrap().0)
        else {
            panic!("{answer:?}")
        };
        assert!(
            (once ^ twice).count_ones() <= 6,
            "the same picture is known again"
        );
        assert!(matches!(
            clean(&plain[..plain.len() / 2]),
            Err(Failure::Undecodable | Failure::Unreadable)
        ));
        assert!(clean(b"RIFF\x10\0\0\0WEBPVP8 junk").is_err());
        assert!(matches!(
            clean(&jpeg(3_000, 10)).unwrap().0,
            Answer::Cleaned { width: 2_560, .. }
        ));
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
