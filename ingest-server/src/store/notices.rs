//! The first half of the outbox: what happened that somebody may have to be told, written in the
//! transaction in which it happened; deliveries are made of it afterwards, once, by any server.
//!
//! What does not belong here: who is told (the crate `notice` plans it), sending.

use std::collections::BTreeSet;

use contract::v1::Kind;
use jiff::Timestamp;
use notice::Cause;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::access::insert_all;
use super::entity::incident;
use super::entity::notice::{Column, Entity, Model};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

/// A notice that was taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedNotice {
    /// Its id.
    pub id: String,
    /// The incident.
    pub incident: IncidentId,
    /// What happened.
    pub cause: Cause,
    /// When.
    pub made_at: Timestamp,
}

/// Remembers that something happened which somebody may have to be told. What becomes of it is decided
/// after the commit, against the incident as it stands then. What is told once at most
/// ([`Cause::once`]) and was remembered before is not remembered again.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn enqueue_notice(
    tx: &Tx,
    incident: IncidentId,
    cause: &Cause,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Whether it was there before concerns nobody.
    Entity::insert(row(incident, cause, actor, now).into_active_model())
        .on_conflict_do_nothing_on([Column::Once])
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn row(incident: IncidentId, cause: &Cause, actor: &str, now: Timestamp) -> Model {
    Model {
        id: Uuid::now_v7().to_string(),
        incident_id: incident.to_string(),
        cause: cause.as_str().to_owned(),
        about: cause.about(),
        actor: actor.to_owned(),
        made_at: now.as_microsecond(),
        due_at: Some(now.as_microsecond()),
        once: cause.once().map(|once| format!("{incident}/{once}")),
    }
}

/// Remembers what a batch of reports did to fires: alone they may be told before a person has looked.
pub(super) async fn enqueue_fires<'a>(
    tx: &Tx,
    happened: impl Iterator<
        Item = (
            IncidentId,
            &'a incident::Model,
            &'a BTreeSet<FireNews>,
            &'a str,
        ),
    >,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (id, incident, news, actor) in happened {
        if incident.kind != Kind::FireSmoke.as_str() {
            continue;
        }
        // The most telling word is enough: each tells all that is known.
        let Some(news) = news.first() else { continue };
        let now = Timestamp::from_microsecond(incident.updated_at).unwrap_or_default();
        rows.push(row(id, &news.cause(), actor, now));
    }
    insert_all(tx, rows).await
}

/// What a report can do to a fire that is worth telling, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum FireNews {
    /// It is new.
    Opened,
    /// Another event tells of it, or more people.
    Joined,
    /// It became more severe.
    Grew,
}

impl FireNews {
    const fn cause(self) -> Cause {
        match self {
            Self::Opened => Cause::Raised,
            Self::Joined => Cause::Again,
            Self::Grew => Cause::Grew,
        }
    }
}

/// Takes up the oldest notice that is due. It is this transaction's: where that is rolled back, it is
/// due as before.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn claim_notice(tx: &Tx, now: Timestamp) -> Result<Option<ClaimedNotice>, StoreError> {
    let mut search = Entity::find()
        .filter(Column::DueAt.lte(now.as_microsecond()))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(1);
    if tx.conn().get_database_backend() == DatabaseBackend::Postgres {
        // Two servers never take up one notice, nor wait for each other.
        search = search.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let unreadable = |column| StoreError::Unreadable {
        table: "notices",
        column,
    };
    let Some(row) = search.one(tx.conn()).await? else {
        return Ok(None);
    };
    set_due(tx, &row.id, None).await?;
    let cause = Cause::from_words(&row.cause, row.about.as_deref());
    Ok(Some(ClaimedNotice {
        incident: row
            .incident_id
            .parse()
            .map_err(|_| unreadable("incident_id"))?,
        cause: cause.map_err(|_| unreadable("cause"))?,
        made_at: Timestamp::from_microsecond(row.made_at).map_err(|_| unreadable("made_at"))?,
        id: row.id,
    }))
}

/// Puts a notice off: what it must tell is not ready.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_off_notice(tx: &Tx, id: &str, until: Timestamp) -> Result<(), StoreError> {
    set_due(tx, id, Some(until.as_microsecond())).await
}

async fn set_due(tx: &Tx, id: &str, due: Option<i64>) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(due))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// How many notices wait to become deliveries.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn waiting_notices(on: &impl Access) -> Result<u64, StoreError> {
    let waiting = Entity::find().filter(Column::DueAt.is_not_null());
    Ok(waiting.count(on.conn()).await?)
}
