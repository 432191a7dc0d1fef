//! Report revisions: filed, sent, answered.

use contract::v1::RefusalReason;

use super::losses::log_losses;
use super::{Store, StoreError, chain, events, now_ms};
use crate::outbox::record::{Acked, Filed, Filing, StoredReport, severity_rank};
use crate::telemetry::phase_word;

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
        let mut tx = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO reports (event_id, revision, phase, severity, topic, payload, signature, \
             sha256, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
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
        .execute(&mut *tx)
        .await?;
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

    /// Pending reports after `seq`, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending_after(
        &self,
        seq: i64,
        most: usize,
    ) -> Result<Vec<StoredReport>, StoreError> {
        let rows: Vec<ReportRow> = sqlx::query_as(
            "SELECT seq, event_id, revision, topic, payload, signature FROM reports \
             WHERE seq > ? AND refusal IS NULL ORDER BY seq LIMIT ?",
        )
        .bind(seq)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(stored_report).collect())
    }

    /// One pending report; `None` where it was answered or let go.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending(&self, seq: i64) -> Result<Option<StoredReport>, StoreError> {
        let row: Option<ReportRow> = sqlx::query_as(
            "SELECT seq, event_id, revision, topic, payload, signature FROM reports \
             WHERE seq = ? AND refusal IS NULL",
        )
        .bind(seq)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(stored_report))
    }

    /// Forgets the report of exactly these bytes: the server has committed it. Its evidence may be
    /// uploaded from now on. `None` where no pending report has this hash.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn stored(&self, sha256: &str) -> Result<Option<Acked>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let row: Option<(i64, String, u32)> = sqlx::query_as(
            "DELETE FROM reports WHERE sha256 = ? AND refusal IS NULL RETURNING seq, event_id, revision",
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
            "UPDATE reports SET refusal = ? WHERE sha256 = ? AND refusal IS NULL \
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
            "UPDATE reports SET refusal = 'other_agent' WHERE topic <> ? AND refusal IS NULL",
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

type ReportRow = (i64, String, u32, String, Vec<u8>, String);

fn stored_report((seq, event_id, revision, topic, payload, signature): ReportRow) -> StoredReport {
    StoredReport {
        seq,
        event_id,
        revision,
        topic,
        payload: payload.into(),
        signature,
    }
}
