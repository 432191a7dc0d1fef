//! Sessions of people who are logged in. Tokens come as SHA-256, never as themselves.

use jiff::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::entity::session::{ActiveModel, Column, Entity};
use super::{Access, StoreError, Tx};
use crate::people::session::Span;

/// A session as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// SHA-256 of the cookie's token, hexadecimal.
    pub token_hash: String,
    /// Whose it is.
    pub account_id: String,
    /// What unsafe requests repeat in a header.
    pub csrf_token: String,
    /// When it ends.
    pub span: Span,
}

/// Opens a session, and lets those that are over go.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn open_session(
    tx: &Tx,
    token_hash: &str,
    account: Uuid,
    csrf_token: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let at = now.as_microsecond();
    Entity::delete_many()
        .filter(Column::ExpiresAt.lte(at))
        .exec(tx.conn())
        .await?;
    let row = ActiveModel {
        token_hash: Set(token_hash.to_owned()),
        account_id: Set(account.to_string()),
        csrf_token: Set(csrf_token.to_owned()),
        created_at: Set(at),
        last_seen_at: Set(at),
        expires_at: Set(Span::beginning(now).expires.as_microsecond()),
    };
    Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The session whose token has this hash, over or not.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn session(
    on: &impl Access,
    token_hash: &str,
) -> Result<Option<StoredSession>, StoreError> {
    let Some(row) = Entity::find_by_id(token_hash).one(on.conn()).await? else {
        return Ok(None);
    };
    let time = |microsecond, column| {
        Timestamp::from_microsecond(microsecond).map_err(|_| StoreError::Unreadable {
            table: "sessions",
            column,
        })
    };
    Ok(Some(StoredSession {
        span: Span {
            last_seen: time(row.last_seen_at, "last_seen_at")?,
            expires: time(row.expires_at, "expires_at")?,
        },
        token_hash: row.token_hash,
        account_id: row.account_id,
        csrf_token: row.csrf_token,
    }))
}

/// Writes down that a session was used.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn touch_session(tx: &Tx, token_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now.as_microsecond()))
        .filter(Column::TokenHash.eq(token_hash))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn end_session(tx: &Tx, token_hash: &str) -> Result<(), StoreError> {
    Entity::delete_by_id(token_hash).exec(tx.conn()).await?;
    Ok(())
}

/// Ends every session of an account.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn end_sessions_of(tx: &Tx, account_id: &str) -> Result<(), StoreError> {
    Entity::delete_many()
        .filter(Column::AccountId.eq(account_id))
        .exec(tx.conn())
        .await?;
    Ok(())
}
