//! A street that is drawn: vehicles with number plates, a person with a face; and where each is told
//! again by template match.

use image::{GrayImage, Luma, Rgb, RgbImage};

pub(crate) const WIDTH: u32 = 960;
pub(crate) const HEIGHT: u32 = 540;

/// Something in the picture, with what it is recognised by.
pub(crate) struct Thing {
    pub(crate) class: &'static str,
    /// Left, top, width, height, in pixels, at the beginning.
    pub(crate) place: [f64; 4],
    /// Pixels a second to the right.
    pub(crate) speed: f64,
    /// What its mark is drawn from; where in its box the mark is, left and top, in shares.
    pub(crate) seed: u32,
    mark_at: [f64; 2],
}

impl Thing {
    pub(crate) fn car(seed: u32, x: f64, y: f64, speed: f64) -> Self {
        Self {
            class: "car",
            place: [x, y, 180.0, 120.0],
            speed,
            seed,
            mark_at: [0.3, 0.7],
        }
    }

    pub(crate) fn motorcycle(seed: u32, x: f64, y: f64) -> Self {
        Self {
            class: "two_wheeler",
            place: [x, y, 80.0, 120.0],
            speed: 0.0,
            seed,
            mark_at: [0.1, 0.5],
        }
    }

    pub(crate) fn person(seed: u32, x: f64, y: f64) -> Self {
        Self {
            class: "person",
            place: [x, y, 80.0, 200.0],
            speed: 40.0,
            seed,
            mark_at: [0.05, 0.03],
        }
    }

    /// Its box at a time: left, top, right, bottom.
    pub(crate) fn at(&self, seconds: f64) -> [f64; 4] {
        let [x, y, width, height] = self.place;
        let x = x + self.speed * seconds;
        [x, y, x + width, y + height]
    }

    /// The plate or face: characters in a pattern of its own, 68 × 20 pixels.
    pub(crate) fn mark(&self) -> GrayImage {
        let mut state = self.seed.wrapping_mul(2_654_435_761) | 1;
        let mut cells = [[false; 17]; 5];
        for cell in cells.iter_mut().flatten() {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            *cell = state.is_multiple_of(2);
        }
        GrayImage::from_fn(68, 20, |x, y| {
            Luma([if cells[y as usize / 4][x as usize / 4] {
                15
            } else {
                240
            }])
        })
    }
}

/// The street at a time.
pub(crate) fn street(things: &[Thing], seconds: f64) -> RgbImage {
    let mut picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let grain = (x / 7 + y / 5) % 3;
        Rgb([90 + 4 * grain as u8, 96, 100])
    });
    for thing in things {
        let [x0, y0, x1, y1] = thing.at(seconds).map(|side| side.round() as i64);
        let colour = Rgb([60 + (thing.seed * 37 % 120) as u8, 110, 160]);
        fill(&mut picture, [x0, y0, x1, y1], |_, _| colour);
        let left = x0 + (thing.mark_at[0] * thing.place[2]) as i64;
        let top = y0 + (thing.mark_at[1] * thing.place[3]) as i64;
        let mark = thing.mark();
        fill(&mut picture, [left, top, left + 68, top + 20], |x, y| {
            let Luma([value]) = *mark.get_pixel(x, y);
            Rgb([value; 3])
        });
    }
    picture
}

fn fill(picture: &mut RgbImage, [x0, y0, x1, y1]: [i64; 4], colour: impl Fn(u32, u32) -> Rgb<u8>) {
    for y in y0.max(0)..y1.min(i64::from(HEIGHT)) {
        for x in x0.max(0)..x1.min(i64::from(WIDTH)) {
            let inside = ((x - x0) as u32, (y - y0) as u32);
            picture.put_pixel(x as u32, y as u32, colour(inside.0, inside.1));
        }
    }
}

/// The best match of a mark anywhere in a picture: normalised cross-correlation, −1 to 1, at half size,
/// where a cell of a mark is two pixels wide and high.
pub(crate) fn best_match(picture: &GrayImage, mark: &GrayImage) -> f64 {
    let (picture, mark) = (half(picture), half(mark));
    let (width, height) = (mark.width() as usize, mark.height() as usize);
    let rows: Vec<usize> = (0..height).step_by(2).collect();
    let wanted: Vec<f32> = rows
        .iter()
        .flat_map(|y| (0..width).map(|x| f32::from(mark.get_pixel(x as u32, *y as u32).0[0])))
        .collect();
    let count = wanted.len() as f32;
    let mean = wanted.iter().sum::<f32>() / count;
    let wanted: Vec<f32> = wanted.iter().map(|value| value - mean).collect();
    let energy = wanted.iter().map(|value| value * value).sum::<f32>().sqrt();
    let across = picture.width() as usize;
    let values: Vec<f32> = picture
        .pixels()
        .map(|pixel| f32::from(pixel.0[0]))
        .collect();
    let mut best = -1.0_f32;
    for top in 0..=picture.height() as usize - height {
        for left in 0..=across - width {
            let (mut sum, mut squares, mut cross) = (0.0, 0.0, 0.0);
            for (y, wanted) in rows.iter().zip(wanted.chunks(width)) {
                let row = &values[(top + y) * across + left..][..width];
                for (value, wanted) in row.iter().zip(wanted) {
                    sum += value;
                    squares += value * value;
                    cross += value * wanted;
                }
            }
            let spread = (squares - sum * sum / count).max(1.0).sqrt();
            best = best.max(cross / (spread * energy));
        }
    }
    f64::from(best)
}

fn half(picture: &GrayImage) -> GrayImage {
    image::imageops::thumbnail(picture, picture.width() / 2, picture.height() / 2)
}

#[test]
fn a_mark_is_found_where_it_is_drawn_and_nowhere_else() {
    let things = [
        Thing::car(1, 100.0, 200.0, 0.0),
        Thing::person(2, 600.0, 150.0),
    ];
    let picture = image::DynamicImage::from(street(&things, 0.0)).into_luma8();
    assert!(best_match(&picture, &things[0].mark()) > 0.95);
    assert!(best_match(&picture, &things[1].mark()) > 0.95);
    let absent = Thing::car(9, 0.0, 0.0, 0.0);
    let match_ = best_match(&picture, &absent.mark());
    assert!(match_ < 0.6, "{match_}");
}
