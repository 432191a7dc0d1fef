//! The person behind the cookie.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::http::AppState;
use crate::http::error::ApiError;
use crate::login::{self, LiveSession};
use crate::people::session::SessionToken;
use crate::people::{Role, audit};

/// The cookie that holds the session's token.
pub(crate) const SESSION_COOKIE: &str = "vong_session";
/// The header that unsafe requests carry.
const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody who is logged in, whatever the role. For unsafe methods the session's CSRF token was
/// checked, so that no handler can forget it.
#[derive(Debug, Clone)]
pub(crate) struct CurrentUser(pub(crate) LiveSession);

/// Somebody who is logged in as an administrator.
#[derive(Debug, Clone)]
pub(crate) struct Administrator(pub(crate) LiveSession);

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let cookie = cookies
            .get(SESSION_COOKIE)
            .ok_or(ApiError::Unauthenticated)?;
        let token = SessionToken::from_cookie(cookie.value());
        let session = login::recognise(&state.store, &token, Timestamp::now())
            .await?
            .ok_or(ApiError::Unauthenticated)?;
        if !is_safe(&parts.method) {
            check_csrf(&parts.headers, &session)?;
        }
        Ok(Self(session))
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let CurrentUser(session) = CurrentUser::from_request_parts(parts, state).await?;
        if session.account.role < Role::Administrator {
            audit::denied(&session.account.username, parts.uri.path());
            return Err(ApiError::NotAllowed);
        }
        Ok(Self(session))
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The cookie is `SameSite=Strict` already; the token also holds off a page of the same site.
fn check_csrf(headers: &HeaderMap, session: &LiveSession) -> Result<(), ApiError> {
    let sent = headers
        .get(CSRF_HEADER)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    let fits: bool = sent.ct_eq(session.csrf_token.as_bytes()).into();
    if fits {
        Ok(())
    } else {
        Err(ApiError::CsrfTokenInvalid)
    }
}
