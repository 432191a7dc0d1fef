//! Report revisions: filed, sent, answered.

use contract::v1::{EventId, RefusalReason, SecretKey, key_id, sign};

use super::losses::log_losses;
use super::{Store, StoreError, Tx, chain, events, now_ms};
use crate::outbox::record::{Acked, Filed, Filing, StoredReport, Urgency, severity_rank};
use crate::telemetry::phase_word;

/// Reports signed anew in one transaction.
const SIGNED_AT_ONCE: i64 = 256;

impl Store {
    /// Keeps one revision, the files it seals, and the event's state for a restart.
    ///
    /// # Errors
    /// [`StoreError::Full`] where the disk is; nothing was kept then, and the caller tries again.
    pub async fn file(&self, filing: &Filing<'_>) -> Result<Filed, StoreError> {
        let Filing {
            message,
            report,
            last_seen,
            sealed,
        } = filing;
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO reports (event_id, revision, phase, severity, topic, payload, signature, \
             sha256, created, urgency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(message.event_id.to_string())
        .bind(message.revision)
        .bind(phase_word(message.phase))
        .bind(severity_rank(message.severity))
        .bind(&message.topic)
        .bind(message.payload.as_ref())
        .bind(&message.signature)
        .bind(&message.sha256)
        .bind(now_ms())
        .bind(severity_rank(message.severity))
        .execute(&mut *tx)
        .await?;
        share_urgency(&mut tx, message.event_id).await?;
        self.keep_uploads(&mut tx, report).await?;
        if let Some(head) = sealed {
            chain::advance(&mut tx, &report.agent, head).await?;
        }
        events::keep_event(&mut tx, report, *last_seen).await?;
        events::remember_filed(&mut tx, message.event_id).await?;
        let (filed, files) = self.shrink_reports(&mut tx).await?;
        tx.commit().await?;
        self.remove_files(&files);
        self.report_filed.notify_one();
        log_losses(&filed.lost);
        Ok(filed)
    }

    /// Reports to be sent beside those that are `held` already: of the most urgent event first, and
    /// of one event in the order of its revisions.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn to_send(
        &self,
        held: &[i64],
        most: usize,
    ) -> Result<Vec<StoredReport>, StoreError> {
        let rows: Vec<ReportRow> = sqlx::query_as(
            "SELECT seq, event_id, revision, topic, payload, signature, urgency FROM reports \
             WHERE state <> 'refused' AND seq NOT IN (SELECT value FROM json_each(?)) \
             ORDER BY urgency DESC, seq LIMIT ?",
        )
        .bind(json(held))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(stored_report).collect())
    }

    /// One report that waits; `None` where it was answered or let go.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn waiting(&self, seq: i64) -> Result<Option<StoredReport>, StoreError> {
        let row: Option<ReportRow> = sqlx::query_as(
            "SELECT seq, event_id, revision, topic, payload, signature, urgency FROM reports \
             WHERE seq = ? AND state <> 'refused'",
        )
        .bind(seq)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(stored_report))
    }

    /// Notes that these reports were handed to a broker. A crash before it makes no harm: what was
    /// handed over counts as queued then, and is handed over again.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sent(&self, seqs: &[i64]) -> Result<(), StoreError> {
        if seqs.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE reports SET state = 'sent' WHERE state = 'queued' \
             AND seq IN (SELECT value FROM json_each(?))",
        )
        .bind(json(seqs))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Signs with `key` what waits under another key's signature: the agent's key has changed. The
    /// bytes stay, and so does the hash that an ack names. Returns how many were signed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sign_anew(&self, key: &SecretKey) -> Result<u64, StoreError> {
        let (mut signed, prefix) = (0, format!("{}:", key_id(&key.public())));
        loop {
            let mut tx = self.begin().await?;
            let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
                "SELECT seq, topic, payload FROM reports WHERE state <> 'refused' \
                 AND substr(signature, 1, length(?1)) <> ?1 ORDER BY seq LIMIT ?2",
            )
            .bind(&prefix)
            .bind(SIGNED_AT_ONCE)
            .fetch_all(&mut *tx)
            .await?;
            if rows.is_empty() {
                return Ok(signed);
            }
            for (seq, topic, payload) in rows {
                sqlx::query("UPDATE reports SET signature = ? WHERE seq = ?")
                    .bind(sign(key, &topic, &payload).to_string())
                    .bind(seq)
                    .execute(&mut *tx)
                    .await?;
                signed += 1;
            }
            tx.commit().await?;
        }
    }

    /// Forgets the report of exactly these bytes: the server has committed it. Its evidence may be
    /// uploaded from now on. `None` where no pending report has this hash.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn stored(&self, sha256: &str) -> Result<Option<Acked>, StoreError> {
        let mut tx = self.begin().await?;
        let row: Option<(i64, String, u32)> = sqlx::query_as(
            "DELETE FROM reports WHERE sha256 = ? AND state <> 'refused' RETURNING seq, event_id, revision",
        )
        .bind(sha256)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((seq, event_id, revision)) = row else {
            return Ok(None);
        };
        sqlx::query("UPDATE uploads SET ready = 1 WHERE event_id = ? AND sealed_in <= ?")
            .bind(&event_id)
            .bind(revision)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.upload_ready.notify_one();
        Ok(Some(Acked {
            seq,
            event_id,
            revision,
        }))
    }

    /// Keeps the report of exactly these bytes as a dead letter. `None` where none is pending.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn refused(
        &self,
        sha256: &str,
        reason: RefusalReason,
    ) -> Result<Option<Acked>, StoreError> {
        let row: Option<(i64, String, u32)> = sqlx::query_as(
            "UPDATE reports SET state = 'refused', refusal = ? \
             WHERE sha256 = ? AND state <> 'refused' \
             RETURNING seq, event_id, revision",
        )
        .bind(reason.as_str())
        .bind(sha256)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(seq, event_id, revision)| Acked {
            seq,
            event_id,
            revision,
        }))
    }

    pub(super) async fn set_aside_other_topics(&self, topic: &str) -> Result<(), StoreError> {
        let moved = sqlx::query(
            "UPDATE reports SET state = 'refused', refusal = 'other_agent' \
             WHERE topic <> ? AND state <> 'refused'",
        )
        .bind(topic)
        .execute(&self.pool)
        .await?
        .rows_affected();
        if moved > 0 {
            tracing::warn!(
                reports = moved,
                "set aside reports of the name this agent was enrolled under before"
            );
        }
        Ok(())
    }
}

type ReportRow = (i64, String, u32, String, Vec<u8>, String, i64);

/// All revisions of an event that wait are as urgent as the most urgent of them.
async fn share_urgency(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE reports SET urgency = most FROM (SELECT MAX(urgency) AS most FROM reports \
         WHERE event_id = ?1 AND state <> 'refused') \
         WHERE event_id = ?1 AND state <> 'refused' AND urgency < most",
    )
    .bind(event.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn stored_report(row: ReportRow) -> StoredReport {
    let (seq, event_id, revision, topic, payload, signature, urgency) = row;
    StoredReport {
        seq,
        event_id,
        revision,
        topic,
        payload: payload.into(),
        signature,
        urgency: Urgency::of_rank(urgency),
    }
}

/// The numbers as SQLite's `json_each` reads them.
fn json(numbers: &[i64]) -> String {
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", words.join(","))
}
