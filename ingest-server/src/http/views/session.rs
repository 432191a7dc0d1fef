//! Logging in, and who is logged in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::RoleWord;
use crate::login::{Credentials, LiveSession};
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
    /// What the person may do.
    pub role: RoleWord,
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
            csrf_token: session.csrf_token.clone(),
            expires_at: session.span.ends(),
        }
    }
}
