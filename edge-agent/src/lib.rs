//! The edge agent: watches cameras, finds events, files signed reports with evidence.
//!
//! Data flows one way, and the modules below stand in that order:
//! `pose → camera → motion → detect → verify → track → closeup → scene → signal → rule → evidence → report → outbox`. A
//! stage imports only stages above it; `pipeline` alone wires them, and `lockstep` those up to the rules, for recordings. `tests/tests/import_direction.rs` checks it.

pub mod geometry;
pub mod telemetry;
pub mod time;

pub mod config;
pub mod clock;
pub mod pose;

pub mod camera;
pub mod motion;
pub mod detect;
pub mod verify;
pub mod track;
pub mod closeup;
pub mod scene;
pub mod signal;
pub mod rule;
pub mod analysis;
pub mod lockstep;
pub mod scorecard;
pub mod evidence;
pub mod report;
pub mod identity;
pub mod outbox;

pub mod pipeline;

pub mod cmd;
