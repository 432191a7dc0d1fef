//! Notices become deliveries: who is told what, decided against the incident as it stands now.
//!
//! One transaction takes a notice up and writes its deliveries: they are there once, or it is due as
//! before.

use casework::unit::UnitId;
use contract::v1::EventId;
use jiff::{SignedDuration, Timestamp};
use notice::facts::{Course, Facts};
use notice::target::Target;
use notice::{Cause, Plan, Word, plan};

use super::Dispatch;
use super::bundle::{Readiness, readiness};
use crate::office::Office;
use crate::store::{self, ClaimedNotice, Meant, NewDelivery, StoreError, ToTell, Tx};
use crate::telemetry::{ESCALATIONS, NOTICES};

/// After how long copies that are being made are looked for again.
const COPIES_AGAIN: SignedDuration = SignedDuration::from_secs(3);
/// Who speaks where time does.
const ACTOR: &str = "dispatch";

/// Whether there was anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Something,
    Nothing,
}

impl Dispatch {
    /// Makes the deliveries of the oldest notice that is due.
    pub(crate) async fn expand_one(&self, now: Timestamp) -> Result<Found, StoreError> {
        let tx = self.0.store.begin().await?;
        let Some(notice) = store::claim_notice(&tx, now).await? else {
            return Ok(Found::Nothing);
        };
        let told = self.expand(&tx, &notice, now).await?;
        tx.commit().await?;
        match told {
            Told::Deliveries(made) => {
                metrics::counter!(NOTICES, "cause" => notice.cause.as_str()).increment(1);
                if made > 0 {
                    self.announce(notice.incident).await?;
                }
            }
            Told::Later { asked } if asked > 0 => self.0.evidence.ring(),
            Told::Later { .. } => {}
        }
        Ok(Found::Something)
    }

    async fn expand(
        &self,
        tx: &Tx,
        notice: &ClaimedNotice,
        now: Timestamp,
    ) -> Result<Told, StoreError> {
        let meant = match notice.cause {
            Cause::MergedInto(_) | Cause::Rejected | Cause::Closed => Meant::Itself,
            _ => Meant::Home,
        };
        let Some(mut to_tell) = store::to_tell(tx, notice.incident, meant).await? else {
            return Ok(Told::Deliveries(0));
        };
        if notice.cause == Cause::Closed {
            to_tell.facts.course = Course::Closed;
        }
        if let Cause::Released(event) = notice.cause {
            if !self.anybody_wants(&notice.cause, &to_tell.facts) {
                return Ok(Told::Deliveries(0));
            }
            if let Some(later) = with_bundle(tx, notice, event, &mut to_tell.facts, now).await? {
                return Ok(later);
            }
        }
        let office = self.0.offices.in_force(tx).await?;
        let mut made = 0;
        for target in self.targets().audience(&notice.cause) {
            if is_accused(target, &to_tell, &office)? {
                continue;
            }
            made += usize::from(tell(tx, target, &notice.cause, &to_tell, now).await?);
        }
        Ok(Told::Deliveries(made))
    }

    /// Copies are made for somebody, or not at all.
    fn anybody_wants(&self, cause: &Cause, facts: &Facts) -> bool {
        self.targets().audience(cause).any(|target| {
            plan(target, cause, facts, notice::Thread::Silent) == Plan::Tell(Word::Alert)
        })
    }

    /// Tells others of what was not acknowledged in time.
    pub(super) async fn escalate(&self, now: Timestamp) -> Result<(), StoreError> {
        let tx = self.0.store.begin().await?;
        let late = store::claim_unacknowledged(&tx, now).await?;
        for delivery in &late {
            let cause = Cause::NoAck(delivery.target.clone());
            store::enqueue_notice(&tx, delivery.incident, &cause, ACTOR, now).await?;
        }
        tx.commit().await?;
        for delivery in &late {
            metrics::counter!(ESCALATIONS).increment(1);
            tracing::warn!(
                target.name = delivery.target,
                unit.id = %delivery.unit,
                delivery.id = %delivery.id,
                incident.number = delivery.facts.number,
                "a unit did not acknowledge in time; others are told"
            );
            self.announce(delivery.incident).await?;
        }
        Ok(())
    }
}

/// Whether a report complains of the target's unit, or of one above it: then it is told nothing of the matter.
fn is_accused(target: &Target, to_tell: &ToTell, office: &Office) -> Result<bool, StoreError> {
    let Some(accused) = &to_tell.complained_of else {
        return Ok(false);
    };
    let accused = UnitId::new(accused).map_err(|_| StoreError::Unreadable {
        table: "incidents",
        column: "complained_of",
    })?;
    // A unit that the policy does not know stands below nobody.
    let unit = UnitId::new(target.unit.as_str());
    Ok(unit.is_ok_and(|unit| office.policy.units.is_within(&unit, &accused)))
}

/// What became of a notice.
enum Told {
    Deliveries(usize),
    Later { asked: usize },
}

/// Adds what is said of a bundle, or puts the notice off.
async fn with_bundle(
    tx: &Tx,
    notice: &ClaimedNotice,
    event: EventId,
    facts: &mut Facts,
    now: Timestamp,
) -> Result<Option<Told>, StoreError> {
    let (ready, asked) = readiness(tx, event, (notice.made_at, now)).await?;
    match ready {
        Readiness::Ready(bundle) => {
            facts.bundle = Some(bundle);
            Ok(None)
        }
        Readiness::Soon => {
            let again = now.saturating_add(COPIES_AGAIN).unwrap_or(now);
            store::put_off_notice(tx, &notice.id, again).await?;
            Ok(Some(Told::Later { asked }))
        }
    }
}

/// Writes the message for one target, where there is one to write.
async fn tell(
    tx: &Tx,
    target: &Target,
    cause: &Cause,
    to_tell: &ToTell,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ToTell {
        incident, facts, ..
    } = to_tell;
    let so_far = store::thread_of(tx, *incident, target.name.as_str()).await?;
    let word = match plan(target, cause, facts, so_far.thread) {
        Plan::Tell(word) => word,
        Plan::NotWanted => return Ok(false),
        Plan::NeverTold => {
            // What waits would say what is no longer so.
            store::withdraw_waiting(tx, *incident, target.name.as_str()).await?;
            return Ok(false);
        }
    };
    let mut whole = facts.clone();
    for (cause, unheard) in so_far.unheard()? {
        whole.take_over(&cause, &unheard);
    }
    let within = target.ack_within().filter(|_| word != Word::Cancel);
    let ack_due_at = within
        .and_then(|within| SignedDuration::try_from(within).ok())
        .and_then(|within| now.saturating_add(within).ok());
    let new = NewDelivery {
        incident: *incident,
        target: target.name.as_str(),
        unit: &target.unit,
        word,
        cause,
        facts: &whole,
        ack_due_at,
    };
    store::insert_delivery(tx, &so_far, &new, now).await?;
    Ok(true)
}
