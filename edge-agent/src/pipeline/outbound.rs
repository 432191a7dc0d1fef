//! Everything after the rules: the desk, the disk, the broker, the uploads; how they start and in
//! which order they end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{AgentId, CameraId, PublicKey, SecretKey, Topic, UnavailableReason, UnitId};
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use zeroize::Zeroizing;

use super::desk::{Desk, Paper, Past};
use super::event_log::EventLog;
use super::{PipelineError, STEP_TIMEOUT, in_time};
use crate::config::{Config, PoseSource};
use crate::identity::{Identity, client_config, http_client};
use crate::outbox::{
    AgentBoard, BrokerAddress, BrokerLink, DeliveryState, Inbox, Limits, PoseEars, Publisher,
    SignalPost, StatusBoard, Store, Upload, UploadLimits, Uploader,
};
use crate::pose::PoseHandle;
use crate::report::CameraFacts;
use crate::signal::SignalBoard;
use crate::telemetry::{chain, metric};

/// Papers that may wait for the desk. When full, the cameras' analysis waits and their mailboxes
/// drop pictures, which is counted; events are never dropped.
pub(super) const PAPERS: usize = 256;
/// Files the uploader may have given up before the desk looks. When full, the uploader waits.
const GIVEN_UP: usize = 16;
/// Clips encoded at once: remuxing is quick, and one leaves the cores to the model.
const ENCODERS: usize = 1;
/// How often the outbox says how full it is.
const TALLY_EVERY: Duration = Duration::from_secs(5);
/// How often evidence is looked at for its age.
const EXPIRE_EVERY: Duration = Duration::from_secs(3600);
/// The publisher's flush and good-bye.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(8);

/// Everything after the rules: desk, disk, broker, uploads.
pub(super) struct Outbound {
    pub(super) agent: AgentId,
    pub(super) key: Arc<SecretKey>,
    pub(super) inbox: Inbox,
    pub(super) condition: Arc<AgentBoard>,
    /// What signal controllers say.
    pub(super) signals: SignalBoard,
    pub(super) store: Arc<Store>,
    pub(super) event_log: Arc<EventLog>,
    pub(super) board: Arc<StatusBoard>,
    pub(super) papers: mpsc::Sender<Paper>,
    pub(super) clips: TaskTracker,
    pub(super) encoders: Arc<Semaphore>,
    desk: JoinHandle<()>,
    senders: Vec<JoinHandle<()>>,
    stop_sending: CancellationToken,
}

impl Outbound {
    pub(super) async fn start(
        config: &Config,
        identity: Identity,
        cameras: &HashMap<CameraId, Arc<CameraFacts>>,
        poses: &HashMap<CameraId, PoseHandle>,
    ) -> Result<Self, PipelineError> {
        let Identity { key, enrolment } = identity;
        let key = Arc::new(key);
        let answer = enrolment.answer;
        let mqtt_url = match &config.server.mqtt_url {
            Some(url) => url.clone(),
            None => answer.mqtt_url.parse().map_err(PipelineError::Address)?,
        };
        let broker = BrokerAddress::try_from(&mqtt_url).map_err(PipelineError::Broker)?;
        let server: Url = config
            .server
            .http_url
            .clone()
            .unwrap_or(enrolment.server_url);
        let tls = client_config(&config.server).map_err(PipelineError::Tls)?;
        let client = http_client(tls.clone()).map_err(PipelineError::Tls)?;

        let limits = Limits {
            report_bytes: config.outbox.reserved_report_bytes,
            evidence_bytes: config.outbox.max_bytes - config.outbox.reserved_report_bytes,
        };
        let topic = Topic::Reports(answer.agent.clone()).to_string();
        let evidence_key = config.evidence.key.clone();
        let store = Store::open_with_key(&config.agent.data_dir, &topic, limits, evidence_key)
            .await
            .map(Arc::new)
            .map_err(PipelineError::Outbox)?;
        let signed = store.sign_anew(&key).await.map_err(PipelineError::Outbox)?;
        if signed > 0 {
            tracing::info!(
                reports = signed,
                "signed what waits with this agent's new key"
            );
        }
        let (event_log, told) = EventLog::open(&config.agent.event_log, store.id().clone())
            .map_err(PipelineError::EventLog)?;
        let past = Past { told, cameras };
        let desk = Desk::open(
            answer.agent.clone(),
            Arc::clone(&key),
            Arc::clone(&store),
            past,
        )
        .await
        .map_err(PipelineError::Outbox)?;
        let (papers, inbox) = mpsc::channel(PAPERS);
        let (given_up, gone) = mpsc::channel(GIVEN_UP);
        let board = Arc::new(StatusBoard::default());
        let stop_sending = CancellationToken::new();
        let condition = Arc::new(AgentBoard::default());
        let orders = Inbox {
            agent: answer.agent.clone(),
            server_key: answer.server_public_key,
            store: Arc::clone(&store),
            bells: Arc::default(),
        };
        let link = Arc::new(BrokerLink::default());
        let signals = SignalBoard::default();
        let publisher = Publisher {
            agent: answer.agent.clone(),
            key: Arc::clone(&key),
            password: Zeroizing::new(answer.mqtt_password),
            server_key: answer.server_public_key,
            broker,
            tls: Arc::new(tls),
            store: Arc::clone(&store),
            inbox: orders.clone(),
            signals: SignalPost::new(controllers(config), signals.clone()),
            condition: Arc::clone(&condition),
            link: Arc::clone(&link),
            poses: ears(config, &answer.agent, poses),
            since: Timestamp::now(),
        };
        let uploader = Uploader {
            client,
            server,
            token: Zeroizing::new(answer.upload_token),
            store: Arc::clone(&store),
            limits: UploadLimits {
                bytes_per_s: config.outbox.upload_bytes_per_s,
                at_once: config.outbox.uploads_at_once,
            },
            broker: link,
            given_up,
        };
        let senders = vec![
            tokio::spawn({
                let (board, stop) = (Arc::clone(&board), stop_sending.clone());
                async move { publisher.run(&board, stop).await }
            }),
            tokio::spawn(uploader.run(stop_sending.clone())),
            tokio::spawn(tell_tally(Arc::clone(&store), stop_sending.clone())),
        ];
        tokio::spawn(tell_desk_of_losses(gone, papers.downgrade()));
        tokio::spawn(let_go_of_the_expired(
            Arc::clone(&store),
            config.evidence.max_age,
            papers.downgrade(),
            stop_sending.clone(),
        ));
        Ok(Self {
            agent: answer.agent,
            key,
            inbox: orders,
            condition,
            signals,
            store,
            event_log: Arc::new(event_log),
            board,
            papers,
            clips: TaskTracker::new(),
            encoders: Arc::new(Semaphore::new(ENCODERS)),
            desk: tokio::spawn(desk.run(inbox)),
            senders,
            stop_sending,
        })
    }

