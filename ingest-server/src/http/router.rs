//! Every route, grouped by who calls it, and what surrounds them.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Router, routing};
use tower_http::compression::CompressionLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::{
    accounts, agents, bundles, cameras, cap, casework, deliveries, enrolments, evidence, gaps,
    incidents, key_rotations, merging, orders, overdue, portal, quarantine, reports, session,
    setup, uploads, worklist,
};
use super::{AppState, console, context, error, health, live, media, open311, openapi};

/// Most bytes of a JSON body.
const MAX_JSON_BYTES: usize = 64 * 1024;
/// Most bytes of a document by which incidents are worked: the areas of a country.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes of a citizen's report with everything that comes with it.
const MAX_REPORT_BYTES: usize = 600 * 1024 * 1024;
/// How long a request may take that is neither a stream nor a transfer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long an upload may pause before the connection is given up.
const UPLOAD_PAUSE: Duration = Duration::from_secs(30);

/// The whole server.
pub fn router(state: AppState) -> Router {
    let (api, _) = api().split_for_parts();
    let console = Router::new()
        .fallback(routing::get(console::serve))
        .layer(CompressionLayer::new());
    api.route("/open311/{file}", routing::get(open311::discover))
        .route("/open311/v2/{*path}", routing::any(open311::serve))
        .fallback_service(console.with_state(state.clone()))
        .layer(from_fn(error::render))
        .layer(from_fn_with_state(state.clone(), context::security_headers))
        .layer(from_fn(context::observe))
        .with_state(state)
}

/// Every route that the OpenAPI document describes.
pub(super) fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(bounded(
            people()
                .merge(enrolment())
                .merge(units())
                .merge(operation()),
        ))
        .merge(documents())
        .merge(streams())
        .merge(transfers())
        .merge(bounded(citizens()))
        .merge(reports())
}

/// What the console calls.
fn people() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(session::log_in, session::current, session::log_out))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::get))
        .routes(routes!(incidents::acknowledge))
        .routes(routes!(incidents::confirm))
        .routes(routes!(incidents::reject))
        .routes(routes!(casework::case))
        .routes(routes!(casework::step))
        .routes(routes!(casework::undo))
        .routes(routes!(casework::claim, casework::release))
        .routes(routes!(casework::shelve, casework::unshelve))
        .routes(routes!(casework::pause, casework::go_on))
        .routes(routes!(casework::urgency))
        .routes(routes!(casework::complaint))
        .routes(routes!(casework::call))
        .routes(routes!(casework::proposed_route))
        .routes(routes!(worklist::steps))
        .routes(routes!(worklist::overdue))
        .routes(routes!(overdue::list))
        .routes(routes!(overdue::letters))
        .routes(routes!(overdue::replay_letter))
        .routes(routes!(merging::merge))
        .routes(routes!(merging::split))
        .routes(routes!(merging::undo))
        .routes(routes!(merging::accept))
        .routes(routes!(merging::decline))
        .routes(routes!(bundles::type_plate))
        .routes(routes!(bundles::release))
        .routes(routes!(bundles::chain))
        .routes(routes!(evidence::custody))
        .routes(routes!(evidence::custody_of_command))
        .routes(routes!(evidence::redact))
        .routes(routes!(evidence::disclose))
        .routes(routes!(cameras::list))
        .routes(routes!(agents::list))
        .routes(routes!(orders::desired, orders::put_desired))
        .routes(routes!(orders::give, orders::list))
        .routes(routes!(orders::get))
        .routes(routes!(gaps::list))
        .routes(routes!(deliveries::of_incident))
        .routes(routes!(deliveries::by_state))
        .routes(routes!(deliveries::replay))
        .routes(routes!(deliveries::acknowledge))
        .routes(routes!(agents::keys))
        .routes(routes!(agents::revoke))
        .routes(routes!(agents::revoke_key))
        .routes(routes!(quarantine::list))
        .routes(routes!(accounts::list, accounts::make))
        .routes(routes!(accounts::change))
        .routes(routes!(accounts::set_password))
        .routes(routes!(accounts::keys, accounts::make_key))
        .routes(routes!(accounts::revoke_key))
        .routes(routes!(accounts::log))
}

/// What units and their systems call, with a message's or a feed's token.
fn units() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(deliveries::ack))
        .routes(routes!(deliveries::page, deliveries::submit))
        .routes(routes!(cap::feed))
        .routes(routes!(cap::cap_message))
        .routes(routes!(cap::cap_ack))
        .routes(routes!(cap::take_ack))
}

/// What citizens call, and staff for them.
fn citizens() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(portal::services))
        .routes(routes!(portal::nearby))
        .routes(routes!(portal::follow, portal::withdraw))
        .routes(routes!(portal::rate))
        .routes(routes!(portal::reopen))
        .routes(routes!(portal::file))
        .routes(routes!(reports::file))
        .routes(routes!(reports::contact))
        .routes(routes!(reports::hold, reports::let_go))
        .routes(routes!(reports::anonymise))
        .routes(routes!(reports::erase))
}

/// Reports with pictures and films: bodies that last as long as bytes come, up to what the
/// configuration can allow at all; a smaller file is refused by name.
fn reports() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(portal::send))
        .routes(routes!(reports::enter))
        .layer(DefaultBodyLimit::max(MAX_REPORT_BYTES))
        .layer(RequestBodyTimeoutLayer::new(UPLOAD_PAUSE))
}

/// What an agent calls to become known, and to change its key.
fn enrolment() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(enrolments::enrol))
        .routes(routes!(key_rotations::rotate_key))
}

/// What whoever runs the server calls.
fn operation() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(openapi::serve))
}

/// Documents by which incidents are worked.
fn documents() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(setup::policy, setup::put_policy))
        .routes(routes!(setup::rehearse))
        .routes(routes!(setup::areas, setup::put_areas))
        .layer(DefaultBodyLimit::max(MAX_DOCUMENT_BYTES))
        .layer(RequestBodyTimeoutLayer::new(UPLOAD_PAUSE))
}

/// Answers that last as long as somebody listens.
fn streams() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(live::watch))
        .routes(routes!(media::get))
        .routes(routes!(media::get_of_command))
        .routes(routes!(bundles::get))
        .routes(routes!(deliveries::bundle))
        .routes(routes!(deliveries::redacted))
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
}

/// Bodies that may last as long as bytes come; the sealed revision says how many may.
fn transfers() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(uploads::status, uploads::append))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyTimeoutLayer::new(UPLOAD_PAUSE))
}

fn bounded(routes: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    routes
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            TIMEOUT,
        ))
}
