//! Tracks in brief: where each taking-part track was, in at most sixteen boxes.

use contract::v1::{MAX_BOXES_PER_TRACK, MAX_TRACKS, NormBox, TrackBrief, TrackSpeed};

use crate::geometry::PictureSize;
use crate::rule;
use crate::track::Track;

/// Adds the tracks as they are now to the brief so far.
///
/// A track that is gone keeps its boxes, for it took part. Where there are too many, those that
/// were not seen now go first, then those with the lowest score.
pub(super) fn add_sighting(brief: &mut Vec<TrackBrief>, tracks: &[Track], size: PictureSize) {
    let mut seen = Vec::with_capacity(tracks.len());
    for track in tracks {
        let now = rounded(track.bbox.normalised(size));
        let mut entry = match brief.iter().position(|known| known.id == track.id.0) {
            Some(index) => brief.remove(index),
            None => TrackBrief {
                id: track.id.0,
                class: String::new(),
                score: 0.0,
                boxes: vec![],
            },
        };
        track.class.as_ref().clone_into(&mut entry.class);
        entry.score = entry.score.max(unit(track.score));
        if entry.boxes.last() != Some(&now) {
            entry.boxes.push(now);
        }
        keep_newest(&mut entry.boxes, MAX_BOXES_PER_TRACK);
        seen.push(entry);
    }
    seen.sort_by(|a, b| b.score.total_cmp(&a.score));
    seen.append(brief);
    seen.truncate(MAX_TRACKS);
    *brief = seen;
}

/// A speed as the contract wants it: one decimal, and never exact.
pub(super) fn speed(found: &rule::TrackSpeed) -> TrackSpeed {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no speed needs more than 24 bits"
    )]
    let tenths = |number: f64| ((number * 10.0).round() / 10.0) as f32;
    TrackSpeed {
        track: found.track.0,
        kmh: tenths(found.kmh).max(0.0),
        uncertainty_kmh: tenths(found.sigma_kmh).max(0.1),
    }
}

/// Drops the oldest boxes beyond `most`.
pub(super) fn keep_newest(boxes: &mut Vec<NormBox>, most: usize) {
    let surplus = boxes.len().saturating_sub(most);
    boxes.drain(..surplus);
}

/// A score or confidence as the contract wants it: 0 to 1, and a number.
pub(super) fn unit(value: f32) -> f32 {
    if value.is_finite() {
        value.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Four decimals: a fifth of a pixel at 1920, and half the bytes of a full `f32`.
fn rounded(bbox: NormBox) -> NormBox {
    let round = |value: f32| (unit(value) * 1e4).round() / 1e4;
    let (x, y) = (round(bbox.x), round(bbox.y));
    NormBox {
        x,
        y,
        w: round(bbox.w).min(1.0 - x),
        h: round(bbox.h).min(1.0 - y),
    }
}
