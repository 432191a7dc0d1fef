//! The person behind the cookie, or the account behind a program's key.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::rights::{self, Caller};
use crate::login::{self, LiveSession};
use crate::people::api_key::ApiKeySecret;
use crate::people::audit;
use crate::people::session::SessionToken;

/// The cookie that holds the session's token.
pub(crate) const SESSION_COOKIE: &str = "vong_session";
/// The header that unsafe requests carry.
const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody who may call this route: a person with a session, or a program with a key, who has the
/// right that `http/rights.rs` names. For unsafe methods the session's CSRF token was checked, so that
/// no handler can forget either.
#[derive(Debug, Clone)]
pub(crate) struct CurrentUser(pub(crate) LiveSession);

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = who(parts, state).await?;
        let allowed = match rights::of_request(parts) {
            Some(Caller::LoggedIn | Caller::Anybody) => true,
            Some(Caller::With(right)) => session.may(right),
            Some(Caller::Agent) | None => false,
        };
        if !allowed {
            audit::denied(&session.account.username, parts.uri.path());
            return Err(ApiError::NotAllowed);
        }
        Ok(Self(session))
    }
}

async fn who(parts: &Parts, state: &AppState) -> Result<LiveSession, ApiError> {
    let now = Timestamp::now();
    if let Some(secret) = presented_key(&parts.headers) {
        let session = login::recognise_key(&state.store, &secret, now).await?;
        return session.ok_or(ApiError::Unauthenticated);
    }
    let cookies = CookieJar::from_headers(&parts.headers);
    let cookie = cookies
        .get(SESSION_COOKIE)
        .ok_or(ApiError::Unauthenticated)?;
    let token = SessionToken::from_cookie(cookie.value());
    let session = login::recognise(&state.store, &token, now)
        .await?
        .ok_or(ApiError::Unauthenticated)?;
    if !is_safe(&parts.method) {
        check_csrf(&parts.headers, &session)?;
    }
    Ok(session)
}

/// A program's key. No browser sends it by itself, so that it needs no second token.
fn presented_key(headers: &HeaderMap) -> Option<ApiKeySecret> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    ApiKeySecret::presented(value.strip_prefix("Bearer ")?)
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
