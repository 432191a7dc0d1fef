//! Logging in, asking who one is, logging out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::Timestamp;

use crate::http::AppState;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{CurrentUser, JsonBody, Peer, SESSION_COOKIE};
use crate::http::views::{LoginRequest, SessionView};
use crate::login;

/// Log in. The answer sets the session's cookie.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "session", operation_id = "logIn",
    request_body = LoginRequest,
    responses(
        (status = 200, body = SessionView, headers(("Set-Cookie" = String))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`wrong_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    ),
    security(())
)]
pub(in crate::http) async fn log_in(
    State(state): State<AppState>,
    peer: Peer,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<(CookieJar, Json<SessionView>), ApiError> {
    let now = Timestamp::now();
    let opened = state
        .doorkeeper
        .log_in(&state.store, request.into(), peer.ip, now)
        .await?;
    let cookie = session_cookie(&state, opened.token.expose().to_owned());
    Ok((
        CookieJar::new().add(cookie),
        Json(SessionView::from(&opened.session)),
    ))
}

/// Who is logged in.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session", operation_id = "getSession",
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(in crate::http) async fn current(CurrentUser(session): CurrentUser) -> Json<SessionView> {
    Json(SessionView::from(&session))
}

/// Log out. The session is over at once, its live streams within seconds.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session", operation_id = "logOut",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`csrf_token_invalid`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [], "csrf" = []))
)]
pub(in crate::http) async fn log_out(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), ApiError> {
    login::log_out(&state.store, &session).await?;
    let gone = session_cookie(&state, String::new());
    Ok((jar.remove(gone), StatusCode::NO_CONTENT))
}

/// A session cookie: the browser forgets it when it closes, the server after the session's time.
fn session_cookie(state: &AppState, value: String) -> Cookie<'static> {
    Cookie::build((SESSION_COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(state.public_url.scheme() == "https")
        .build()
}
