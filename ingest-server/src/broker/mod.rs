//! The embedded MQTT 5 broker, and who may publish and read what.
//!
//! `mqtt5` stands behind this module alone: the rest of the server speaks to a broker by URL as a
//! client, and cannot tell whether it is this one. What does not belong here: what messages mean.
//!
//! Sessions, queues and retained messages are kept in memory: they outlive a connection, not this
//! process (ADR 18). Nothing is lost with them. An agent forgets a report only on the server's own
//! signed ack, says its statuses at every connection, and subscribes at every connection; the
//! server says all desired state and every open command again.

mod provider;
mod revoked;
mod rights;
mod teller;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::MAX_REPORT_BYTES;
use mqtt5::broker::config::StorageBackend;
use mqtt5::broker::{BrokerConfig, BrokerShutdownHandle, MqttBroker, StorageConfig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::rights::{Client, SERVER_USER, may_publish, may_subscribe, unit_acl, unit_user};
pub use self::teller::{Teller, TellerError};
pub use self::tls::{TlsError, check_door, client_config};

use self::provider::Provider;
use crate::agents::Token;
use crate::config::BrokerTls;
use crate::store::Store;

/// Largest MQTT packet that is taken in. Above the contract's limit on purpose: a report that is
/// somewhat too large must reach intake, which quarantines it and tells its agent why. Beyond
/// this, the connection is closed.
const MAX_PACKET_BYTES: usize = 4 * MAX_REPORT_BYTES;
/// How long the broker keeps a session whose client is away: a mountain link may be down for days.
const SESSION_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);
/// Most messages that wait for one client that is away; then the oldest go. Reports are safe: their
/// agent sends them until they are acked.
const MAX_QUEUED_MESSAGES: usize = 100_000;
const MAX_QUEUED_BYTES: usize = 256 * 1024 * 1024;
const MAX_CLIENTS: usize = 10_000;
/// Most reports that are on their way to intake and not yet committed: four of its batches. The
/// broker's own default of 64 would let a disk's flush, not its bandwidth, bound the rate.
pub const SERVER_WINDOW: u16 = 4096;

/// Why the broker does not run.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Another program has the port, or the address is not this machine's.
    #[error("the broker cannot listen on {address}: {}; change broker.listen, or stop what uses the port", source.kind())]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The files of the door with TLS cannot be used.
    #[error("the broker's TLS")]
    Tls(#[from] TlsError),
    /// The broker could not start for another reason, which its own message names.
    #[error("the broker could not start")]
    Start(#[source] mqtt5::MqttError),
    /// The operating system has no randomness.
    #[error("the operating system's random source failed")]
    Random(#[from] rand::rand_core::OsError),
}

/// A running broker.
pub struct EmbeddedBroker {
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    server_password: Token,
    shutdown: BrokerShutdownHandle,
    task: JoinHandle<()>,
}

impl EmbeddedBroker {
    /// Starts the broker and returns once it accepts connections. With `tls` it has a second door.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn start(
        listen: SocketAddr,
        tls: Option<&BrokerTls>,
        store: Store,
    ) -> Result<Self, BrokerError> {
        probe(listen)?;
        if let Some(tls) = tls {
            probe(tls.listen)?;
            check_door(tls)?;
        }
        let server_password = Token::mint()?;
        let provider = Arc::new(Provider::new(store.clone(), server_password.hash()));
        let mut broker = MqttBroker::with_config(config(listen, tls))
            .await
            .map_err(BrokerError::Start)?
            .with_auth_provider(provider);
        let address = broker.local_addr().unwrap_or(listen);
        let tls_address = broker.tls_local_addr();
        let stopped = CancellationToken::new();
        revoked::disconnect_them(store, broker.router(), stopped.clone());
        let shutdown = broker.shutdown_handle();
        let mut ready = broker.ready_receiver();
        let task = tokio::spawn(async move {
            let _stopped = stopped.drop_guard();
            if let Err(error) = broker.run().await {
                tracing::error!(error = %error, "the embedded broker stopped");
            }
        });
        // An error here means that the broker ended before it was ready; its task has said why.
        drop(ready.wait_for(|ready| *ready).await);
        Ok(Self {
            address,
            tls_address,
            server_password,
            shutdown,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its door with TLS is.
    #[must_use]
    pub const fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// The password of the server's own client, minted for this run and kept in memory only.
    #[must_use]
    pub fn server_password(&self) -> &str {
        self.server_password.reveal()
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Closes every connection.
    pub async fn stop(self) {
        self.shutdown.shutdown();
        if let Err(error) = self.task.await {
            tracing::error!(error = %error, "the embedded broker ended badly");
        }
    }
}

/// `mqtt5` answers a taken port with a text; asking first gives the reason itself.
fn probe(address: SocketAddr) -> Result<(), BrokerError> {
    std::net::TcpListener::bind(address)
        .map(drop)
        .map_err(|source| BrokerError::Listen { address, source })
}

fn config(listen: SocketAddr, tls: Option<&BrokerTls>) -> BrokerConfig {
    let storage = StorageConfig::new()
        .with_backend(StorageBackend::Memory)
        .with_max_queued_messages_per_client(MAX_QUEUED_MESSAGES)
        .with_max_queued_bytes_per_client(MAX_QUEUED_BYTES);
    let mut config = BrokerConfig::new()
        .with_bind_address(listen)
        .with_max_clients(MAX_CLIENTS)
        .with_session_expiry(SESSION_EXPIRY)
        .with_max_packet_size(MAX_PACKET_BYTES)
        .with_max_outbound_inflight(SERVER_WINDOW)
        .with_storage(storage);
    // `mqtt5` builds this provider only to throw it away: ours takes its place before the first
    // connection is accepted, and ours knows no anonymous client. The conformance tests try.
    config.auth_config.allow_anonymous = true;
    config.sys_topics_enabled = false;
    if let Some(tls) = tls {
        config = config.with_tls(tls::door(tls));
    }
    config
}
