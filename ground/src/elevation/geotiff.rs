//! `GeoTIFF`: heights of one band, placed by a tie point and a pixel's size (OGC 19-008r4, annex B.6).

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::{Grid, GridFault, Heights};
use crate::geodesy::Place;

/// Most samples that are taken: a tile of 1 arc second and more, and no more memory than that.
const MAX_SAMPLES: usize = 20_000_000;

pub(super) fn read(bytes: &[u8]) -> Result<Grid, GridFault> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(GridFault::Tiff)?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_SAMPLES * size_of::<f64>();
    decoder = decoder.with_limits(limits);
    let (columns, rows) = decoder.dimensions().map_err(GridFault::Tiff)?;
    let scale = numbers(&mut decoder, Tag::ModelPixelScaleTag)?;
    let tie = numbers(&mut decoder, Tag::ModelTiepointTag)?;
    let (&[dx, dy, ..], &[i, j, _, x, y, ..]) = (scale.as_slice(), tie.as_slice()) else {
        return Err(GridFault::NoPlace);
    };
    let void = decoder
        .get_tag_ascii_string(Tag::GdalNodata)
        .ok()
        .and_then(|text| text.trim_matches(['\0', ' ']).parse::<f64>().ok());
    let heights = heights_of(decoder.read_image().map_err(GridFault::Tiff)?, void)?;
    let size = [to_usize(rows), to_usize(columns)];
    if heights.len() != size[0] * size[1] || size.contains(&0) {
        return Err(GridFault::NoHeights);
    }
    // Raster type "area" is the default: a sample stands for the middle of its pixel.
    let north_west = Place {
        lat: y + (j - 0.5) * dy,
        lon: x - (i - 0.5) * dx,
    };
    let on_earth = north_west.lat.abs() <= 90.0 && north_west.lon.abs() <= 180.0;
    let fine = dx > 0.0 && dy > 0.0 && dx < 1.0 && dy < 1.0;
    if !(on_earth && fine) {
        return Err(GridFault::NotDegrees);
    }
    Ok(Grid {
        north_west,
        step: [dy, dx],
        size,
        heights: Heights::Fine(heights),
    })
}

fn numbers(decoder: &mut Decoder<Cursor<&[u8]>>, tag: Tag) -> Result<Vec<f64>, GridFault> {
    decoder.get_tag_f64_vec(tag).map_err(|_| GridFault::NoPlace)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "heights of the earth in f32 are exact to a millimetre"
)]
fn heights_of(image: DecodingResult, void: Option<f64>) -> Result<Vec<Option<f32>>, GridFault> {
    let keep = |height: f64| (height.is_finite() && Some(height) != void).then_some(height as f32);
    Ok(match image {
        DecodingResult::I16(samples) => samples.into_iter().map(|s| keep(f64::from(s))).collect(),
        DecodingResult::U16(samples) => samples.into_iter().map(|s| keep(f64::from(s))).collect(),
        DecodingResult::I32(samples) => samples.into_iter().map(|s| keep(f64::from(s))).collect(),
        DecodingResult::F32(samples) => samples.into_iter().map(|s| keep(f64::from(s))).collect(),
        DecodingResult::F64(samples) => samples.into_iter().map(keep).collect(),
        _ => return Err(GridFault::NoHeights),
    })
}

fn to_usize(side: u32) -> usize {
    usize::try_from(side).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use tiff::encoder::{TiffEncoder, colortype};

    use super::*;

    /// Two by three samples of a tenth of a degree, north-west corner at 17 N 107 E.
    fn file(tags: bool) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<colortype::Gray32Float>(3, 2).unwrap();
        if tags {
            let directory = image.encoder();
            directory
                .write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..])
                .unwrap();
            directory
                .write_tag(
                    Tag::ModelTiepointTag,
                    &[0.0, 0.0, 0.0, 107.0, 17.0, 0.0][..],
                )
                .unwrap();
            directory.write_tag(Tag::GdalNodata, "-9999").unwrap();
        }
        image
            .write_data(&[100.0, 200.0, 300.0, 110.0, 210.0, -9999.0])
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn samples_stand_for_the_middle_of_their_pixels() {
        let grid = Grid::from_geotiff(&file(true)).unwrap();
        let at = |lat, lon| grid.height_at(Place { lat, lon });
        assert!((at(16.95, 107.05).unwrap() - 100.0).abs() < 1e-3);
        assert!((at(16.90, 107.10).unwrap() - 155.0).abs() < 1e-3);
        assert!(at(16.90, 107.20).is_none(), "beside a hole");
        assert!(at(17.0, 107.05).is_none(), "outside the middles");
    }

    #[test]
    fn a_bad_file_says_what_is_wrong() {
        let whole = file(true);
        assert!(matches!(
            Grid::from_geotiff(&file(false)),
            Err(GridFault::NoPlace)
        ));
        for cut in [0, 4, 20, whole.len() / 2, whole.len() - 1] {
            assert!(Grid::from_geotiff(&whole[..cut]).is_err(), "cut at {cut}");
        }
    }
}
