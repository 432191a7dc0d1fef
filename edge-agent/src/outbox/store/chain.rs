//! The head of the chain of manifests. It moves in the transaction that files the revision which
//! seals the manifest: a crash leaves both or neither, so that no number is missing and none is
//! given twice.

use bundle::ChainHead;
use contract::v1::AgentId;

use super::{Store, StoreError, Tx};

impl Store {
    /// The newest manifest that was filed under this name; `None` where none ever was.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn chain_head(&self, agent: &AgentId) -> Result<Option<ChainHead>, StoreError> {
        let row: Option<(i64, String)> =
            sqlx::query_as("SELECT sequence, sha256 FROM chain WHERE agent = ?")
                .bind(agent.as_str())
                .fetch_optional(&self.pool)
                .await?;
        // Written by this file and nobody else, so the hash always parses.
        Ok(row.and_then(|(sequence, sha256)| {
            Some(ChainHead {
                chain: self.id.to_string(),
                sequence: sequence.unsigned_abs(),
                sha256: sha256.parse().ok()?,
            })
        }))
    }
}

/// Moves the head by one.
pub(super) async fn advance(
    tx: &mut Tx,
    agent: &AgentId,
    head: &ChainHead,
) -> Result<(), StoreError> {
    let moved = sqlx::query(
        "INSERT INTO chain (agent, sequence, sha256) VALUES (?, ?, ?) \
         ON CONFLICT (agent) DO UPDATE SET sequence = excluded.sequence, sha256 = excluded.sha256 \
         WHERE excluded.sequence = chain.sequence + 1",
    )
    .bind(agent.as_str())
    .bind(i64::try_from(head.sequence).unwrap_or(i64::MAX))
    .bind(head.sha256.as_str())
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if moved == 1 {
        Ok(())
    } else {
        Err(StoreError::Chain {
            sequence: head.sequence,
        })
    }
}
