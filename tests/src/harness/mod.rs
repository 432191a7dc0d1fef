//! A whole installation in a temporary folder: broker, server, agent, cameras, on free ports, with
//! their logs; and the ways to hurt them.
//!
//! Waits for states with a deadline, never for luck. What does not belong here: what a test expects.

mod agent;
mod api;
mod authority;
mod binaries;
mod clock;
mod event_log;
mod model;
mod mosquitto;
mod onvif;
mod process;
mod proxy;
mod scripted_agent;
mod server;
mod signal;
mod site;
mod stored;
mod teller;
mod wait;

pub use agent::{Agent, AgentSetup, CameraSetup, parking_rule};
pub use api::{ApiClient, ApiError, Live};
pub use authority::Authority;
pub use binaries::{Program, path_of, sibling};
pub use clock::ClockStep;
pub use event_log::{LoggedChange, read_event_log};
pub use model::{Model, models, starter, starter_file, strongest_model};
pub use mosquitto::Mosquitto;
pub use onvif::OnvifSimulator;
pub use process::{Process, Spent};
pub use proxy::{Proxy, Weather};
pub use scripted_agent::{Enrolled, ScriptedAgent};
pub use server::{BrokerChoice, Endpoints, OPERATOR, Server, TARGETS_FILE};
pub use signal::unless_ended;
pub use site::{AGENT, Site, SiteBroker, short_visit};
pub use stored::{
    Seal, StoredBooks, StoredCounts, StoredEvent, StoredMessage, hold_write_lock, stored_books,
    stored_counts, stored_messages, stored_seals,
};
pub use teller::Teller;
pub use wait::{poll_until, wait_until};

/// Installs the process's TLS provider, which reqwest asks for even where no TLS is spoken.
pub(crate) fn install_tls_provider() {
    // A second call finds the first one's provider, which is the same.
    drop(rustls::crypto::ring::default_provider().install_default());
}
