//! Accounts of people.

use casework::unit::UnitId;
use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::entity::account::{ActiveModel, Column, Entity, Model};
use super::reports::json;
use super::{Access, StoreError, Tx};
use crate::people::account::Standing;
use crate::people::password::PasswordHash;
use crate::people::{Account, NewAccount, Scope, Username};

/// What became of an account that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertedAccount {
    /// It was made.
    New(Account),
    /// The user name is taken.
    Taken,
}

/// Makes an account.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_account(
    tx: &Tx,
    new: &NewAccount,
    now: Timestamp,
) -> Result<InsertedAccount, StoreError> {
    if find(tx, &new.username).await?.is_some() {
        return Ok(InsertedAccount::Taken);
    }
    let id = Uuid::now_v7();
    let row = ActiveModel {
        id: Set(id.to_string()),
        username: Set(new.username.to_string()),
        display_name: Set(new.display_name.clone()),
        role: Set(new.role.as_str().to_owned()),
        password_hash: Set(new.password_hash.as_str().to_owned()),
        disabled_at: Set(None),
        created_at: Set(now.as_microsecond()),
        updated_at: Set(now.as_microsecond()),
        unit: Set(new.unit.as_ref().map(ToString::to_string)),
        scope: Set(Some(json(&new.scope))),
    };
    Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(InsertedAccount::New(Account {
        id,
        username: new.username.clone(),
        display_name: new.display_name.clone(),
        role: new.role,
        unit: new.unit.clone(),
        scope: new.scope.clone(),
        standing: Standing::Active,
    }))
}

/// Writes an account's name, role, unit, scope and standing as they are now wanted. Whoever may no
/// longer log in is logged out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn change_account(tx: &Tx, account: &Account, now: Timestamp) -> Result<(), StoreError> {
    let disabled = match account.standing {
        Standing::Active => None,
        Standing::Disabled => Some(now.as_microsecond()),
    };
    let unit = account.unit.as_ref().map(ToString::to_string);
    let id = account.id.to_string();
    Entity::update_many()
        .col_expr(
            Column::DisplayName,
            Expr::value(account.display_name.as_str()),
        )
        .col_expr(Column::Role, Expr::value(account.role.as_str()))
        .col_expr(Column::Unit, Expr::value(unit))
        .col_expr(Column::Scope, Expr::value(json(&account.scope)))
        .col_expr(Column::DisabledAt, Expr::value(disabled))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id.as_str()))
        .exec(tx.conn())
        .await?;
    if account.standing == Standing::Disabled {
        super::sessions::end_sessions_of(tx, &id).await?;
    }
    Ok(())
}

/// The account with this log-in name.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn account_named(
    on: &impl Access,
    username: &Username,
) -> Result<Option<Account>, StoreError> {
    find(on, username).await?.map(account_of).transpose()
}

/// Every account, by user name.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn accounts(on: &impl Access) -> Result<Vec<Account>, StoreError> {
    let rows = Entity::find()
        .order_by_asc(Column::Username)
        .all(on.conn())
        .await?;
    rows.into_iter().map(account_of).collect()
}

/// An account with the hash its password must fit.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn account_for_login(
    on: &impl Access,
    username: &Username,
) -> Result<Option<(Account, PasswordHash)>, StoreError> {
    let Some(row) = find(on, username).await? else {
        return Ok(None);
    };
    let hash = PasswordHash::from_stored(row.password_hash.clone());
    Ok(Some((account_of(row)?, hash)))
}

/// The account with this id.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn account(on: &impl Access, id: &str) -> Result<Option<Account>, StoreError> {
    Entity::find_by_id(id)
        .one(on.conn())
        .await?
        .map(account_of)
        .transpose()
}

/// Gives an account another password and ends its sessions. `None` where there is no such account.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn set_password(
    tx: &Tx,
    username: &Username,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let Some(row) = find(tx, username).await? else {
        return Ok(None);
    };
    Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(row.id.as_str()))
        .exec(tx.conn())
        .await?;
    super::sessions::end_sessions_of(tx, &row.id).await?;
    account_of(row).map(Some)
}

async fn find(on: &impl Access, username: &Username) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::Username.eq(username.as_str()))
        .one(on.conn())
        .await?)
}

fn account_of(row: Model) -> Result<Account, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "accounts",
        column,
    };
    Ok(Account {
        id: row.id.parse().map_err(|_| unreadable("id"))?,
        username: row.username.parse().map_err(|_| unreadable("username"))?,
        display_name: row.display_name,
        role: row.role.parse().map_err(|_| unreadable("role"))?,
        unit: row
            .unit
            .map(UnitId::try_from)
            .transpose()
            .map_err(|_| unreadable("unit"))?,
        scope: row.scope.map_or_else(
            || Ok(Scope::default()),
            |scope| serde_json::from_str(&scope).map_err(|_| unreadable("scope")),
        )?,
        standing: if row.disabled_at.is_some() {
            Standing::Disabled
        } else {
            Standing::Active
        },
    })
}
