//! The book of open events: each change becomes the next revision of that event's report.

use std::collections::HashMap;

use contract::v1::{
    AgentId, AutoReport, Basis, CameraId, Clock, ClockSource, ClockTrust, EventId, Evidence,
    EvidenceId, EvidenceKind, Interval, Kind, MAX_EVIDENCE_ENTRIES, MAX_TRACKS, ModelRef, Moment,
    Part, Phase, Place, RedLightMoments, ReportFault, Severity, UnavailableReason, ZoneId,
};
use jiff::Timestamp;

use super::brief;
use super::journal::Entry;
use crate::geometry::PictureSize;
use crate::rule::EventChange;
use crate::time::ClockAnchor;

/// What every report of one camera says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraFacts {
    /// Its id.
    pub id: CameraId,
    /// Its name for people.
    pub name: Option<String>,
    /// Where it stands, as uncertain as what it sees may be far from there.
    pub place: Option<Place>,
    /// The model that watches its pictures.
    pub model: Option<ModelRef>,
    /// The pose it is in; absent for a fixed camera.
    pub pose: Option<String>,
    /// What decisions about it rest on.
    pub grounds: Option<Grounds>,
}

/// What decisions about a camera rest on, beside the picture: which configuration was in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Grounds {
    /// SHA-256 of the configuration, hexadecimal.
    pub config_version: String,
    /// The version of the camera's calibration.
    pub calibration_version: Option<String>,
    /// SHA-256 of each zone's corners, hexadecimal.
    pub zone_versions: HashMap<ZoneId, String>,
    /// The offences that its rules propose.
    pub proposals: Vec<Proposal>,
}

/// What one rule's events are proposed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The rule's detail.
    pub detail: &'static str,
    /// The rule's zone.
    pub zone: Option<ZoneId>,
    /// The code of the offence.
    pub offence: String,
}

impl Grounds {
    fn basis(&self, birth: &Birth<'_>) -> Basis {
        let zone_version = birth.zone.and_then(|zone| self.zone_versions.get(zone));
        let proposal = self
            .proposals
            .iter()
            .find(|rule| rule.detail == birth.detail && rule.zone.as_ref() == birth.zone);
        Basis {
            decided_at: birth.decided,
            config_version: self.config_version.clone(),
            zone_version: zone_version.cloned(),
            calibration_version: self.calibration_version.clone(),
            proposed_offence: proposal.map(|rule| rule.offence.clone()),
            red_light: birth.red_light,
        }
    }
}

impl CameraFacts {
    /// The version of the calibration, where there is one.
    #[must_use]
    pub fn calibration(&self) -> Option<&str> {
        self.grounds.as_ref()?.calibration_version.as_deref()
    }

    /// All there is to say of a camera that the configuration no longer names.
    #[must_use]
    pub const fn only_id(id: CameraId) -> Self {
        Self {
            id,
            name: None,
            place: None,
            model: None,
            pose: None,
            grounds: None,
        }
    }
}

/// A change, and what is needed to put it on paper.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// What the rule said.
    pub change: &'a EventChange,
    /// The wall clock of the event's time line.
    pub clock: ClockAnchor,
    /// What is known of the clocks.
    pub known: Clock,
    /// The size of the pictures, which turns pixels to fractions.
    pub size: PictureSize,
    /// The camera.
    pub camera: &'a CameraFacts,
    /// The evidence that will follow; only a raised event promises any.
    pub promised: &'a [Promise],
}

/// A piece of evidence that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Its id from now on.
    pub id: EvidenceId,
    /// What it will show.
    pub kind: EvidenceKind,
}

impl Promise {
    /// The promise after its outcome.
    #[must_use]
    pub fn settled(self, outcome: &Outcome) -> Evidence {
        let pending = Evidence::Pending {
            id: self.id,
            kind: self.kind,
        };
        settled(&pending, outcome)
    }
}

/// What became of a promised piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It exists.
    Sealed {
        /// Media type.
        mime: String,
        /// Length in bytes.
        bytes: u64,
        /// SHA-256 in lower-case hexadecimal digits.
        sha256: String,
        /// When the camera saw what it shows.
        shown: Option<Interval>,
        /// Which part, where there are several.
        part: Option<Part>,
        /// The track that a crop shows.
        track: Option<u64>,
    },
    /// It never will, or no longer does.
    Unavailable(UnavailableReason),
}

/// Why a change did not become a revision.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The event was cleared before.
    #[error("event {0} has been cleared and cannot change any more")]
    Closed(EventId),
    /// The rule gave values that the contract refuses.
    #[error("the rule's change does not make a valid report")]
    Invalid(#[source] ReportFault),
}

