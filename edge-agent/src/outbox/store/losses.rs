//! What the full-disk policy let go, counted in rows that nothing deletes.

use contract::v1::{GapLoss, LostThing};
use jiff::Timestamp;

use super::{Store, StoreError, Tx, now_ms};
use crate::outbox::record::severity_of;
use crate::telemetry::metric;

impl Store {
    /// Everything that the policy ever let go.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn losses(&self) -> Result<Vec<GapLoss>, StoreError> {
        let mut tx = self.begin().await?;
        losses(&mut tx).await
    }
}

/// Everything that the policy ever let go.
pub(super) async fn losses(tx: &mut Tx) -> Result<Vec<GapLoss>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT what, severity, count, first, last FROM losses ORDER BY what, severity",
    )
    .fetch_all(&mut **tx)
    .await?;
    let known = [
        LostThing::Update,
        LostThing::Event,
        LostThing::DeadLetter,
        LostThing::Evidence,
    ];
    let loss = |(word, severity, count, first, last): (String, i64, i64, i64, i64)| {
        Some(GapLoss {
            // Written by this file and nobody else, so the word is always known.
            what: known.into_iter().find(|what| what.as_str() == word)?,
            severity: severity_of(severity),
            count: count.unsigned_abs(),
            first: at(first),
            last: at(last),
        })
    };
    Ok(rows.into_iter().filter_map(loss).collect())
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
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
