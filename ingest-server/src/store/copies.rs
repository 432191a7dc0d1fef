//! The queue of copies that are to be made of evidence, and what was made.
//!
//! A row is the job and its result. Who takes one up holds it until a moment that is written into it:
//! a server that dies while it makes a copy leaves nothing to clean, and after that moment the copy is
//! begun again, by any server.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, DatabaseBackend, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::access::MAX_ROWS;
use super::entity::derived_copy::{ActiveModel, Column, Entity, Model};
use super::entity::evidence;
use super::{Access, StoreError, Tx};

/// What a copy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CopyKind {
    /// A browser plays it where it cannot play the original.
    Viewing,
    /// Nobody but the reported vehicle is recognised in it: the only one that leaves towards citizens
    /// or training.
    Redacted,
}

impl CopyKind {
    /// The word in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewing => "viewing",
            Self::Redacted => "redacted",
        }
    }
}

/// Where a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CopyState {
    /// It waits.
    Queued,
    /// A server is at it.
    Making,
    /// It is there.
    Made,
    /// A browser plays the original.
    NotNeeded,
    /// It will not be made; the reason says why.
    Failed,
}

impl CopyState {
    /// The word in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Making => "making",
            Self::Made => "made",
            Self::NotNeeded => "not_needed",
            Self::Failed => "failed",
        }
    }
}

/// What becomes of a copy that failed before, when it is asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeue {
    /// It is tried anew.
    Failed,
    /// It stays as it is.
    Never,
}

/// A copy to be made, and of what.
#[derive(Debug, Clone)]
pub struct ClaimedCopy {
    /// What it is for.
    pub kind: CopyKind,
    /// The original.
    pub piece: evidence::Model,
    /// The hash under which the original was stored.
    pub source_sha256: String,
    /// How often it was begun, this time included.
    pub attempts: i64,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyMade {
    /// The programs, with version and model.
    pub program: String,
    /// How, as a word.
    pub method: String,
    /// Whether the reported vehicle stayed as it is: `kept`, `none`.
    pub offender: Option<String>,
    /// Media type.
    pub mime: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Its key in the object store.
    pub object_key: String,
}

/// Puts a copy of a stored piece into the queue, once. Says whether anything changed.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`] where the piece was never sealed.
pub async fn queue_copy(
    tx: &Tx,
    piece: &evidence::Model,
    kind: CopyKind,
    requeue: Requeue,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let source = piece.sha256.clone().ok_or(StoreError::Unreadable {
        table: "evidence",
        column: "sha256",
    })?;
    let row = ActiveModel {
        event_id: Set(piece.event_id.clone()),
        evidence_id: Set(piece.id.clone()),
        kind: Set(kind.as_str().to_owned()),
        state: Set(CopyState::Queued.as_str().to_owned()),
        source_sha256: Set(source),
        attempts: Set(0),
        due_at: Set(now.as_microsecond()),
        ..ActiveModel::default()
    };
    let key = [Column::EventId, Column::EvidenceId, Column::Kind];
    let mut known = OnConflict::columns(key);
    match requeue {
        Requeue::Never => known.do_nothing(),
        Requeue::Failed => known
            .update_columns([Column::State, Column::Attempts, Column::DueAt])
            .action_and_where(Expr::col((Entity, Column::State)).eq(CopyState::Failed.as_str())),
    };
    let changed = Entity::insert(row)
        .on_conflict(known.to_owned())
        .try_insert()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(matches!(
        changed,
        sea_orm::TryInsertResult::Inserted(rows) if rows > 0
    ))
}

/// Takes up the copy that is due longest, until `until`; redacted ones first, since a person asked
/// for them and waits.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn claim_copy(
    tx: &Tx,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<ClaimedCopy>, StoreError> {
    let mut search = Entity::find()
        .filter(waiting())
        .filter(Column::DueAt.lte(now.as_microsecond()))
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::DueAt)
        .limit(1);
    if sea_orm::ConnectionTrait::get_database_backend(tx.conn()) == DatabaseBackend::Postgres {
        // Two servers never take up one copy, nor wait for each other.
        search = search.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let Some(row) = search.one(tx.conn()).await? else {
        return Ok(None);
    };
    let attempts = row.attempts + 1;
    update(&row.event_id, &row.evidence_id, &row.kind)
        .col_expr(Column::State, Expr::value(CopyState::Making.as_str()))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::DueAt, Expr::value(until.as_microsecond()))
        .exec(tx.conn())
        .await?;
    let piece = evidence::Entity::find_by_id((row.event_id.clone(), row.evidence_id.clone()))
        .one(tx.conn())
        .await?
        .ok_or(StoreError::Unreadable {
            table: "derived_copies",
            column: "evidence_id",
        })?;
    let kind = match row.kind.as_str() {
        "viewing" => CopyKind::Viewing,
        "redacted" => CopyKind::Redacted,
        _ => {
            return Err(StoreError::Unreadable {
                table: "derived_copies",
                column: "kind",
            });
        }
    };
    Ok(Some(ClaimedCopy {
        kind,
        piece,
        source_sha256: row.source_sha256,
        attempts,
    }))
}