    /// The cameras are gone: cut what can be cut, close what is open, flush, say good-bye.
    pub(super) async fn stop(self) {
        self.clips.close();
        in_time("clips", STEP_TIMEOUT, self.clips.wait()).await;
        drop(self.papers);
        in_time("desk", STEP_TIMEOUT, self.desk).await;
        self.stop_sending.cancel();
        for sender in self.senders {
            in_time("broker and uploads", FAREWELL_TIMEOUT, sender).await;
        }
        in_time("outbox", STEP_TIMEOUT, self.store.close()).await;
    }
}

/// Every controller that a camera's signals name.
fn controllers(config: &Config) -> impl Iterator<Item = (UnitId, Option<PublicKey>)> {
    let signals = config.cameras.iter().flat_map(|camera| &camera.signals);
    let named = signals.filter_map(|signal| signal.controller.as_ref());
    named.map(|controller| (controller.id.clone(), controller.key))
}

/// Cameras that are told over MQTT where they look.
fn ears(config: &Config, agent: &AgentId, poses: &HashMap<CameraId, PoseHandle>) -> PoseEars {
    let mut ears = PoseEars::default();
    for camera in &config.cameras {
        if let (PoseSource::Mqtt, Some(handle)) = (&camera.poses.source, poses.get(&camera.id)) {
            ears.listen(agent, &camera.id, &camera.poses, handle);
        }
    }
    ears
}

async fn tell_tally(store: Arc<Store>, stop: CancellationToken) {
    loop {
        if let Ok(tally) = store.tally().await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge of bytes below 2⁵³")]
            let set = |name: &'static str, label: &'static str, word: &'static str, value: u64| {
                metrics::gauge!(name, label => word).set(value as f64);
            };
            for (state, reports) in [
                (DeliveryState::Queued, tally.queued),
                (DeliveryState::Sent, tally.sent),
                (DeliveryState::Refused, tally.refused),
            ] {
                set(metric::OUTBOX_REPORTS, "state", state.as_str(), reports);
            }
            set(metric::OUTBOX_BYTES, "what", "reports", tally.report_bytes);
            set(
                metric::OUTBOX_BYTES,
                "what",
                "evidence",
                tally.evidence_bytes,
            );
        }
        tokio::select! {
            () = tokio::time::sleep(TALLY_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Evidence that the uploader gave up becomes unavailable in its report.
async fn tell_desk_of_losses(mut gone: mpsc::Receiver<Upload>, papers: mpsc::WeakSender<Paper>) {
    while let Some(upload) = gone.recv().await {
        let Some(papers) = papers.upgrade() else {
            return;
        };
        let reason = UnavailableReason::Damaged;
        // A closed desk means a stop; the next start finds the file gone.
        let _ = papers
            .send(Paper::LetGo {
                uploads: vec![upload],
                reason,
            })
            .await;
    }
}

/// Evidence that waited longer than it is kept becomes unavailable in its report.
async fn let_go_of_the_expired(
    store: Arc<Store>,
    max_age: Duration,
    papers: mpsc::WeakSender<Paper>,
    stop: CancellationToken,
) {
    loop {
        // A clock before its calendar's beginning makes nothing old.
        let before = Timestamp::now()
            .checked_sub(max_age)
            .unwrap_or(Timestamp::MIN);
        match store.expire(before).await {
            Ok(uploads) if uploads.is_empty() => {}
            Ok(uploads) => {
                let Some(papers) = papers.upgrade() else {
                    return;
                };
                let reason = UnavailableReason::Expired;
                // A closed desk means a stop; what was let go is counted either way.
                let _ = papers.send(Paper::LetGo { uploads, reason }).await;
            }
            Err(error) => {
                metrics::counter!(metric::OUTBOX_FAILED).increment(1);
                tracing::error!(error = %chain(&error), "cannot look for evidence that is too old; trying again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EXPIRE_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}