/// The last revision of every event that can still change.
///
/// Invariant: an event's revisions count up by one; once its evidence is settled and it is
/// cleared, the book forgets it. The book can be rebuilt from the last revisions alone
/// ([`ReportBook::adopt`]), so a restart loses nothing.
#[derive(Debug)]
pub struct ReportBook {
    agent: AgentId,
    events: HashMap<EventId, AutoReport>,
}

impl ReportBook {
    /// An empty book.
    #[must_use]
    pub fn new(agent: AgentId) -> Self {
        Self {
            agent,
            events: HashMap::new(),
        }
    }

    /// Takes an event's last revision from the disk.
    pub fn adopt(&mut self, last: AutoReport) {
        self.events.insert(last.event_id, last);
    }

    /// Whether the event is in the book.
    #[must_use]
    pub fn holds(&self, event: EventId) -> bool {
        self.events.contains_key(&event)
    }

    /// Every event in the book: those that can still change.
    #[must_use]
    pub fn events(&self) -> Vec<EventId> {
        self.events.keys().copied().collect()
    }

    /// Puts a rule's change on paper: the event's next revision.
    ///
    /// # Errors
    /// [`BookError::Closed`] after the event was cleared; [`BookError::Invalid`] where the change
    /// does not fit the contract. The book stays as it was.
    pub fn change(&mut self, sighting: &Sighting<'_>) -> Result<AutoReport, BookError> {
        let change = sighting.change;
        let mut report = match self.events.get(&change.event_id) {
            Some(last) if last.phase == Phase::Cleared => {
                return Err(BookError::Closed(change.event_id));
            }
            Some(last) => AutoReport {
                revision: last.revision + 1,
                ..last.clone()
            },
            None => self.first_revision(&Birth {
                event_id: change.event_id,
                kind: change.kind,
                detail: change.detail,
                severity: change.severity,
                began: sighting.clock.wall_at(change.began),
                decided: sighting.clock.wall_at(change.at),
                zone: change.zone.as_ref(),
                rule_version: change.rule_version,
                camera: sighting.camera,
                promised: sighting.promised,
                known: sighting.known,
                red_light: red_light(sighting),
            }),
        };
        report.phase = change.phase;
        report.severity = change.severity;
        if is_doubt(sighting.known.trust) {
            report.clock = sighting.known;
        }
        report.confidence = brief::unit(change.confidence);
        report.count = Some(report.count.unwrap_or(0).max(change.count));
        report.place = better_place(report.place, change, sighting.camera.place);
        brief::add_sighting(&mut report.tracks, &change.tracks, sighting.size);
        if !change.speeds.is_empty() {
            report.speeds = change
                .speeds
                .iter()
                .take(MAX_TRACKS)
                .map(brief::speed)
                .collect();
        }
        report.heading = change.heading.or(report.heading);
        if change.phase == Phase::Cleared {
            let end = sighting.clock.wall_at(change.at);
            report.occurred.end = Some(end.max(report.occurred.start));
        }
        report.validate().map_err(BookError::Invalid)?;
        Ok(self.keep(report))
    }

    /// Puts an event on paper that only the event log knows: its first revision, raised, with all
    /// that the log tells. Its end is told by [`ReportBook::close`].
    ///
    /// # Errors
    /// [`BookError::Invalid`] where the log's line does not fit the contract.
    pub fn recover(
        &mut self,
        told: &Entry,
        camera: &CameraFacts,
        promised: &[Promise],
    ) -> Result<AutoReport, BookError> {
        // The log knows in which pose it was; the configuration only what holds in every one.
        let camera = &CameraFacts {
            place: told.place.or(camera.place),
            pose: told.pose.clone().or_else(|| camera.pose.clone()),
            grounds: camera.grounds.clone().map(|grounds| Grounds {
                calibration_version: told.calibration.clone().or(grounds.calibration_version),
                ..grounds
            }),
            ..camera.clone()
        };
        let report = AutoReport {
            confidence: told.confidence,
            tracks: told.tracks.clone(),
            count: Some(told.count),
            ..self.first_revision(&Birth {
                event_id: told.event_id,
                kind: told.kind,
                detail: &told.detail,
                severity: told.severity,
                began: told.began,
                decided: told.decided(),
                zone: told.zone.as_ref(),
                rule_version: &told.rule_version,
                camera,
                promised,
                known: UNKNOWN_CLOCK,
                red_light: told.red_light(),
            })
        };
        report.validate().map_err(BookError::Invalid)?;
        Ok(self.keep(report))
    }

