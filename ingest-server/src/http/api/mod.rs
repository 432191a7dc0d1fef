//! The handlers of the API, one file a subject.

pub(super) mod accounts;
pub(super) mod agents;
pub(super) mod bundles;
pub(super) mod cameras;
pub(super) mod cap;
pub(super) mod casework;
pub(super) mod deliveries;
pub(super) mod enrolments;
pub(super) mod evidence;
pub(super) mod gaps;
pub(super) mod incidents;
pub(super) mod orders;
pub(super) mod overdue;
pub(super) mod key_rotations;
pub(super) mod merging;
pub(super) mod portal;
pub(super) mod reports;
pub(super) mod quarantine;
pub(super) mod session;
pub(super) mod setup;
pub(super) mod uploads;
pub(super) mod worklist;
mod verb;
