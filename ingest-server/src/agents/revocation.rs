//! Agents and keys that are no longer trusted.

use contract::v1::{AgentId, KeyId};
use jiff::Timestamp;

use crate::store::{self, Ending, Store, StoreError};

/// Why a key was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeKeyError {
    /// The agent has no such key.
    #[error("{agent} has no key {key}; see: ingest-server agent keys {agent}")]
    NoSuchKey {
        /// The agent.
        agent: AgentId,
        /// The key.
        key: KeyId,
    },
    /// The database did not do it.
    #[error("the revocation could not be stored")]
    Store(#[from] StoreError),
}

/// Shuts an agent out. False where no such agent is welcome.
///
/// # Errors
/// [`StoreError`].
pub async fn revoke(store: &Store, agent: &AgentId) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let revoked = store::revoke_agent(&tx, agent, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(revoked)
}

/// Revokes one key of an agent, whatever it signed since `since` with it: nothing that comes in with
/// it is taken any more, and what is verified later is good only if it happened before.
///
/// # Errors
/// [`RevokeKeyError`].
pub async fn revoke_key(
    store: &Store,
    agent: &AgentId,
    key: &KeyId,
    since: Timestamp,
) -> Result<(), RevokeKeyError> {
    let tx = store.begin().await?;
    let known = store::agent_key(&tx, key).await?;
    if known.is_none_or(|known| known.agent != *agent) {
        return Err(RevokeKeyError::NoSuchKey {
            agent: agent.clone(),
            key: key.clone(),
        });
    }
    store::end_key(&tx, key, since, Ending::Revocation).await?;
    tx.commit().await?;
    tracing::info!(
        target: crate::people::audit::TARGET,
        { agent.id = %agent, key.id = %key, since = %since }, "key revoked");
    Ok(())
}
