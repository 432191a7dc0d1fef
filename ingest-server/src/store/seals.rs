//! Sealed events: their manifests and the chains these make, plates, releases.
//!
//! What a seal is worth is decided in `evidence`; here it is kept and found again.

use bundle::{ChainStanding, Link, Plate, Sha256Hex};
use contract::v1::{AgentId, EventId};
use jiff::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, TryInsertResult,
};

use super::entity::{event_plate, manifest, release};
use super::{Access, StoreError, Tx};

/// Most links of a chain that are held against one another at once.
const MOST_LINKS: u64 = 10_000;
/// The verdict of a manifest that seals its event.
pub const GOOD_SEAL: &str = "good";

/// Keeps a manifest. False where the event is sealed already: the first seal stays.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_manifest(tx: &Tx, row: manifest::Model) -> Result<bool, StoreError> {
    let inserted = manifest::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// The seal of an event.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn manifest_of_event(
    on: &impl Access,
    event: &EventId,
) -> Result<Option<manifest::Model>, StoreError> {
    Ok(manifest::Entity::find_by_id(event.to_string())
        .one(on.conn())
        .await?)
}

/// Where a manifest stands in its chain, by what is here now: what is missing may still come.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn chain_standing(
    on: &impl Access,
    row: &manifest::Model,
) -> Result<ChainStanding, StoreError> {
    use manifest::Column;
    let around = manifest::Entity::find()
        .filter(Column::Agent.eq(row.agent.as_str()))
        .filter(Column::Chain.eq(row.chain.as_str()))
        .filter(Column::Sequence.is_in([row.sequence - 1, row.sequence, row.sequence + 1]))
        .filter(Column::Verdict.eq(GOOD_SEAL))
        .all(on.conn())
        .await?;
    let at = |sequence| {
        around
            .iter()
            .filter(move |other| other.sequence == sequence)
    };
    let twin = at(row.sequence).any(|other| other.sha256 != row.sha256);
    let mut before = at(row.sequence - 1).peekable();
    let has_before = before.peek().is_some();
    let follows = before.any(|other| Some(&other.sha256) == row.previous.as_ref());
    Ok(match (row.sequence, twin, has_before, follows) {
        (_, true, _, _) | (_, _, true, false) => ChainStanding::Contradicted,
        (1, ..) => ChainStanding::First,
        (_, _, true, true) => ChainStanding::Linked,
        (_, _, false, _) => ChainStanding::PredecessorMissing,
    })
}

/// The newest links of an agent's chains, with the hashes of their manifests.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn links_of_agent(
    on: &impl Access,
    agent: &AgentId,
) -> Result<Vec<(Link, Sha256Hex)>, StoreError> {
    use manifest::Column;
    let rows = manifest::Entity::find()
        .filter(Column::Agent.eq(agent.as_str()))
        .filter(Column::Verdict.eq(GOOD_SEAL))
        .order_by_desc(Column::ReceivedAt)
        .order_by_desc(Column::Sequence)
        .limit(MOST_LINKS)
        .all(on.conn())
        .await?;
    rows.into_iter().map(link).collect()
}

fn link(row: manifest::Model) -> Result<(Link, Sha256Hex), StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "manifests",
        column,
    };
    let previous = row.previous.map(|hash| hash.parse()).transpose();
    let link = Link {
        chain: row.chain,
        sequence: row.sequence.unsigned_abs(),
        previous: previous.map_err(|_| unreadable("previous"))?,
    };
    Ok((link, row.sha256.parse().map_err(|_| unreadable("sha256"))?))
}

/// Writes the plate of an event's vehicle over the one before.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_plate(
    tx: &Tx,
    event: &EventId,
    plate: &Plate,
    typed_by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    use event_plate::Column;
    let row = event_plate::ActiveModel {
        event_id: Set(event.to_string()),
        plate: Set(plate.as_str().to_owned()),
        typed_by: Set(typed_by.to_owned()),
        typed_at: Set(now.as_microsecond()),
    };
    event_plate::Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::EventId)
                .update_columns([Column::Plate, Column::TypedBy, Column::TypedAt])
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The plate of an event's vehicle.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn plate(
    on: &impl Access,
    event: &EventId,
) -> Result<Option<event_plate::Model>, StoreError> {
    Ok(event_plate::Entity::find_by_id(event.to_string())
        .one(on.conn())
        .await?)
}

/// Writes that an event's bundle is released. False where it was before.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_release(
    tx: &Tx,
    event: &EventId,
    released_by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = release::ActiveModel {
        event_id: Set(event.to_string()),
        released_by: Set(released_by.to_owned()),
        released_at: Set(now.as_microsecond()),
    };
    let inserted = release::Entity::insert(row)
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// The release of an event's bundle.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn release(
    on: &impl Access,
    event: &EventId,
) -> Result<Option<release::Model>, StoreError> {
    Ok(release::Entity::find_by_id(event.to_string())
        .one(on.conn())
        .await?)
}
