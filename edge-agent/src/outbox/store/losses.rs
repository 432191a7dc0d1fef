//! What the full-disk policy let go, counted in rows that nothing deletes.

use super::{Store, StoreError, Tx, now_ms};
use crate::outbox::record::{Loss, LostThing};
use crate::telemetry::metric;

impl Store {
    /// The gap report: everything the policy ever let go.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn losses(&self) -> Result<Vec<Loss>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT what, SUM(count) FROM losses GROUP BY what ORDER BY what")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows
            .into_iter()
            .map(|(what, count)| Loss {
                what,
                count: count.unsigned_abs(),
            })
            .collect())
    }
}

/// Counts a loss in the transaction that causes it.
pub(super) async fn count_loss(
    tx: &mut Tx,
    what: LostThing,
    severity: i64,
    count: u64,
) -> Result<(), StoreError> {
    let now = now_ms();
    sqlx::query(
        "INSERT INTO losses (what, severity, count, first, last) VALUES (?1, ?2, ?3, ?4, ?4) \
         ON CONFLICT (what, severity) DO UPDATE SET count = count + excluded.count, last = excluded.last",
    )
    .bind(what.as_str())
    .bind(severity)
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Tells of losses, after their commit.
pub(super) fn log_losses(lost: &[(LostThing, u64)]) {
    for (what, count) in lost {
        metrics::counter!(metric::OUTBOX_LOST, "what" => what.as_str()).increment(*count);
        tracing::error!(
            what = what.as_str(),
            count,
            "the outbox is full and let something go; restore the connection to the server, or \
             raise `[outbox] max_bytes`"
        );
    }
}
