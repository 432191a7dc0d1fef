//! Accounts, keys of programs, and the access log.

use casework::area::AreaId;
use casework::unit::UnitId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{PurposeWord, RoleWord};
use crate::people::access::AccessEntry;
use crate::people::account::Standing;
use crate::people::api_key::ApiKey;
use crate::people::password::Password;
use crate::people::{Account, Scope};
use crate::store::StoreError;

/// Where and for what somebody's rights hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Scope)]
#[serde(deny_unknown_fields)]
pub struct ScopeView {
    /// Areas by their keys; everywhere where empty. At most 64.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub areas: Vec<String>,
    /// Kinds of incident, or `kind/detail`; every one where empty. At most 64.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub kinds: Vec<String>,
}

impl From<Scope> for ScopeView {
    fn from(scope: Scope) -> Self {
        Self {
            areas: scope.areas.into_iter().map(|area| area.0).collect(),
            kinds: scope.kinds,
        }
    }
}

impl From<ScopeView> for Scope {
    fn from(view: ScopeView) -> Self {
        Self {
            areas: view.areas.into_iter().map(AreaId).collect(),
            kinds: view.kinds,
        }
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// The log-in name.
    pub username: String,
    /// The name that others see.
    pub display_name: String,
    /// What the person is here for.
    pub role: RoleWord,
    /// The unit they act for.
    pub unit: Option<String>,
    /// Where and for what.
    pub scope: ScopeView,
    /// Whether log-in is refused.
    pub disabled: bool,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            username: account.username.to_string(),
            display_name: account.display_name,
            role: account.role.into(),
            unit: account.unit.as_ref().map(UnitId::to_string),
            scope: account.scope.into(),
            disabled: account.standing == Standing::Disabled,
        }
    }
}

/// Every account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountList {
    /// By log-in name.
    pub items: Vec<AccountView>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRequest {
    /// The log-in name: 1 to 64 of a-z, 0-9, '.', '-', '_'.
    #[schema(example = "lan")]
    pub username: String,
    /// The name that others see; the log-in name where absent.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What the person is here for.
    pub role: RoleWord,
    /// The unit they act for; roles of units see nothing without one.
    #[serde(default)]
    pub unit: Option<String>,
    /// Where and for what; everything where absent.
    #[serde(default)]
    pub scope: ScopeView,
    /// Their first password.
    #[schema(format = Password)]
    pub password: String,
}

/// What is to change of an account; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    /// The name that others see.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What the person is here for.
    #[serde(default)]
    pub role: Option<RoleWord>,
    /// The unit they act for; an empty text for none.
    #[serde(default)]
    pub unit: Option<String>,
    /// Where and for what.
    #[serde(default)]
    pub scope: Option<ScopeView>,
    /// Whether log-in is refused; then they are logged out.
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password.
    #[schema(format = Password)]
    pub password: String,
}

impl From<PasswordRequest> for Password {
    fn from(request: PasswordRequest) -> Self {
        Self::new(request.password)
    }
}

/// A key with which a program acts for an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// For whom it acts.
    pub account: String,
    /// What a program may do with it, if its account may.
    pub rights: Vec<&'static str>,
    /// Where and for what, if its account's scope reaches so far.
    pub scope: ScopeView,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKeyView {
    /// Of a key and its account's name.
    #[must_use]
    pub fn new(key: ApiKey, account: String) -> Self {
        Self {
            id: key.id,
            name: key.name,
            account,
            rights: key.rights.iter().map(|right| right.as_str()).collect(),
            scope: key.scope.into(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// Every key.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyList {
    /// Newest first.
    pub items: Vec<ApiKeyView>,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyMade {
    /// The key itself, for `Authorization: Bearer`. It is shown this once.
    pub secret: String,
    /// What is kept of it.
    pub key: ApiKeyView,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyRequest {
    /// What it is for.
    #[schema(example = "cổng 1022")]
    pub name: String,
    /// The account it acts for.
    pub account: String,
    /// What a program may do with it: some of the account's rights.
    #[schema(example = json!(["submit_reports"]))]
    pub rights: Vec<String>,
    /// Where and for what; as far as the account where absent.
    #[serde(default)]
    pub scope: ScopeView,
    /// When it ends: within two years.
    pub expires_at: Timestamp,
}

/// An entry of the access log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessEntry)]
pub struct AccessEntryView {
    /// Counts from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The account's name; `console` for a command on the server's machine.
    pub actor: String,
    /// The id of the key with which a program asked.
    pub key: Option<String>,
    /// What was done: `unmasked`, `exported`, `contact_seen`, `contact_erased`, `account_made`,
    /// `account_changed`, `password_set`, `key_made`, `key_revoked`.
    pub act: String,
    /// What it was about: a path of this API, or an account's name.
    pub subject: String,
    /// For which purpose.
    pub purpose: Option<PurposeWord>,
    /// What changed.
    pub note: Option<String>,
    /// The hash that chains it to the entry before.
    pub hash: String,
}

impl AccessEntryView {
    /// Of an entry and its stored hash.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(entry: AccessEntry, hash: String) -> Result<Self, StoreError> {
        let purpose = entry.purpose.as_deref();
        Ok(Self {
            purpose: purpose
                .map(|word| super::word(word, "access_log", "purpose"))
                .transpose()?,
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor,
            key: entry.key,
            act: entry.act,
            subject: entry.subject,
            note: entry.note,
            hash,
        })
    }
}

/// A part of the access log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessLogPage {
    /// Newest first.
    pub items: Vec<AccessEntryView>,
    /// The number before which the next page begins; `null` on the last.
    pub next_before: Option<i64>,
    /// The first entry of this page, by number, that was changed, removed or slipped in; `null` where
    /// the page holds together and follows the entry before it.
    pub broken_at: Option<i64>,
}
