//! Each track at its best: the sharpest and largest picture of it, and the way it came.
//!
//! Every track of every analysed picture passes here and few are ever asked for, so this must cost
//! next to nothing: a track that stands still is not judged again and again, and what is kept is a
//! copy of the decoder's pixels, which becomes a JPEG when somebody asks. Memory is bounded: so many
//! tracks, so many bytes; what was not seen for longest goes first. What does not belong here: which
//! tracks an event is about (`pipeline`).

use std::collections::{HashMap, VecDeque};

use super::still::{PROOF, Region, StillError, encode, luma_row, rgb_of};
use crate::camera::{Frame, PixelFormat, Plane};
use crate::geometry::{PictureSize, PixelBox, PixelPoint};
use crate::time::StreamTime;
use crate::track::{Track, TrackId};

/// Most tracks remembered.
const MOST_TRACKS: usize = 64;
/// Most bytes of their pictures.
const MOST_BYTES: usize = 4 << 20;
/// Boxes remembered of one track: the last 13 seconds at five pictures a second.
const MOST_BOXES: usize = 64;
/// A new picture must be this much better: copying each small gain would cost more than it shows.
const BETTER: f32 = 1.2;
/// A box that covers this much of the one judged last is judged again only after so many pictures: it
/// stands still, but what stood before it may have left.
const SAME_PLACE: f32 = 0.9;
const JUDGED_AGAIN_AFTER: u64 = 25;
/// Added around the box on each side, as a share of it: detectors cut off mirrors and horns.
const MARGIN: f32 = 0.08;
/// Farther away than this from the wanted moment a box says nothing of it, in nanoseconds.
const NEAR: u64 = 600_000_000;
/// Luma is measured on at most about so many points a side.
const MEASURED: usize = 64;

/// The tracks of one camera.
#[derive(Debug, Default)]
pub struct Gallery {
    portraits: HashMap<TrackId, Portrait>,
    /// Counts the pictures, so that ages compare across connections.
    now: u64,
}

/// A picture of one track, cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BestShot {
    /// JPEG, full resolution.
    pub jpeg: Vec<u8>,
    /// When it was seen.
    pub at: StreamTime,
}

/// The pixels of a part of a picture, copied out of the decoder's.
#[derive(Debug)]
struct Cutting {
    /// A picture of its own, its corner on even pixels so that chroma stays where it is.
    frame: Frame,
    /// The part meant, in it.
    region: Region,
}

#[derive(Debug, Default)]
struct Portrait {
    score: f32,
    best: Option<Cutting>,
    /// The box that was judged last, and when.
    judged: Option<(PixelBox, u64)>,
    way: VecDeque<(StreamTime, PixelBox)>,
    last_seen: u64,
}

impl Gallery {
    /// Looks at one analysed picture and the tracks in it.
    pub fn observe(&mut self, frame: &Frame, tracks: &[Track]) {
        self.now += 1;
        let seen = tracks
            .iter()
            .filter(|t| t.life.is_believed() && t.last_seen == frame.pts);
        for track in seen {
            let portrait = self.portraits.entry(track.id).or_default();
            portrait.last_seen = self.now;
            portrait.way.push_back((frame.pts, track.bbox));
            if portrait.way.len() > MOST_BOXES {
                portrait.way.pop_front();
            }
            let same = |(bbox, at): &(PixelBox, u64)| {
                bbox.iou(&track.bbox) >= SAME_PLACE && self.now - at < JUDGED_AGAIN_AFTER
            };
            if portrait.judged.as_ref().is_some_and(same) {
                continue;
            }
            portrait.judged = Some((track.bbox, self.now));
            let score = score(frame, &track.bbox);
            if score > portrait.score * BETTER
                && let Some(cutting) = Cutting::of(frame, &track.bbox)
            {
                portrait.best = Some(cutting);
                portrait.score = score;
            }
        }
        self.forget_surplus();
    }

    /// The best picture of a track, while it is remembered. Encodes it.
    #[must_use]
    pub fn best(&self, track: TrackId) -> Option<BestShot> {
        let cutting = self.portraits.get(&track)?.best.as_ref()?;
        let picture = rgb_of(&cutting.frame, cutting.region).ok()?;
        Some(BestShot {
            jpeg: encode(&picture, PROOF).ok()?,
            at: cutting.frame.pts,
        })
    }

