//! The loop: notices are expanded, deliveries sent side by side, the unacknowledged escalated.
//!
//! A target that does not answer holds up nobody else: each has few places among those that are under
//! way, and the rest are other targets'.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use notice::delivery::{Patience, Verdict, after_failure};
use notice::target::{Channel, Target};
use notice::{Failure, State};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Dispatch;
use super::expand::Found;
use super::reach::Broker;
use crate::intake::{Health, Outlet};
use crate::store::{self, Delivery, StoreError};
use crate::telemetry::{DELIVERIES, DELIVERIES_DEAD, DELIVERIES_WAITING, DELIVERY_SECONDS};

/// How often the work is looked at without anything new: other servers' notices, retries, deadlines.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// However much happens, the work is not looked at more often.
const LEAST_PAUSE: Duration = Duration::from_millis(50);
/// How long a server may be at one attempt; longer than any attempt takes.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Most attempts side by side.
const MOST_AT_ONCE: usize = 32;
/// Most of them to one target.
const MOST_OF_ONE: usize = 4;
/// How soon a message over MQTT is sent again while its acknowledgement is awaited: the embedded broker
/// keeps its queues in memory.
const RESEND_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// How often the gauges are set.
const GAUGES_EVERY: Duration = Duration::from_secs(10);
/// Where a target is gone from the configuration.
const NO_TARGET_PATIENCE: Duration = Duration::from_secs(3_600);

/// Works the outbox.
pub struct Dispatcher {
    dispatch: Dispatch,
    broker: Broker,
    under_way: JoinSet<String>,
    busy: BTreeMap<String, usize>,
}

impl Dispatcher {
    /// Works on what `dispatch` knows; MQTT goes out by `outlet` while `health` says that there is a way.
    #[must_use]
    pub fn new(
        dispatch: Dispatch,
        outlet: Outlet,
        health: tokio::sync::watch::Receiver<Health>,
    ) -> Self {
        Self {
            dispatch,
            broker: Broker { outlet, health },
            under_way: JoinSet::new(),
            busy: BTreeMap::new(),
        }
    }

    /// Works until `stop`; then what is under way is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        // Monthly lists go at their own pace.
        let post = super::post::run(self.dispatch.clone(), self.broker.clone(), stop.clone());
        let post = tokio::spawn(post);
        let mut changes = self.dispatch.0.changes.watch();
        let mut gauged = tokio::time::Instant::now();
        self.gauge().await;
        while !stop.is_cancelled() {
            if let Err(error) = self.work().await {
                tracing::error!(error = %error, "the outbox of units could not be worked; trying again");
            }
            if gauged.elapsed() >= GAUGES_EVERY {
                self.gauge().await;
                gauged = tokio::time::Instant::now();
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                Some(done) = self.under_way.join_next() => self.finished(done),
                change = changes.recv() => {
                    if matches!(change, Err(RecvError::Closed)) {
                        break;
                    }
                    // Whatever came with it is looked at together.
                    tokio::time::sleep(LEAST_PAUSE).await;
                    changes = changes.resubscribe();
                }
            }
        }
        while let Some(done) = self.under_way.join_next().await {
            self.finished(done);
        }
        if let Err(error) = post.await {
            tracing::error!(error = %error, "the post of monthly lists ended badly");
        }
    }

    fn finished(&mut self, done: Result<String, tokio::task::JoinError>) {
        match done {
            Ok(target) => {
                if let Some(places) = self.busy.get_mut(&target) {
                    *places = places.saturating_sub(1);
                }
            }
            Err(error) => {
                // Its lease ends by itself; its place is given back with all others.
                tracing::error!(error = %error, "an attempt to tell a unit ended badly");
                self.busy.clear();
            }
        }
    }

    async fn work(&mut self) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let due = store::due_work(&self.dispatch.0.store, now).await?;
        if due.unacknowledged {
            self.dispatch.escalate(now).await?;
        }
        if due.notices || due.unacknowledged {
            while self.dispatch.expand_one(now).await? == Found::Something {}
        }
        if due.deliveries || due.notices || due.unacknowledged {
            self.send_due().await?;
        }
        Ok(())
    }

    async fn send_due(&mut self) -> Result<(), StoreError> {
        while self.under_way.len() < MOST_AT_ONCE {
            let full = self
                .busy
                .iter()
                .filter(|(_, places)| **places >= MOST_OF_ONE);
            let full: Vec<String> = full.map(|(target, _)| target.clone()).collect();
            let now = Timestamp::now();
            let until = now.saturating_add(LEASE).unwrap_or(now);
            let tx = self.dispatch.0.store.begin().await?;
            let claimed = store::claim_delivery(&tx, &full, now, until).await?;
            tx.commit().await?;
            let Some(delivery) = claimed else { break };
            *self.busy.entry(delivery.target.clone()).or_default() += 1;
            let (dispatch, broker) = (self.dispatch.clone(), self.broker.clone());
            self.under_way.spawn(async move {
                dispatch.attempt(&broker, &delivery).await;
                delivery.target
            });
        }
        Ok(())
    }

    async fn gauge(&self) {
        let store = &self.dispatch.0.store;
        for (state, name) in [
            (State::Queued, DELIVERIES_WAITING),
            (State::Dead, DELIVERIES_DEAD),
        ] {
            if let Ok(count) = store::count_deliveries(store, state).await {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                metrics::gauge!(name).set(f64::from(count));
            }
        }
    }
}

