//! An agent, unit or teller that is shut out is let go of at once, not only at its next log-in.
//!
//! Whoever shuts it out may be another process (`ingest-server agent revoke`), so the database is
//! asked from time to time who is.

use std::sync::Arc;
use std::time::Duration;

use mqtt5::broker::router::MessageRouter;
use tokio_util::sync::CancellationToken;

use super::rights::UNIT_PREFIX;
use crate::store::{self, Store};

/// How long whoever is revoked may stay connected.
const EVERY: Duration = Duration::from_secs(5);

/// Looks for who is revoked until the broker has stopped.
pub(super) fn disconnect_them(
    store: Store,
    router: Arc<MessageRouter>,
    stopped: CancellationToken,
) {
    tokio::spawn(async move {
        let wait = async || tokio::time::timeout(EVERY, stopped.cancelled()).await;
        while wait().await.is_err() {
            // Who cannot be asked about is asked about again.
            let (Ok(agents), Ok(units), Ok(tellers)) = (
                store::agents(&store).await,
                store::unit_credentials(&store).await,
                store::teller_credentials(&store).await,
            ) else {
                continue;
            };
            for unit in units.iter().filter(|unit| unit.revoked_at.is_some()) {
                let client = format!("{UNIT_PREFIX}{}", unit.unit);
                if router.is_connected(&client).await {
                    router.disconnect_client(&client).await;
                    tracing::warn!(unit.id = unit.unit, "disconnected a unit that was revoked");
                }
            }
            for teller in tellers.iter().filter(|teller| teller.revoked_at.is_some()) {
                if router.is_connected(&teller.name).await {
                    router.disconnect_client(&teller.name).await;
                    tracing::warn!(
                        teller = teller.name,
                        "disconnected a teller that was revoked"
                    );
                }
            }
            for agent in agents.iter().filter(|agent| agent.revoked_at.is_some()) {
                if router.is_connected(&agent.id).await {
                    router.disconnect_client(&agent.id).await;
                    tracing::warn!(
                        agent.id = agent.id,
                        "disconnected an agent that was revoked"
                    );
                }
            }
        }
    });
}