    /// Where a track was at about that moment.
    #[must_use]
    pub fn place(&self, track: TrackId, at: StreamTime) -> Option<PixelBox> {
        let apart = |of: StreamTime| of.as_nanos().abs_diff(at.as_nanos());
        let way = &self.portraits.get(&track)?.way;
        let nearest = way.iter().min_by_key(|(seen, _)| apart(*seen))?;
        (apart(nearest.0) <= NEAR).then_some(nearest.1)
    }

    /// The way a track came, up to that moment: where it stood on the ground.
    #[must_use]
    pub fn trail(&self, track: TrackId, until: StreamTime) -> Vec<PixelPoint> {
        let way = self.portraits.get(&track).map(|portrait| &portrait.way);
        way.into_iter()
            .flatten()
            .filter(|(seen, _)| *seen <= until)
            .map(|(_, bbox)| bbox.bottom_centre())
            .collect()
    }

    fn forget_surplus(&mut self) {
        while self.portraits.len() > MOST_TRACKS || self.bytes() > MOST_BYTES {
            let oldest = self
                .portraits
                .iter()
                .min_by_key(|(id, portrait)| (portrait.last_seen, **id));
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return;
            };
            self.portraits.remove(&oldest);
        }
    }

    fn bytes(&self) -> usize {
        let bytes = |portrait: &Portrait| portrait.best.as_ref().map_or(0, Cutting::bytes);
        self.portraits.values().map(bytes).sum()
    }
}

/// How well a picture shows what is in the box: sharpness times size. What the picture's edge cuts
/// off counts half.
fn score(frame: &Frame, bbox: &PixelBox) -> f32 {
    let Some(region) = Region::of(bbox, frame.size) else {
        return 0.0;
    };
    let size = (region.width as f32 * region.height as f32).sqrt();
    let whole = if is_cut_off(bbox, frame.size) {
        0.5
    } else {
        1.0
    };
    sharpness(frame, region).sqrt() * size * whole
}

fn is_cut_off(bbox: &PixelBox, size: PictureSize) -> bool {
    let (width, height) = size.as_f32();
    bbox.x < 1.0 || bbox.y < 1.0 || bbox.x + bbox.w > width - 1.0 || bbox.y + bbox.h > height - 1.0
}

/// The variance of the Laplacian of luma: high where edges are sharp (Pech-Pacheco et al. 2000).
fn sharpness(frame: &Frame, region: Region) -> f32 {
    let side = |start: u32, length: u32| {
        let (start, length) = (start as usize, length as usize);
        (start + 1..(start + length).saturating_sub(1)).step_by(length.div_ceil(MEASURED).max(1))
    };
    let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for row in side(region.top, region.height) {
        let rows = (
            luma_row(frame, row - 1),
            luma_row(frame, row),
            luma_row(frame, row + 1),
        );
        let (Some(above), Some(here), Some(below)) = rows else {
            continue;
        };
        for column in side(region.left, region.width) {
            let level =
                |row: &[u8], column: usize| f64::from(row.get(column).copied().unwrap_or(0));
            let laplacian = level(above, column)
                + level(below, column)
                + level(here, column - 1)
                + level(here, column + 1)
                - 4.0 * level(here, column);
            sum += laplacian;
            squares += laplacian * laplacian;
            count += 1.0;
        }
    }
    if count == 0.0 {
        return 0.0;
    }
    let mean = sum / count;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 2²⁰: a Laplacian of bytes, squared"
    )]
    let variance = (squares / count - mean * mean).max(0.0) as f32;
    variance
}

/// What is in the box and a little around it, as JPEG in full resolution.
///
/// # Errors
/// [`StillError`], where nothing of the box lies in the picture too.
pub fn cut_out(frame: &Frame, bbox: &PixelBox) -> Result<Vec<u8>, StillError> {
    let (width, height) = (frame.size.width, frame.size.height);
    let region = around(frame, bbox).ok_or(StillError::Layout { width, height })?;
    encode(&rgb_of(frame, region)?, PROOF)
}

/// A box with a margin; `None` where nothing of it is in the picture.
fn around(frame: &Frame, bbox: &PixelBox) -> Option<Region> {
    let (more_x, more_y) = (bbox.w * MARGIN, bbox.h * MARGIN);
    let wider = PixelBox {
        x: bbox.x - more_x,
        y: bbox.y - more_y,
        w: bbox.w + 2.0 * more_x,
        h: bbox.h + 2.0 * more_y,
    };
    Region::of(&wider, frame.size)
}