impl Dispatch {
    /// One attempt, and what became of it.
    pub(super) async fn attempt(&self, broker: &Broker, delivery: &Delivery) {
        let outcome = self.reach(broker, delivery, Timestamp::now()).await;
        let written = match outcome {
            Ok(()) => self.taken(delivery).await,
            Err(failure) => self.failed(delivery, failure).await,
        };
        if let Err(error) = written {
            // The lease ends, and the message goes out again under its name.
            tracing::error!(
                error = %error,
                delivery.id = %delivery.id,
                "what became of a message to a unit could not be written; it is sent again"
            );
        }
    }

    fn channel_of(&self, delivery: &Delivery) -> (Option<&Target>, &'static str) {
        let target = self.targets().get(&delivery.target);
        let channel = target.map_or("gone", |target| target.channel.as_str());
        (target, channel)
    }

    async fn taken(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let (target, channel) = self.channel_of(delivery);
        let again = target.and_then(|target| resend_at(target, delivery, now));
        let tx = self.0.store.begin().await?;
        let ours = store::delivery_sent(&tx, delivery, again, now).await?;
        tx.commit().await?;
        metrics::counter!(DELIVERIES, "channel" => channel, "outcome" => "sent").increment(1);
        if delivery.sent_at.is_none() {
            let age = now.duration_since(delivery.made_at).as_secs_f64();
            metrics::histogram!(DELIVERY_SECONDS, "channel" => channel).record(age);
        }
        if ours {
            self.announce(delivery.incident).await?;
        }
        Ok(())
    }

    async fn failed(&self, delivery: &Delivery, failure: Failure) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let (target, channel) = self.channel_of(delivery);
        let patience = target.map_or(NO_TARGET_PATIENCE, Target::give_up_after);
        let patience = Patience::until(patience);
        let luck = rand::random::<f64>();
        let tx = self.0.store.begin().await?;
        let message = store::attempted(&tx, delivery).await?;
        let verdict = after_failure(&message, failure, &patience, luck, now);
        let ours = store::delivery_failed(&tx, delivery, failure, verdict, now).await?;
        tx.commit().await?;
        let word = failure.as_str();
        metrics::counter!(DELIVERIES, "channel" => channel, "outcome" => word).increment(1);
        match verdict {
            Verdict::Dead if ours => tracing::error!(
                target.name = delivery.target,
                delivery.id = %delivery.id,
                reason = word,
                "a message to a unit is a dead letter; mend its target and replay it"
            ),
            Verdict::Again(_) | Verdict::Dead | Verdict::Superseded => tracing::info!(
                target.name = delivery.target,
                delivery.id = %delivery.id,
                reason = word,
                "a message to a unit did not get through"
            ),
        }
        if ours {
            self.announce(delivery.incident).await?;
        }
        Ok(())
    }
}

/// When a message that the broker took goes out again, as long as nobody acknowledged it.
fn resend_at(target: &Target, delivery: &Delivery, now: Timestamp) -> Option<Timestamp> {
    let Channel::Mqtt(_) = target.channel else {
        return None;
    };
    let patience = SignedDuration::try_from(target.give_up_after()).ok()?;
    let end = delivery.made_at.saturating_add(patience).ok()?;
    let again = now.saturating_add(RESEND_AFTER).ok()?;
    (again < end).then_some(again)
}
