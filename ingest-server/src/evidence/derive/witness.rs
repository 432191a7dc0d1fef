//! What the agent's reports say of a piece: which vehicle is the reported one, and where it was.

use std::time::Duration;

use contract::v1::{
    AutoReport, EventId, EventType, EvidenceKind, Kind, NormBox, TrackBrief, decode,
};
use jiff::Timestamp;

use super::area::{Area, Sort};
use super::offender::Anchor;
use crate::store::entity::evidence;
use crate::store::{self, EvidenceOwner, Store, StoreError};

/// Overlap of all boxes of a track over which its vehicle stood still.
const STANDS: f32 = 0.7;

/// What becomes of a copy whose reported vehicle is not found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfound {
    /// Who did not see it did not see others either: no copy.
    Refuse,
    /// It need not be seen here: it is covered like any other.
    CoverAll,
}

/// Where the reported vehicles must be in a piece; `None` where no vehicle is reported, or not where
/// it was: then everything is covered.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn anchor(
    on: &Store,
    piece: &evidence::Model,
) -> Result<Option<(Anchor, Unfound)>, StoreError> {
    let EvidenceOwner::Event(event) = EvidenceOwner::of(piece)? else {
        return Ok(None);
    };
    let Some(report) = deciding(on, &event).await? else {
        return Ok(None);
    };
    let last: Vec<TrackBrief> = match store::event(on, &event).await? {
        Some(row) => serde_json::from_str(&row.tracks).unwrap_or_default(),
        None => Vec::new(),
    };
    Ok(of_report(&report, &last, piece))
}

/// The revision that raised the event: its newest boxes are those of the picture that decided.
async fn deciding(on: &Store, event: &EventId) -> Result<Option<AutoReport>, StoreError> {
    let rows = store::reports_of_event(on, event).await?;
    let Some(row) = rows.into_iter().find(|row| row.phase == "raised") else {
        return Ok(None);
    };
    let message = store::message(on, &row.message_id).await?;
    let read = |payload: &[u8]| decode::<AutoReport>(payload, EventType::Report).ok();
    Ok(message.and_then(|message| Some(read(&message.payload)?.data)))
}

fn of_report(
    report: &AutoReport,
    last: &[TrackBrief],
    piece: &evidence::Model,
) -> Option<(Anchor, Unfound)> {
    // Of fire and cattle nobody is an offender.
    if !matches!(report.kind, Kind::TrafficViolation | Kind::Encroachment) {
        return None;
    }
    let vehicles: Vec<&TrackBrief> = report
        .tracks
        .iter()
        .filter(|track| is_vehicle(track))
        .collect();
    let boxes: Vec<Area> = vehicles
        .iter()
        .filter_map(|track| track.boxes.last().map(area_of))
        .collect();
    if boxes.is_empty() {
        return None;
    }
    let at_once = |boxes, unfound| {
        let at = Duration::ZERO;
        Some((Anchor { at, boxes }, unfound))
    };
    let is = |kind: EvidenceKind| piece.kind == kind.as_str();
    if is(EvidenceKind::Clip) {
        let decided = report.basis.as_ref()?.decided_at;
        let start = Timestamp::from_microsecond(piece.shown_start?).ok()?;
        let end = piece.shown_end.map(Timestamp::from_microsecond);
        if end.is_some_and(|end| end.is_ok_and(|end| decided > end)) {
            // Another part of the clip holds the picture that decided.
            return None;
        }
        let at = Duration::try_from(start.duration_until(decided)).ok()?;
        return Some((Anchor { at, boxes }, Unfound::Refuse));
    }
    if is(EvidenceKind::Still) || is(EvidenceKind::StillOverlay) || is(EvidenceKind::Preview) {
        return at_once(boxes, Unfound::Refuse);
    }
    if is(EvidenceKind::Crop) {
        let track = u64::try_from(piece.track?).ok()?;
        let reported = vehicles.iter().any(|vehicle| vehicle.id == track);
        return reported.then(|| at_once(vec![Area::WHOLE], Unfound::CoverAll))?;
    }
    // A context picture: only what stood there all the time is known to be there.
    let standing = |track: &&&TrackBrief| {
        let later = last.iter().find(|later| later.id == track.id);
        let all = track
            .boxes
            .iter()
            .chain(later.map_or(&[][..], |later| &later.boxes));
        let areas: Vec<Area> = all.map(area_of).collect();
        let first = areas.first().copied();
        first.is_some_and(|first| areas.iter().all(|area| area.iou(first) >= STANDS))
    };
    let boxes: Vec<Area> = vehicles
        .iter()
        .filter(standing)
        .filter_map(|track| track.boxes.last().map(area_of))
        .collect();
    if boxes.is_empty() {
        return None;
    }
    at_once(boxes, Unfound::CoverAll)
}

