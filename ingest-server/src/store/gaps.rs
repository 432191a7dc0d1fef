//! Gap reports: what agents had to let go. Each revision of each outbox is one row, and never goes.

use contract::v1::GapReport;
use jiff::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QuerySelect as _};

use super::entity::gap_report::{ActiveModel, Column, Entity, Model};
use super::reports::json;
use super::{Access, StoreError, Tx};

/// A gap report whose signature holds.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedGap<'a> {
    /// What it says.
    pub gap: &'a GapReport,
    /// The exact bytes.
    pub payload: &'a [u8],
    /// The signature as it came.
    pub signature: &'a str,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: &'a str,
    /// When it came.
    pub received: Timestamp,
}

/// What became of a gap report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapStored {
    /// It is new.
    New,
    /// It was here already.
    Duplicate,
    /// Another one of its revision is here.
    Conflict,
}

/// Keeps a gap report, once.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_gap(tx: &Tx, verified: &VerifiedGap<'_>) -> Result<GapStored, StoreError> {
    let gap = verified.gap;
    let key = (
        gap.agent.to_string(),
        gap.outbox.clone(),
        i64::from(gap.revision),
    );
    let row = ActiveModel {
        agent: Set(key.0.clone()),
        outbox: Set(key.1.clone()),
        revision: Set(key.2),
        received_at: Set(verified.received.as_microsecond()),
        losses: Set(json(&gap.losses)),
        payload: Set(verified.payload.to_vec()),
        signature: Set(verified.signature.to_owned()),
        sha256: Set(verified.sha256.to_owned()),
    };
    let columns = [Column::Agent, Column::Outbox, Column::Revision];
    let inserted = Entity::insert(row)
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    if inserted > 0 {
        return Ok(GapStored::New);
    }
    let kept = Entity::find_by_id(key).one(tx.conn()).await?;
    Ok(match kept {
        Some(kept) if kept.sha256 == verified.sha256 => GapStored::Duplicate,
        _ => GapStored::Conflict,
    })
}

/// The newest gap report of each outbox, those that came last first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn newest_gaps(on: &impl Access, limit: u64) -> Result<Vec<Model>, StoreError> {
    let newest = Entity::find()
        .select_only()
        .column(Column::Agent)
        .column(Column::Outbox)
        .column_as(Column::Revision.max(), "revision")
        .group_by(Column::Agent)
        .group_by(Column::Outbox)
        .into_tuple::<(String, String, i64)>()
        .all(on.conn())
        .await?;
    let mut rows = Vec::with_capacity(newest.len());
    for key in newest {
        rows.extend(Entity::find_by_id(key).one(on.conn()).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.received_at));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(rows)
}
