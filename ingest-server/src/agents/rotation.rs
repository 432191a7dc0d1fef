//! An agent changes its key: a request signed with the old key and the new, and both good for a
//! while.
//!
//! The agent keeps the new key before it asks, and may ask again after a crash: the same request has
//! the same answer. What it signed with the old key before it was restarted, and what still waits at
//! a broker, stays good until the old key retires.

use contract::v1::{
    AgentId, KEY_ROTATION_PATH, KeyRotationAnswer, KeyRotationRequest, Signed, key_id, verify,
};
use jiff::{SignedDuration, Timestamp};

use crate::store::{self, AgentKey, Ending, Store, StoreError, Tx};

/// How long the old key stays good.
const OVERLAP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why a key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The request is not signed with a key of this agent that may still sign, or not with the new
    /// one.
    #[error("the request is not signed with the agent's present key and its new one")]
    NotSigned,
    /// The request speaks for another agent.
    #[error("the request speaks for another agent than its token")]
    OtherAgent,
    /// The bytes are no request.
    #[error("the request cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// The new key is another agent's, or was this one's before.
    #[error("the new key is in use, or was used before; remove agent.key.next and try again")]
    KeyInUse,
    /// The database did not do it.
    #[error("the change of key could not be stored")]
    Store(#[from] StoreError),
}

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// The agent that the upload token names.
    pub agent: &'a AgentId,
    /// The exact bytes that were signed.
    pub body: &'a [u8],
    /// The signature with the present key.
    pub present: &'a Signed,
    /// The signature with the new key.
    pub new: &'a Signed,
}

/// Changes an agent's key.
///
/// # Errors
/// [`RotationError`]; then nothing is changed.
pub async fn rotate(
    store: &Store,
    rotation: &Rotation<'_>,
    now: Timestamp,
) -> Result<KeyRotationAnswer, RotationError> {
    let present = store::agent_key(store, &rotation.present.key_id)
        .await?
        .filter(|key| key.agent == *rotation.agent && !key.is_revoked(now))
        .ok_or(RotationError::NotSigned)?;
    signed(&present.public_key, rotation.body, rotation.present)?;
    let request: KeyRotationRequest =
        serde_json::from_slice(rotation.body).map_err(RotationError::Unreadable)?;
    signed(&request.public_key, rotation.body, rotation.new)?;
    if request.agent != *rotation.agent {
        return Err(RotationError::OtherAgent);
    }
    let tx = store.begin().await?;
    let answer = decide(&tx, &request, &present, now).await?;
    tx.commit().await?;
    Ok(answer)
}

fn signed(
    key: &contract::v1::PublicKey,
    body: &[u8],
    signature: &Signed,
) -> Result<(), RotationError> {
    verify(key, KEY_ROTATION_PATH, body, signature).map_err(|_| RotationError::NotSigned)
}

async fn decide(
    tx: &Tx,
    request: &KeyRotationRequest,
    present: &AgentKey,
    now: Timestamp,
) -> Result<KeyRotationAnswer, RotationError> {
    let new = key_id(&request.public_key);
    let answer = |valid_from, old_key_until| KeyRotationAnswer {
        agent: request.agent.clone(),
        key_id: new.clone(),
        valid_from,
        old_key_until,
    };
    if let Some(known) = store::agent_key(tx, &new).await? {
        // Asked again after a crash: the same key, still the newest, and nothing more to do.
        let keys = store::keys_of_agent(tx, &request.agent).await?;
        let newest = keys
            .last()
            .is_some_and(|key| key.public_key == request.public_key);
        let until = present
            .ends_at
            .filter(|_| present.ending == Some(Ending::Rotation));
        return match until {
            Some(until) if newest && known.ends_at.is_none() => Ok(answer(known.valid_from, until)),
            _ => Err(RotationError::KeyInUse),
        };
    }
    // Read again within the transaction: of two requests at once, one finds the key on its way out.
    let present = store::agent_key(tx, &key_id(&present.public_key)).await?;
    let present = present
        .filter(|key| key.ends_at.is_none())
        .ok_or(RotationError::NotSigned)?;
    let until = now + OVERLAP;
    store::add_key(tx, &request.agent, &request.public_key, now).await?;
    store::end_key(tx, &key_id(&present.public_key), until, Ending::Rotation).await?;
    tracing::info!(
        target: crate::people::audit::TARGET,
        { agent.id = %request.agent, key.id = %new, requested_at = %request.requested_at, old_key_until = %until },
        "agent changed its key"
    );
    Ok(answer(now, until))
}

#[cfg(test)]
mod tests;
