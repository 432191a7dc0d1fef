//! Detections to results: a row for each picture in which a believed track was seen.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::read::Seen;
use crate::detect::Detection;
use crate::geometry::PixelBox;
use crate::time::StreamTime;
use crate::track::{TrackId, Tracker, TrackerOptions};

/// A track in a picture; its `Display` is its line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The picture's number, from 1.
    pub picture: u32,
    /// The track's number, from 1.
    pub id: TrackId,
    /// Where it is.
    pub bbox: PixelBox,
}

impl fmt::Display for Row {
    /// The score of a result is a flag: 1, this row counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PixelBox { x, y, w, h } = self.bbox;
        let (picture, id) = (self.picture, self.id.0);
        write!(f, "{picture},{id},{x:.2},{y:.2},{w:.2},{h:.2},1,-1,-1,-1")
    }
}

/// Follows detections that are given by picture, at `fps` pictures a second (more than 0). Returns
/// the rows by picture and number. A track's rows begin where it was first detected, though it was
/// believed only later; a track that never was believed has none.
#[must_use]
pub fn follow(seen: &[Seen], fps: f64, options: TrackerOptions) -> Vec<Row> {
    let mut tracker = Tracker::new(options);
    let mut rows = Vec::with_capacity(seen.len());
    let mut waiting: HashMap<TrackId, Vec<Row>> = HashMap::new();
    let mut detections: Vec<Detection> = Vec::new();
    for picture in seen.chunk_by(|a, b| a.picture == b.picture) {
        detections.clear();
        detections.extend(picture.iter().map(|seen| seen.detection.clone()));
        let number = picture[0].picture;
        let at = StreamTime::from_secs_f64(f64::from(number) / fps);
        let tracks = tracker.step(at, &detections);
        waiting.retain(|id, _| tracks.iter().any(|track| track.id == *id));
        for track in tracks.iter().filter(|track| track.last_seen == at) {
            let row = Row {
                picture: number,
                id: track.id,
                bbox: track.bbox,
            };
            if track.life.is_believed() {
                rows.extend(waiting.remove(&track.id).into_iter().flatten());
                rows.push(row);
            } else {
                waiting.entry(track.id).or_default().push(row);
            }
        }
    }
    rows.sort_unstable_by_key(|row| (row.picture, row.id));
    rows
}

/// Adds the rows that are missing where a track was not seen for at most `longest`: its box moves
/// evenly from where it was last seen to where it is seen again. That needs to know what comes
/// later, so a live system cannot do it.
#[must_use]
pub fn fill_gaps(mut rows: Vec<Row>, fps: f64, longest: Duration) -> Vec<Row> {
    rows.sort_unstable_by_key(|row| (row.id, row.picture));
    let mut added = Vec::new();
    for pair in rows.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let gap = to.picture - from.picture.min(to.picture);
        if from.id != to.id || f64::from(gap) / fps > longest.as_secs_f64() {
            continue;
        }
        added.extend((1..gap).map(|step| {
            #[expect(clippy::cast_possible_truncation, reason = "a share, 0 to 1")]
            let share = (f64::from(step) / f64::from(gap)) as f32;
            Row {
                picture: from.picture + step,
                id: from.id,
                bbox: between(&from.bbox, &to.bbox, share),
            }
        }));
    }
    rows.extend(added);
    rows.sort_unstable_by_key(|row| (row.picture, row.id));
    rows
}

fn between(a: &PixelBox, b: &PixelBox, share: f32) -> PixelBox {
    let blend = |a: f32, b: f32| a + (b - a) * share;
    PixelBox {
        x: blend(a.x, b.x),
        y: blend(a.y, b.y),
        w: blend(a.w, b.w),
        h: blend(a.h, b.h),
    }
}
