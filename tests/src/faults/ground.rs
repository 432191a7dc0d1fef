//! The ground that faults happen on: cameras, an agent, a bad network, a broker, a server, and small
//! disks for the two of them where this user may mount any.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use contract::v1::{EventId, PublicKey, SecretKey};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::camera_simulator::{CameraSimulator, Playback};
use crate::harness::{
    AGENT, Agent, AgentSetup, BrokerChoice, CameraSetup, Mosquitto, Proxy, Server, Weather,
    poll_until, short_visit,
};

/// How large a small disk is: room for a run, and soon full.
const DISK: &str = "192m";
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
    cameras: CameraSimulator,
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
        let (mqtt, http) = (Proxy::start().await?, Proxy::start().await?);
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
        let setup = AgentSetup {
            name: AGENT.to_owned(),
            cameras: vec![CameraSetup::parking(CAMERA, &url)],
        };
        let http_url = format!("http://{}", http.address());
        let agent = Agent::start_through(&agent_disk.folder, &server, &http_url, &setup)?;
        let ground = Self {
            agent,
            server,
            mosquitto,
            mqtt,
            http,
            cameras,
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

/// A folder on a small disk of its own, where this user may mount one; else a plain folder.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    kind: DiskKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DiskKind {
    Mounted,
    Plain,
}

impl Disk {
    fn at(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let size = format!("size={DISK}");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder)
            .output();
        let mounted = mount.is_ok_and(|output| output.status.success());
        Ok(Self {
            folder: folder.to_owned(),
            kind: if mounted {
                DiskKind::Mounted
            } else {
                DiskKind::Plain
            },
        })
    }

    /// Takes all its room; `false` where the disk is not its own, and then nothing is done.
    pub(super) fn fill(&self) -> anyhow::Result<bool> {
        if self.kind == DiskKind::Plain {
            return Ok(false);
        }
        let mut ballast = std::fs::File::create(self.ballast())?;
        let block = vec![0xA5; 64 * 1024];
        // Large blocks first, then what is left, byte by byte as the disk counts them.
        for size in [block.len(), 4096] {
            let Some(block) = block.get(..size) else {
                continue;
            };
            while std::io::Write::write_all(&mut ballast, block).is_ok() {}
        }
        Ok(true)
    }

    /// Gives the room back.
    pub(super) fn free(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(self.ballast()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.kind == DiskKind::Mounted {
            // Lazily: a process that is dying may hold it for a moment yet.
            drop(
                Command::new("umount")
                    .arg("--lazy")
                    .arg(&self.folder)
                    .output(),
            );
        }
    }
}
