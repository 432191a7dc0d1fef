//! The rows of one batch in memory, and what a report does to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use casework::lifecycle::{OpenedBy, State};
use casework::routing::Source;
use contract::v1::{AutoReport, EventId, Evidence, Phase};
use jiff::Timestamp;
use merge::{Model, Standing as Stands};

use super::company::Company;
use super::{Applied, Filed, VerifiedReport};
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::incident::facts::{EventFacts, Sum};
use crate::incident::history::CAMERA_ACTOR;
use crate::incident::intake::{Decision, Placed, placed as revised, weighed};
use crate::incident::witness;
use crate::store::cases::state_of;
use crate::store::entity::{camera, event, evidence, incident, message, report as report_table};
use crate::store::incident_facts::{events_of, facts_of_event, put_sum, sum_of_row};
use crate::store::incident_history::HistoryEntry;
use crate::store::incidents::placed;
use crate::store::notices::FireNews;
use crate::store::reports::{event_row, json, message_row, report_row};
use crate::store::{StoreError, Tx};

/// Why an event was linked: its decision is stored with every reason.
const LINK_REASON: &str = "weighed";
/// Events of one incident whose cameras say that it is over, beyond which it takes no more: its
/// end is found by asking all of them.
const MOST_EVENTS_OF_CLEARED: u32 = 64;

/// Whether a row must be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It stands in the database as it is here.
    AsRead,
    /// It differs from the one in the database.
    Changed,
    /// The database does not know it.
    New,
}

impl Standing {
    pub(super) fn change(&mut self) {
        if *self == Self::AsRead {
            *self = Self::Changed;
        }
    }
}

/// A row and whether it must be written.
#[derive(Debug, Clone)]
pub(super) struct Page<T> {
    pub(super) row: T,
    pub(super) standing: Standing,
}

impl<T> Page<T> {
    pub(super) const fn read(row: T) -> Self {
        Self {
            row,
            standing: Standing::AsRead,
        }
    }

    pub(super) const fn new(row: T) -> Self {
        Self {
            row,
            standing: Standing::New,
        }
    }
}

/// An incident, its facts, and what happened to it in this batch.
#[derive(Debug, Clone)]
pub(super) struct IncidentPage {
    pub(super) page: Page<incident::Model>,
    pub(super) happened: Vec<(HistoryEntry, Timestamp)>,
    /// What happened that may have to be told at once, where it is a fire.
    pub(super) news: BTreeSet<FireNews>,
    sum: Sum,
}

impl IncidentPage {
    pub(super) fn read(row: incident::Model) -> Result<Self, StoreError> {
        Ok(Self {
            sum: sum_of_row(&row)?,
            page: Page::read(row),
            happened: Vec::new(),
            news: BTreeSet::new(),
        })
    }

    /// Takes a new sum over, and remembers what it means for the incident.
    fn take(&mut self, sum: Sum, now: Timestamp) {
        let before = self.sum.facts.camera_phase;
        let action = match (before, sum.facts.camera_phase) {
            (Phase::Raised | Phase::Updated, Phase::Cleared) => Some("clear"),
            (Phase::Cleared, Phase::Raised | Phase::Updated) => Some("resume"),
            _ => None,
        };
        if sum.facts.severity > self.sum.facts.severity {
            self.news.insert(FireNews::Grew);
        }
        self.sum = sum;
        put_sum(&mut self.page.row, &self.sum);
        if let Some(action) = action {
            self.remember(action, None, None, now);
        }
    }

    /// Whose word changed it last in this batch.
    pub(super) fn actor(&self) -> &str {
        let last = self.happened.last();
        last.map_or(CAMERA_ACTOR, |(entry, _)| entry.actor.as_str())
    }

    fn remember(
        &mut self,
        action: &'static str,
        to: Option<&str>,
        reason: Option<&str>,
        now: Timestamp,
    ) {
        let entry = HistoryEntry {
            actor: CAMERA_ACTOR.to_owned(),
            action: action.to_owned(),
            from: None,
            to: to.map(str::to_owned),
            reason: reason.map(str::to_owned),
            note: None,
        };
        self.happened.push((entry, now));
    }

    /// Where it stands for merging; none where it takes nothing more.
    pub(super) fn stands(&self) -> Result<Option<Stands>, StoreError> {
        let phase = self.sum.facts.camera_phase;
        let full = phase == Phase::Cleared && self.sum.tally.events >= MOST_EVENTS_OF_CLEARED;
        if full || self.page.row.inside.is_some() {
            return Ok(None);
        }
        Ok(Some(witness::standing(state_of(&self.page.row)?, phase)))
    }
}

