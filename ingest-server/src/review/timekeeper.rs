//! The timekeeper: looks at incidents when time demands something of them, on any number of servers.
//!
//! An incident's row says when it must be looked at. Who takes it up moves that moment ahead by [`HOLD`], so that no
//! two servers look at once and one that dies leaves it to the others. What is due is asked of `casework::duty`; each
//! incident is a transaction of its own.
//!
//! Whoever must be told of it is told in that transaction, by a notice.
//!
//! What does not belong here: what is due (`casework`), who is told of it, and how (dispatch).

use std::sync::Arc;
use std::time::Duration;

use casework::clock::Running;
use casework::deadline::Stage;
use casework::duty::{self, Duty, Known};
use casework::lifecycle::{Action, Step};
use casework::people::Actor;
use jiff::{SignedDuration, Timestamp};
use notice::Cause;
use notice::facts::{Call, StageEnd};
use tokio_util::sync::CancellationToken;

use super::ReviewError;
use super::step::{Wish, calls_in, settled, take_step, urgency_of, whole_microseconds, wind};
use crate::changes::{Change, ChangeBus};
use crate::incident::{IncidentId, witness};
use crate::office::{Office, Offices};
use crate::store::entity::incident;
use crate::store::{self, CaseFact, HistoryEntry, NewCall, Store, StoreError, Timing, Tx};
use crate::telemetry::{DEADLINES, TIMERS_WAITING};

/// How often the timekeeper looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long the writer is left to others between two batches.
const BETWEEN: Duration = Duration::from_millis(250);
/// For how long an incident belongs to who looks at it.
const HOLD: SignedDuration = SignedDuration::from_secs(60);
/// Most incidents taken up at once.
const MOST: u64 = 64;
/// How soon an incident that stands inside another is looked at again.
const LATER: SignedDuration = SignedDuration::from_hours(24);

/// Looks at incidents in time.
#[derive(Debug, Clone)]
pub struct Timekeeper {
    /// The database.
    pub store: Store,
    /// The policy in force.
    pub offices: Offices,
    /// Who watches.
    pub changes: ChangeBus,
}

impl Timekeeper {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let rest = match self.turn(Timestamp::now()).await {
                // There may be more.
                Ok(looked_at) if looked_at == MOST => BETWEEN,
                Ok(_) => LOOK_EVERY,
                Err(error) => {
                    tracing::error!(error = %error, "deadlines could not be looked at; trying again");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Looks at what is due; says how many incidents that were.
    ///
    /// # Errors
    /// [`StoreError`] where the incidents could not be taken up. One that cannot be looked at is told, and left for
    /// the next time.
    pub async fn turn(&self, now: Timestamp) -> Result<u64, StoreError> {
        let waiting = store::waiting_clocks(&self.store, now).await?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge shows a float")]
        let shown = waiting as f64;
        metrics::gauge!(TIMERS_WAITING).set(shown);
        if waiting == 0 {
            return Ok(0);
        }
        let tx = self.store.begin().await?;
        let office = self.offices.in_force(&tx).await?;
        let mut rows = store::claim_due(&tx, now, now + HOLD, MOST).await?;
        // As intake takes them, so that the two never wait for each other.
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        tx.commit().await?;
        let count = rows.len() as u64;
        // One commit for all of them; where one spoils it, each by itself.
        if self.look_at(&office, &rows, now).await.is_ok() {
            return Ok(count);
        }
        for row in &rows {
            if let Err(error) = self.look_at(&office, std::slice::from_ref(row), now).await {
                metrics::counter!(DEADLINES, "stage" => "any", "outcome" => "failed").increment(1);
                tracing::error!(incident.id = row.id, error = %error, "an incident's deadlines could not be looked at; trying again");
            }
        }
        Ok(count)
    }

    /// Looks at these in one transaction.
    async fn look_at(
        &self,
        office: &Arc<Office>,
        rows: &[incident::Model],
        now: Timestamp,
    ) -> Result<(), ReviewError> {
        let now = whole_microseconds(now);
        let tx = self.store.begin().await?;
        let mut changed = Vec::new();
        for row in rows {
            changed.extend(look(&tx, office, row, now).await?);
        }
        tx.commit().await?;
        for change in changed {
            self.changes.announce(change);
        }
        Ok(())
    }
}

/// Looks at one incident, and says what to announce where anything was due.
async fn look(
    tx: &Tx,
    office: &Arc<Office>,
    row: &incident::Model,
    now: Timestamp,
) -> Result<Option<Change>, ReviewError> {
    let id = store::incident_id(row)?;
    // Read again: somebody may have acted since it was taken up.
    let Some(fresh) = store::take_incident(tx, id).await? else {
        return Ok(None);
    };
    let row = incident::Model {
        clock_at: row.clock_at.filter(|at| *at == 0).or(fresh.clock_at),
        ..fresh
    };
    let row = settled(tx, office, row, now).await?;
    let mut glance = Glance {
        tx,
        office,
        row: &row,
        id,
        now,
        clocks: store::clocks_of(tx, &row, now).await?,
    };
    let did = glance.carry_out().await?;
    Ok(did.then_some(Change::Incident {
        id,
        version: row.version,
    }))
}

struct Glance<'a> {
    tx: &'a Tx,
    office: &'a Arc<Office>,
    row: &'a incident::Model,
    id: IncidentId,
    now: Timestamp,
    clocks: Vec<Running>,
}

impl Glance<'_> {
    /// Does what is due, and says whether that was anything.
    async fn carry_out(&mut self) -> Result<bool, ReviewError> {
        if self.row.inside.is_some() {
            let timing = Timing {
                look_at: Some(self.now + LATER),
                due: None,
            };
            store::put_clocks(self.tx, self.id, &self.clocks, timing).await?;
            return Ok(false);
        }
        let case = store::case_of(self.row)?;
        let calls = store::calls_of(self.tx, self.id).await?;
        let category = witness::category_of(&self.row.kind, &self.row.detail);
        let known = Known {
            case: &case,
            category: category.as_str(),
            urgency: urgency_of(self.row),
            clocks: &self.clocks,
            shelved: store::shelf_of(self.row).map(|shelf| shelf.until),
            calls: calls_in(&calls, case.reopened),
            review_told: self
                .row
                .review_told
                .as_deref()
                .and_then(|day| day.parse().ok()),
        };
        let duties = duty::due(&known, &self.office.policy, self.now);
        let settles = duties.contains(&Duty::Settle);
        for duty in &duties {
            self.meet(duty, case.reopened).await?;
        }
        if settles {
            // The step winds the clocks itself.
            return Ok(true);
        }
        let row = store::find_incident(self.tx, self.id)
            .await?
            .ok_or(ReviewError::NotFound)?;
        wind(self.tx, self.office, &row, &case, &self.clocks, self.now).await?;
        // The first look gives it its deadlines: whoever watches sees them.
        Ok(!duties.is_empty() || self.row.due_at.is_none())
    }

