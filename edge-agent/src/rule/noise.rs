//! Detections as a bad day gives them, for the test of any rule: things on known ways, of which a detector
//! misses some, jitters the boxes of all, and sees ghosts; the tracker is the real one, and numbers are
//! exchanged between things that come close, or lost, on top.

use std::collections::HashMap;

use super::event::{EventChange, Observation, Rule};
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::signal::SignalReading;
use crate::time::StreamTime;
use crate::track::{Track, TrackId, Tracker, TrackerOptions};

/// The pictures' size.
pub(crate) const SIZE: PictureSize = PictureSize {
    width: 1000,
    height: 1000,
};

/// How bad the day is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    /// Share of the detections that are missing.
    pub(crate) misses: f32,
    /// Jitter of each edge of a box, most, as a share of the box's side.
    pub(crate) jitter: f32,
    /// How often a second two things that are close to each other exchange numbers, or one gets a new one.
    pub(crate) switches: f32,
    /// Share of the pictures that are dropped.
    pub(crate) dropped: f32,
    /// Where chance begins.
    pub(crate) seed: u64,
}

impl Noise {
    /// 20 % misses, 10 % jitter, one picture in twenty dropped, a switch every ten seconds.
    pub(crate) const fn usual(seed: u64) -> Self {
        Self {
            misses: 0.2,
            jitter: 0.1,
            switches: 0.1,
            dropped: 0.05,
            seed,
        }
    }

    /// None at all.
    pub(crate) const NONE: Self = Self {
        misses: 0.0,
        jitter: 0.0,
        switches: 0.0,
        dropped: 0.0,
        seed: 1,
    };
}

/// One thing: where it is at a second, if it is there.
pub(crate) struct Thing {
    class: &'static str,
    way: Box<dyn Fn(f64) -> Option<PixelBox>>,
}

impl Thing {
    pub(crate) fn new(
        class: &'static str,
        way: impl Fn(f64) -> Option<PixelBox> + 'static,
    ) -> Self {
        Self {
            class,
            way: Box::new(way),
        }
    }

    /// A thing of that size whose foot goes straight from one point to another between two seconds.
    pub(crate) fn drives(
        class: &'static str,
        (w, h): (f32, f32),
        (from, to): ((f32, f32), (f32, f32)),
        (begin, end): (f64, f64),
    ) -> Self {
        Self::new(class, move |second| {
            if second < begin || second > end {
                return None;
            }
            let share = ((second - begin) / (end - begin)) as f32;
            let (x, y) = (
                from.0 + (to.0 - from.0) * share,
                from.1 + (to.1 - from.1) * share,
            );
            Some(PixelBox {
                x: x - w / 2.0,
                y: y - h,
                w,
                h,
            })
        })
    }

    /// A thing of that size that stands with its foot at a point between two seconds.
    pub(crate) fn stands(
        class: &'static str,
        size: (f32, f32),
        at: (f32, f32),
        seconds: (f64, f64),
    ) -> Self {
        Self::drives(class, size, (at, at), seconds)
    }
}

/// What a camera made of one picture.
#[derive(Debug, Clone)]
pub(crate) struct NoisyLook {
    pub(crate) at: StreamTime,
    pub(crate) detections: Vec<Detection>,
    pub(crate) tracks: Vec<Track>,
}

