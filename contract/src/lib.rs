//! The words that `edge-agent` and `ingest-server` speak to one another.
//!
//! Everything that crosses MQTT is defined here, once: reports, evidence entries, acks, status,
//! desired state, topics, size limits and the detached signature. The types are versioned by
//! module ([`v1`]); JSON Schema is generated from them into `contract/schema/`, and golden
//! messages in `contract/golden/` must parse for as long as a version lives.
//!
//! What does not belong here: anything either program keeps to itself (tracks in flight, database
//! rows, views). Both sides convert at their own edge, in one file each.
//!
//! # When changing this
//! 1. Change the type in `v1/`.
//! 2. Run `make schema` and read the diff of `contract/schema/`.
//! 3. Add a golden message; never edit one that has been released.
//! 4. Write a line in `CHANGELOG.md`.

pub mod v1;
