//! What the server remembers: the only place with SQL.
//!
//! Functions speak the domain's words ("store this report", "the open incidents of this camera")
//! and run on SQLite and PostgreSQL alike; one conformance suite holds both to it. Each takes an
//! [`Access`]: a [`Store`] for a single read, a [`Tx`] where several steps must stand or fall
//! together.
//!
//! What does not belong here: decisions (merging, rights, verification), wire formats, files.

mod access;
mod access_log;
mod accounts;
mod agents;
mod api_keys;
mod cameras;
mod case_calls;
mod case_clocks;
mod case_desk;
mod cases;
mod citizen_aside;
mod citizen_reports;
mod copies;
mod custody;
mod deliveries;
pub mod entity;
mod evidence;
mod filing;
mod gaps;
mod incident_facts;
mod incident_history;
mod incident_queries;
mod incidents;
mod lapsed;
mod letters;
mod merging;
mod merging_steps;
mod migration;
mod notices;
mod orders;
mod quarantine;
mod reports;
mod seals;
mod sessions;
mod tellers;
mod telling;
mod units;
mod setup;

pub use access::{Access, Store, StoreError, Tx};
pub use access_log::{NewAccess, access_hash_before, accesses, note_access};
pub use accounts::{
    InsertedAccount, account, account_for_login, account_named, accounts, change_account,
    insert_account, set_password,
};
pub use agents::{
    AgentKey, Ending, EnrolOutcome, Enrolled, active_agent_of_upload_token, add_key, agent,
    agent_key, agent_keys, agents, end_key, enrol, insert_enrolment_token, keys_of_agent,
    mark_all_offline, open_enrolment_tokens, revoke_agent, set_agent_status,
};
pub use api_keys::{api_key, api_keys, insert_api_key, revoke_api_key, touch_api_key};
pub use cameras::{CameraFacts, camera, cameras, set_camera_status};
pub use case_calls::{CallMade, NewCall, calls_of, insert_call, write_call};
pub use case_clocks::{Timing, claim_due, clocks_of, put_clocks, waiting_clocks, wake};
pub use case_desk::{
    CaseFact, claim_of, put_route, route_of, shelf_of, write_case_fact, write_claim, write_shelf,
};
pub use cases::{StoredStep, case_of, last_step, mark_undone, put_step, state_of, write_case};
pub use citizen_aside::{
    StateChange, asked_lately, contact_of_report, contacts_not_under, errand_done,
    errands_of_reports, insert_errand, insert_update, open_errands, put_contact,
    reports_of_changed_incidents, state_changes, updates_of_reports,
};
pub use citizen_reports::{
    PlacedReport, ReportFilter, anonymise_citizen_report, citizen_file, citizen_files,
    citizen_report, citizen_report_of_code, citizen_reports, citizen_reports_of_incident,
    citizen_reports_with_contact, erase_citizen_report, filed_before, hold_citizen_report,
    incidents_around, insert_citizen_report, put_redacted_file, rate_citizen_report, told_of,
    with_incidents,
};
pub use copies::{
    ClaimedCopy, CopyKind, CopyMade, CopyState, Requeue, claim_copy, copies_of, copy_failed,
    copy_made, copy_not_needed, derived_copy, due_copies, hold_copy, put_back_copy, queue_copy,
};
pub use custody::{CustodyEntry, append_custody, custody_of_piece, saw_lately};
pub use deliveries::{
    Acknowledged, Acknowledging, Delivery, DueWork, NewDelivery, ThreadSoFar, acknowledge_delivery,
    attempted, claim_delivery, claim_unacknowledged, count_deliveries, deliveries_in_state,
    deliveries_of_incident, deliveries_of_target, delivery, delivery_failed, delivery_sent,
    due_work, insert_delivery, replay_delivery, thread_of, withdraw_from_units, withdraw_waiting,
};
pub use evidence::{
    EvidenceOwner, SealedEvidence, Stored, evidence_of, evidence_of_event, evidence_piece,
    mark_stored, sealed_by_hash,
};
pub use filing::{Applied, Filed, NewTold, VerifiedReport, file_reports, file_told};
pub use gaps::{GapStored, VerifiedGap, insert_gap, newest_gaps};
pub use incident_history::{HistoryEntry, append_history, history_of_incident};
pub use incident_queries::{
    IncidentFilter, OnShelf, StoredPiece, events_of_incident, evidence_of_incident,
    evidence_piece_of_incident, incidents, incidents_since, overdue, overdue_by_unit,
    stored_pieces,
};
pub use incidents::{
    find_incident, incident_id, insert_incident, take_incident, told_of_row,
    touch_incident_of_event,
};
pub use lapsed::{Lapsed, lapsed};
pub use letters::{
    Letter, LetterOutcome, NewLetter, claim_letter, insert_letter, letter, letter_is_made,
    letter_tried, letters, replay_letter,
};
pub use merging::{
    StoredDecision, answer_decision, decision, decisions_after, decisions_of_incident,
    home_of_witness,
};
pub use merging_steps::{
    MergeStep, NewStep, carry_out_step, incident_numbers, open_beside, side_of, step,
    steps_of_incident, undo_step,
};
pub use notices::{ClaimedNotice, claim_notice, enqueue_notice, put_off_notice, waiting_notices};
pub use orders::{
    AnswerFiled, DesiredFiled, StoredDesired, command, command_sent, commands_expired,
    commands_of_agent, commands_to_send, condition_of_agent, conditions, desired_of_agent,
    desired_since, file_answer, insert_command, last_sequence, replace_desired,
    set_agent_condition,
};
pub use quarantine::{Quarantined, put_in_quarantine, quarantined, trim_quarantine};
pub use reports::{event, message, reports_of_event};
pub use seals::{
    GOOD_SEAL, chain_standing, insert_manifest, insert_release, links_of_agent, manifest_of_event,
    plate, release, set_plate,
};
pub use sessions::{StoredSession, end_session, open_session, session, touch_session};
pub use setup::{SetupKind, insert_setup, setup_document, setup_version};
pub use tellers::{let_teller_in, shut_teller_out, teller_credential, teller_credentials};
pub use telling::{Meant, ToTell, proposed_offence, to_tell};
pub use units::{let_unit_in, shut_unit_out, unit_credential, unit_credentials};
