//! Who did what: one log line each, under a target of its own, so that it can be kept apart.
//!
//! Never in a line: passwords, tokens, cookies. Names come checked (`Username`), so that nobody can
//! forge a line.

use std::net::IpAddr;

use contract::v1::{AgentId, CommandId, DeliveryId, EventId, EvidenceId};

use super::Username;
use crate::incident::IncidentId;
use crate::telemetry::LOGINS;

/// The target of every line. Below the crate's own, so that whatever shows this crate's `info`
/// lines shows these.
pub const TARGET: &str = "ingest_server::audit";

/// Somebody logged in.
pub fn logged_in(user: &Username, address: IpAddr) {
    metrics::counter!(LOGINS, "outcome" => "accepted").increment(1);
    tracing::info!(target: TARGET, { user.name = %user, peer.ip = %address }, "logged in");
}

/// Somebody was not let in, for a reason that is one of a few words. The name is left out unless it is an account's: people type their
/// password into the wrong field.
pub fn refused(user: Option<&Username>, address: IpAddr, reason: &'static str) {
    metrics::counter!(LOGINS, "outcome" => reason).increment(1);
    let user = user.map_or("(unknown)", Username::as_str);
    tracing::warn!(target: TARGET, { user.name = user, peer.ip = %address, reason }, "log-in refused");
}

/// Somebody logged out.
pub fn logged_out(user: &Username) {
    tracing::info!(target: TARGET, { user.name = %user }, "logged out");
}

/// Somebody decided about an incident.
pub fn decided(user: &Username, incident: IncidentId, action: &str, version: i64) {
    tracing::info!(
        target: TARGET, { user.name = %user, incident.id = %incident, action, version }, "incident decided");
}

/// Somebody gave a command to an agent.
pub fn commanded(user: &Username, agent: &AgentId, command: CommandId, action: &str) {
    tracing::info!(
        target: TARGET, { user.name = %user, agent.id = %agent, command.id = %command, action }, "command given");
}

/// Somebody changed what is wanted of an agent.
pub fn changed_desired(user: &Username, agent: &AgentId, version: u64) {
    tracing::info!(
        target: TARGET, { user.name = %user, agent.id = %agent, desired.version = version }, "desired state changed");
}

/// Somebody looked at what a command brought.
pub fn saw_answer(user: &Username, command: CommandId, evidence: EvidenceId) {
    tracing::info!(
        target: TARGET, { user.name = %user, command.id = %command, evidence.id = %evidence }, "evidence read");
}

/// Somebody looked at evidence.
pub fn saw_evidence(user: &Username, incident: IncidentId, evidence: EvidenceId) {
    tracing::info!(
        target: TARGET, { user.name = %user, incident.id = %incident, evidence.id = %evidence }, "evidence read");
}

/// Somebody typed a plate, released or downloaded a bundle.
pub fn sealed(user: &Username, incident: IncidentId, event: EventId, action: &str) {
    tracing::info!(
        target: TARGET, { user.name = %user, incident.id = %incident, event.id = %event, action }, "sealed evidence");
}

/// Somebody asked for a redacted copy of a piece, or gave it out.
pub fn handled_copy(user: &Username, incident: IncidentId, evidence: EvidenceId, action: &str) {
    tracing::info!(
        target: TARGET, { user.name = %user, incident.id = %incident, evidence.id = %evidence, action }, "redacted copy");
}

/// Somebody sent a message to a unit again, or acknowledged it for the unit.
pub fn handled_delivery(user: &Username, incident: IncidentId, delivery: DeliveryId, action: &str) {
    tracing::info!(
        target: TARGET, { user.name = %user, incident.id = %incident, delivery.id = %delivery, action }, "message to a unit");
}

/// Somebody sent a monthly list to a unit again.
pub fn replayed_letter(user: &Username, letter: DeliveryId) {
    tracing::info!(
        target: TARGET, { user.name = %user, letter.id = %letter }, "monthly list sent again");
}

/// Somebody asked for what their role does not allow.
pub fn denied(user: &Username, path: &str) {
    tracing::warn!(target: TARGET, { user.name = %user, http.path = path }, "not allowed");
}
