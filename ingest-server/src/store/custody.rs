//! The custody log of each piece of evidence: append and read, never change.

use jiff::Timestamp;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::copies::CopyKind;
use super::entity::custody::{Column, Entity, Model};
use super::entity::evidence;
use super::{Access, StoreError, Tx};
use crate::chain::GENESIS;
use crate::custody::{Act, Detail, Entry, hash};

/// What is to be remembered of a piece; number and hashes are given by the store.
#[derive(Debug, Clone)]
pub struct CustodyEntry {
    /// A user name, or who acted of agents and server.
    pub actor: String,
    /// What was done.
    pub act: Act,
    /// With which copy; none for the original.
    pub copy: Option<CopyKind>,
    /// What else there is to say.
    pub detail: Detail,
}

/// Appends to the log of a piece. Whoever appends to one piece at the same time waits.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn append_custody(
    tx: &Tx,
    piece: &evidence::Model,
    entry: CustodyEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    // The piece's row stands for its log: PostgreSQL gives it to one at a time.
    let key = (piece.event_id.clone(), piece.id.clone());
    evidence::Entity::find_by_id(key)
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    let last = of_piece(piece)
        .order_by_desc(Column::Seq)
        .one(tx.conn())
        .await?;
    let (seq, previous) = last.map_or((1, GENESIS.to_owned()), |row| (row.seq + 1, row.hash));
    let entry = Entry {
        seq,
        at: now,
        actor: entry.actor,
        act: entry.act.as_str().to_owned(),
        copy: entry.copy.map(|copy| copy.as_str().to_owned()),
        // It holds texts and a number, so that this cannot fail.
        detail: serde_json::to_string(&entry.detail).unwrap_or_default(),
    };
    let row = Model {
        event_id: piece.event_id.clone(),
        evidence_id: piece.id.clone(),
        seq,
        at: now.as_microsecond(),
        hash: hash((&piece.event_id, &piece.id), &previous, &entry),
        prev_hash: previous,
        actor: entry.actor,
        act: entry.act,
        copy_kind: entry.copy,
        detail: entry.detail,
    };
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Whether this person looked at the same thing, for the same reason where one was given, since
/// `since`: a player asks for a clip in many ranges, and that is one look.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn saw_lately(
    on: &impl Access,
    piece: &evidence::Model,
    actor: &str,
    (copy, reason): (Option<CopyKind>, Option<&str>),
    since: Timestamp,
) -> Result<bool, StoreError> {
    let copy = match copy {
        Some(copy) => Column::CopyKind.eq(copy.as_str()),
        None => Column::CopyKind.is_null(),
    };
    let mut query = of_piece(piece);
    if let Some(reason) = reason {
        query = query.filter(Column::Detail.contains(format!("\"reason\":\"{reason}\"")));
    }
    let found = query
        .filter(Column::Act.eq(Act::Viewed.as_str()))
        .filter(Column::Actor.eq(actor))
        .filter(Column::At.gte(since.as_microsecond()))
        .filter(copy)
        .one(on.conn())
        .await?;
    Ok(found.is_some())
}

/// The log of a piece with the stored hashes, oldest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn custody_of_piece(
    on: &impl Access,
    piece: &evidence::Model,
) -> Result<Vec<(Entry, String)>, StoreError> {
    let rows = of_piece(piece)
        .order_by_asc(Column::Seq)
        .all(on.conn())
        .await?;
    rows.into_iter().map(entry_of).collect()
}

fn of_piece(piece: &evidence::Model) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::EventId.eq(&piece.event_id))
        .filter(Column::EvidenceId.eq(&piece.id))
}

fn entry_of(row: Model) -> Result<(Entry, String), StoreError> {
    let at = Timestamp::from_microsecond(row.at).map_err(|_| StoreError::Unreadable {
        table: "custody",
        column: "at",
    })?;
    let entry = Entry {
        seq: row.seq,
        at,
        actor: row.actor,
        act: row.act,
        copy: row.copy_kind,
        detail: row.detail,
    };
    Ok((entry, row.hash))
}