impl Cutting {
    /// The box with a margin; `None` where it is not in the picture, or the picture's planes are short.
    fn of(frame: &Frame, bbox: &PixelBox) -> Option<Self> {
        let region = around(frame, bbox)?;
        let (left, top) = (region.left & !1, region.top & !1);
        let inner = Region {
            left: region.left - left,
            top: region.top - top,
            ..region
        };
        let size = PictureSize {
            width: inner.left + region.width,
            height: inner.top + region.height,
        };
        let from = (left as usize, top as usize);
        let of = (size.width as usize, size.height as usize);
        let half = |(x, y): (usize, usize)| (x / 2, y / 2);
        let half_up = |(x, y): (usize, usize)| (x.div_ceil(2), y.div_ceil(2));
        let both = |(x, y): (usize, usize)| (2 * x, y);
        let mut planes = vec![copied(frame.planes.first()?, from, of)?];
        let (chroma_from, chroma_of) = (half(from), half_up(of));
        match frame.format {
            PixelFormat::I420 => {
                planes.push(copied(frame.planes.get(1)?, chroma_from, chroma_of)?);
                planes.push(copied(frame.planes.get(2)?, chroma_from, chroma_of)?);
            }
            PixelFormat::Nv12 => {
                let plane = frame.planes.get(1)?;
                planes.push(copied(plane, both(chroma_from), both(chroma_of))?);
            }
        }
        Some(Self {
            frame: Frame {
                size,
                planes,
                ..frame.clone()
            },
            region: inner,
        })
    }

    fn bytes(&self) -> usize {
        self.frame.planes.iter().map(|plane| plane.data.len()).sum()
    }
}

