//! Where each piece of evidence stands: promised, sealed with its hash, stored, or unavailable.

use contract::v1::{AgentId, AutoReport, CommandId, EventId, Evidence, EvidenceId};
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

/// Whose a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvidenceOwner {
    /// An event that it proves.
    Event(EventId),
    /// A command that it answers.
    Command(CommandId),
}

impl EvidenceOwner {
    /// Who owns this piece.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn of(row: &Model) -> Result<Self, StoreError> {
        let unreadable = |column| StoreError::Unreadable {
            table: "evidence",
            column,
        };
        let id = || unreadable("event_id");
        match row.owner.as_str() {
            "event" => Ok(Self::Event(row.event_id.parse().map_err(|_| id())?)),
            "command" => Ok(Self::Command(row.event_id.parse().map_err(|_| id())?)),
            _ => Err(unreadable("owner")),
        }
    }

    /// The id under which its pieces stand.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Event(id) => id.to_string(),
            Self::Command(id) => id.to_string(),
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Command(_) => "command",
        }
    }
}

/// A piece of evidence as one revision names it.
pub(super) fn row(report: &AutoReport, entry: &Evidence) -> Model {
    let owner = EvidenceOwner::Event(report.event_id);
    row_of(owner, &report.agent, report.revision, entry)
}

/// Keeps what an answer to a command sealed.
pub(super) async fn insert_sealed(
    tx: &Tx,
    command: CommandId,
    agent: &AgentId,
    entry: &Evidence,
) -> Result<(), StoreError> {
    Entity::insert(row_of(EvidenceOwner::Command(command), agent, 1, entry).into_active_model())
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn row_of(owner: EvidenceOwner, agent: &AgentId, revision: u32, entry: &Evidence) -> Model {
    let mut row = Model {
        event_id: owner.id(),
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
        owner: owner.word().to_owned(),
        shown_start: None,
        shown_end: None,
        part_number: None,
        part_of: None,
        track: None,
    };
    match entry {
        Evidence::Pending { .. } => {}
        Evidence::Sealed {
            mime,
            bytes,
            sha256,
            shown,
            part,
            track,
            ..
        } => {
            row.state = "sealed".to_owned();
            row.mime = Some(mime.clone());
            row.bytes = i64::try_from(*bytes).ok();
            row.sha256 = Some(sha256.clone());
            row.shown_start = shown.map(|shown| shown.start.as_microsecond());
            row.shown_end = shown
                .and_then(|shown| shown.end)
                .map(jiff::Timestamp::as_microsecond);
            row.part_number = part.map(|part| i64::from(part.number));
            row.part_of = part.map(|part| i64::from(part.of));
            row.track = track.and_then(|track| i64::try_from(track).ok());
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

/// Writes that bytes of this hash are stored, and returns the pieces that they are.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn mark_stored(
    tx: &Tx,
    agent: &AgentId,
    sha256: &str,
    object_key: &str,
    now: Timestamp,
) -> Result<Vec<Model>, StoreError> {
    let mut rows = Entity::find()
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
    for row in &mut rows {
        "stored".clone_into(&mut row.state);
        row.object_key = Some(object_key.to_owned());
        row.stored_at = Some(now.as_microsecond());
    }
    Ok(rows)
}

/// The evidence of one event, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_of_event(
    on: &impl Access,
    event: &EventId,
) -> Result<Vec<Model>, StoreError> {
    evidence_of(on, EvidenceOwner::Event(*event)).await
}

/// The evidence of an event or a command, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_of(on: &impl Access, owner: EvidenceOwner) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::EventId.eq(owner.id()))
        .filter(Column::Owner.eq(owner.word()))
        .order_by_asc(Column::Id)
        .all(on.conn())
        .await?)
}

/// One piece of evidence of an event or a command.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn evidence_piece(
    on: &impl Access,
    owner: EvidenceOwner,
    id: EvidenceId,
) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id((owner.id(), id.to_string()))
        .filter(Column::Owner.eq(owner.word()))
        .one(on.conn())
        .await?)
}
