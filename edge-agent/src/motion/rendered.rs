//! Views for the tests: rendered ones, with a pattern, things on it, light and noise; and lent clips,
//! with things painted into them.

use std::path::PathBuf;
use std::time::Duration;

use super::LumaPicture;
use crate::camera::{DecoderOptions, FileItem, FileSource, Timing};
use crate::geometry::{PictureSize, PixelBox};
use crate::time::StreamTime;

pub(crate) const SIZE: PictureSize = PictureSize {
    width: 160,
    height: 90,
};

/// Something on the ground.
#[derive(Clone, Copy)]
pub(crate) struct Thing {
    pub(crate) bbox: PixelBox,
    pub(crate) paint: Paint,
}

#[derive(Clone, Copy)]
pub(crate) enum Paint {
    /// Covers the ground, in stripes of two levels.
    Stripes(f32, f32),
    /// Leaves the ground, this much as bright.
    Shade(f32),
}

/// A camera that looks at the ground; its noise is the same each time.
pub(crate) struct Camera {
    state: u64,
    pub(crate) noise: f32,
    /// Where it looks: pixels right and down, scale, turn in radians.
    pub(crate) aim: (f32, f32, f32, f32),
    pub(crate) place: u32,
}

impl Camera {
    pub(crate) const fn new() -> Self {
        Self {
            state: 0x9e37_79b9_7f4a_7c15,
            noise: 2.0,
            aim: (0.0, 0.0, 1.0, 0.0),
            place: 7,
        }
    }

    pub(crate) fn take(&mut self, light: f32, things: &[Thing]) -> LumaPicture {
        let mut levels = Vec::with_capacity(160 * 90);
        for y in 0..90_u16 {
            for x in 0..160_u16 {
                let (x, y) = (f32::from(x), f32::from(y));
                let mut level = self.ground(x, y);
                for thing in things {
                    let b = thing.bbox;
                    if x < b.x || y < b.y || x >= b.x + b.w || y >= b.y + b.h {
                        continue;
                    }
                    level = match thing.paint {
                        Paint::Stripes(one, other) => match ((x - b.x) / 4.0).rem_euclid(2.0) < 1.0
                        {
                            true => one,
                            false => other,
                        },
                        Paint::Shade(share) => level * share,
                    };
                }
                let level = level * light + self.noise * self.normal();
                levels.push(level.round().clamp(0.0, 255.0) as u8);
            }
        }
        LumaPicture::from_levels(SIZE, levels)
    }

    /// Slabs of many levels, blurred at their rims.
    fn ground(&self, x: f32, y: f32) -> f32 {
        let (dx, dy, scale, turn) = self.aim;
        let (x, y) = (x - 80.0, y - 45.0);
        let (sin, cos) = turn.sin_cos();
        let u = (x * cos + y * sin) / scale + 80.0 - dx;
        let v = (y * cos - x * sin) / scale + 45.0 - dy;
        let slab = |u: f32, v: f32| {
            let (u, v) = ((u / 9.0).floor() as i32, (v / 7.0).floor() as i32);
            let mut hash = u
                .wrapping_mul(374_761_393)
                .wrapping_add(v.wrapping_mul(668_265_263))
                .wrapping_add(i32::from(self.place as u16).wrapping_mul(1_274_126_177));
            hash = (hash ^ (hash >> 13)).wrapping_mul(1_274_126_177);
            80.0 + ((hash >> 16) & 63) as f32
        };
        let quarter = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];
        quarter.iter().map(|(a, b)| slab(u + a, v + b)).sum::<f32>() / 4.0
    }

    /// About a normal distribution: the sum of four even ones.
    fn normal(&mut self) -> f32 {
        let mut sum = -2.0;
        for _ in 0..4 {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            sum += (self.state >> 40) as f32 / (1_u64 << 24) as f32;
        }
        sum * 1.7
    }
}

pub(crate) const fn stall(x: f32, y: f32) -> Thing {
    Thing {
        bbox: PixelBox {
            x,
            y,
            w: 14.0,
            h: 12.0,
        },
        paint: Paint::Stripes(200.0, 40.0),
    }
}

pub(crate) const fn walker(x: f32) -> Thing {
    Thing {
        bbox: PixelBox {
            x,
            y: 30.0,
            w: 7.0,
            h: 18.0,
        },
        paint: Paint::Stripes(30.0, 60.0),
    }
}

/// A lent clip's small pictures at five a second; none where clips are not lent.
pub(crate) fn clip(name: &str) -> Option<Vec<(StreamTime, LumaPicture)>> {
    let file = PathBuf::from(std::env::var_os("VONG_DEMO_CLIPS")?).join(name);
    if !file.is_file() {
        return None;
    }
    let options = DecoderOptions::default();
    let source = FileSource::open(
        &file,
        Timing::AsRecorded,
        jiff::Timestamp::UNIX_EPOCH,
        options,
    );
    let mut next = StreamTime::ZERO;
    let mut pictures = Vec::new();
    for item in source.unwrap() {
        if let FileItem::Frame(frame) = item.unwrap()
            && frame.pts >= next
        {
            next = frame.pts + Duration::from_millis(190);
            pictures.push((frame.pts, LumaPicture::of(&frame, 240).unwrap()));
        }
    }
    Some(pictures)
}

/// The same picture with a box painted into it.
pub(crate) fn painted(
    picture: &LumaPicture,
    (left, top, side): (usize, usize, usize),
) -> LumaPicture {
    let width = picture.size().width as usize;
    let mut levels = picture.levels().to_vec();
    for y in top..top + side {
        for (x, level) in levels[y * width..][left..left + side]
            .iter_mut()
            .enumerate()
        {
            // As dark and as bright as the pictures themselves, and with their noise.
            *level = *level / 8 + if x / 3 % 2 == 0 { 170 } else { 30 };
        }
    }
    LumaPicture::from_levels(picture.size(), levels).in_source(picture.source())
}
