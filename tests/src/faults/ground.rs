//! The ground that faults happen on: cameras, an agent, a bad network, a broker and a server; disks and
//! a network of their own where this user may make any.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use contract::v1::{EventId, PublicKey, SecretKey};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::bundles::Verified;
use super::disk::Disk;
use super::lane::Lane;
use crate::camera_simulator::{CameraSimulator, Playback};
use crate::harness::{
    AGENT, Agent, AgentSetup, BrokerChoice, CameraSetup, Mosquitto, Proxy, Server, Weather,
    poll_until, short_visit,
};

/// Longest wait until something that was started is at work.
const PATIENCE: Duration = Duration::from_secs(60);
/// The camera that makes events of its own.
const CAMERA: &str = "cam-1";

/// Everything at once. Fields drop in this order: who sends before who receives, disks last.
pub(super) struct Ground {
    pub(super) agent: Agent,
    pub(super) server: Server,
    pub(super) mosquitto: Mosquitto,
    pub(super) mqtt: Proxy,
    pub(super) http: Proxy,
    /// The way to the camera, which passes everything.
    _rtsp: Proxy,
    cameras: CameraSimulator,
    /// The agent's own network, where this user may make one.
    pub(super) lane: Option<Lane>,
    /// The bundles that were looked at.
    pub(super) verified: Verified,
    /// Every event that ever stood in the agent's log, which keeps the newest only.
    raised: Mutex<HashSet<EventId>>,
    server_disk: Disk,
    agent_disk: Disk,
    folder: TempDir,
}

impl Ground {
    /// Starts everything and waits for the first event of a camera.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let server_disk = Disk::at(&folder.path().join("server"))?;
        let agent_disk = Disk::at(&folder.path().join("agent"))?;
        let mosquitto = Mosquitto::start(folder.path()).await?;
        let lane = Lane::open();
        let own = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let servers = lane.as_ref().map_or(own, |lane| lane.servers.into());
        let (mqtt, http) = (
            Proxy::start_at(servers).await?,
            Proxy::start_at(servers).await?,
        );
        mqtt.lead_to(&mosquitto.url())?;
        let server = Server::start_advertising(
            &server_disk.folder,
            BrokerChoice::External(mosquitto.url()),
            &format!("mqtt://{}", mqtt.address()),
        )
        .await?;
        http.lead_to(&server.endpoints().http)?;
        let cameras = CameraSimulator::start();
        let url = cameras.add(CAMERA, short_visit()?, Playback::Looped, None)?;
        let rtsp = Proxy::start_at(lane.as_ref().map_or(own, |lane| lane.cameras.into())).await?;
        let (camera, path) = url
            .strip_prefix("rtsp://")
            .and_then(|rest| rest.split_once('/'))
            .context("rtsp://HOST:PORT/PATH")?;
        rtsp.lead_to(&format!("rtsp://{camera}"))?;
        let url = format!("rtsp://{}/{path}", rtsp.address());
        let setup = AgentSetup {
            name: AGENT.to_owned(),
            cameras: vec![CameraSetup::parking(CAMERA, &url)],
        };
        let http_url = format!("http://{}", http.address());
        let mut agent = Agent::configure(&agent_disk.folder, &setup)?;
        agent.enrol(&server, &http_url, &setup.name)?;
        agent.in_namespace(lane.as_ref().map(Lane::name));
        let agent = agent.started()?;
        let ground = Self {
            agent,
            server,
            mosquitto,
            mqtt,
            http,
            _rtsp: rtsp,
            cameras,
            lane,
            verified: Verified::default(),
            raised: Mutex::default(),
            server_disk,
            agent_disk,
            folder,
        };
        let first = poll_until(PATIENCE, async || {
            (!ground.agent.event_log().is_empty()).then_some(())
        });
        ensure!(
            first.await.is_some(),
            "the camera's first event did not come"
        );
        Ok(ground)
    }

    /// Keeps what programs wrote for whoever looks into a loss, and says where.
    pub(super) fn keep(&self, name: &str) -> anyhow::Result<PathBuf> {
        let kept = std::env::temp_dir().join(format!("vong-soak-{name}"));
        let copied = Command::new("cp")
            .arg("-a")
            .arg(self.folder())
            .arg(&kept)
            .output()?;
        ensure!(copied.status.success(), "{} is not written", kept.display());
        Ok(kept)
    }

    /// Every event that the agent's rules ever raised.
    pub(super) fn raised(&self) -> HashSet<EventId> {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let log = self.agent.event_log();
        raised.extend(log.into_iter().map(|change| change.event_id));
        raised.clone()
    }

    /// The folder of everything.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The network in both of its parts.
    pub(super) fn weather(&self, weather: Weather) {
        self.mqtt.set(weather);
        self.http.set(weather);
    }

    /// The camera films, or is unplugged.
    pub(super) async fn film(&self, filming: Filming) -> anyhow::Result<()> {
        match filming {
            Filming::Off => self.cameras.drop_camera(CAMERA)?,
            Filming::On => {
                // Somebody's connection may have its port for a moment.
                let back = poll_until(PATIENCE, async || self.cameras.come_back(CAMERA).ok());
                ensure!(
                    back.await.is_some(),
                    "the camera does not get its port back"
                );
            }
        }
        Ok(())
    }

    /// The agent's public key.
    pub(super) fn agent_key(&self) -> anyhow::Result<PublicKey> {
        let file = self.agent_disk.folder.join("agent-data/agent.key");
        let key = std::fs::read_to_string(file)?;
        Ok(SecretKey::from_base64(key.trim())?.public())
    }

    /// The small disk of the server, or of the agent.
    pub(super) const fn disk(&self, whose: Whose) -> &Disk {
        match whose {
            Whose::Server => &self.server_disk,
            Whose::Agent => &self.agent_disk,
        }
    }

    /// Kills the agent, writes events into its log as if it had seen them in its last moments, and
    /// starts it again.
    pub(super) fn see(&mut self, events: usize) -> anyhow::Result<()> {
        self.agent.kill();
        let log = self.agent.event_log_file();
        let text = std::fs::read_to_string(&log)?;
        // A raised event that this outbox had to file: all but its id and time can be told again.
        let like = text
            .lines()
            .rev()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|line| line["phase"] == "raised")
            .context("no raised event in the log")?;
        let mut more = String::new();
        if !text.ends_with('\n') {
            more.push('\n');
        }
        let now = Timestamp::now().to_string();
        for _ in 0..events {
            let mut line = like.clone();
            line["event_id"] = serde_json::to_value(EventId::new())?;
            line["at"] = Value::from(now.as_str());
            line["began"] = Value::from(now.as_str());
            more.push_str(&serde_json::to_string(&line)?);
            more.push('\n');
        }
        std::io::Write::write_all(
            &mut std::fs::File::options().append(true).open(&log)?,
            more.as_bytes(),
        )?;
        self.agent.come_back()
    }
}

/// Whether the camera films.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filming {
    On,
    Off,
}

/// Whose disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Server,
    Agent,
}