/// Holds a copy until `until`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hold_copy(tx: &Tx, copy: &ClaimedCopy, until: Timestamp) -> Result<(), StoreError> {
    update(&copy.piece.event_id, &copy.piece.id, copy.kind.as_str())
        .col_expr(Column::DueAt, Expr::value(until.as_microsecond()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Puts a copy back that was not finished through no fault of its own.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_back_copy(tx: &Tx, copy: &ClaimedCopy, now: Timestamp) -> Result<(), StoreError> {
    update(&copy.piece.event_id, &copy.piece.id, copy.kind.as_str())
        .col_expr(Column::State, Expr::value(CopyState::Queued.as_str()))
        .col_expr(Column::Attempts, Expr::value(copy.attempts - 1))
        .col_expr(Column::DueAt, Expr::value(now.as_microsecond()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// How many copies wait or are being made.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn due_copies(on: &impl Access) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(waiting()).count(on.conn()).await?)
}

/// Writes what was made.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn copy_made(
    tx: &Tx,
    copy: &ClaimedCopy,
    made: &CopyMade,
    now: Timestamp,
) -> Result<(), StoreError> {
    let bytes = i64::try_from(made.bytes).unwrap_or(i64::MAX);
    update(&copy.piece.event_id, &copy.piece.id, copy.kind.as_str())
        .col_expr(Column::State, Expr::value(CopyState::Made.as_str()))
        .col_expr(Column::Reason, Expr::value(None::<String>))
        .col_expr(Column::Program, Expr::value(made.program.as_str()))
        .col_expr(Column::Method, Expr::value(made.method.as_str()))
        .col_expr(Column::Offender, Expr::value(made.offender.clone()))
        .col_expr(Column::Mime, Expr::value(made.mime.as_str()))
        .col_expr(Column::Bytes, Expr::value(bytes))
        .col_expr(Column::Sha256, Expr::value(made.sha256.as_str()))
        .col_expr(Column::ObjectKey, Expr::value(made.object_key.as_str()))
        .col_expr(Column::MadeAt, Expr::value(now.as_microsecond()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Writes that browsers play the original.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn copy_not_needed(tx: &Tx, copy: &ClaimedCopy) -> Result<(), StoreError> {
    update(&copy.piece.event_id, &copy.piece.id, copy.kind.as_str())
        .col_expr(Column::State, Expr::value(CopyState::NotNeeded.as_str()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Writes why a copy was not made; it is tried again at `again`, or never.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn copy_failed(
    tx: &Tx,
    copy: &ClaimedCopy,
    reason: &str,
    again: Option<Timestamp>,
) -> Result<(), StoreError> {
    let state = match again {
        Some(_) => CopyState::Queued,
        None => CopyState::Failed,
    };
    let due = again.map_or(0, Timestamp::as_microsecond);
    update(&copy.piece.event_id, &copy.piece.id, copy.kind.as_str())
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::Reason, Expr::value(reason))
        .col_expr(Column::DueAt, Expr::value(due))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The copies of everything that these events and commands own.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn copies_of(
    on: &impl Access,
    owners: impl IntoIterator<Item = String>,
) -> Result<Vec<Model>, StoreError> {
    let owners: Vec<String> = owners.into_iter().collect();
    let mut found = Vec::new();
    for some in owners.chunks(MAX_ROWS) {
        let rows = Entity::find().filter(Column::EventId.is_in(some));
        found.extend(rows.all(on.conn()).await?);
    }
    Ok(found)
}

/// A copy of one piece.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn derived_copy(
    on: &impl Access,
    piece: &evidence::Model,
    kind: CopyKind,
) -> Result<Option<Model>, StoreError> {
    let key = (
        piece.event_id.clone(),
        piece.id.clone(),
        kind.as_str().to_owned(),
    );
    Ok(Entity::find_by_id(key).one(on.conn()).await?)
}

fn waiting() -> Condition {
    let states = [CopyState::Queued.as_str(), CopyState::Making.as_str()];
    Condition::all().add(Column::State.is_in(states))
}

fn update(event: &str, piece: &str, kind: &str) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::EventId.eq(event))
        .filter(Column::EvidenceId.eq(piece))
        .filter(Column::Kind.eq(kind))
}