    /// Takes up what the event log tells of an adopted event and its last revision does not say
    /// yet; the next revision does. An event that was cleared is as it was.
    pub fn catch_up(&mut self, told: &Entry) {
        let Some(report) = self.events.get_mut(&told.event_id) else {
            return;
        };
        if report.phase == Phase::Cleared {
            return;
        }
        report.severity = told.severity;
        report.confidence = brief::unit(told.confidence);
        report.count = Some(report.count.unwrap_or(0).max(told.count));
    }

    /// Promises more evidence of an open event, as far as a report holds that much: the second part
    /// of a clip. The revision that settles it tells of it.
    pub fn promise(&mut self, event: EventId, more: &[Promise]) {
        if let Some(report) = self.events.get_mut(&event) {
            let room = MAX_EVIDENCE_ENTRIES.saturating_sub(report.evidence.len());
            report.evidence.extend(more.iter().take(room).map(pending));
        }
    }

    /// Says what became of evidence of one event. `None` where that says nothing new.
    pub fn settle(
        &mut self,
        event: EventId,
        outcomes: &[(EvidenceId, Outcome)],
    ) -> Option<AutoReport> {
        let last = self.events.get(&event)?;
        let mut evidence = last.evidence.clone();
        for entry in &mut evidence {
            if let Some((_, outcome)) = outcomes.iter().find(|(id, _)| *id == entry.id()) {
                *entry = settled(entry, outcome);
            }
        }
        if evidence == last.evidence {
            return None;
        }
        let phase = match last.phase {
            Phase::Cleared => Phase::Cleared,
            Phase::Raised | Phase::Updated => Phase::Updated,
        };
        let report = AutoReport {
            revision: last.revision + 1,
            phase,
            evidence,
            ..last.clone()
        };
        Some(self.keep(report))
    }

    /// Closes an event that nobody watches any more, at `end`; its pending evidence becomes
    /// unavailable for `reason`. `None` where it is unknown, or closed with nothing pending.
    pub fn close(
        &mut self,
        event: EventId,
        end: Timestamp,
        reason: UnavailableReason,
    ) -> Option<AutoReport> {
        let last = self.events.get(&event)?;
        let mut report = AutoReport {
            revision: last.revision + 1,
            ..last.clone()
        };
        for entry in &mut report.evidence {
            // The seal is not lost with the parts: it says what became of them.
            if matches!(entry, Evidence::Pending { .. }) && !entry.kind().is_seal() {
                *entry = settled(entry, &Outcome::Unavailable(reason));
            }
        }
        if report.phase == Phase::Cleared && report.evidence == last.evidence {
            return None;
        }
        report.phase = Phase::Cleared;
        let end = report.occurred.end.unwrap_or(end);
        report.occurred.end = Some(end.max(report.occurred.start));
        Some(self.keep(report))
    }

    /// Whether every part of the revision is settled, and its seal is due.
    #[must_use]
    pub fn awaits_seal(report: &AutoReport) -> bool {
        let pending = |entry: &&Evidence| matches!(entry, Evidence::Pending { .. });
        let mut open = report.evidence.iter().filter(pending).peekable();
        open.peek().is_some() && open.all(|entry| entry.kind().is_seal())
    }

    /// Puts the seal into a revision that has not been filed yet: its number stays.
    pub fn seal(
        &mut self,
        mut report: AutoReport,
        outcomes: &[(EvidenceId, Outcome)],
    ) -> AutoReport {
        for entry in &mut report.evidence {
            if let Some((_, outcome)) = outcomes.iter().find(|(id, _)| *id == entry.id()) {
                *entry = settled(entry, outcome);
            }
        }
        self.keep(report)
    }

    fn first_revision(&self, birth: &Birth<'_>) -> AutoReport {
        let camera = birth.camera;
        AutoReport {
            event_id: birth.event_id,
            revision: 1,
            phase: Phase::Raised,
            kind: birth.kind,
            detail: birth.detail.to_owned(),
            confidence: 0.0,
            severity: birth.severity,
            occurred: Interval {
                start: birth.began,
                end: None,
            },
            clock: birth.known,
            place: camera.place,
            agent: self.agent.clone(),
            camera: camera.id.clone(),
            camera_name: camera.name.clone(),
            pose: camera.pose.clone(),
            zone: birth.zone.cloned(),
            tracks: Vec::new(),
            speeds: Vec::new(),
            heading: None,
            count: None,
            model: camera.model.clone(),
            rule_version: birth.rule_version.to_owned(),
            basis: camera.grounds.as_ref().map(|grounds| grounds.basis(birth)),
            evidence: birth.promised.iter().map(pending).collect(),
        }
    }

