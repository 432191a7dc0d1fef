//! What the agent tells whoever runs it: log lines and metrics, named in one place.
//!
//! Never logged: passwords, tokens and keys (MQTT password, upload token, enrolment token, private
//! key); camera URLs with credentials (the parsed URL never holds them); pictures; payloads of
//! reports. Fields are dotted: `camera.id`, `event.id`, `report.revision`, `evidence.id`.
//!
//! Labels are bounded: ids of configured cameras and words of closed lists, never an event's id or
//! a text from outside. What does not belong here: deciding what is worth counting.

use std::io::IsTerminal as _;
use std::net::SocketAddr;

use contract::v1::Phase;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

const FILTER_VARIABLE: &str = "VONG_LOG";
/// ONNX Runtime tells its devices at `info`, a dozen lines that help nobody every day.
const DEFAULT_FILTER: &str = "info,ort=warn";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Why the agent cannot tell how it is.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter of the environment does not parse.
    #[error("VONG_LOG is not a log filter, e.g. `info` or `edge_agent=debug`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// A log subscriber is installed already.
    #[error("the log cannot be set up")]
    Log(#[source] TryInitError),
    /// The metrics endpoint cannot listen.
    #[error(
        "metrics: cannot listen on {address}; another process may have the port: choose a free one \
         in `[metrics] listen`, or 127.0.0.1:0"
    )]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The metrics endpoint cannot be set up.
    #[error("the metrics endpoint cannot be set up")]
    Exporter(#[source] BuildError),
}

/// Starts logging to standard error. The filter is `VONG_LOG`, `info` by default.
///
/// # Errors
/// [`TelemetryError::Filter`] where the filter does not parse.
pub fn start_log(format: LogFormat) -> Result<(), TelemetryError> {
    let filter = match std::env::var(FILTER_VARIABLE) {
        Ok(text) => EnvFilter::try_new(text).map_err(TelemetryError::Filter)?,
        Err(_) => EnvFilter::new(DEFAULT_FILTER),
    };
    let builder = tracing_subscriber::fmt()
        // A log that cannot be written (a full disk) would otherwise be told on the same stderr, by a
        // macro that panics there.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match format {
        LogFormat::Human => builder.finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    }
    .map_err(TelemetryError::Log)
}

/// Starts the Prometheus endpoint (`/metrics`), and returns where it listens.
///
/// # Errors
/// [`TelemetryError::Listen`] where the address is taken.
pub fn start_metrics(listen: SocketAddr) -> Result<SocketAddr, TelemetryError> {
    // The exporter does not say which port it got, so a free one is chosen here. Binding also
    // turns "address in use" into a sentence that names the key.
    let probe = std::net::TcpListener::bind(listen)
        .and_then(|listener| listener.local_addr())
        .map_err(|source| TelemetryError::Listen {
            address: listen,
            source,
        })?;
    PrometheusBuilder::new()
        .with_http_listener(probe)
        .install()
        .map_err(TelemetryError::Exporter)?;
    describe();
    Ok(probe)
}

/// A phase as label and log field.
#[must_use]
pub const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Raised => "raised",
        Phase::Updated => "updated",
        Phase::Cleared => "cleared",
    }
}

/// An error and its causes in one line, for a log.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

