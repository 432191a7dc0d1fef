//! Asks the camera nearest to a report for what it holds of the last minute: a command like any other,
//! signed and delivered by `orders`, whose answer the incident shows.

use std::time::Duration;

use contract::v1::Action;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Reception;
use crate::orders::{OrderError, Orders};
use crate::store::entity::citizen_errand;
use crate::store::{self, StoreError};
use crate::telemetry::CITIZEN_ERRANDS;

/// How often errands of other servers, and of before a crash, are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// An errand older than this is none any more: the buffer has moved on.
const STALE: SignedDuration = SignedDuration::from_mins(10);
/// So long one clip of a camera serves several reports.
const SHARED: SignedDuration = SignedDuration::from_secs(30);
/// For how long an agent may carry the command out.
const LIFETIME: Duration = Duration::from_mins(10);
/// Errands of one turn.
const AT_ONCE: u64 = 50;
/// Who gives the commands.
const BY: &str = "server/citizens";

/// Runs errands until it is told to stop.
pub struct Errands {
    /// Where they come from.
    pub reception: Reception,
    /// Where they go.
    pub orders: Orders,
}

impl Errands {
    /// Runs errands until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.turn(Timestamp::now()).await {
                metrics::counter!(CITIZEN_ERRANDS, "outcome" => "database").increment(1);
                tracing::warn!(error = %error, "cameras could not be asked for citizens' reports; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.reception.0.bell.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Asks every camera that is to be asked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn turn(&self, now: Timestamp) -> Result<(), StoreError> {
        let store = &self.reception.store;
        for errand in store::open_errands(store, now - STALE, AT_ONCE).await? {
            let lately =
                store::asked_lately(store, &errand.agent, &errand.camera, now - SHARED).await?;
            let outcome = match lately {
                Some(command) => Ok(command),
                None => self.ask(&errand, now).await?,
            };
            let word = outcome
                .as_ref()
                .map_or_else(|refused| *refused, |_| "asked");
            metrics::counter!(CITIZEN_ERRANDS, "outcome" => word).increment(1);
            let tx = store.begin().await?;
            store::errand_done(&tx, &errand.id, outcome.as_deref().map_err(|word| *word)).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn ask(
        &self,
        errand: &citizen_errand::Model,
        now: Timestamp,
    ) -> Result<Result<String, &'static str>, StoreError> {
        let (Ok(agent), Ok(camera)) = (errand.agent.parse(), errand.camera.parse()) else {
            return Ok(Err("no_such_agent"));
        };
        let action = Action::Clip {
            camera,
            seconds: self.reception.config.camera_seconds,
        };
        match self.orders.command(&agent, action, BY, LIFETIME, now).await {
            Ok(command) => Ok(Ok(command.to_string())),
            Err(OrderError::NoSuchAgent) => Ok(Err("no_such_agent")),
            Err(OrderError::Fields(_) | OrderError::Stale { .. }) => Ok(Err("refused")),
            Err(OrderError::Store(error)) => Err(error),
        }
    }
}