    fn keep(&mut self, report: AutoReport) -> AutoReport {
        if is_final(&report) {
            self.events.remove(&report.event_id);
        } else {
            self.events.insert(report.event_id, report.clone());
        }
        report
    }
}

/// What a first revision says, from wherever it is known.
struct Birth<'a> {
    event_id: EventId,
    kind: Kind,
    detail: &'a str,
    severity: Severity,
    began: Timestamp,
    decided: Timestamp,
    zone: Option<&'a ZoneId>,
    rule_version: &'a str,
    camera: &'a CameraFacts,
    promised: &'a [Promise],
    known: Clock,
    red_light: Option<RedLightMoments>,
}

/// The three moments of a red-light violation. The first picture from before that was promised shows the
/// first, the second the second, the deciding one the third.
fn red_light(sighting: &Sighting<'_>) -> Option<RedLightMoments> {
    let change = sighting.change;
    let moments = change.moments.filter(|_| change.detail == RED_LIGHT)?;
    let mut before = sighting
        .promised
        .iter()
        .filter(|promise| promise.kind == EvidenceKind::StillBefore)
        .map(|promise| promise.id);
    let mut deciding = sighting
        .promised
        .iter()
        .filter(|promise| promise.kind == EvidenceKind::Still && moments.after == change.at)
        .map(|promise| promise.id);
    let moment = |at, still| Moment {
        at: sighting.clock.wall_at(at),
        still,
    };
    Some(RedLightMoments {
        before: moment(moments.before, before.next()),
        crossing: moment(moments.crossing, before.next()),
        after: moment(moments.after, deciding.next()),
    })
}

/// The detail whose reports have three moments.
pub(super) const RED_LIGHT: &str = "red_light";

/// What a report says of its clocks where nobody asked them.
pub const UNKNOWN_CLOCK: Clock = Clock {
    source: ClockSource::Agent,
    offset_ms: None,
    agent: None,
    trust: ClockTrust::Unknown,
};

/// The place of the tracks when the event is raised; a later one only where it is more certain, so that an
/// event does not wander with what takes part in it.
fn better_place(
    known: Option<Place>,
    change: &EventChange,
    camera: Option<Place>,
) -> Option<Place> {
    let Some(found) = change.place else {
        return known;
    };
    let Some(known) = known.filter(|_| change.phase != Phase::Raised) else {
        return Some(found);
    };
    let better = match (known, found) {
        // The camera's own position is no place of the event.
        _ if Some(known) == camera => true,
        (Place::Bearing(_), Place::Point { .. }) => true,
        (Place::Point { .. }, Place::Bearing(_)) => false,
        (Place::Bearing(known), Place::Bearing(found)) => {
            found.uncertainty_deg < known.uncertainty_deg
        }
        (
            Place::Point {
                uncertainty_m: known,
                ..
            },
            Place::Point {
                uncertainty_m: found,
                ..
            },
        ) => found < known,
    };
    Some(if better { found } else { known })
}

/// A doubt that comes up while an event goes on stays with it; a later comparison does not take it
/// back.
const fn is_doubt(trust: ClockTrust) -> bool {
    !matches!(trust, ClockTrust::Unknown | ClockTrust::Trusted)
}

const fn pending(promise: &Promise) -> Evidence {
    Evidence::Pending {
        id: promise.id,
        kind: promise.kind,
    }
}

/// Whether nothing can follow: cleared, and no evidence outstanding.
fn is_final(report: &AutoReport) -> bool {
    report.phase == Phase::Cleared
        && !report
            .evidence
            .iter()
            .any(|entry| matches!(entry, Evidence::Pending { .. }))
}

/// An entry after its outcome. What is unavailable stays so; what is sealed can only be lost.
fn settled(entry: &Evidence, outcome: &Outcome) -> Evidence {
    match (entry, outcome) {
        (
            Evidence::Pending { id, kind },
            Outcome::Sealed {
                mime,
                bytes,
                sha256,
                shown,
                part,
                track,
            },
        ) => Evidence::Sealed {
            id: *id,
            kind: *kind,
            mime: mime.clone(),
            bytes: *bytes,
            sha256: sha256.clone(),
            shown: *shown,
            part: *part,
            track: *track,
        },
        (
            Evidence::Pending { id, kind } | Evidence::Sealed { id, kind, .. },
            Outcome::Unavailable(reason),
        ) => Evidence::Unavailable {
            id: *id,
            kind: *kind,
            reason: *reason,
        },
        (Evidence::Sealed { .. } | Evidence::Unavailable { .. }, _) => entry.clone(),
    }
}

#[cfg(test)]
mod tests;
