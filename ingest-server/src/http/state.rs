//! Everything a request may need, held once.

use std::net::IpAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use contract::v1::SecretKey;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::agents::Enrolment;
use crate::changes::ChangeBus;
use crate::dispatch::Dispatch;
use crate::evidence::EvidenceStore;
use crate::login::Doorkeeper;
use crate::office::Offices;
use crate::orders::Orders;
use crate::people::report_limiter::ReportLimiter;
use crate::reception::Reception;
use crate::store::Store;

/// Most live streams at once; one more is told to come back. Each holds a socket and a place in
/// the broadcast of changes.
const MAX_LIVE_STREAMS: usize = 512;

/// Most reports of citizens whose bytes come in at once; one more is told to come back.
const MAX_REPORTS_COMING: usize = 8;

/// What `serve` hands to the HTTP server.
pub struct Services {
    /// The database.
    pub store: Store,
    /// How reports are weighed.
    pub merging: Arc<merge::Model>,
    /// Committed changes.
    pub changes: ChangeBus,
    /// Bytes of evidence.
    pub evidence: EvidenceStore,
    /// Takes citizens' reports in.
    pub reception: Reception,
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The policy and the areas in force.
    pub offices: Offices,
    /// What people want of agents.
    pub orders: Orders,
    /// What units are told.
    pub dispatch: Dispatch,
    /// What lets agents in.
    pub enrolment: Enrolment,
    /// Signs what the server vouches for.
    pub key: Arc<SecretKey>,
    /// Whether the broker is connected.
    pub broker: watch::Receiver<BrokerLink>,
    /// The folder whose disk must take writes.
    pub data_dir: PathBuf,
    /// Under which address people reach the console; `https` makes the cookie `Secure`.
    pub public_url: Url,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Cancelled when the server stops: live streams end.
    pub stopping: CancellationToken,
}

/// Whether the broker is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerLink {
    /// Reports can come in.
    Up,
    /// They cannot.
    Down,
}

/// The services and what the HTTP server itself keeps. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

/// What [`AppState`] derefs to.
pub struct Inner {
    /// What `serve` handed over.
    pub services: Services,
    /// Lets people in.
    pub doorkeeper: Doorkeeper,
    /// Places for reports whose bytes are coming in.
    pub report_places: Arc<Semaphore>,
    /// Holds floods of citizens' reports off.
    pub report_limiter: ReportLimiter,
    /// Places for live streams.
    pub live_streams: Arc<Semaphore>,
}

impl AppState {
    /// Holds the services for the router.
    #[must_use]
    pub fn new(services: Services) -> Self {
        let config = &services.reception.config;
        let report_limiter = ReportLimiter::new(config.reports_per_hour, config.reports_per_day);
        Self(Arc::new(Inner {
            report_limiter,
            report_places: Arc::new(Semaphore::new(MAX_REPORTS_COMING)),
            services,
            doorkeeper: Doorkeeper::default(),
            live_streams: Arc::new(Semaphore::new(MAX_LIVE_STREAMS)),
        }))
    }
}

impl Deref for AppState {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Services;
    fn deref(&self) -> &Services {
        &self.services
    }
}
