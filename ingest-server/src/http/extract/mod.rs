//! Extractors: who asks, and what they send, checked before a handler runs.
//!
//! What does not belong here: decisions. A handler that names `CurrentUser` cannot be reached
//! without the right that `http/rights.rs` names for its route, nor by an unsafe method without the
//! session's CSRF token; one that names `OnIncident`, only for incidents within the caller's scope.

mod agent;
mod body;
mod client;
mod incident;
mod peer;
mod report;
mod user;

pub(crate) use agent::AgentUpload;
pub(crate) use body::{JsonBody, PathOf, QueryOf};
pub(crate) use client::ClientAddress;
pub(crate) use incident::OnIncident;
pub(crate) use peer::Peer;
pub(crate) use report::ReportBody;
pub(crate) use user::{CurrentUser, SESSION_COOKIE};
