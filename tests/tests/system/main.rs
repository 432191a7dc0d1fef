//! The whole system, started as its users start it and hurt in every way that must not matter. Each
//! test owns its cameras, agent, server, broker, ports and folder.
//!
//! Needs the two programs (`cargo build --workspace`), Mosquitto and ffprobe. The agents run the
//! strongest detector of the machine (`VONG_MODELS_MIRROR` or the cache), at least the starter, which
//! is in the program; `VONG_MODEL=NAME` chooses one.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod bad_input;
mod cameras;
mod copies;
mod faults;
mod health;
mod lines;
mod messages;
mod orders;
mod outages;
mod police;
mod poses;
mod sealed;
mod sources;
mod told;
mod secure;
mod video;
mod whole_chain;