macro_rules! metrics_list {
    ($($(#[$doc:meta])* $name:ident = $kind:ident $wire:literal, $unit:expr, $help:literal;)*) => {
        /// Names of all metrics.
        pub mod metric {
            $(#[doc = $help] pub const $name: &str = $wire;)*
        }
        /// Tells the exporter what each metric means.
        fn describe() {
            $($kind!($wire, $unit, $help);)*
        }
    };
}

metrics_list! {
    EVENT_CHANGES = describe_counter "vong_agent_event_changes_total", Unit::Count,
        "Event changes of the rules, by camera, kind and phase.";
    SHADOW_CHANGES = describe_counter "vong_agent_shadow_changes_total", Unit::Count,
        "Event changes of rules in the shadow of others, by camera, kind and phase; nobody is told.";
    ABSTAINED = describe_counter "vong_agent_abstained_pictures_total", Unit::Count,
        "Pictures that no rule was asked about, because the camera turned or its pose was unknown, by camera and reason.";
    POSE_FAILED = describe_counter "vong_agent_pose_failed_total", Unit::Count,
        "Times that a camera could not be asked where it looks, by camera and reason.";
    HELD_BACK = describe_counter "vong_agent_held_back_total", Unit::Count,
        "Candidates that a rule did not tell, by camera, rule, reason and mode of the rule.";
    VERIFY_FAILED = describe_counter "vong_agent_verify_failed_total", Unit::Count,
        "Pictures that the fire verifier could not take, by camera; the detector's word stood.";
    MOTION_FAILED = describe_counter "vong_agent_motion_failed_total", Unit::Count,
        "Times that no motion could be looked for in a picture and then more, by camera; tracks alone chose the closer looks.";
    DECISION = describe_histogram "vong_event_decision_seconds", Unit::Seconds,
        "From the arrival of the picture that decided an event to its report in the outbox.";
    INFERENCE = describe_histogram "vong_inference_seconds", Unit::Seconds,
        "From the pictures of a batch to their detections, by model.";
    INFERENCE_WAIT = describe_histogram "vong_inference_wait_seconds", Unit::Seconds,
        "How long a camera's picture waited for its turn at a model, by model.";
    INFERENCE_PICTURES = describe_histogram "vong_inference_batch_pictures", Unit::Count,
        "Pictures, or windows of them, in one inference, by model.";
    INFERENCE_LATE = describe_counter "vong_inference_late_total", Unit::Count,
        "Pictures that were looked at later than the camera's next one was due, by model.";
    INFERENCE_FAILED = describe_counter "vong_inference_failures_total", Unit::Count,
        "Pictures that a model could not take, by model.";
    ANALYSIS_FAILED = describe_counter "vong_agent_analysis_failed_total", Unit::Count,
        "Pictures that a model could not take, by camera.";
    ORDERS_DROPPED = describe_counter "vong_agent_orders_dropped_total", Unit::Count,
        "Messages on the topics of commands and desired state that were not taken, by reason.";
    COMMANDS = describe_counter "vong_agent_commands_total", Unit::Count,
        "Commands of the server, by action and outcome.";
    DESIRED_VERSION = describe_gauge "vong_agent_desired_version", Unit::Count,
        "Version of the desired state that applies.";
    CLOCK_OFFSET = describe_gauge "vong_agent_clock_offset_seconds", Unit::Seconds,
        "The machine's clock minus true time, at the last comparison.";
    CLOCK_TRUSTED = describe_gauge "vong_agent_clock_trusted", Unit::Count,
        "1 while the machine's clock was compared and is within its bound, 0 otherwise.";
    CLOCK_STEPS = describe_counter "vong_agent_clock_steps_total", Unit::Count,
        "Times that the machine's clock was set.";
    CAMERA_UP = describe_gauge "vong_agent_camera_up", Unit::Count,
        "1 while pictures arrive from the camera, 0 otherwise, by camera.";
    MAIN_MOMENTS = describe_counter "vong_camera_main_moments_total", Unit::Count,
        "Moments of events looked up on the main stream, by camera and how they were found.";
    FRAMES_DROPPED = describe_counter "vong_agent_frames_dropped_total", Unit::Count,
        "Pictures that were due and never analysed, by camera and reason.";
    AWAKE_SHARE = describe_gauge "vong_camera_awake_share", Unit::Count,
        "Share of the time since the start in which the camera's gate was open, by camera.";
    EVIDENCE = describe_counter "vong_agent_evidence_total", Unit::Count,
        "Pieces of evidence by kind and outcome (sealed, or the reason why not).";
    REPORTS_FILED = describe_counter "vong_agent_reports_filed_total", Unit::Count,
        "Report revisions put into the outbox, by phase.";
    REPORTS_INVALID = describe_counter "vong_agent_reports_invalid_total", Unit::Count,
        "Event changes that made no valid report: faults of the agent.";
    EVENT_LOG_FAILED = describe_counter "vong_agent_event_log_failed_total", Unit::Count,
        "Event changes that could not be written to the event log.";
    EVENTS_RECOVERED = describe_counter "vong_agent_events_recovered_total", Unit::Count,
        "Events that an earlier run saw and did not file: put on record from the event log.";
    REPORTS_SENT = describe_counter "vong_agent_reports_sent_total", Unit::Count,
        "Report messages sent, by attempt (first, again).";
    REPORTS_ACKED = describe_counter "vong_agent_reports_acked_total", Unit::Count,
        "Answers of the server to reports, by outcome (stored, or why it was refused).";
    SIGNAL_WORDS = describe_counter "vong_agent_signal_words_total", Unit::Count,
        "Words of traffic-signal controllers, by outcome (taken, or why it was dropped).";
    ACKS_DROPPED = describe_counter "vong_agent_acks_dropped_total", Unit::Count,
        "Messages on the ack topic that were dropped, by reason.";
    OUTBOX_REPORTS = describe_gauge "vong_agent_outbox_reports", Unit::Count,
        "Reports on disk, by state (pending, dead).";
    OUTBOX_BYTES = describe_gauge "vong_agent_outbox_bytes", Unit::Bytes,
        "Bytes on disk, by what (reports, evidence).";
    OUTBOX_LOST = describe_counter "vong_agent_outbox_lost_total", Unit::Count,
        "What the full-disk policy let go, by what it was.";
    OUTBOX_FAILED = describe_counter "vong_agent_outbox_failed_total", Unit::Count,
        "Times the outbox could not be written; the write is tried again until it succeeds.";
    MQTT_CONNECTED = describe_gauge "vong_agent_mqtt_connected", Unit::Count,
        "1 while the broker is connected.";
    MQTT_CONNECTS = describe_counter "vong_agent_mqtt_connects_total", Unit::Count,
        "Connections to the broker, by outcome (connected, failed, lost).";
    UPLOADS = describe_counter "vong_agent_uploads_total", Unit::Count,
        "Evidence uploads, by outcome: complete, or what failed.";
    UPLOAD_BYTES = describe_counter "vong_agent_upload_bytes_total", Unit::Bytes,
        "Bytes of evidence sent.";
}
