//! What units are told, from the wire to the wire: a real broker, a real database, real receivers of
//! webhooks and mail, in this process or beside it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod email;
mod escalation;
mod peers;
mod servers;
mod site;
mod stories;
mod story;
mod webhook;
