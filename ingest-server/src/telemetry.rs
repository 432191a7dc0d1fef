//! Logs and metrics: how the server tells an administrator what it does.
//!
//! Metric names stand in one place, so that a dashboard can be read against this file. Labels are
//! bounded words (a reason, an outcome), never an id. What is never logged: passwords, tokens,
//! payloads, what citizens wrote.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Report messages and answers to commands by `outcome`: `stored`, `answer`, `duplicate`, or the
/// reason of refusal.
pub const REPORTS: &str = "vong_intake_reports_total";
/// Gap reports by `outcome`: `stored`, `duplicate`. A refused one counts among the reports.
pub const GAP_REPORTS: &str = "vong_intake_gap_reports_total";
/// Status messages by `outcome`: `stored`, `stale`, or the reason of refusal.
pub const STATUSES: &str = "vong_intake_statuses_total";
/// Seconds that the transaction of a batch took, from its beginning to its commit.
pub const COMMIT_SECONDS: &str = "vong_intake_commit_seconds";
/// Seconds until it was decided, for a batch of reports, which incidents they are of: what they might join
/// was read, and weighed.
pub const MERGE_SECONDS: &str = "vong_intake_merge_seconds";
/// Messages committed together.
pub const BATCH_SIZE: &str = "vong_intake_batch_messages";
/// Batches that the database did not take and that are tried again.
pub const DATABASE_RETRIES: &str = "vong_intake_database_retries_total";
/// Messages the consumer let go because its queue was full, by `qos`.
pub const CONSUMER_DROPS: &str = "vong_intake_consumer_drops_total";
/// 1 while the consumer is connected to the broker.
pub const BROKER_CONNECTED: &str = "vong_intake_broker_connected";
/// Requests the embedded broker denied, by `action`: `connect`, `publish`, `subscribe`.
pub const BROKER_DENIALS: &str = "vong_broker_denials_total";
/// Orders handed to the broker, by `what`: `command`, `desired`.
pub const ORDERS_SENT: &str = "vong_orders_sent_total";
/// Commands that expired without an answer.
pub const COMMANDS_EXPIRED: &str = "vong_commands_expired_total";
/// Evidence uploads by `outcome`: `stored`, or the reason of refusal.
pub const UPLOADS: &str = "vong_evidence_uploads_total";
/// Evidence bytes stored.
pub const UPLOAD_BYTES: &str = "vong_evidence_bytes_total";
/// Seals of events by `outcome`: `first`, `linked`, `predecessor_missing`, `contradicted`, or why
/// a seal is worth nothing.
pub const MANIFESTS: &str = "vong_evidence_manifests_total";
/// Copies derived from evidence, by `copy` (`viewing`, `redacted`; `any` where the queue itself failed)
/// and `outcome`: `made`, `not_needed`, `queue`, or why not.
pub const COPIES: &str = "vong_evidence_copies_total";
/// Copies that wait to be made or are being made.
pub const COPIES_WAITING: &str = "vong_evidence_copies_waiting";
/// Citizens' reports by `channel` and `outcome`: `stored`, `fields`, `key_in_use`, `failed`.
pub const CITIZEN_REPORTS: &str = "vong_citizen_reports_total";
/// Files of citizens by `outcome`: `stored`, `refused`, or why one could not be encoded anew.
pub const CITIZEN_FILES: &str = "vong_citizen_files_total";
/// Cameras asked for citizens' reports by `outcome`: `asked`, `no_such_agent`, `refused`, `database`.
pub const CITIZEN_ERRANDS: &str = "vong_citizen_errands_total";
/// What was erased of citizens' reports, by `what`: `contact`, `report`.
pub const CITIZEN_ERASURES: &str = "vong_citizen_erasures_total";
/// What reporters think of outcomes, by `rating`: `satisfied`, `accepts`, `dissatisfied`.
pub const CITIZEN_RATINGS: &str = "vong_citizen_ratings_total";
/// Reports and looks that were held off, by `what`: `address`, `contact`, `look`.
pub const CITIZEN_LIMITS: &str = "vong_citizen_limited_total";
/// Log-in attempts by `outcome`: `accepted`, or the reason of refusal.
pub const LOGINS: &str = "vong_logins_total";
/// Decisions of people by `action`: the steps of a case (`acknowledge`, `confirm`, `reject`, `route`, … as in
/// the history), `undo`, `plate`, `release`,
/// `merge`, `split`, `undo_merge`, `accept_suggestion`, `decline_suggestion`.
pub const DECISIONS: &str = "vong_incident_decisions_total";
/// Incidents for which the rules of routing were asked, by `outcome`: `unit`, `common_tray`.
pub const ROUTED: &str = "vong_routing_asked_total";
/// Rules that could not be judged when they were asked, and were passed by.
pub const ROUTING_RULES_BROKEN: &str = "vong_routing_rules_broken_total";
/// What time demanded of incidents, by `stage` (a stage of a case; `call`, `review`; `any` where an incident could not
/// be looked at) and `outcome`: `warned`, `missed`, `asked`, `failed`.
pub const DEADLINES: &str = "vong_incident_deadlines_total";
/// Incidents whose moment to be looked at has come.
pub const TIMERS_WAITING: &str = "vong_incident_timers_waiting";
/// Notices that became deliveries, or needed none, by `cause`: `raised`, `again`, `grew`, `confirmed`,
/// `rejected`, `reopened`, `closed`, `merged_into`, `routed`, `released`, `no_ack`, `deadline_near`, `deadline_missed`,
/// `call_due`, `review_due`.
pub const NOTICES: &str = "vong_dispatch_notices_total";
/// Attempts to tell a unit, by `channel` (`mqtt`, `webhook`, `email`, `cap_feed`; `gone` where the target
/// is no longer configured) and `outcome`: `sent`, or why not.
pub const DELIVERIES: &str = "vong_dispatch_deliveries_total";
/// Seconds from a message's making until the other side took it, by `channel`.
pub const DELIVERY_SECONDS: &str = "vong_dispatch_delivery_seconds";
/// Messages to units that wait for their first or a later attempt.
pub const DELIVERIES_WAITING: &str = "vong_dispatch_waiting";
/// Messages to units that are dead letters.
pub const DELIVERIES_DEAD: &str = "vong_dispatch_dead";
/// Acknowledgements of units by `way`: `mqtt`, `http`, `cap`; `refused` where there is no such message of the
/// unit.
pub const ACKNOWLEDGEMENTS: &str = "vong_dispatch_acknowledgements_total";
/// Messages that were not acknowledged in time.
pub const ESCALATIONS: &str = "vong_dispatch_escalations_total";
/// Monthly lists of what is overdue, by `outcome`: `made`, `sent`, or why an attempt failed.
pub const LETTERS: &str = "vong_dispatch_letters_total";
/// Monthly lists that are given up.
pub const LETTERS_DEAD: &str = "vong_dispatch_letters_dead_total";
/// HTTP requests by `method`, `route` (the pattern, never the path) and `status`.
pub const HTTP_REQUESTS: &str = "vong_http_requests_total";
/// Seconds from a request to the head of its answer, by the same labels.
pub const HTTP_SECONDS: &str = "vong_http_request_seconds";
/// Live streams that are open.
pub const LIVE_STREAMS: &str = "vong_live_streams";
/// Live streams that fell behind and were told to read everything again.
pub const LIVE_RESYNCS: &str = "vong_live_resyncs_total";

/// The environment variable that chooses what is logged, e.g. `ingest_server=debug`.
pub const FILTER_VARIABLE: &str = "VONG_LOG";

/// Starts logging to standard error. [`FILTER_VARIABLE`] chooses what is shown; the default is `info`, with
/// the libraries' own chatter from `warn` up.
pub fn start_logging() {
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE)
        .unwrap_or_else(|_| EnvFilter::new("warn,ingest_server=info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for people who look on, not for files and journals.
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // A log that cannot be written (a full disk) would otherwise be told on the same stderr, by a
        // macro that panics there.
        .log_internal_errors(false)
        .try_init();
    // Only a second call in one process fails, and then logging is on already.
    drop(started);
}

/// Starts collecting metrics; the handle renders them for `/metrics`.
///
/// # Errors
/// [`BuildError`] where this process has a recorder already.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
        ])?
        .install_recorder()
}
