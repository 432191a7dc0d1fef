//! Extractors: who asks, and what they send, checked before a handler runs.
//!
//! What does not belong here: decisions. A handler that names `CurrentUser` cannot be reached
//! without a session, nor by an unsafe method without the session's CSRF token.

mod agent;
mod body;
mod peer;
mod user;

pub(crate) use agent::AgentUpload;
pub(crate) use body::{JsonBody, PathOf, QueryOf};
pub(crate) use peer::Peer;
pub(crate) use user::{Administrator, CurrentUser, SESSION_COOKIE};
