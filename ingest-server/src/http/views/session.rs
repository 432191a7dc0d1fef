//! Logging in, and who is logged in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::ScopeView;
use super::words::RoleWord;
use crate::login::{Credentials, LiveSession};
use crate::people::Right;
use crate::people::password::Password;

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The log-in name.
    #[schema(example = "lan")]
    username: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

impl From<LoginRequest> for Credentials {
    fn from(request: LoginRequest) -> Self {
        Self {
            username: request.username,
            password: Password::new(request.password),
        }
    }
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// The log-in name.
    pub username: String,
    /// The name that others see.
    pub display_name: String,
    /// What the person is here for.
    pub role: RoleWord,
    /// What they may do, in words of `people::Right`.
    pub rights: Vec<&'static str>,
    /// The unit they act for.
    pub unit: Option<String>,
    /// Where and for what.
    pub scope: ScopeView,
    /// What unsafe requests carry in `X-CSRF-Token`.
    pub csrf_token: String,
    /// When the session ends unless it is used again.
    pub expires_at: Timestamp,
}

impl From<&LiveSession> for SessionView {
    fn from(session: &LiveSession) -> Self {
        Self {
            username: session.account.username.to_string(),
            display_name: session.account.display_name.clone(),
            role: session.account.role.into(),
            rights: Right::ALL
                .iter()
                .filter(|right| session.may(**right))
                .map(|right| right.as_str())
                .collect(),
            unit: session.account.unit.as_ref().map(ToString::to_string),
            scope: session.account.scope.clone().into(),
            csrf_token: session.csrf_token.clone(),
            expires_at: session.span.ends(),
        }
    }
}
