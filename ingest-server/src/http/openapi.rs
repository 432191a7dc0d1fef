//! The OpenAPI 3.1 document: made from the handlers, checked in as `openapi.json`.

use axum::Json;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document};
use utoipa::{Modify, OpenApi};

use super::extract::SESSION_COOKIE;
use super::live::{AgentChanged, CameraChanged, CommandChanged, IncidentChanged};
use super::router::api;

/// What the handlers do not say themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vọng ingest server",
        description = "Errors are RFC 9457 problem documents with a stable `code`; their `title` is \
                       Vietnamese, or English where `Accept-Language` prefers it. Times are UTC \
                       (RFC 3339), places WGS84.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "session", description = "Logging in and out"),
        (name = "incidents", description = "What operators work on"),
        (name = "casework", description = "How incidents are worked: steps, desk, deadlines, routes, and the documents behind them"),
        (name = "cameras", description = "Cameras and agents, and how they do"),
        (name = "orders", description = "What people want of agents: commands and desired state"),
        (name = "citizens", description = "What citizens report and follow, and what staff does with it"),
        (name = "live", description = "Changes as they happen"),
        (name = "agents", description = "What edge agents call"),
        (name = "dispatch", description = "What units are told, and what they answer"),
        (name = "administration", description = "For administrators"),
        (name = "operation", description = "For whoever runs the server"),
    ),
    components(schemas(IncidentChanged, CameraChanged, AgentChanged, CommandChanged)),
    modifiers(&Schemes),
)]
struct Base;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Components::default);
        let session = ApiKeyValue::with_description(SESSION_COOKIE, "Set by logging in");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
        let csrf = ApiKeyValue::with_description(
            "X-CSRF-Token",
            "`csrf_token` of the session, with every unsafe method",
        );
        components.add_security_scheme("csrf", SecurityScheme::ApiKey(ApiKey::Header(csrf)));
        let agent = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The upload token of an agent's enrolment"))
            .build();
        for (name, what) in [
            ("delivery_token", "The token in a message to a unit"),
            (
                "feed_token",
                "The token of a feed's reader, from the file of targets",
            ),
        ] {
            let token = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(what))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(token));
        }
        components.add_security_scheme("agent", SecurityScheme::Http(agent));
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A program's key; it may what the account it acts for may, and the key names",
            ))
            .build();
        components.add_security_scheme("key", SecurityScheme::Http(key));
    }
}

/// What the document starts from.
pub(super) fn base() -> Document {
    Base::openapi()
}

/// The whole document.
#[must_use]
pub fn document() -> Document {
    api().into_openapi()
}

/// This document.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "operation", operation_id = "openapi",
    responses((status = 200, body = serde_json::Value)),
    security(())
)]
pub(super) async fn serve() -> impl IntoResponse {
    Json(document())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::document;

    /// The checked-in document is what the console's client is made from.
    #[test]
    fn openapi_json_is_current() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let made = document().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(&file, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == made,
            "openapi.json is out of date; run: make openapi"
        );
    }

    /// Whoever adds a route says what it may answer and who may call it.
    #[test]
    fn every_operation_of_openapi_says_who_may_call_it_and_what_can_go_wrong() {
        let document = serde_json::to_value(document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(
                    operation["operationId"].is_string(),
                    "{name} has no operationId"
                );
                assert!(
                    operation["security"].is_array(),
                    "{name} does not say who may call it"
                );
                let guarded = !operation["security"]
                    .as_array()
                    .unwrap()
                    .contains(&serde_json::json!({}));
                let responses = operation["responses"].as_object().unwrap();
                if guarded {
                    assert!(
                        responses.contains_key("401"),
                        "{name} does not describe 401"
                    );
                }
            }
        }
    }
}
