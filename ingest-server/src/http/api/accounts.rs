//! Accounts, keys for programs, and the access log.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::unit::UnitId;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, PathOf, QueryOf};
use crate::http::said::Said;
use crate::http::views::{
    AccessEntryView, AccessLogPage, AccountChange, AccountList, AccountRequest, AccountView,
    ApiKeyList, ApiKeyMade, ApiKeyRequest, ApiKeyView, PasswordRequest,
};
use crate::login::LiveSession;
use crate::people::access::{self, Accessed};
use crate::people::account::{AccountFault, Standing, hash_new_password};
use crate::people::api_key::{ApiKey, ApiKeyFault, ApiKeySecret};
use crate::people::password::Password;
use crate::people::{Account, NewAccount, Right, Scope, Username, scope};
use crate::store::{self, InsertedAccount, Tx};

/// Entries of the access log on a page where the client names no number.
const DEFAULT_LIMIT: u64 = 100;
/// Most of them.
const MAX_LIMIT: u64 = 1_000;

/// Every account.
#[utoipa::path(
    get, path = "/api/v1/accounts", tag = "administration", operation_id = "listAccounts",
    responses(
        (status = 200, body = AccountList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    _user: CurrentUser,
) -> Result<Json<AccountList>, ApiError> {
    let accounts = store::accounts(&state.store).await?;
    let items = accounts.into_iter().map(AccountView::from).collect();
    Ok(Json(AccountList { items }))
}

/// Makes an account.
#[utoipa::path(
    post, path = "/api/v1/accounts", tag = "administration", operation_id = "makeAccount",
    request_body = AccountRequest,
    responses(
        (status = 201, body = AccountView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`account_refused`: the name is taken", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn make(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    JsonBody(request): JsonBody<AccountRequest>,
) -> Result<(StatusCode, Json<AccountView>), ApiError> {
    let unit = request.unit.as_deref().map(unit_of).transpose()?.flatten();
    let scope = checked(request.scope)?;
    let display_name = request
        .display_name
        .unwrap_or_else(|| request.username.clone());
    let (username, role) = (request.username, request.role.into());
    let password = Password::new(request.password);
    let account = blocking(move || NewAccount::new(&username, &display_name, role, &password))
        .await?
        .within(unit, scope);
    let now = Timestamp::now();
    let tx = state.store.begin().await?;
    let InsertedAccount::New(account) = store::insert_account(&tx, &account, now).await? else {
        return Err(ApiError::AccountRefused("username_taken"));
    };
    note(
        &tx,
        &session,
        (Accessed::AccountMade, &account.username),
        Some(told(&account)),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

/// Changes an account's name, role, unit, scope, or whether it may log in. Nobody changes their own.
#[utoipa::path(
    patch, path = "/api/v1/accounts/{username}", tag = "administration", operation_id = "changeAccount",
    params(("username" = String, Path, description = "The log-in name")),
    request_body = AccountChange,
    responses(
        (status = 200, body = AccountView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`account_refused`: it is one's own", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn change(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(username): PathOf<String>,
    JsonBody(request): JsonBody<AccountChange>,
) -> Result<Json<AccountView>, ApiError> {
    let now = Timestamp::now();
    let tx = state.store.begin().await?;
    let account = named(&tx, &username).await?;
    if account.id == session.account.id {
        return Err(ApiError::AccountRefused("own_account"));
    }
    let account = changed(account, request)?;
    store::change_account(&tx, &account, now).await?;
    note(
        &tx,
        &session,
        (Accessed::AccountChanged, &account.username),
        Some(told(&account)),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(account.into()))
}

/// Gives an account another password; its sessions end.
#[utoipa::path(
    post, path = "/api/v1/accounts/{username}/password", tag = "administration", operation_id = "setPassword",
    params(("username" = String, Path, description = "The log-in name")),
    request_body = PasswordRequest,
    responses(
        (status = 204),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn set_password(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(username): PathOf<String>,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> Result<StatusCode, ApiError> {
    let password = Password::from(request);
    let hash = blocking(move || hash_new_password(&password)).await?;
    let now = Timestamp::now();
    let tx = state.store.begin().await?;
    let account = named(&tx, &username).await?;
    store::set_password(&tx, &account.username, &hash, now).await?;
    note(
        &tx,
        &session,
        (Accessed::PasswordSet, &account.username),
        None,
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every key with which programs act.
#[utoipa::path(
    get, path = "/api/v1/api-keys", tag = "administration", operation_id = "listApiKeys",
    responses(
        (status = 200, body = ApiKeyList),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn keys(
    State(state): State<AppState>,
    _user: CurrentUser,
) -> Result<Json<ApiKeyList>, ApiError> {
    let accounts = store::accounts(&state.store).await?;
    let name = |id: &str| {
        let account = accounts.iter().find(|account| account.id.to_string() == id);
        account.map_or_else(String::new, |account| account.username.to_string())
    };
    let keys = store::api_keys(&state.store).await?;
    let items = keys
        .into_iter()
        .map(|(account, key)| ApiKeyView::new(key, name(&account)))
        .collect();
    Ok(Json(ApiKeyList { items }))
}

/// Makes a key with which a program acts for an account. The key is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/api/v1/api-keys", tag = "administration", operation_id = "makeApiKey",
    request_body = ApiKeyRequest,
    responses(
        (status = 201, body = ApiKeyMade),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such account", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn make_key(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    JsonBody(request): JsonBody<ApiKeyRequest>,
) -> Result<(StatusCode, Json<ApiKeyMade>), ApiError> {
    let now = Timestamp::now();
    let words = request.rights.iter().map(|word| word.parse::<Right>());
    let rights = words
        .collect::<Result<Vec<_>, _>>()
        .map_err(|fault| ApiError::Invalid(Said::new("no_right").with("word", fault.word)))?;
    let scope = checked(request.scope)?;
    let key = ApiKey::new(&request.name, rights, scope, request.expires_at, now)?;
    let tx = state.store.begin().await?;
    let account = named(&tx, &request.account).await?;
    if let Some(right) = key.rights.iter().find(|right| !right.is_of(account.role)) {
        return Err(ApiKeyFault::NotOwners(*right).into());
    }
    let secret = ApiKeySecret::mint().map_err(ApiError::internal)?;
    store::insert_api_key(&tx, account.id, &key, &secret.hash()).await?;
    let what = Some(format!("{} {}", key.id, key.name));
    note(
        &tx,
        &session,
        (Accessed::KeyMade, &account.username),
        what,
        now,
    )
    .await?;
    tx.commit().await?;
    let made = ApiKeyMade {
        secret: secret.reveal().to_owned(),
        key: ApiKeyView::new(key, account.username.to_string()),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revokes a key, now.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{key_id}", tag = "administration", operation_id = "revokeApiKey",
    params(("key_id" = Uuid, Path, description = "The key")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`, `csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No good key has this id", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []), ("key" = []))
)]
pub(in crate::http) async fn revoke_key(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    PathOf(id): PathOf<Uuid>,
) -> Result<StatusCode, ApiError> {
    let now = Timestamp::now();
    let tx = state.store.begin().await?;
    if !store::revoke_api_key(&tx, id, now).await? {
        return Err(ApiError::NotFound);
    }
    let entry = session.access(Accessed::KeyRevoked, id.to_string(), None);
    store::note_access(&tx, entry, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which part of the access log.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct LogQuery {
    /// Only entries with a lower number.
    #[serde(default)]
    before: Option<i64>,
    /// Most of them: 1 to 1000, 100 where absent.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Who unmasked what, saw whose contact data, changed which account; newest first.
#[utoipa::path(
    get, path = "/api/v1/access-log", tag = "administration", operation_id = "readAccessLog",
    params(LogQuery),
    responses(
        (status = 200, body = AccessLogPage),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(in crate::http) async fn log(
    State(state): State<AppState>,
    _user: CurrentUser,
    QueryOf(query): QueryOf<LogQuery>,
) -> Result<Json<AccessLogPage>, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::Invalid(Said::out_of_range("limit", 1, MAX_LIMIT)));
    }
    let entries = store::accesses(&state.store, query.before, limit).await?;
    let first = entries.last().map_or(1, |(entry, _)| entry.seq);
    let before = store::access_hash_before(&state.store, first).await?;
    let oldest_first = entries
        .iter()
        .rev()
        .map(|(entry, hash)| (entry, hash.as_str()));
    let broken_at = access::verify((first, &before), oldest_first)
        .err()
        .map(|broken| broken.seq);
    let items = entries
        .into_iter()
        .map(|(entry, hash)| AccessEntryView::new(entry, hash))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Json(AccessLogPage {
        next_before: (first > 1 && !items.is_empty()).then_some(first),
        items,
        broken_at,
    }))
}

/// Hashing takes its time, which others need not wait for.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AccountFault> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(ApiError::internal)??)
}

fn changed(account: Account, wanted: AccountChange) -> Result<Account, ApiError> {
    let mut account = account;
    if let Some(name) = wanted.display_name {
        account.rename(&name)?;
    }
    if let Some(role) = wanted.role {
        account.role = role.into();
    }
    if let Some(unit) = wanted.unit {
        account.unit = unit_of(&unit)?;
    }
    if let Some(scope) = wanted.scope {
        account.scope = checked(scope)?;
    }
    match wanted.disabled {
        Some(true) => account.standing = Standing::Disabled,
        Some(false) => account.standing = Standing::Active,
        None => {}
    }
    Ok(account)
}

async fn named(tx: &Tx, username: &str) -> Result<Account, ApiError> {
    let username: Username = username.parse().map_err(|_| ApiError::NotFound)?;
    let account = store::account_named(tx, &username).await?;
    account.ok_or(ApiError::NotFound)
}

async fn note(
    tx: &Tx,
    session: &LiveSession,
    (act, whose): (Accessed, &Username),
    what: Option<String>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let mut entry = session.access(act, whose.to_string(), None);
    entry.note = what;
    Ok(store::note_access(tx, entry, now).await?)
}

/// An account in one line of the log.
fn told(account: &Account) -> String {
    let unit = account.unit.as_ref().map_or("-", UnitId::as_str);
    let areas: Vec<&str> = account
        .scope
        .areas
        .iter()
        .map(|area| area.0.as_str())
        .collect();
    let standing = match account.standing {
        Standing::Active => "active",
        Standing::Disabled => "disabled",
    };
    format!(
        "role={} unit={unit} areas=[{}] kinds=[{}] {standing}",
        account.role,
        areas.join(","),
        account.scope.kinds.join(",")
    )
}

fn unit_of(text: &str) -> Result<Option<UnitId>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let unit = UnitId::new(text).map_err(|_| ApiError::Invalid(Said::new("no_unit")))?;
    Ok(Some(unit))
}

fn checked(scope: impl Into<Scope>) -> Result<Scope, ApiError> {
    let scope: Scope = scope.into();
    scope.checked().map_err(|_| {
        ApiError::Invalid(
            Said::new("scope_too_long")
                .with("entries", scope::MAX_ENTRIES)
                .with("bytes", scope::MAX_ENTRY_BYTES),
        )
    })
}