    async fn meet(&mut self, duty: &Duty, round: u32) -> Result<(), ReviewError> {
        let now = self.now;
        match duty {
            Duty::Warn { stage, round, due } => {
                self.note(*stage, *round, |clock| clock.warned = Some(now));
                count(*stage, "warned");
                self.tell(&Cause::DeadlineNear(end(*stage, *round, due.at)))
                    .await?;
                self.remember("deadline_warned", stage.as_str()).await
            }
            Duty::Missed { stage, round, due } => {
                self.note(*stage, *round, |clock| {
                    clock.warned.get_or_insert(now);
                    clock.missed = Some(now);
                });
                count(*stage, "missed");
                tracing::warn!(incident.id = %self.id, stage = stage.as_str(), due = %due.at, unit = self.row.lead_unit, "an incident is overdue");
                self.tell(&Cause::DeadlineMissed(end(*stage, *round, due.at)))
                    .await?;
                self.remember("deadline_missed", stage.as_str()).await
            }
            Duty::Call { rung, contact } => {
                let call = NewCall {
                    incident: self.id,
                    round,
                    rung: *rung,
                    contact: contact.clone(),
                    due: now,
                };
                store::insert_call(self.tx, call).await?;
                metrics::counter!(DEADLINES, "stage" => "call", "outcome" => "asked").increment(1);
                self.tell(&Cause::CallDue(Call {
                    round,
                    rung: u32::try_from(*rung).unwrap_or(u32::MAX),
                    contact: contact.clone(),
                }))
                .await?;
                self.remember("call_due", contact).await
            }
            Duty::Review(day) => {
                self.tell(&Cause::ReviewDue(*day)).await?;
                let day = day.to_string();
                let fact = CaseFact::ReviewTold(&day);
                store::write_case_fact(self.tx, self.id, fact, now).await?;
                metrics::counter!(DEADLINES, "stage" => "review", "outcome" => "asked")
                    .increment(1);
                self.remember("review_due", &day).await
            }
            Duty::Unshelve => {
                store::write_shelf(self.tx, self.id, None, now).await?;
                self.remember("unshelve", "expired").await
            }
            Duty::Settle => {
                let step = Step {
                    action: Action::Resolve,
                    note: None,
                };
                let wish = Wish {
                    incident: self.id,
                    version: None,
                    who: &Actor::Timer,
                    step: &step,
                    at: now,
                };
                take_step(self.tx, self.office, wish).await?;
                Ok(())
            }
        }
    }

    fn note(&mut self, stage: Stage, round: u32, change: impl FnOnce(&mut Running)) {
        let found = self
            .clocks
            .iter_mut()
            .find(|clock| clock.track.stage == stage && clock.round == round);
        if let Some(clock) = found {
            change(clock);
        }
    }

    /// Whoever must be told of it is told, once.
    async fn tell(&self, cause: &Cause) -> Result<(), ReviewError> {
        let who = Actor::Timer;
        Ok(store::enqueue_notice(self.tx, self.id, cause, who.name(), self.now).await?)
    }

    /// Appends to the history.
    async fn remember(&self, action: &'static str, reason: &str) -> Result<(), ReviewError> {
        let entry = HistoryEntry {
            actor: Actor::Timer.name().to_owned(),
            action: action.to_owned(),
            from: None,
            to: None,
            reason: Some(reason.to_owned()),
            note: None,
        };
        Ok(store::append_history(self.tx, self.id, entry, self.now).await?)
    }
}

const fn end(stage: Stage, round: u32, due: Timestamp) -> StageEnd {
    StageEnd { stage, round, due }
}

fn count(stage: Stage, outcome: &'static str) {
    metrics::counter!(DEADLINES, "stage" => stage.as_str(), "outcome" => outcome).increment(1);
}
