//! The rows, one file a table, commented column by column.
//!
//! Conventions: a moment is an `i64` of microseconds since 1970 UTC; an id is text as the contract
//! writes it; a nested value is the contract's JSON as text; an enum is its word on the wire. The
//! same columns serve SQLite and PostgreSQL. What does not belong here: queries (they stand beside
//! this folder) and decisions (they stand in the domain's modules).

pub mod access_log;
pub mod account;
pub mod agent;
pub mod agent_condition;
pub mod agent_key;
pub mod api_key;
pub mod camera;
pub mod case_call;
pub mod case_clock;
pub mod case_route;
pub mod case_step;
pub mod citizen_contact;
pub mod citizen_errand;
pub mod citizen_file;
pub mod citizen_report;
pub mod citizen_update;
pub mod command;
pub mod counter;
pub mod custody;
pub mod delivery;
pub mod derived_copy;
pub mod desired;
pub mod enrolment_token;
pub mod event;
pub mod event_plate;
pub mod evidence;
pub mod gap_report;
pub mod incident;
pub mod incident_history;
pub mod letter;
pub mod manifest;
pub mod merge_decision;
pub mod merge_key;
pub mod merge_profile;
pub mod merge_step;
pub mod merge_witness;
pub mod message;
pub mod notice;
pub mod quarantine;
pub mod release;
pub mod report;
pub mod session;
pub mod unit_credential;
pub mod setup_document;
pub mod teller_credential;
