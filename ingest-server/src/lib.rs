//! The ingest server: takes in signed reports, merges them into incidents, shows them to operators.
//!
//! Data flows one way: `intake → report → incident → review`, with evidence beside it. The modules
//! below stand in reading order; `cmd::serve` alone wires them.

pub mod config;
pub mod telemetry;
pub mod words;

pub mod chain;
pub mod incident;
pub mod changes;
pub mod custody;
pub mod people;
pub mod store;
pub mod office;
pub mod login;

pub mod agents;
pub mod broker;
pub mod evidence;
pub mod intake;

pub mod orders;

pub mod review;
pub mod reception;
pub mod export;
pub mod dispatch;

pub mod http;

pub mod cmd;