/// What is known of a stored revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) sha256: String,
    pub(super) agent: String,
}

/// The rows of one batch.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) reports: HashMap<(EventId, u32), Known>,
    pub(super) events: HashMap<EventId, Page<event::Model>>,
    pub(super) cameras: BTreeMap<(String, String), Page<camera::Model>>,
    pub(super) evidence: BTreeMap<(String, String), Page<evidence::Model>>,
    pub(super) incidents: BTreeMap<IncidentId, IncidentPage>,
    /// What the witnesses of those incidents say.
    pub(super) company: Company,
    pub(super) new_messages: Vec<message::Model>,
    pub(super) new_reports: Vec<report_table::Model>,
}

impl Book {
    pub(super) async fn take(
        &mut self,
        tx: &Tx,
        model: &Model,
        verified: &VerifiedReport<'_>,
    ) -> Result<Filed, StoreError> {
        let report = verified.report;
        let known = Known {
            sha256: verified.sha256.to_owned(),
            agent: report.agent.to_string(),
        };
        let key = (report.event_id, report.revision);
        if let Some(stored) = self.reports.get(&key) {
            return Ok(if *stored == known {
                Filed::Duplicate
            } else {
                Filed::Conflict
            });
        }
        let Some(before) = self.note_event(report)? else {
            return Ok(Filed::Conflict);
        };
        self.reports.insert(key, known);
        let message = message_row(verified);
        self.new_reports
            .push(report_row(verified, message.id.clone()));
        self.new_messages.push(message);
        self.note_camera(report, verified.received);
        for entry in &report.evidence {
            self.note_evidence(report, entry);
        }
        let applied = self
            .apply(tx, model, report, before, verified.received)
            .await?;
        Ok(Filed::New(applied))
    }

    /// Makes or revises the event; returns what was known of it before, or `None` where it is
    /// another agent's or camera's.
    fn note_event(
        &mut self,
        report: &AutoReport,
    ) -> Result<Option<Option<EventFacts>>, StoreError> {
        let Some(page) = self.events.get_mut(&report.event_id) else {
            let page = Page::new(event_row(report));
            self.events.insert(report.event_id, page);
            return Ok(Some(None));
        };
        let row = &mut page.row;
        if row.agent != report.agent.as_str() || row.camera != report.camera.as_str() {
            return Ok(None);
        }
        let before = facts_of_event(row)?;
        row.report_count += 1;
        if i64::from(report.revision) > row.revision {
            *row = event::Model {
                report_count: row.report_count,
                incident_id: row.incident_id.take(),
                ..event_row(report)
            };
        }
        page.standing.change();
        Ok(Some(Some(before)))
    }

    /// Learns a camera's name and place from a report.
    fn note_camera(&mut self, report: &AutoReport, now: Timestamp) {
        let key = (report.agent.to_string(), report.camera.to_string());
        let Some(page) = self.cameras.get_mut(&key) else {
            return;
        };
        let name = report.camera_name.as_ref().or(page.row.name.as_ref());
        let place = report.place.as_ref().map(json);
        let place = place.as_ref().or(page.row.place.as_ref());
        if name == page.row.name.as_ref() && place == page.row.place.as_ref() {
            return;
        }
        (page.row.name, page.row.place) = (name.cloned(), place.cloned());
        page.row.updated_at = now.as_microsecond();
        page.standing.change();
    }

    /// For each entry the highest revision that names it decides, and bytes that are stored stay
    /// stored.
    fn note_evidence(&mut self, report: &AutoReport, entry: &Evidence) {
        let row = crate::store::evidence::row(report, entry);
        let key = (row.event_id.clone(), row.id.clone());
        match self.evidence.get_mut(&key) {
            None => drop(self.evidence.insert(key, Page::new(row))),
            Some(page) if row.revision <= page.row.revision || page.row.state == "stored" => {}
            Some(page) => {
                page.row = row;
                page.standing.change();
            }
        }
    }

