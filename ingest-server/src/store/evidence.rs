//! Where each piece of evidence stands: promised, sealed with its hash, stored, or unavailable.

use contract::v1::{AgentId, AutoReport, EventId, Evidence, EvidenceId};
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::cameras::word;
use super::entity::evidence::{ActiveModel, Column, Entity, Model};
use super::{Access, StoreError, Tx};

/// What a sealed revision promised about some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEvidence {
    /// Media type.
    pub mime: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Whether the bytes are here already.
    pub stored: Stored,
}

/// Whether promised bytes are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// They came and were verified.
    Yes,
    /// They have not come.
    No,
}

/// Applies the evidence list of one revision. Order-free: for each entry the highest revision
/// that names it decides, and bytes that are stored stay stored.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn apply_evidence(tx: &Tx, report: &AutoReport) -> Result<(), StoreError> {
    for entry in &report.evidence {
        apply_entry(tx, report, entry).await?;
    }
    Ok(())
}

async fn apply_entry(tx: &Tx, report: &AutoReport, entry: &Evidence) -> Result<(), StoreError> {
    let event_id = report.event_id.to_string();
    let id = entry.id().to_string();
    let fresh = Entity::insert(row(report, entry))
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    if matches!(fresh, sea_orm::TryInsertResult::Inserted(1)) {
        return Ok(());
    }
    let known = Entity::find_by_id((event_id.clone(), id.clone()))
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .ok_or(StoreError::Unreadable {
            table: "evidence",
            column: "id",
        })?;
    if i64::from(report.revision) <= known.revision || known.state == "stored" {
        return Ok(());
    }
    Entity::update_many()
        .set(ActiveModel {
            event_id: NotSet,
            id: NotSet,
            ..row(report, entry)
        })
        .filter(Column::EventId.eq(event_id))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

fn row(report: &AutoReport, entry: &Evidence) -> ActiveModel {
    let mut row = ActiveModel {
        event_id: Set(report.event_id.to_string()),
        id: Set(entry.id().to_string()),
        agent: Set(report.agent.to_string()),
        kind: Set(entry.kind().as_str().to_owned()),
        state: Set("pending".to_owned()),
        revision: Set(i64::from(report.revision)),
        mime: Set(None),
        bytes: Set(None),
        sha256: Set(None),
        reason: Set(None),
        object_key: Set(None),
        stored_at: Set(None),
    };
    match entry {
        Evidence::Pending { .. } => {}
        Evidence::Sealed {
            mime,
            bytes,
            sha256,
            ..
        } => {
            row.state = Set("sealed".to_owned());
            row.mime = Set(Some(mime.clone()));
            row.bytes = Set(i64::try_from(*bytes).ok());
            row.sha256 = Set(Some(sha256.clone()));
        }
        Evidence::Unavailable { reason, .. } => {
            row.state = Set("unavailable".to_owned());
            row.reason = Set(Some(word(reason)));
        }
    }
    row
}

/// What this agent sealed under a hash, if anything: nothing else may be uploaded.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sealed_by_hash(
    on: &impl Access,
    agent: &AgentId,
    sha256: &str,
) -> Result<Option<SealedEvidence>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Agent.eq(agent.as_str()))
        .filter(Column::Sha256.eq(sha256))
        .filter(Column::State.is_in(["sealed", "stored"]))
        .all(on.conn())
        .await?;
    let missing = rows.iter().find(|row| row.state == "sealed");
    let stored = if missing.is_some() {
        Stored::No
    } else {
        Stored::Yes
    };
    let Some(row) = missing.or(rows.first()) else {
        return Ok(None);
    };
    let unreadable = |column| StoreError::Unreadable {
        table: "evidence",
        column,
    };
    Ok(Some(SealedEvidence {
        mime: row.mime.clone().ok_or(unreadable("mime"))?,
        bytes: row
            .bytes
            .and_then(|bytes| u64::try_from(bytes).ok())
            .ok_or(unreadable("bytes"))?,
        stored,
    }))
}

/// Writes that bytes of this hash are stored, and returns the events they prove.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn mark_stored(
    tx: &Tx,
    agent: &AgentId,
    sha256: &str,
    object_key: &str,
    now: Timestamp,
) -> Result<Vec<EventId>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Agent.eq(agent.as_str()))
        .filter(Column::Sha256.eq(sha256))
        .filter(Column::State.eq("sealed"))
        .all(tx.conn())
        .await?;
    Entity::update_many()
        .col_expr(Column::State, Expr::value("stored"))
        .col_expr(Column::ObjectKey, Expr::value(object_key))
        .col_expr(Column::StoredAt, Expr::value(now.as_microsecond()))
        .filter(Column::Agent.eq(agent.as_str()))
        .filter(Column::Sha256.eq(sha256))
        .filter(Column::State.eq("sealed"))
        .exec(tx.conn())
        .await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let event = row.event_id.parse().map_err(|_| StoreError::Unreadable {
            table: "evidence",
            column: "event_id",
        })?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(events)
}

/// The evidence of one event, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_of_event(
    on: &impl Access,
    event: &EventId,
) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::EventId.eq(event.to_string()))
        .order_by_asc(Column::Id)
        .all(on.conn())
        .await?)
}

/// One piece of evidence of one event.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_piece(
    on: &impl Access,
    event: &EventId,
    id: &EvidenceId,
) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id((event.to_string(), id.to_string()))
        .one(on.conn())
        .await?)
}
