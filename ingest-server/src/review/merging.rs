//! Merging by people: two incidents become one, reports leave one, either is undone, suggestions
//! are answered.
//!
//! What may be done stands in `merge::casebook`. One transaction moves the reports, writes the step,
//! and appends to both histories; the changes are announced after its commit.

use std::collections::BTreeSet;

use jiff::Timestamp;
use merge::Model;
use merge::casebook::{self, Verb};
use notice::Cause;

use super::{Note, ReviewError};
use crate::changes::{Change, ChangeBus};
use crate::incident::IncidentId;
use crate::people::{Account, audit};
use crate::store::entity::incident;
use crate::store::{self, HistoryEntry, NewStep, Store, Tx};
use crate::telemetry::DECISIONS;

/// What a person wants of the merging.
#[derive(Debug, Clone)]
pub enum MergingVerb {
    /// This incident is the same as another, which takes its reports.
    Merge {
        /// The other.
        into: IncidentId,
    },
    /// These reports are of something else.
    Split {
        /// The reports: ids of events.
        reports: BTreeSet<String>,
    },
    /// A merge or split was wrong.
    Undo {
        /// Which one.
        step: String,
    },
    /// A suggestion is right.
    Accept {
        /// The decision that suggests.
        suggestion: String,
    },
    /// A suggestion is wrong.
    Decline {
        /// The decision that suggests.
        suggestion: String,
    },
}

impl MergingVerb {
    /// The word on metrics and in the audit.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Merge { .. } => "merge",
            Self::Split { .. } => "split",
            Self::Undo { .. } => "undo_merge",
            Self::Accept { .. } => "accept_suggestion",
            Self::Decline { .. } => "decline_suggestion",
        }
    }
}

/// A person's wish about an incident's merging.
#[derive(Debug, Clone)]
pub struct Merging {
    /// The incident the person looks at.
    pub incident: IncidentId,
    /// The version the person saw.
    pub version: i64,
    /// What is to be done.
    pub verb: MergingVerb,
    /// Why, in the person's own words.
    pub note: Option<Note>,
}

/// One transaction of a person.
struct Desk<'a> {
    tx: Tx,
    model: &'a Model,
    who: &'a str,
    note: Option<String>,
    now: Timestamp,
    touched: BTreeSet<IncidentId>,
}

impl Merging {
    /// Carries the wish out.
    ///
    /// # Errors
    /// [`ReviewError`]; then nothing of it stands.
    pub async fn carry_out(
        self,
        store: &Store,
        changes: &ChangeBus,
        model: &Model,
        who: &Account,
        now: Timestamp,
    ) -> Result<(), ReviewError> {
        let word = self.verb.as_str();
        let mut desk = Desk {
            tx: store.begin().await?,
            model,
            who: who.username.as_str(),
            note: self.note.map(|note| note.0),
            now,
            touched: BTreeSet::from([self.incident]),
        };
        let row = desk.row(self.incident).await?;
        if row.version != self.version {
            return Err(ReviewError::Stale {
                current: row.version,
            });
        }
        match &self.verb {
            MergingVerb::Merge { into } => Box::pin(desk.merge(&row, *into)).await?,
            MergingVerb::Split { reports } => Box::pin(desk.split(&row, reports)).await?,
            MergingVerb::Undo { step } => Box::pin(desk.undo(self.incident, step)).await?,
            MergingVerb::Accept { suggestion } => Box::pin(desk.accept(&row, suggestion)).await?,
            MergingVerb::Decline { suggestion } => {
                desk.answer(self.incident, suggestion, "declined").await?;
            }
        }
        let mut announced = Vec::new();
        for id in &desk.touched {
            let version = desk.row(*id).await?.version;
            announced.push(Change::Incident { id: *id, version });
            audit::decided(&who.username, *id, word, version);
        }
        desk.tx.commit().await?;
        announced
            .into_iter()
            .for_each(|change| changes.announce(change));
        metrics::counter!(DECISIONS, "action" => word).increment(1);
        Ok(())
    }
}

