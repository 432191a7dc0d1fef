//! Who may call which route. Deny by default: a route that needs somebody and is not listed here is
//! refused to everybody, and `tests/access.rs` fails.
//!
//! What a right is, and which role has it, stands in `people/right.rs`; to which incidents it
//! reaches, in `people/scope.rs`.

use axum::extract::MatchedPath;
use axum::http::Method;
use axum::http::request::Parts;

use crate::people::Right;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Whoever comes.
    Anybody,
    /// An agent with its own token.
    Agent,
    /// Whoever is logged in, whatever the role.
    LoggedIn,
    /// Whoever has the right.
    With(Right),
}

use Caller::{Agent, Anybody, LoggedIn, With};

/// Every route of the OpenAPI document.
#[rustfmt::skip]
pub(super) const ROUTES: &[(&str, &str, Caller)] = &[
    ("GET",    "/healthz",                                          Anybody),
    ("GET",    "/readyz",                                           Anybody),
    ("GET",    "/metrics",                                          With(Right::SeeMetrics)), // this machine's own programs need none
    ("GET",    "/api/openapi.json",                                 Anybody),
    ("POST",   "/api/v1/enrolments",                                Anybody),
    ("POST",   "/api/v1/key-rotations",                             Agent),
    ("HEAD",   "/api/v1/uploads/{sha256}",                          Agent),
    ("PATCH",  "/api/v1/uploads/{sha256}",                          Agent),

    ("POST",   "/api/v1/session",                                   Anybody),
    ("GET",    "/api/v1/session",                                   LoggedIn),
    ("DELETE", "/api/v1/session",                                   LoggedIn),

    ("GET",    "/api/v1/events",                                    With(Right::Watch)),
    ("GET",    "/api/v1/incidents",                                 With(Right::SeeIncidents)),
    ("GET",    "/api/v1/incidents/{id}",                            With(Right::SeeIncidents)),
    ("POST",   "/api/v1/incidents/{id}/acknowledge",                With(Right::Act)),
    ("POST",   "/api/v1/incidents/{id}/confirm",                    With(Right::Act)),
    ("POST",   "/api/v1/incidents/{id}/reject",                     With(Right::Act)),
    ("POST",   "/api/v1/incidents/{id}/merge",                      With(Right::Merge)),
    ("POST",   "/api/v1/incidents/{id}/split",                      With(Right::Merge)),
    ("POST",   "/api/v1/incidents/{id}/undo-merge",                 With(Right::Merge)),
    ("POST",   "/api/v1/incidents/{id}/accept-suggestion",          With(Right::Merge)),
    ("POST",   "/api/v1/incidents/{id}/decline-suggestion",         With(Right::Merge)),
    ("POST",   "/api/v1/incidents/{id}/plate",                      With(Right::TypePlate)),
    ("POST",   "/api/v1/incidents/{id}/release",                    With(Right::Release)),
    ("GET",    "/api/v1/incidents/{id}/bundle",                     With(Right::Export)),
    ("GET",    "/api/v1/incidents/{id}/evidence/{evidence_id}",     With(Right::SeeEvidence)),
    ("GET",    "/api/v1/incidents/{id}/evidence/{evidence_id}/custody",     With(Right::SeeCustody)),
    ("POST",   "/api/v1/incidents/{id}/evidence/{evidence_id}/redaction",   With(Right::Redact)),
    ("POST",   "/api/v1/incidents/{id}/evidence/{evidence_id}/disclosures", With(Right::Disclose)),

    ("GET",    "/api/v1/incidents/{id}/case",                       With(Right::SeeIncidents)),
    ("GET",    "/api/v1/incidents/{id}/proposed-route",             With(Right::SeeIncidents)),
    ("POST",   "/api/v1/incidents/{id}/steps",                      With(Right::Act)),
    ("POST",   "/api/v1/incidents/{id}/undo",                       With(Right::Act)),
    ("PUT",    "/api/v1/incidents/{id}/claim",                      With(Right::Act)),
    ("DELETE", "/api/v1/incidents/{id}/claim",                      With(Right::Act)),
    ("PUT",    "/api/v1/incidents/{id}/shelf",                      With(Right::Act)),
    ("DELETE", "/api/v1/incidents/{id}/shelf",                      With(Right::Act)),
    ("PUT",    "/api/v1/incidents/{id}/pause",                      With(Right::Act)),
    ("DELETE", "/api/v1/incidents/{id}/pause",                      With(Right::Act)),
    ("PUT",    "/api/v1/incidents/{id}/urgency",                    With(Right::Act)),
    ("PUT",    "/api/v1/incidents/{id}/complaint",                  With(Right::Act)),
    ("PUT",    "/api/v1/incidents/{id}/calls/{call}",               With(Right::Act)),
    ("POST",   "/api/v1/bulk/steps",                                With(Right::Act)),
    ("GET",    "/api/v1/overdue",                                   With(Right::SeeIncidents)),
    ("GET",    "/api/v1/overdue-list",                              With(Right::SeeIncidents)),
    ("GET",    "/api/v1/overdue-letters",                           With(Right::SeeDispatch)),
    ("POST",   "/api/v1/overdue-letters/{id}/replay",               With(Right::Dispatch)),
    ("GET",    "/api/v1/incidents/{id}/deliveries",                 With(Right::SeeDispatch)),
    ("GET",    "/api/v1/deliveries",                                With(Right::SeeDispatch)),
    ("POST",   "/api/v1/deliveries/{id}/replay",                    With(Right::Dispatch)),
    ("POST",   "/api/v1/deliveries/{id}/acknowledge",               With(Right::Dispatch)),
    ("POST",   "/api/v1/deliveries/{id}/ack",                       Anybody), // with the message's token
    ("GET",    "/api/v1/deliveries/{id}/page",                      Anybody), // with the message's token
    ("POST",   "/api/v1/deliveries/{id}/page",                      Anybody), // with the message's token
    ("GET",    "/api/v1/deliveries/{id}/bundle",                    Anybody), // with the message's token
    ("GET",    "/api/v1/deliveries/{id}/redacted/{piece}",          Anybody), // with the message's token
    ("GET",    "/api/v1/cap/{target}",                              Anybody), // with the feed's token
    ("GET",    "/api/v1/cap/{target}/{id}",                         Anybody), // with the feed's token
    ("GET",    "/api/v1/cap/{target}/{id}/ack",                     Anybody), // with the feed's token
    ("POST",   "/api/v1/cap/{target}/acks",                         Anybody), // with the feed's token, or signed

    ("GET",    "/api/v1/setup/policy",                              With(Right::SeePolicy)),
    ("PUT",    "/api/v1/setup/policy",                              With(Right::SetPolicy)),
    ("POST",   "/api/v1/setup/policy/rehearsals",                   With(Right::SetPolicy)),
    ("GET",    "/api/v1/setup/areas",                               With(Right::SeePolicy)),
    ("PUT",    "/api/v1/setup/areas",                               With(Right::SetPolicy)),

    ("GET",    "/api/v1/cameras",                                   With(Right::SeeCameras)),
    ("GET",    "/api/v1/agents",                                    With(Right::SeeCameras)),
    ("GET",    "/api/v1/agents/{agent}/chain",                      With(Right::SeeCustody)),
    ("GET",    "/api/v1/agents/{agent}/keys",                       With(Right::SeeKeys)),
    ("POST",   "/api/v1/agents/{agent}/revoke",                     With(Right::ManageAgents)),
    ("POST",   "/api/v1/agents/{agent}/keys/{key}/revoke",          With(Right::ManageAgents)),
    ("GET",    "/api/v1/agents/{agent}/desired",                    With(Right::SeeOrders)),
    ("PUT",    "/api/v1/agents/{agent}/desired",                    With(Right::SetDesired)),
    ("GET",    "/api/v1/agents/{agent}/commands",                   With(Right::SeeOrders)),
    ("POST",   "/api/v1/agents/{agent}/commands",                   With(Right::Command)),
    ("GET",    "/api/v1/commands/{id}",                             With(Right::SeeOrders)),
    ("GET",    "/api/v1/commands/{id}/evidence/{evidence_id}",      With(Right::SeeEvidence)),
    ("GET",    "/api/v1/commands/{id}/evidence/{evidence_id}/custody", With(Right::SeeCustody)),
    ("GET",    "/api/v1/gap-reports",                               With(Right::SeeOrders)),
    ("GET",    "/api/v1/quarantine",                                With(Right::SeeQuarantine)),

    ("GET",    "/api/v1/public/services",                           Anybody),
    ("GET",    "/api/v1/public/nearby",                             Anybody),
    ("POST",   "/api/v1/public/reports",                            Anybody),
    ("GET",    "/api/v1/public/reports/{code}",                     Anybody),
    ("DELETE", "/api/v1/public/reports/{code}",                     Anybody),
    ("POST",   "/api/v1/public/reports/{code}/rating",              Anybody),
    ("POST",   "/api/v1/public/reports/{code}/reopen",              Anybody),
    ("GET",    "/api/v1/public/reports/{code}/files/{file_id}",     Anybody),
    ("POST",   "/api/v1/reports",                                   With(Right::EnterReports)),
    ("GET",    "/api/v1/reports/{id}/files/{file_id}",              With(Right::SeeEvidence)), // redacted; the original with Unmask and a purpose
    ("POST",   "/api/v1/reports/{id}/contact",                      With(Right::SeeContacts)),
    ("PUT",    "/api/v1/reports/{id}/hold",                         With(Right::EraseContacts)),
    ("DELETE", "/api/v1/reports/{id}/hold",                         With(Right::EraseContacts)),
    ("POST",   "/api/v1/reports/{id}/anonymise",                    With(Right::EraseContacts)),
    ("POST",   "/api/v1/reports/{id}/erase",                        With(Right::EraseContacts)),

    ("GET",    "/api/v1/accounts",                                  With(Right::SeeAccounts)),
    ("POST",   "/api/v1/accounts",                                  With(Right::ManageAccounts)),
    ("PATCH",  "/api/v1/accounts/{username}",                       With(Right::ManageAccounts)),
    ("POST",   "/api/v1/accounts/{username}/password",              With(Right::ManageAccounts)),
    ("GET",    "/api/v1/api-keys",                                  With(Right::SeeAccounts)),
    ("POST",   "/api/v1/api-keys",                                  With(Right::ManageAccounts)),
    ("DELETE", "/api/v1/api-keys/{key_id}",                         With(Right::ManageAccounts)),
    ("GET",    "/api/v1/access-log",                                With(Right::ReadAccessLog)),
];

/// Who may call the route of this request; `None` where it is not listed.
pub(super) fn of_request(parts: &Parts) -> Option<Caller> {
    let path = parts.extensions.get::<MatchedPath>()?;
    of_route(&parts.method, path.as_str())
}

/// Who may call a route. `HEAD` is answered like `GET` where it is not listed itself.
pub(super) fn of_route(method: &Method, path: &str) -> Option<Caller> {
    let listed = |method: &str| {
        ROUTES
            .iter()
            .find(|(own_method, own_path, _)| *own_method == method && *own_path == path)
            .map(|(_, _, caller)| *caller)
    };
    listed(method.as_str()).or_else(|| (method == Method::HEAD).then(|| listed("GET")).flatten())
}
