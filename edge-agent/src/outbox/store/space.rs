//! Bounds of the report space, and what goes when it is full.

use contract::v1::LostThing;

use super::losses::count_loss;
use super::{Store, StoreError, Tx, events};
use crate::outbox::record::{Filed, Tally};

impl Store {
    /// How full the outbox is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tally(&self) -> Result<Tally, StoreError> {
        let row: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM reports WHERE state = 'queued'), \
                    (SELECT COUNT(*) FROM reports WHERE state = 'sent'), \
                    (SELECT COUNT(*) FROM reports WHERE state = 'refused'), \
                    (SELECT bytes FROM space WHERE what = 'reports'), \
                    (SELECT COUNT(*) FROM uploads), \
                    (SELECT bytes FROM space WHERE what = 'evidence')",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Tally {
            queued: row.0.unsigned_abs(),
            sent: row.1.unsigned_abs(),
            refused: row.2.unsigned_abs(),
            report_bytes: row.3.unsigned_abs(),
            uploads: row.4.unsigned_abs(),
            evidence_bytes: row.5.unsigned_abs(),
        })
    }

    /// Lets reports go until they fit their space; returns what went and which files went with it.
    pub(super) async fn shrink_reports(
        &self,
        tx: &mut Tx,
    ) -> Result<(Filed, Vec<String>), StoreError> {
        let (mut filed, mut files) = (Filed::default(), Vec::new());
        while used(tx, "reports").await? > self.limits.report_bytes {
            let Some((what, severity, count)) = self.let_go(tx, &mut files).await? else {
                break;
            };
            count_loss(tx, what, severity, count).await?;
            filed.lost.push((what, count));
        }
        Ok((filed, files))
    }

    /// Lets the least of the reports go: a dead letter, a replaced update, or an event.
    async fn let_go(
        &self,
        tx: &mut Tx,
        files: &mut Vec<String>,
    ) -> Result<Option<(LostThing, i64, u64)>, StoreError> {
        let dead: Option<(i64,)> = sqlx::query_as(
            "DELETE FROM reports WHERE seq = (SELECT MIN(seq) FROM reports WHERE state = 'refused') \
             RETURNING severity",
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some((severity,)) = dead {
            return Ok(Some((LostThing::DeadLetter, severity, 1)));
        }
        let update: Option<(i64,)> = sqlx::query_as(
            "DELETE FROM reports WHERE seq = (SELECT seq FROM reports AS r WHERE phase = 'updated' \
             AND EXISTS (SELECT 1 FROM reports WHERE event_id = r.event_id AND revision > r.revision) \
             ORDER BY seq LIMIT 1) RETURNING severity",
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some((severity,)) = update {
            return Ok(Some((LostThing::Update, severity, 1)));
        }
        let least: Option<(String, i64)> =
            sqlx::query_as("SELECT event_id, urgency FROM reports ORDER BY urgency, seq LIMIT 1")
                .fetch_optional(&mut **tx)
                .await?;
        let Some((event_id, severity)) = least else {
            return Ok(None);
        };
        sqlx::query("DELETE FROM reports WHERE event_id = ?")
            .bind(&event_id)
            .execute(&mut **tx)
            .await?;
        // Evidence of a revision that will never arrive can never be uploaded.
        let orphaned: Vec<(String,)> =
            sqlx::query_as("DELETE FROM uploads WHERE event_id = ? AND ready = 0 RETURNING file")
                .bind(&event_id)
                .fetch_all(&mut **tx)
                .await?;
        files.extend(orphaned.into_iter().map(|(file,)| file));
        events::forget_if_finished(tx, &event_id).await?;
        Ok(Some((LostThing::Event, severity, 1)))
    }
}

/// Bytes in use by `what`.
pub(super) async fn used(tx: &mut Tx, what: &str) -> Result<u64, StoreError> {
    let (bytes,): (i64,) = sqlx::query_as("SELECT bytes FROM space WHERE what = ?")
        .bind(what)
        .fetch_one(&mut **tx)
        .await?;
    Ok(bytes.unsigned_abs())
}
