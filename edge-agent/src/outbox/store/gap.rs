//! The gap report: built from the losses when they have grown, and kept until the server has it.
//!
//! Losses are counted in the transaction that causes them, and are never forgotten; the gap report
//! tells of their sums. So it needs no transaction with them: a crash in between leaves losses that
//! no gap report tells of yet, and the next look makes one.

use contract::v1::{
    AgentId, CloudEvent, EventType, GapLoss, GapReport, SecretKey, Topic, encode, sign,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::FromRow;

use super::losses::losses;
use super::{Store, StoreError, Tx};
use crate::outbox::record::StoredGap;

/// What became of a gap report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapAnswer {
    /// The server has it.
    Accepted,
    /// The server does not take it. It stays on disk, and the next loss makes another.
    Refused,
}

#[derive(FromRow)]
struct Row {
    revision: u32,
    counted: i64,
    state: String,
    topic: String,
    payload: Vec<u8>,
    signature: String,
    sha256: String,
}

impl Store {
    /// The gap report that the server must still hear of. It is made here where there are losses
    /// that the last one did not count. One at a time: while one is unanswered, newer losses wait
    /// for the next.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Gap`].
    pub async fn gap_to_send(
        &self,
        agent: &AgentId,
        key: &SecretKey,
    ) -> Result<Option<StoredGap>, StoreError> {
        let mut tx = self.begin().await?;
        let last: Option<Row> = sqlx::query_as(
            "SELECT revision, counted, state, topic, payload, signature, sha256 FROM gap",
        )
        .fetch_optional(&mut *tx)
        .await?;
        let topic = Topic::Reports(agent.clone()).to_string();
        let (revision, told) = last
            .as_ref()
            .map_or((0, 0), |row| (row.revision, row.counted));
        let waits = |row: &Row| matches!(row.state.as_str(), "queued" | "sent");
        match last {
            // An agent that was enrolled under another name speaks of its losses as itself.
            Some(row) if waits(&row) && row.topic == topic => {
                return Ok(Some(stored(row, key)));
            }
            _ => {}
        }
        let losses = losses(&mut tx).await?;
        let counted: u64 = losses.iter().map(|loss| loss.count).sum();
        let counted = i64::try_from(counted).unwrap_or(i64::MAX);
        if counted == told {
            return Ok(None);
        }
        let gap = GapReport {
            agent: agent.clone(),
            outbox: self.id.to_string(),
            revision: revision + 1,
            losses,
        };
        let stored = message(&gap, topic, key).map_err(StoreError::Gap)?;
        keep(&mut tx, &stored, counted).await?;
        tx.commit().await?;
        tell(&gap.losses, gap.revision);
        Ok(Some(stored))
    }

    /// Notes that the gap report of these bytes was handed to a broker.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn gap_sent(&self, sha256: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE gap SET state = 'sent' WHERE sha256 = ? AND state = 'queued'")
            .bind(sha256)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Notes the server's answer; the revision, where these bytes are the last gap report's and it
    /// was unanswered.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn gap_answered(
        &self,
        sha256: &str,
        answer: GapAnswer,
    ) -> Result<Option<u32>, StoreError> {
        let state = match answer {
            GapAnswer::Accepted => "accepted",
            GapAnswer::Refused => "refused",
        };
        let row: Option<(u32,)> = sqlx::query_as(
            "UPDATE gap SET state = ? WHERE sha256 = ? AND state IN ('queued', 'sent') \
             RETURNING revision",
        )
        .bind(state)
        .bind(sha256)
        .fetch_optional(&self.pool)
        .await?;
        // Losses of the meantime may be told now.
        self.report_filed.notify_one();
        Ok(row.map(|(revision,)| revision))
    }
}

/// As it is kept, but signed with the agent's key of today.
fn stored(row: Row, key: &SecretKey) -> StoredGap {
    let is_of_key = row
        .signature
        .starts_with(contract::v1::key_id(&key.public()).as_str());
    let signature = if is_of_key {
        row.signature
    } else {
        sign(key, &row.topic, &row.payload).to_string()
    };
    StoredGap {
        revision: row.revision,
        topic: row.topic,
        payload: row.payload.into(),
        signature,
        sha256: row.sha256,
    }
}

fn message(
    gap: &GapReport,
    topic: String,
    key: &SecretKey,
) -> Result<StoredGap, contract::v1::CloudEventError> {
    let id = format!("{}/{}", gap.outbox, gap.revision);
    let source = format!("/agents/{}", gap.agent);
    let event = CloudEvent::new(EventType::GapReport, id, source, Timestamp::now(), gap);
    let payload = encode(&event)?;
    Ok(StoredGap {
        revision: gap.revision,
        signature: sign(key, &topic, &payload).to_string(),
        sha256: hex::encode(Sha256::digest(&payload)),
        topic,
        payload: payload.into(),
    })
}

async fn keep(tx: &mut Tx, gap: &StoredGap, counted: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO gap (one, revision, counted, state, topic, payload, signature, sha256) \
         VALUES (1, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET \
         revision = excluded.revision, counted = excluded.counted, state = excluded.state, \
         topic = excluded.topic, payload = excluded.payload, signature = excluded.signature, \
         sha256 = excluded.sha256",
    )
    .bind(gap.revision)
    .bind(counted)
    .bind(&gap.topic)
    .bind(gap.payload.as_ref())
    .bind(&gap.signature)
    .bind(&gap.sha256)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn tell(losses: &[GapLoss], revision: u32) {
    let things: u64 = losses.iter().map(|loss| loss.count).sum();
    tracing::warn!(
        gap.revision = revision,
        things,
        "a gap report tells the server what this outbox had to let go"
    );
}
