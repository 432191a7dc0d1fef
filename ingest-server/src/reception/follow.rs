//! What a reporter may do afterwards, known by the code alone: look, rate, reopen, take back.

use casework::lifecycle::{Action, ReopenReason, Step};
use casework::people::Actor;
use citizens::{FollowCode, Stage};
use jiff::Timestamp;

use super::filing::code_hash;
use super::{Reception, ReceptionError};
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::review::{self, ReviewError, Wish};
use crate::store::entity::{citizen_file, citizen_report, citizen_update, incident};
use crate::store::{self, StateChange};
use crate::telemetry::{CITIZEN_ERASURES, CITIZEN_RATINGS};

/// What a reporter thinks of the outcome: Hue-S's three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rating {
    /// It is as it should be.
    Satisfied,
    /// It will do.
    Accepts,
    /// It will not.
    Dissatisfied,
}

impl Rating {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Accepts => "accepts",
            Self::Dissatisfied => "dissatisfied",
        }
    }
}

/// A report as its reporter sees it.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The report.
    pub report: citizen_report::Model,
    /// Its incident.
    pub incident: incident::Model,
    /// Where it stands.
    pub stage: Stage,
    /// What happened to the incident since the report came, oldest first.
    pub changes: Vec<StateChange>,
    /// What other systems told.
    pub updates: Vec<citizen_update::Model>,
    /// What came with it.
    pub files: Vec<citizen_file::Model>,
}

/// Where an incident stands for the public.
#[must_use]
pub fn stage_of(row: &incident::Model) -> Stage {
    Stage::of_state(&row.state, row.state_detail.as_deref())
}

impl Reception {
    /// The report of a code.
    ///
    /// # Errors
    /// [`ReceptionError::NotFound`], [`ReceptionError::Store`].
    pub async fn by_code(
        &self,
        code: &FollowCode,
    ) -> Result<citizen_report::Model, ReceptionError> {
        let row = store::citizen_report_of_code(&self.store, &code_hash(code)).await?;
        row.ok_or(ReceptionError::NotFound)
    }

    /// A report with everything that its reporter may know.
    ///
    /// # Errors
    /// [`ReceptionError::NotFound`], [`ReceptionError::Store`].
    pub async fn followed(
        &self,
        report: citizen_report::Model,
    ) -> Result<Followed, ReceptionError> {
        let ids = vec![report.id.clone()];
        let received = report.received_at;
        let placed = store::with_incidents(&self.store, vec![report]).await?;
        let placed = placed.into_iter().next().ok_or(ReceptionError::NotFound)?;
        let of = [placed.incident.id.clone()];
        Ok(Followed {
            stage: stage_of(&placed.incident),
            changes: store::state_changes(&self.store, &of, received, i64::MAX).await?,
            updates: store::updates_of_reports(&self.store, &ids).await?,
            files: store::citizen_files(&self.store, &ids).await?,
            report: placed.report,
            incident: placed.incident,
        })
    }

    /// Rates the outcome, once there is one. The last word counts.
    ///
    /// # Errors
    /// [`ReceptionError::NotOver`], [`ReceptionError::NotFound`], [`ReceptionError::Store`].
    pub async fn rate(
        &self,
        report: &citizen_report::Model,
        rating: Rating,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        let tx = self.store.begin().await?;
        let (id, row) = self.home(&tx, &report.id).await?;
        if !matches!(stage_of(&row), Stage::Done | Stage::NotSolved) {
            return Err(ReceptionError::NotOver);
        }
        store::rate_citizen_report(&tx, &report.id, rating.as_str(), note, now).await?;
        tx.commit().await?;
        metrics::counter!(CITIZEN_RATINGS, "rating" => rating.as_str()).increment(1);
        let version = row.version;
        self.changes.announce(Change::Incident { id, version });
        Ok(())
    }

    /// Opens the incident again: within the time, and with the reason, that its life demands.
    ///
    /// # Errors
    /// [`ReceptionError::Review`] with the refusal.
    pub async fn reopen(
        &self,
        report: &citizen_report::Model,
        reason: ReopenReason,
        words: &str,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        let step = Step {
            action: Action::Reopen(reason),
            note: Some(words.to_owned()),
        };
        self.take(report, step, now).await
    }

    /// Takes a report back: its words, files and contact are erased. Where nobody else tells of the
    /// incident and nobody has it in hand, the incident ends too.
    ///
    /// # Errors
    /// [`ReceptionError::Held`], [`ReceptionError::Store`].
    pub async fn withdraw(
        &self,
        report: &citizen_report::Model,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        // Before the incident ends: what is refused changes nothing.
        if let Some(why) = report.hold.clone() {
            return Err(ReceptionError::Held(why));
        }
        if report.erased_at.is_none() {
            let (_, row) = self.home(&self.store, &report.id).await?;
            let told = store::told_of_row(&row)?.map_or(0, |told| told.reports);
            if row.event_count == 0 && told == 1 {
                let step = Step {
                    action: Action::Withdraw,
                    note: None,
                };
                match self.take(report, step, now).await {
                    // A unit has it, or it is over: then only the report goes.
                    Ok(()) | Err(ReceptionError::Review(ReviewError::Refused(_))) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        self.erase(report, now).await
    }

    /// Erases a report: what is left is a tombstone, and the incident stays.
    ///
    /// # Errors
    /// [`ReceptionError::Held`], [`ReceptionError::Store`].
    pub async fn erase(
        &self,
        report: &citizen_report::Model,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        let tx = self.store.begin().await?;
        let report = store::citizen_report(&tx, &report.id).await?;
        let report = report.ok_or(ReceptionError::NotFound)?;
        if let Some(why) = report.hold {
            return Err(ReceptionError::Held(why));
        }
        if report.erased_at.is_some() {
            return Ok(());
        }
        let alone = store::erase_citizen_report(&tx, &self.model, &report, now).await?;
        tx.commit().await?;
        metrics::counter!(CITIZEN_ERASURES, "what" => "report").increment(1);
        for object_key in alone {
            if let Err(failure) = self.cleaner.forget(&object_key).await {
                tracing::error!(
                    report.id = report.id, object = object_key, error = %failure,
                    "a file of an erased report could not be removed; remove it by hand"
                );
            }
        }
        Ok(())
    }

    async fn take(
        &self,
        report: &citizen_report::Model,
        step: Step,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        let tx = self.store.begin().await?;
        let (incident, _) = self.home(&tx, &report.id).await?;
        let office = self.offices.in_force(&tx).await?;
        let wish = Wish {
            incident,
            version: None,
            who: &Actor::Reporter,
            step: &step,
            at: now,
        };
        let taken = review::take_step(&tx, &office, wish).await?;
        tx.commit().await?;
        review::announce(&self.changes, &taken);
        Ok(())
    }

    async fn home(
        &self,
        on: &impl store::Access,
        report: &str,
    ) -> Result<(IncidentId, incident::Model), ReceptionError> {
        let id = store::home_of_witness(on, report).await?;
        let id = id.ok_or(ReceptionError::NotFound)?;
        let row = store::find_incident(on, id).await?;
        Ok((id, row.ok_or(ReceptionError::NotFound)?))
    }
}
