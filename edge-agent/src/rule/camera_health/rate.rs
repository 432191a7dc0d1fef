//! Whether as many pictures are analysed as the rules of a camera need.

use std::collections::VecDeque;
use std::time::Duration;

use super::lasting::Verdict;
use crate::config::CameraConfig;
use crate::time::StreamTime;

/// What a camera's stages counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pictures that came, encoded.
    pub received: u64,
    /// Pictures that the model looked at.
    pub analysed: u64,
    /// Pictures that were due and dropped.
    pub dropped: u64,
}

/// Measures the rate of the last minute.
#[derive(Debug)]
pub struct RateMeter {
    /// Pictures analysed a second at most.
    most: f64,
    /// Pictures a second that the rules need; none where no rule runs.
    needed: Option<f64>,
    counted: VecDeque<(StreamTime, Counts)>,
}

/// The rate is taken over this time,
const OVER: Duration = Duration::from_secs(60);
/// and not before so much of it passed.
const LEAST: Duration = Duration::from_secs(30);
/// A rate is enough from this share of the needed one on: cameras do not keep theirs exactly.
const ENOUGH: f64 = 0.8;

impl RateMeter {
    /// Of a configured camera.
    #[must_use]
    pub fn of(camera: &CameraConfig) -> Self {
        Self {
            most: camera.analyse_fps,
            needed: camera.needed_fps(),
            counted: VecDeque::new(),
        }
    }

    /// Takes the counts so far. While the stream is away nothing is said.
    pub fn look(&mut self, at: StreamTime, counts: Counts, stream: Verdict) -> Verdict {
        if stream != Verdict::Good {
            self.counted.clear();
            return Verdict::Unknown;
        }
        self.counted.push_back((at, counts));
        let old = |(then, _): &(StreamTime, Counts)| at.since(*then) > OVER;
        while self.counted.get(1).is_some_and(old) {
            self.counted.pop_front();
        }
        let (Some(needed), Some((since, before))) = (self.needed, self.counted.front()) else {
            return Verdict::Unknown;
        };
        let span = at.since(*since);
        if span < LEAST {
            return Verdict::Unknown;
        }
        match rate(span, *before, counts).min(self.most) * share(*before, counts) < ENOUGH * needed
        {
            true => Verdict::Bad,
            false => Verdict::Good,
        }
    }
}

/// Pictures a second that come. Those that a gate leaves undecoded count: it decodes them where it
/// must.
fn rate(span: Duration, before: Counts, now: Counts) -> f64 {
    count(now.received.saturating_sub(before.received)) / span.as_secs_f64()
}

/// The share of due pictures that are analysed; all where none was due.
fn share(before: Counts, now: Counts) -> f64 {
    let analysed = count(now.analysed.saturating_sub(before.analysed));
    let dropped = count(now.dropped.saturating_sub(before.dropped));
    match analysed + dropped > 0.0 {
        true => analysed / (analysed + dropped),
        false => 1.0,
    }
}

fn count(pictures: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "pictures of a minute")]
    let count = pictures as f64;
    count
}