fn is_vehicle(track: &TrackBrief) -> bool {
    Sort::of(&track.class).is_some_and(Sort::is_vehicle)
}

fn area_of(bbox: &NormBox) -> Area {
    Area {
        x0: bbox.x,
        y0: bbox.y,
        x1: bbox.x + bbox.w,
        y1: bbox.y + bbox.h,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(kind: &str, class: &str) -> AutoReport {
        serde_json::from_value(json!({
            "event_id": EventId::new(), "revision": 1, "phase": "raised", "kind": kind,
            "detail": "illegal_parking", "confidence": 0.9, "severity": "medium",
            "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
            "agent": "hue-01", "camera": "cam-1", "rule_version": "illegal_parking/1",
            "tracks": [track(class, &[0.1])],
            "basis": { "decided_at": "2026-01-01T00:00:03Z", "config_version": "ab".repeat(32) },
        }))
        .unwrap()
    }

    /// Track 5, at these places from left to right.
    fn track(class: &str, places: &[f32]) -> Value {
        let boxes: Vec<Value> = places
            .iter()
            .map(|x| json!({ "x": x, "y": 0.4, "w": 0.2, "h": 0.2 }))
            .collect();
        json!({ "id": 5, "class": class, "score": 0.9, "boxes": boxes })
    }

    fn piece(kind: EvidenceKind) -> evidence::Model {
        evidence::Model {
            event_id: String::new(),
            id: String::new(),
            agent: String::new(),
            kind: kind.as_str().to_owned(),
            state: "stored".to_owned(),
            revision: 1,
            mime: None,
            bytes: None,
            sha256: None,
            reason: None,
            object_key: None,
            stored_at: None,
            owner: "event".to_owned(),
            shown_start: None,
            shown_end: None,
            part_number: None,
            part_of: None,
            track: None,
        }
    }

    /// When and where the reported vehicle must be, and whether it must.
    fn told(
        report: &AutoReport,
        later: &[f32],
        piece: &evidence::Model,
    ) -> Option<(u64, f32, Unfound)> {
        let last: Vec<_> = serde_json::from_value(json!([track("car", later)])).unwrap();
        let (anchor, unfound) = of_report(report, &last, piece)?;
        let at = u64::try_from(anchor.at.as_millis()).unwrap();
        Some((at, anchor.boxes[0].x0, unfound))
    }

    #[test]
    fn of_a_clip_it_is_where_it_was_in_the_picture_that_decided() {
        let second = |second: i64| Some(1_767_225_600_000_000 + second * 1_000_000);
        let shown = |start, end| evidence::Model {
            shown_start: start,
            shown_end: end,
            ..piece(EvidenceKind::Clip)
        };
        let parked = report("traffic_violation", "car");
        let refuse = Some((2_000, 0.1, Unfound::Refuse));
        #[rustfmt::skip]
        let table = [
            (shown(second(1), second(9)), refuse),
            (shown(second(1), None),      refuse),
            // Before or after this part of the clip.
            (shown(second(4), second(9)), None),
            (shown(second(0), second(2)), None),
            (shown(None, None),           None),
        ];
        for (clip, expected) in table {
            assert_eq!(told(&parked, &[0.1], &clip), expected);
        }
        let clip = shown(second(1), second(9));
        let mut nowhere = parked;
        nowhere.basis = None;
        assert_eq!(told(&nowhere, &[0.1], &clip), None);
        for (kind, class) in [
            ("stray_cattle", "car"),
            ("fire_smoke", "car"),
            ("encroachment", "person"),
        ] {
            assert_eq!(
                told(&report(kind, class), &[0.1], &clip),
                None,
                "{kind} {class}"
            );
        }
    }

    #[test]
    fn of_pictures_it_is_where_the_picture_shows_it() {
        let parked = report("traffic_violation", "car");
        let of = |kind, later: &[f32]| told(&parked, later, &piece(kind));
        let refuse = Some((0, 0.1, Unfound::Refuse));
        assert_eq!(of(EvidenceKind::Still, &[0.1]), refuse);
        assert_eq!(of(EvidenceKind::StillOverlay, &[0.1, 0.5]), refuse);
        // Before and after it is known to be there only where it never moved.
        let may = Some((0, 0.1, Unfound::CoverAll));
        assert_eq!(of(EvidenceKind::StillBefore, &[0.1, 0.11]), may);
        assert_eq!(of(EvidenceKind::StillAfter, &[0.1, 0.5]), None);
        let crop = |track| evidence::Model {
            track,
            ..piece(EvidenceKind::Crop)
        };
        assert_eq!(
            told(&parked, &[0.1], &crop(Some(5))),
            Some((0, 0.0, Unfound::CoverAll))
        );
        assert_eq!(told(&parked, &[0.1], &crop(Some(6))), None);
        assert_eq!(told(&parked, &[0.1], &crop(None)), None);
    }
}
