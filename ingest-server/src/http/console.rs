//! The console: a web app built beforehand and embedded into the binary.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::AppState;
use super::catalogue::{self, Language};
use super::context::CONSOLE_POLICY;
use super::error::ApiError;

#[derive(RustEmbed)]
#[folder = "console/dist"]
#[allow_missing = true]
struct Build;

/// Where Vite puts files whose names carry their hash: they never change.
const HASHED: &str = "assets/";
const INDEX: &str = "index.html";
/// The citizens' portal: its address, and its page.
const PORTAL: &str = "portal";
const PORTAL_PAGE: &str = "portal.html";

/// Everything that is no route: a file of the build, or the app itself, whose own router knows the
/// path. Paths of the API that do not exist are told as such.
pub(super) async fn serve(State(_): State<AppState>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::NotFound.into_response();
    }
    if path == PORTAL
        && let Some(page) = Build::get(PORTAL_PAGE)
    {
        return portal(of_build(PORTAL_PAGE, page, &headers));
    }
    if let Some(file) = Build::get(path).filter(|_| path != INDEX) {
        return of_build(path, file, &headers);
    }
    // A missing script must fail as one; the app in its place would be a riddle.
    if path.starts_with(HASHED) {
        return ApiError::NotFound.into_response();
    }
    match Build::get(INDEX) {
        Some(index) => of_build(INDEX, index, &headers),
        None => not_built(Language::of(&headers)),
    }
}

/// The portal asks the browser where it is, which no other page here may.
fn portal(mut page: Response) -> Response {
    page.headers_mut().insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(self), microphone=()"),
    );
    page
}

fn of_build(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let cache = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value == etag.as_str());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = HeaderValue::from_str(file.metadata.mimetype())
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        ([(header::CONTENT_TYPE, mime)], file.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONSOLE_POLICY),
    );
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Says plainly that the binary was built without a console.
fn not_built(language: Language) -> Response {
    let text = |key| catalogue::page(language, key);
    let page = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{}</title>\
         <h1>{}</h1><p>{}</p><p><code>npm ci &amp;&amp; npm run build</code></p></html>\n",
        language.tag(),
        text("no_console_title"),
        text("no_console_title"),
        text("no_console_remedy"),
    );
    (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
}
