//! The incidents that a batch's new events might join, as merging sees them: what their witnesses
//! say, under which keys they are found, and what was decided.
//!
//! What was opened or changed by the batch stands here beside what was read, so that the events of
//! one batch find each other as if they had come alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use merge::block::{Key, asked_for, filed_under, narrow};
use merge::decide::{Asks, Weighed};
use merge::{Candidate, Decision, Model, Profile, Verdict, Witness, decide};

use super::book::{IncidentPage, Page, Standing};
use crate::incident::IncidentId;
use crate::store::StoreError;
use crate::store::entity::merge_decision;
use crate::store::merging::{Answering, Verdicts, decision_row};

/// Most incidents that are weighed for one event: the nearest.
const MOST_CANDIDATES: usize = 200;

/// What merging knows of the batch's incidents.
#[derive(Debug, Default)]
pub(super) struct Company {
    by_key: HashMap<String, BTreeSet<IncidentId>>,
    profiles: BTreeMap<IncidentId, Page<Profile>>,
    /// Until when each comes into question, microseconds.
    until: HashMap<IncidentId, i64>,
    /// Those that a later incident of the same camera took the place of, unless somebody speaks of
    /// them again.
    superseded: BTreeSet<IncidentId>,
    pub(super) witnesses: BTreeMap<String, (IncidentId, Witness)>,
    pub(super) decisions: Vec<merge_decision::Model>,
}

impl Company {
    /// An incident is filed under a key.
    pub(super) fn found(&mut self, key: String, incident: IncidentId, until: i64) {
        self.by_key.entry(key).or_default().insert(incident);
        self.until.insert(incident, until);
    }

    /// What an incident's witnesses say, as stored.
    pub(super) fn read(&mut self, incident: IncidentId, profile: Profile) {
        self.profiles.insert(incident, Page::read(profile));
    }

    /// Weighs a new event against every incident that comes into question.
    pub(super) fn weigh(
        &self,
        model: &Model,
        witness: &Witness,
        incidents: &BTreeMap<IncidentId, IncidentPage>,
    ) -> Result<Decision<IncidentId>, StoreError> {
        let found: BTreeSet<IncidentId> = asked_for(model, witness)
            .iter()
            .filter_map(|key| self.by_key.get(key.as_str()))
            .flatten()
            .copied()
            .collect();
        let mut candidates = Vec::new();
        for id in found.into_iter().rev() {
            let (Some(page), Some(incident)) = (self.profiles.get(&id), incidents.get(&id)) else {
                continue;
            };
            let until = self.until.get(&id).copied().unwrap_or(i64::MAX);
            if until < witness.occurred.start.as_microsecond() {
                continue;
            }
            if let Some(standing) = incident.stands()? {
                candidates.push(Candidate {
                    id,
                    profile: &page.row,
                    standing,
                });
            }
        }
        narrow(witness, &mut candidates, MOST_CANDIDATES, |one| one.profile);
        Ok(decide(model, witness, &candidates))
    }

    /// A witness joined an incident.
    pub(super) fn join(&mut self, model: &Model, incident: IncidentId, witness: &Witness) {
        let page = self
            .profiles
            .entry(incident)
            .or_insert_with(|| Page::new(Profile::default()));
        page.row.join(witness.clone());
        page.standing.change();
        self.witnesses
            .insert(witness.id.clone(), (incident, witness.clone()));
        self.file(model, incident);
    }

    /// A witness of an incident says something, perhaps nothing new. An incident that merging does not
    /// know yet, from before there was merging, becomes known by it.
    pub(super) fn revise(&mut self, model: &Model, incident: IncidentId, witness: &Witness) {
        let Some(page) = self.profiles.get_mut(&incident) else {
            return self.join(model, incident, witness);
        };
        let is_same = |known: &Witness| known == witness;
        if page.row.members().iter().any(is_same) {
            return;
        }
        let before = page.row.clone();
        page.row.revise(witness.clone());
        self.witnesses
            .insert(witness.id.clone(), (incident, witness.clone()));
        if page.row != before {
            page.standing.change();
            self.file(model, incident);
        }
    }

    /// Files an incident under its keys, until its window is over.
    fn file(&mut self, model: &Model, incident: IncidentId) {
        let Some(page) = self.profiles.get(&incident) else {
            return;
        };
        let until = page.row.until(model);
        self.until
            .insert(incident, until.map_or(i64::MAX, Timestamp::as_microsecond));
        self.superseded.remove(&incident);
        for key in filed_under(model, &page.row) {
            self.by_key
                .entry(key.as_str().to_owned())
                .or_default()
                .insert(incident);
        }
    }

    /// Keeps a decision with its reasons.
    pub(super) fn note(
        &mut self,
        model: &Model,
        witness: &Witness,
        home: IncidentId,
        decision: &Decision<IncidentId>,
        now: Timestamp,
    ) {
        if let Some(past) = cleared_before(decision) {
            // What comes from now on is the new incident's: the cost does not grow with a camera
            // that sees something come and go all day.
            self.until
                .insert(past, witness.occurred.start.as_microsecond() - 1);
            self.superseded.insert(past);
        }
        let about = Answering {
            witness: &witness.id,
            home,
            model: model.name(),
            now,
        };
        let rows = verdicts(decision).map(|verdict| decision_row(&about, verdict));
        self.decisions.extend(rows);
    }

    /// The incidents that a later one took the place of, and until when they come into question.
    pub(super) fn superseded(&self) -> impl Iterator<Item = (IncidentId, i64)> + '_ {
        self.superseded
            .iter()
            .filter_map(|id| Some((*id, *self.until.get(id)?)))
    }

    /// What changed: each incident, what its witnesses say, and the keys it is filed under.
    pub(super) fn changed<'a>(
        &'a self,
        model: &'a Model,
    ) -> impl Iterator<Item = (IncidentId, &'a Profile, Vec<Key>)> + 'a {
        self.profiles
            .iter()
            .filter(|(_, page)| page.standing != Standing::AsRead)
            .map(|(id, page)| (*id, &page.row, filed_under(model, &page.row)))
    }
}

/// The incident of the same camera that was over before this one began.
fn cleared_before(decision: &Decision<IncidentId>) -> Option<IncidentId> {
    let Verdict::Open {
        recurrence_of: Some(past),
        ..
    } = decision.verdict
    else {
        return None;
    };
    let is_cleared =
        |weighed: &&Weighed<IncidentId>| weighed.id == past && weighed.asks == Some(Asks::Cleared);
    decision.weighed.iter().find(is_cleared).map(|_| past)
}

/// The candidates worth keeping, each with what became of it.
fn verdicts(decision: &Decision<IncidentId>) -> impl Iterator<Item = Verdicts<'_>> {
    let recurrence = match decision.verdict {
        Verdict::Open { recurrence_of, .. } => recurrence_of,
        Verdict::Link { .. } => None,
    };
    let linked = matches!(decision.verdict, Verdict::Link { .. });
    decision
        .weighed
        .iter()
        .enumerate()
        .map(move |(at, weighed)| {
            let word = if linked && at == 0 {
                "linked"
            } else if at < decision.suggested {
                "suggested"
            } else if recurrence == Some(weighed.id) {
                "recurrence"
            } else {
                "weighed"
            };
            Verdicts { word, weighed }
        })
        // The likeliest that was passed over says why; the rest says nothing.
        .filter(|verdict| verdict.word != "weighed" || verdict.weighed.probability >= 0.05)
}