impl Desk<'_> {
    async fn row(&self, id: IncidentId) -> Result<incident::Model, ReviewError> {
        let row = store::find_incident(&self.tx, id).await?;
        row.ok_or(ReviewError::NotFound)
    }

    async fn merge(&mut self, row: &incident::Model, into: IncidentId) -> Result<(), ReviewError> {
        let other = self.row(into).await?;
        let from = store::side_of(&self.tx, row).await?;
        let to = store::side_of(&self.tx, &other).await?;
        let plan = casebook::merge(&from, &to).map_err(ReviewError::NotMerged)?;
        let new = self.step(Verb::Merge, from.id);
        store::carry_out_step(&self.tx, self.model, new, &plan).await?;
        self.remember(from.id, "merge", &other).await?;
        self.remember(into, "take_in", row).await?;
        self.tell(from.id, &Cause::MergedInto(other.number)).await?;
        self.tell(into, &Cause::Again).await
    }

    async fn split(
        &mut self,
        row: &incident::Model,
        reports: &BTreeSet<String>,
    ) -> Result<(), ReviewError> {
        let from = store::side_of(&self.tx, row).await?;
        // Asked once with the incident's own id, so that nothing is opened for what is refused.
        casebook::split(&from, reports, from.id).map_err(ReviewError::NotMerged)?;
        let events = store::events_of_incident(&self.tx, from.id).await?;
        let first = events
            .iter()
            .find(|event| reports.contains(&event.event_id));
        let to = store::open_beside(&self.tx, row, first, self.now).await?;
        let plan = casebook::split(&from, reports, to).map_err(ReviewError::NotMerged)?;
        let new = self.step(Verb::Split, from.id);
        store::carry_out_step(&self.tx, self.model, new, &plan).await?;
        let other = self.row(to).await?;
        self.remember(from.id, "split", &other).await?;
        self.remember(to, "split_off", row).await?;
        self.tell(to, &Cause::Raised).await
    }

    async fn undo(&mut self, incident: IncidentId, step: &str) -> Result<(), ReviewError> {
        let step = store::step(&self.tx, step).await?;
        let step = step.ok_or(ReviewError::NotFound)?;
        let (from, to) = (step.step.from, step.step.to);
        if incident != from && incident != to {
            return Err(ReviewError::NotFound);
        }
        let (from_row, to_row) = (self.row(from).await?, self.row(to).await?);
        let sides = (
            store::side_of(&self.tx, &from_row).await?,
            store::side_of(&self.tx, &to_row).await?,
        );
        let plan =
            casebook::undo(&step.step, &sides.0, &sides.1).map_err(ReviewError::NotMerged)?;
        store::undo_step(&self.tx, self.model, &step, &plan, self.who, self.now).await?;
        self.remember(from, "undo_merge", &to_row).await?;
        self.remember(to, "undo_merge", &from_row).await?;
        self.tell(from, &Cause::Reopened).await?;
        self.tell(to, &Cause::Reopened).await
    }

    async fn accept(&mut self, row: &incident::Model, suggestion: &str) -> Result<(), ReviewError> {
        let here = store::incident_id(row)?;
        let other = self.answer(here, suggestion, "accepted").await?;
        if here == other {
            return Err(ReviewError::NoLongerSuggested);
        }
        Box::pin(self.merge(row, other)).await
    }

    /// Answers a suggestion; returns the incident that it names besides this one.
    async fn answer(
        &mut self,
        here: IncidentId,
        suggestion: &str,
        answer: &'static str,
    ) -> Result<IncidentId, ReviewError> {
        let found = store::decision(&self.tx, suggestion).await?;
        let row = found.ok_or(ReviewError::NotFound)?.row;
        let candidate: Option<IncidentId> =
            row.candidate_id.as_deref().and_then(|id| id.parse().ok());
        let home = store::home_of_witness(&self.tx, &row.witness_id).await?;
        let (Some(candidate), Some(home)) = (candidate, home) else {
            return Err(ReviewError::NotFound);
        };
        let other = match here {
            _ if here == home => candidate,
            _ if here == candidate => home,
            _ => return Err(ReviewError::NotFound),
        };
        if row.verdict != "suggested"
            || !store::answer_decision(&self.tx, suggestion, answer, self.who, self.now).await?
        {
            return Err(ReviewError::NoLongerSuggested);
        }
        self.touched.insert(other);
        Ok(other)
    }

    fn step(&self, verb: Verb, from: IncidentId) -> NewStep<'_> {
        NewStep {
            verb,
            from,
            actor: self.who,
            now: self.now,
        }
    }

    /// Remembers that units may have to be told.
    async fn tell(&self, id: IncidentId, cause: &Cause) -> Result<(), ReviewError> {
        store::enqueue_notice(&self.tx, id, cause, self.who, self.now).await?;
        Ok(())
    }

    /// Appends to an incident's history; the other incident is named by its number.
    async fn remember(
        &mut self,
        id: IncidentId,
        action: &'static str,
        other: &incident::Model,
    ) -> Result<(), ReviewError> {
        let entry = HistoryEntry {
            actor: self.who.to_owned(),
            action: action.to_owned(),
            from: None,
            to: None,
            reason: Some(format!("#{}", other.number)),
            note: self.note.clone(),
        };
        store::append_history(&self.tx, id, entry, self.now).await?;
        // Its deadlines may be another's now, or its own again.
        store::wake(&self.tx, id, self.now).await?;
        self.touched.insert(id);
        Ok(())
    }
}