    async fn apply(
        &mut self,
        tx: &Tx,
        model: &Model,
        report: &AutoReport,
        before: Option<EventFacts>,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let seen = witness::of(report);
        let (decision, told) = match self.place_of(report.event_id)? {
            Some(place) => (revised(report, place), None),
            None => {
                let told = self.company.weigh(model, &seen, &self.incidents)?;
                (weighed(told.verdict), Some(told))
            }
        };
        let after = EventFacts::of(report);
        let id = match decision {
            Decision::Late { incident } => incident,
            Decision::Revise { incident } => {
                self.sum_up(tx, incident, before.as_ref(), &after, now)
                    .await?;
                incident
            }
            Decision::Link { incident } => {
                self.place(report.event_id, incident);
                let page = self.incident(incident)?;
                page.page.row.version += 1;
                page.remember("link", None, Some(LINK_REASON), now);
                page.news.insert(FireNews::Joined);
                self.sum_up(tx, incident, None, &after, now).await?;
                incident
            }
            Decision::Open { reason } => {
                let id = IncidentId::new();
                let mut page = opened(id, report, &after, now)?;
                let to = Some(State::New.as_str());
                page.remember("open", to, Some(reason.as_str()), now);
                self.incidents.insert(id, page);
                self.place(report.event_id, id);
                id
            }
        };
        match decision {
            Decision::Late { .. } => {}
            Decision::Revise { .. } => self.company.revise(model, id, &seen),
            Decision::Link { .. } | Decision::Open { .. } => self.company.join(model, id, &seen),
        }
        if let Some(told) = told {
            self.company.note(model, &seen, id, &told, now);
        }
        let page = self.incident(id)?;
        page.page.standing.change();
        page.page.row.report_count += 1;
        page.page.row.updated_at = now.as_microsecond();
        let version = page.page.row.version;
        Ok(Applied {
            decision,
            change: Change::Incident { id, version },
        })
    }

    fn place_of(&self, event: EventId) -> Result<Option<Placed>, StoreError> {
        let row = self.events.get(&event).map(|page| &page.row);
        Ok(row.map(placed).transpose()?.flatten())
    }

    fn place(&mut self, event: EventId, incident: IncidentId) {
        if let Some(page) = self.events.get_mut(&event) {
            page.row.incident_id = Some(incident.to_string());
            page.standing.change();
        }
    }

    fn incident(&mut self, id: IncidentId) -> Result<&mut IncidentPage, StoreError> {
        self.incidents.get_mut(&id).ok_or(StoreError::Unreadable {
            table: "events",
            column: "incident_id",
        })
    }

    /// Brings an incident's facts up to date with one event that changed: from the sum where that
    /// is enough, else from all its events.
    async fn sum_up(
        &mut self,
        tx: &Tx,
        id: IncidentId,
        before: Option<&EventFacts>,
        after: &EventFacts,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let page = self.incident(id)?;
        let sum = match page.sum.changed(before, after) {
            Some(sum) => Some(sum),
            None => Sum::of(&self.events_of(tx, id).await?),
        };
        if let Some(sum) = sum {
            self.incident(id)?.take(sum, now);
        }
        Ok(())
    }

    /// Every event of an incident: those of this batch as they are now, the others as stored.
    async fn events_of(&self, tx: &Tx, id: IncidentId) -> Result<Vec<EventFacts>, StoreError> {
        let text = id.to_string();
        let here = |page: &&Page<event::Model>| page.row.incident_id.as_deref() == Some(&text);
        let mut events = events_of(tx, id).await?;
        events.retain(|event| !self.events.contains_key(&event.event_id));
        for page in self.events.values().filter(here) {
            events.push(facts_of_event(&page.row)?);
        }
        Ok(events)
    }
}

/// A new incident of one event. Its number is given when it is written.
fn opened(
    id: IncidentId,
    report: &AutoReport,
    after: &EventFacts,
    now: Timestamp,
) -> Result<IncidentPage, StoreError> {
    let sum = Sum::of(std::slice::from_ref(after)).ok_or(StoreError::Unreadable {
        table: "events",
        column: "event_id",
    })?;
    let mut row = incident::Model {
        kind: report.kind.as_str().to_owned(),
        detail: report.detail.clone(),
        agent: report.agent.to_string(),
        camera: report.camera.to_string(),
        zone: report.zone.as_ref().map(ToString::to_string),
        ..incident::Model::opened(id, OpenedBy::Camera, Source::Camera, now)
    };
    put_sum(&mut row, &sum);
    Ok(IncidentPage {
        page: Page::new(row),
        happened: Vec::new(),
        news: BTreeSet::from([FireNews::Opened]),
        sum,
    })
}
