//! What units are told, from the wire to the wire: a real broker, a real database, real receivers of
//! webhooks and mail, in this process or beside it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod citizens;
mod deadlines;
mod email;
mod escalation;
mod letters;
mod peers;
mod servers;
mod site;
mod smtp;
mod stories;
mod story;
mod webhook;
