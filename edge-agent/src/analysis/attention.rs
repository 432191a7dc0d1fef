//! What keeps a camera's gate open: what its rules count, or may count next. Pure.
//!
//! Not everything that a detector sees: a car parked for the day matters only where a rule looks.

use std::collections::HashSet;

use contract::v1::{EventId, Phase};

use super::{CameraAnalysis, PlacedRule, Voice};
use crate::camera::Cause;
use crate::detect::Detection;
use crate::geometry::{PictureSize, PixelBox};
use crate::rule::EventChange;
use crate::track::Track;

/// A detection holds the gate from this share of what its rule believes: what is weak now may be
/// strong in the next picture.
const WEAK: f32 = 0.7;

/// Events that are open.
#[derive(Debug, Default)]
pub(super) struct OpenEvents(HashSet<EventId>);

impl OpenEvents {
    pub(super) fn note(&mut self, changes: &[EventChange]) {
        for change in changes {
            match change.phase {
                Phase::Raised | Phase::Updated => self.0.insert(change.event_id),
                Phase::Cleared => self.0.remove(&change.event_id),
            };
        }
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

impl CameraAnalysis {
    /// What in a picture that was not analysed yet is worth analysing all that lies before it.
    #[must_use]
    pub fn glance(&self, size: PictureSize, detections: &[Detection]) -> Option<Cause> {
        let counts = |found: &Detection| {
            !self.scene.masks(&found.bbox, size)
                && self.is_counted(&found.class, found.score, &found.bbox, size)
        };
        detections.iter().any(counts).then_some(Cause::Hit)
    }

    /// What keeps the gate open after a picture; `visible` are its detections outside of masks.
    pub(super) fn holds(
        &self,
        size: PictureSize,
        tracks: &[Track],
        visible: &[Detection],
    ) -> Option<Cause> {
        if !self.open.0.is_empty() {
            return Some(Cause::Event);
        }
        let tracked = |track: &Track| self.is_counted(&track.class, track.score, &track.bbox, size);
        if tracks.iter().any(tracked) {
            return Some(Cause::Track);
        }
        let hit = |found: &Detection| self.is_counted(&found.class, found.score, &found.bbox, size);
        visible.iter().any(hit).then_some(Cause::Hit)
    }

    fn is_counted(&self, class: &str, score: f32, bbox: &PixelBox, size: PictureSize) -> bool {
        let speaking = |placed: &&PlacedRule| placed.voice == Voice::Speaks;
        self.rules.iter().filter(speaking).any(|placed| {
            let rule = &placed.config;
            score >= WEAK * rule.least_score(class)
                && rule.kind.classes().iter().any(|known| **known == *class)
                && placed.may_touch(bbox, size)
        })
    }
}

impl PlacedRule {
    /// Whether a box lies at least partly in the rectangle around the rule's zone. Generous: what
    /// drives towards a zone is in it soon.
    fn may_touch(&self, bbox: &PixelBox, size: PictureSize) -> bool {
        let Some(wanted) = &self.config.zone else {
            return true;
        };
        let Some(zone) = self.zones.iter().find(|zone| zone.id == *wanted) else {
            return true;
        };
        let (width, height) = size.as_f32();
        let corners = zone.polygon.points();
        let across = corners.iter().map(|corner| corner.x * width);
        let down = corners.iter().map(|corner| corner.y * height);
        let (left, right) = span(across);
        let (top, bottom) = span(down);
        bbox.x <= right && bbox.x + bbox.w >= left && bbox.y <= bottom && bbox.y + bbox.h >= top
    }
}

fn span(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Look;
    use crate::config::Config;
    use crate::time::StreamTime;
    use crate::track::TrackerOptions;

    const SIZE: PictureSize = PictureSize {
        width: 1000,
        height: 1000,
    };

    fn analysis() -> CameraAnalysis {
        let text = r#"
            [agent]
            [[model]]
            name = "yolox-nano"
            [[camera]]
            id = "cam"
            url = "rtsp://h/p"
            [[camera.zone]]
            id = "kerb"
            polygon = [[0.5, 0.5], [0.9, 0.5], [0.9, 0.9], [0.5, 0.9]]
            [[camera.mask]]
            polygon = [[0.8, 0.8], [1.0, 0.8], [1.0, 1.0], [0.8, 1.0]]
            [[camera.rule]]
            kind = "illegal_parking"
            zone = "kerb"
            dwell_s = 1
            clear_after_s = 1
            min_confidence = 0.5
        "#;
        let config = Config::parse(text, std::path::Path::new("agent.toml")).unwrap();
        CameraAnalysis::new(&config.cameras[0], TrackerOptions::default())
    }

    fn found(class: &str, score: f32, x: f32, y: f32) -> Detection {
        Detection {
            class: class.into(),
            score,
            bbox: PixelBox {
                x,
                y,
                w: 60.0,
                h: 40.0,
            },
        }
    }

    #[test]
    fn only_what_a_rule_may_count_wakes() {
        let analysis = analysis();
        let glance = |found: Detection| analysis.glance(SIZE, &[found]);
        assert_eq!(glance(found("car", 0.4, 600.0, 600.0)), Some(Cause::Hit));
        for (why, found) in [
            ("too weak", found("car", 0.3, 600.0, 600.0)),
            ("another class", found("person", 0.9, 600.0, 600.0)),
            ("outside of the zone", found("car", 0.9, 100.0, 600.0)),
            ("masked", found("car", 0.9, 850.0, 850.0)),
        ] {
            assert_eq!(glance(found), None, "{why}");
        }
    }

    #[test]
    fn a_track_holds_while_it_lives_and_an_event_while_it_is_open() {
        let mut analysis = analysis();
        let mut held = Vec::new();
        for picture in 0..40 {
            let detections = match picture {
                5..20 => vec![found("car", 0.9, 600.0, 600.0)],
                _ => vec![],
            };
            let step = analysis.step(&Look {
                detections: &detections,
                ..Look::new(StreamTime::from_secs_f64(f64::from(picture) / 5.0), SIZE)
            });
            held.push(step.holds);
        }
        assert_eq!(held[4], None);
        assert!(matches!(held[5], Some(Cause::Track | Cause::Hit)));
        assert_eq!(held[19], Some(Cause::Event));
        assert_eq!(held[21], Some(Cause::Event), "until it is cleared");
        assert_eq!(held[39], None);
    }
}
