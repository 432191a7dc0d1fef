//! The event log's lines, and what they tell after a crash.
//!
//! Every change is a line on disk before the desk hears of it: the log is the outbox's write-ahead
//! journal. This file says what a line holds and which events a killed run saw but never filed.
//! Pure: text in, events out. What does not belong here: the file (`pipeline::event_log`).

use std::collections::{HashMap, HashSet};
use std::fmt;

use contract::v1::{
    CameraId, EventId, Kind, Moment, Phase, Place, RedLightMoments, Severity, TrackBrief, ZoneId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::book::{RED_LIGHT, Sighting};
use super::brief;
use crate::rule::Moments;

/// Fewest bytes of a line, so that a log of so many bytes holds at most so many events.
pub const LEAST_LINE_BYTES: u64 = 256;
/// Most bytes of a line, so that a log of so many bytes holds at least so many changes.
pub const MOST_LINE_BYTES: u64 = 4096;
/// Most tracks of a line: they are the only part that grows.
const MAX_LINE_TRACKS: usize = 16;

/// Which outbox a change was meant for.
///
/// An outbox that was made anew knows nothing of the old one's events, yet the server has them:
/// filing them again would be refused. So a log's lines bind only the outbox they name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboxId(String);

impl OutboxId {
    /// Takes the id that the outbox made for itself.
    #[must_use]
    pub const fn new(id: String) -> Self {
        Self(id)
    }

    /// No outbox: what a rule says in the shadow of others is written down and never filed.
    #[must_use]
    pub fn nobody() -> Self {
        Self("shadow".to_owned())
    }
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One change of one event: a line of the log, one flat JSON object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The wall clock at the picture that decided the change.
    pub at: Timestamp,
    /// The outbox that had to file it.
    pub outbox: OutboxId,
    /// The camera.
    pub camera: CameraId,
    /// The event.
    pub event_id: EventId,
    /// What became of it.
    pub phase: Phase,
    /// Its family.
    pub kind: Kind,
    /// Which of the family, e.g. `illegal_parking`.
    pub detail: String,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// The most objects seen at once.
    pub count: u32,
    /// The wall clock at the first sighting.
    pub began: Timestamp,
    /// `name/version` of the rule that speaks.
    pub rule_version: String,
    /// The tracks that take part, each with the box it has now; the 16 strongest.
    pub tracks: Vec<TrackBrief>,
    /// The times of a red-light violation's three moments: before, on and beyond the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<[Timestamp; 3]>,
    /// Where it is, as well as the camera can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The pose the camera was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
    /// The version of the camera's calibration in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<String>,
    /// The `at` of the event's first line, once a later line was taken up.
    #[serde(skip)]
    first_at: Option<Timestamp>,
}

impl Entry {
    /// The line of a change that the outbox `outbox` has to file.
    #[must_use]
    pub fn new(sighting: &Sighting<'_>, outbox: OutboxId) -> Self {
        let (change, clock) = (sighting.change, sighting.clock);
        let mut tracks = Vec::new();
        brief::add_sighting(&mut tracks, &change.tracks, sighting.size);
        tracks.truncate(MAX_LINE_TRACKS);
        Self {
            at: clock.wall_at(change.at),
            outbox,
            camera: sighting.camera.id.clone(),
            event_id: change.event_id,
            phase: change.phase,
            kind: change.kind,
            detail: change.detail.to_owned(),
            confidence: brief::unit(change.confidence),
            severity: change.severity,
            zone: change.zone.clone(),
            count: change.count,
            began: clock.wall_at(change.began),
            rule_version: change.rule_version.to_owned(),
            tracks,
            moments: change.moments.filter(|_| change.detail == RED_LIGHT).map(
                |Moments {
                     before,
                     crossing,
                     after,
                 }| { [before, crossing, after].map(|at| clock.wall_at(at)) },
            ),
            place: change.place,
            pose: sighting.camera.pose.clone(),
            calibration: sighting.camera.calibration().map(str::to_owned),
            first_at: None,
        }
    }

    /// The wall clock at the picture that decided the first change told of the event.
    #[must_use]
    pub fn decided(&self) -> Timestamp {
        self.first_at.unwrap_or(self.at)
    }

    /// The three moments of a red-light violation; nothing shows them any more.
    #[must_use]
    pub fn red_light(&self) -> Option<RedLightMoments> {
        let [before, crossing, after] = self.moments?.map(|at| Moment { at, still: None });
        Some(RedLightMoments {
            before,
            crossing,
            after,
        })
    }

    /// Takes what a later line of the same event says: all of it, but the start, the place, the
    /// greatest count, and the tracks where it names none (the line that clears an event sees nobody).
    fn update(&mut self, later: Self) {
        let known = std::mem::replace(self, later);
        self.began = known.began;
        self.first_at = Some(known.decided());
        self.count = self.count.max(known.count);
        self.moments = self.moments.or(known.moments);
        if self.tracks.is_empty() {
            self.tracks = known.tracks;
        }
        self.place = known.place.or(self.place);
    }
}

/// What a log's text holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Its lines in order.
    pub entries: Vec<Entry>,
    /// Lines that are no entry: cut off by a power cut or a full disk, or not ours.
    pub unreadable: usize,
}

/// Reads a log, or a piece of one. A line that cannot be read is counted and left out.
#[must_use]
pub fn read(text: &[u8]) -> Reading {
    let mut reading = Reading::default();
    for line in text.split(|byte| *byte == b'\n') {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(entry) => reading.entries.push(entry),
            Err(_) => reading.unreadable += 1,
        }
    }
    reading
}

/// What the log knows that the outbox may not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recovery {
    /// Events that were raised and never filed, each as its lines leave it, in order of birth.
    pub unfiled: Vec<Entry>,
    /// Events that were filed, as their lines leave them: a later change may not have been.
    pub filed: Vec<Entry>,
}

/// Compares the log with the ids that the outbox `outbox` has ever filed.
///
/// An event whose beginning the log no longer holds counts as filed: the desk files in order, and
/// the log holds far more lines than can ever wait for the desk.
#[must_use]
pub fn compare(entries: Vec<Entry>, outbox: &OutboxId, filed: &HashSet<EventId>) -> Recovery {
    let mut events: Vec<(Phase, Entry)> = Vec::new();
    let mut index: HashMap<EventId, usize> = HashMap::new();
    for entry in entries.into_iter().filter(|entry| entry.outbox == *outbox) {
        let known = index
            .get(&entry.event_id)
            .and_then(|at| events.get_mut(*at));
        match known {
            Some((_, event)) => event.update(entry),
            None => {
                index.insert(entry.event_id, events.len());
                events.push((entry.phase, entry));
            }
        }
    }
    let mut recovery = Recovery::default();
    for (first_phase, event) in events {
        if first_phase == Phase::Raised && !filed.contains(&event.event_id) {
            recovery.unfiled.push(event);
        } else {
            recovery.filed.push(event);
        }
    }
    recovery
}

#[cfg(test)]
mod tests;
