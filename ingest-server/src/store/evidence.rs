//! Where each piece of evidence stands: promised, sealed with its hash, stored, or unavailable.

use contract::v1::{AgentId, AutoReport, EventId, Evidence, EvidenceId};
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};

use super::cameras::word;
use super::entity::evidence::{Column, Entity, Model};
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

/// A piece of evidence as one revision names it.
pub(super) fn row(report: &AutoReport, entry: &Evidence) -> Model {
    let event = report.event_id.to_string();
    row_of(event, &report.agent, report.revision, entry)
}

/// Keeps what an answer to a command sealed; the command stands where an event does.
pub(super) async fn insert_sealed(
    tx: &Tx,
    command: String,
    agent: &AgentId,
    entry: &Evidence,
) -> Result<(), StoreError> {
    Entity::insert(row_of(command, agent, 1, entry).into_active_model())
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn row_of(event_id: String, agent: &AgentId, revision: u32, entry: &Evidence) -> Model {
    let mut row = Model {
        event_id,
        id: entry.id().to_string(),
        agent: agent.to_string(),
        kind: entry.kind().as_str().to_owned(),
        state: "pending".to_owned(),
        revision: i64::from(revision),
        mime: None,
        bytes: None,
        sha256: None,
        reason: None,
        object_key: None,
        stored_at: None,
    };
    match entry {
        Evidence::Pending { .. } => {}
        Evidence::Sealed {
            mime,
            bytes,
            sha256,
            ..
        } => {
            row.state = "sealed".to_owned();
            row.mime = Some(mime.clone());
            row.bytes = i64::try_from(*bytes).ok();
            row.sha256 = Some(sha256.clone());
        }
        Evidence::Unavailable { reason, .. } => {
            row.state = "unavailable".to_owned();
            row.reason = Some(word(reason));
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