impl Noise {
    /// What a detector and the tracker make of these things.
    pub(crate) fn looks(self, things: &[Thing], fps: f64, seconds: f64) -> Vec<NoisyLook> {
        let mut chance = Chance(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut tracker = Tracker::new(TrackerOptions::default());
        let mut numbers = Numbers::default();
        let mut looks = Vec::new();
        for picture in 0..(seconds * fps) as u32 {
            let second = f64::from(picture) / fps;
            if chance.happens(self.dropped) {
                continue;
            }
            let mut detections = Vec::new();
            for thing in things {
                let Some(bbox) = (thing.way)(second) else {
                    continue;
                };
                if chance.happens(self.misses) {
                    continue;
                }
                detections.push(Detection {
                    class: thing.class.into(),
                    score: 0.55 + 0.4 * chance.share(),
                    bbox: chance.jittered(bbox, self.jitter),
                });
            }
            let at = StreamTime::from_secs_f64(second);
            let mut tracks = tracker.step(at, &detections);
            if chance.happens(self.switches / fps as f32) {
                numbers.switch(&tracks, &mut chance);
            }
            for track in &mut tracks {
                track.id = numbers.of(track.id);
            }
            looks.push(NoisyLook {
                at,
                detections,
                tracks,
            });
        }
        looks
    }
}

/// What a rule says of these pictures, with the seconds; at the end of them the stream ends.
pub(crate) fn play(rule: &mut dyn Rule, looks: &[NoisyLook]) -> Vec<(f64, EventChange)> {
    play_with(rule, looks, |_| Vec::new())
}

/// The same where traffic signals are to be seen.
pub(crate) fn play_with(
    rule: &mut dyn Rule,
    looks: &[NoisyLook],
    signals: impl Fn(f64) -> Vec<SignalReading>,
) -> Vec<(f64, EventChange)> {
    let mut changes = Vec::new();
    for look in looks {
        let signals = signals(look.at.as_secs_f64());
        let observation = Observation {
            tracks: &look.tracks,
            detections: &look.detections,
            signals: &signals,
            ..Observation::new(look.at, SIZE)
        };
        let said = rule.observe(&observation).into_iter();
        changes.extend(said.map(|change| (look.at.as_secs_f64(), change)));
    }
    let end = looks.last().map_or(StreamTime::ZERO, |look| look.at);
    let said = rule.end(end).into_iter();
    changes.extend(said.map(|change| (end.as_secs_f64(), change)));
    changes
}

/// The numbers that tracks go by.
#[derive(Default)]
struct Numbers {
    of: HashMap<TrackId, TrackId>,
    lost: u64,
}

impl Numbers {
    fn of(&self, id: TrackId) -> TrackId {
        self.of.get(&id).copied().unwrap_or(id)
    }

    /// Two tracks that are close exchange numbers; where none is close, one gets a new number.
    fn switch(&mut self, tracks: &[Track], chance: &mut Chance) {
        let Some(one) = chance.pick(tracks) else {
            return;
        };
        let near = |other: &&Track| {
            let (a, b) = (one.bbox.centre(), other.bbox.centre());
            other.id != one.id && (a.x - b.x).hypot(a.y - b.y) < 2.5 * one.bbox.h
        };
        let (mine, other) = (self.of(one.id), tracks.iter().find(near));
        match other {
            Some(other) => {
                let theirs = self.of(other.id);
                self.of.insert(one.id, theirs);
                self.of.insert(other.id, mine);
            }
            None => {
                self.lost += 1;
                self.of.insert(one.id, TrackId((1 << 32) + self.lost));
            }
        }
    }
}

/// `SplitMix64`: the same numbers for the same seed, everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn happens(&mut self, share: f32) -> bool {
        self.share() < share
    }

    fn pick<'t>(&mut self, tracks: &'t [Track]) -> Option<&'t Track> {
        let at = self.next() as usize % tracks.len().max(1);
        tracks.get(at)
    }

    fn jittered(&mut self, bbox: PixelBox, most: f32) -> PixelBox {
        let mut edge = |side: f32| (2.0 * self.share() - 1.0) * most * side;
        let (left, right) = (bbox.x + edge(bbox.w), bbox.x + bbox.w + edge(bbox.w));
        let (top, bottom) = (bbox.y + edge(bbox.h), bbox.y + bbox.h + edge(bbox.h));
        PixelBox {
            x: left,
            y: top,
            w: (right - left).max(1.0),
            h: (bottom - top).max(1.0),
        }
    }
}
