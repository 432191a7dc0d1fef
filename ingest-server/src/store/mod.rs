//! What the server remembers: the only place with SQL.
//!
//! Functions speak the domain's words ("store this report", "the open incidents of this camera")
//! and run on SQLite and PostgreSQL alike; one conformance suite holds both to it. Each takes an
//! [`Access`]: a [`Store`] for a single read, a [`Tx`] where several steps must stand or fall
//! together.
//!
//! What does not belong here: decisions (merging, rights, verification), wire formats, files.

mod access;
mod agents;
mod cameras;
pub mod entity;
mod evidence;
mod migration;
mod quarantine;
mod reports;

pub use access::{Access, Store, StoreError, Tx};
pub use agents::{
    AgentKey, EnrolOutcome, Enrolled, active_agent_of_upload_token, agent, agent_key, agents,
    enrol, insert_enrolment_token, mark_all_offline, open_enrolment_tokens, revoke_agent,
    set_agent_status,
};
pub use cameras::{CameraFacts, camera, cameras, note_camera_of_report, set_camera_status};
pub use evidence::{
    SealedEvidence, Stored, apply_evidence, evidence_of_event, evidence_piece, mark_stored,
    sealed_by_hash,
};
pub use quarantine::{Quarantined, put_in_quarantine, quarantined, trim_quarantine};
pub use reports::{Inserted, VerifiedReport, event, insert_report, message, reports_of_event};