/// A part of a plane, its rows without padding.
fn copied(plane: &Plane, from: (usize, usize), size: (usize, usize)) -> Option<Plane> {
    let (width, height) = size;
    let mut data = Vec::with_capacity(width * height);
    for row in from.1..from.1 + height {
        let start = row * plane.stride + from.0;
        data.extend_from_slice(plane.data.get(start..start + width)?);
    }
    Some(Plane {
        data: data.into(),
        stride: width,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::camera::{ColorMatrix, ColorRange, PixelFormat};
    use crate::evidence::still::tests::plain;
    use crate::track::Life;

    /// A grey picture with a chequered square in it, its fields `field` pixels wide.
    fn picture(at: f64, (x, y, side): (usize, usize, usize), contrast: u8) -> Frame {
        let colours = (ColorRange::Limited, ColorMatrix::Bt709);
        let mut frame = plain((320, 240), PixelFormat::I420, colours, [100, 128, 128]);
        let stride = frame.planes[0].stride;
        let mut luma = frame.planes[0].data.to_vec();
        for row in y..(y + side).min(240) {
            for column in x..(x + side).min(320) {
                if (row / 4 + column / 4) % 2 == 0 {
                    luma[row * stride + column] = 100 + contrast;
                }
            }
        }
        frame.planes[0].data = Bytes::from(luma);
        frame.pts = StreamTime::from_secs_f64(at);
        frame
    }

    fn track(id: u64, frame: &Frame, (x, y, side): (usize, usize, usize)) -> Track {
        let pixels = |value: usize| value as f32;
        Track {
            id: TrackId(id),
            class: "car".into(),
            score: 0.9,
            bbox: PixelBox {
                x: pixels(x),
                y: pixels(y),
                w: pixels(side),
                h: pixels(side),
            },
            first_seen: StreamTime::ZERO,
            last_seen: frame.pts,
            life: Life::Confirmed,
            still_since: None,
        }
    }

    fn shown(gallery: &mut Gallery, id: u64, at: f64, place: (usize, usize, usize), contrast: u8) {
        let frame = picture(at, place, contrast);
        gallery.observe(&frame, &[track(id, &frame, place)]);
    }

    #[test]
    fn a_cutting_is_the_part_of_the_picture_pixel_for_pixel() {
        for format in [PixelFormat::I420, PixelFormat::Nv12] {
            let colours = (ColorRange::Full, ColorMatrix::Bt601);
            let mut frame = plain((61, 47), format, colours, [90, 110, 150]);
            for plane in &mut frame.planes {
                let mixed = (0..plane.data.len()).map(|at| (at * 37 % 251) as u8);
                plane.data = mixed.collect::<Vec<_>>().into();
            }
            for (x, y, w, h) in [
                (10.0, 7.0, 20.0, 13.0),
                (3.0, 5.0, 9.0, 4.0),
                (50.0, 40.0, 30.0, 30.0),
            ] {
                let bbox = PixelBox { x, y, w, h };
                let cutting = Cutting::of(&frame, &bbox).unwrap();
                let found = rgb_of(&cutting.frame, cutting.region).unwrap();
                let margin = PixelBox {
                    x: x - w * MARGIN,
                    y: y - h * MARGIN,
                    w: w * (1.0 + 2.0 * MARGIN),
                    h: h * (1.0 + 2.0 * MARGIN),
                };
                let wanted = rgb_of(&frame, Region::of(&margin, frame.size).unwrap()).unwrap();
                assert!(found == wanted, "{format:?} {bbox:?}");
            }
        }
    }

    #[test]
    fn what_stands_still_is_judged_again_after_a_while() {
        let mut gallery = Gallery::default();
        let place = (60, 60, 80);
        shown(&mut gallery, 1, 0.0, place, 20);
        for step in 1..JUDGED_AGAIN_AFTER {
            shown(&mut gallery, 1, step as f64, place, 120);
        }
        assert_eq!(best_at(&gallery, 1), 0.0);
        shown(&mut gallery, 1, 99.0, place, 120);
        assert_eq!(best_at(&gallery, 1), 99.0);
    }

    fn best_at(gallery: &Gallery, id: u64) -> f64 {
        gallery.best(TrackId(id)).unwrap().at.as_secs_f64()
    }

    #[test]
    fn the_sharp_and_large_picture_is_kept() {
        let mut gallery = Gallery::default();
        for (at, place, contrast) in [
            (1.0, (50, 50, 40), 60), // first
            (2.0, (60, 60, 80), 60), // larger
            (3.0, (60, 60, 80), 10), // blurred
            (4.0, (70, 70, 60), 65), // smaller
            (5.0, (0, 100, 84), 62), // cut off
        ] {
            shown(&mut gallery, 1, at, place, contrast);
        }
        assert_eq!(best_at(&gallery, 1), 2.0);
        shown(&mut gallery, 1, 6.0, (80, 80, 90), 120);
        assert_eq!(best_at(&gallery, 1), 6.0);
        let crop = image::load_from_memory(&gallery.best(TrackId(1)).unwrap().jpeg).unwrap();
        assert!(
            (100..=108).contains(&crop.width()),
            "box and margin: {}",
            crop.width()
        );
    }

    #[test]
    fn the_way_is_remembered_for_a_while() {
        let mut gallery = Gallery::default();
        for step in 0..100_u8 {
            let place = (usize::from(step), 40, 30);
            shown(&mut gallery, 1, f64::from(step) * 0.2, place, 50);
        }
        let at = StreamTime::from_secs_f64(18.05);
        assert_eq!(gallery.place(TrackId(1), at).unwrap().x, 90.0);
        let trail = gallery.trail(TrackId(1), at);
        assert_eq!(trail.len(), MOST_BOXES - 9);
        assert_eq!(trail.last().unwrap().x, 90.0 + 15.0);
        assert_eq!(
            gallery.place(TrackId(1), at - Duration::from_secs(16)),
            None
        );
        assert!(gallery.trail(TrackId(2), at).is_empty());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let mut gallery = Gallery::default();
        for id in 0..200 {
            // 192 is judged at every third pixel; at every fourth the pattern itself would be missed.
            shown(&mut gallery, id, 1.0, (20, 20, 192), 90);
        }
        assert!(gallery.portraits.len() <= MOST_TRACKS && gallery.bytes() <= MOST_BYTES);
        assert!(gallery.best(TrackId(199)).is_some() && gallery.best(TrackId(0)).is_none());
    }

    #[test]
    fn what_is_not_confirmed_or_only_assumed_is_no_portrait() {
        let mut gallery = Gallery::default();
        let place = (50, 50, 40);
        let frame = picture(3.0, place, 60);
        let unsure = Track {
            life: Life::Tentative,
            ..track(1, &frame, place)
        };
        let coasting = Track {
            last_seen: StreamTime::ZERO,
            ..track(2, &frame, place)
        };
        gallery.observe(&frame, &[unsure, coasting]);
        assert!(gallery.portraits.is_empty());
    }
}
