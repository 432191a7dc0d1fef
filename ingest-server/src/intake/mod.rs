//! Wire → report: what agents send becomes rows, exactly once, or quarantine with the reason.
//!
//! The order is the promise. Size, signature and dates are checked before a byte is parsed; the
//! exact bytes, the report, its event, evidence and incident are committed together; only then is
//! the signed ack published, and the MQTT message acknowledged last. A crash between any two steps
//! means that a message comes again, and a duplicate changes nothing and is acked again.
//!
//! What does not belong here: how reports merge (that is `incident`), how rows look (that is
//! `store`).

mod admit;
mod answer;
mod command_answer;
mod consumer;
mod outlet;
mod prepare;
mod status;
mod tell;
mod unit_ack;
mod worker;

pub use self::admit::{Admitted, KeyEnd, Refusal, SigningKey, admit};
pub use self::consumer::BrokerAccess;
pub use self::outlet::{Outlet, Parcel, Shelf};

use std::sync::Arc;

use contract::v1::SecretKey;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::changes::ChangeBus;
use crate::store::Store;

/// How intake fares, for readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the consumer is connected and subscribed.
    pub broker: Connected,
    /// Whether the database took the last batch.
    pub database: Writable,
}

/// Whether the consumer is connected and subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// It is.
    Yes,
    /// It tries again.
    No,
}

/// Whether the database took the last batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writable {
    /// It did, or there was none yet.
    Yes,
    /// It did not; the batch is tried again.
    No,
}

impl Health {
    /// Whether reports are taken in right now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.broker == Connected::Yes && self.database == Writable::Yes
    }
}

/// What a retained agent status is worth when the subscription starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetainedLiveness {
    /// The broker outlived this server, and knows who is connected.
    Current,
    /// The broker started with this server: who is really there says so again.
    Stale,
}

/// What intake needs.
pub struct Intake {
    /// Where reports go.
    pub store: Store,
    /// How they are weighed.
    pub merging: Arc<merge::Model>,
    /// Who is told of what was committed.
    pub changes: ChangeBus,
    /// Signs acks.
    pub key: Arc<SecretKey>,
    /// Where the broker is.
    pub broker: BrokerAccess,
    /// What its retained agent statuses are worth.
    pub retained: RetainedLiveness,
}

/// Intake at work.
pub struct Running {
    outlet: Outlet,
    health: watch::Receiver<Health>,
    consumer: JoinHandle<End>,
    worker: JoinHandle<End>,
}

impl Intake {
    /// Starts consuming; ends when `stop` is cancelled.
    #[must_use]
    pub fn start(self, stop: &CancellationToken) -> Running {
        let start = Health {
            broker: Connected::No,
            database: Writable::Yes,
        };
        let (health, watched) = watch::channel(start);
        let health = Arc::new(health);
        let (link, consumer) = consumer::connect(&self.broker, Arc::clone(&health));
        let outlet = Outlet(link.publisher.clone());
        let worker = worker::Worker {
            store: self.store,
            merging: self.merging,
            changes: self.changes,
            key: self.key,
            retained: self.retained,
            publisher: link.publisher,
            health,
        };
        Running {
            outlet,
            health: watched,
            consumer: tokio::spawn(supervised(consumer.run(stop.clone()), stop.clone())),
            worker: tokio::spawn(supervised(
                worker.run(link.deliveries, stop.clone()),
                stop.clone(),
            )),
        }
    }
}

impl Running {
    /// The way out for what others have to say to agents.
    #[must_use]
    pub fn outlet(&self) -> Outlet {
        self.outlet.clone()
    }

    /// How it fares.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Waits for the end, after `stop` was cancelled: the batch under way is committed and acked.
    ///
    /// # Errors
    /// [`IntakeEnded`] where it ended before it was told to.
    pub async fn finished(self) -> Result<(), IntakeEnded> {
        let mut ended = Ok(());
        for (name, task) in [("worker", self.worker), ("consumer", self.consumer)] {
            match task.await {
                Ok(End::Told) => {}
                Ok(End::Untold) => ended = Err(IntakeEnded),
                Err(error) => {
                    tracing::error!(task.name = name, error = %error, "intake ended badly");
                    ended = Err(IntakeEnded);
                }
            }
        }
        ended
    }
}

/// Whether a task ended because it was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Told,
    Untold,
}

/// Runs a task of intake. Where it ends untold, the whole server is stopped: one that takes nothing in
/// and looks alive is worse than one that is started again.
async fn supervised(task: impl Future<Output = ()> + Send, stop: CancellationToken) -> End {
    // A task that panics unwinds through here, and drops this.
    let ending = stop.clone().drop_guard();
    task.await;
    if stop.is_cancelled() {
        return End::Told;
    }
    drop(ending);
    End::Untold
}

/// Intake ended before it was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("intake ended by itself; the lines before say why")]
pub struct IntakeEnded;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_intake_that_dies_takes_the_server_with_it() {
        let stop = CancellationToken::new();
        let told = supervised(stop.clone().cancelled_owned(), stop.clone());
        stop.cancel();
        assert_eq!(told.await, End::Told);

        let stop = CancellationToken::new();
        assert_eq!(supervised(async {}, stop.clone()).await, End::Untold);
        assert!(stop.is_cancelled());

        let stop = CancellationToken::new();
        let task = tokio::spawn(supervised(async { panic!("a defect") }, stop.clone()));
        assert!(task.await.is_err());
        assert!(stop.is_cancelled());
    }
}
