//! The documents by which incidents are worked: each setting is a new version, none is ever changed.

use jiff::Timestamp;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use super::entity::setup_document;
use super::{Access, StoreError, Tx};

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupKind {
    /// Units, rules, limits, calendar, call trees, times of the desk.
    Policy,
    /// Areas on the map.
    Areas,
}

impl SetupKind {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Areas => "areas",
        }
    }
}

/// Which version of a document is in force; 0 where none was ever set.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn setup_version(on: &impl Access, kind: SetupKind) -> Result<i64, StoreError> {
    use setup_document::Column;
    let version = setup_document::Entity::find()
        .select_only()
        .column_as(Column::Version.max(), "version")
        .filter(Column::Kind.eq(kind.as_str()))
        .into_tuple::<Option<i64>>()
        .one(on.conn())
        .await?;
    Ok(version.flatten().unwrap_or(0))
}

/// The document in force.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn setup_document(
    on: &impl Access,
    kind: SetupKind,
) -> Result<Option<setup_document::Model>, StoreError> {
    use setup_document::Column;
    Ok(setup_document::Entity::find()
        .filter(Column::Kind.eq(kind.as_str()))
        .order_by_desc(Column::Version)
        .one(on.conn())
        .await?)
}

/// Sets a document, where `version` is the one in force; it then stands at the next. None where another was set
/// meanwhile.
///
/// # Errors
/// [`StoreError::Query`]; also where another server set one at the same moment.
pub async fn insert_setup(
    tx: &Tx,
    kind: SetupKind,
    version: i64,
    (by, note): (&str, Option<&str>),
    body: String,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    if setup_version(tx, kind).await? != version {
        return Ok(None);
    }
    let row = setup_document::ActiveModel {
        kind: Set(kind.as_str().to_owned()),
        version: Set(version + 1),
        at: Set(now.as_microsecond()),
        by: Set(by.to_owned()),
        note: Set(note.map(str::to_owned)),
        body: Set(body),
    };
    setup_document::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(Some(version + 1))
}
