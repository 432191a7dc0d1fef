//! Holds version 1 of the contract to its promises: golden messages parse for ever, the checked-in
//! schemas are the types' own, everything survives a round trip, nothing tampered with verifies.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod desired;
mod frozen;
mod golden;
mod limits;
mod round_trip;
mod schema;
mod signature;
mod strategies;
