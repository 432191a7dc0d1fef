//! What the demo puts up: simulated cameras, a server, an agent, in a temporary folder.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use super::scenes::{self, Playbill, Scene};
use crate::harness::{
    Agent, AgentSetup, ApiClient, BrokerChoice, CameraSetup, Process, Server, models, poll_until,
    sibling,
};

/// How long the cameras may take until they deliver pictures.
const HEALTHY: Duration = Duration::from_secs(180);
/// The console's usual address.
const USUAL: &str = "127.0.0.1:8080";

/// Everything that runs. Fields drop in this order: who sends before who receives.
pub(super) struct Stage {
    pub(super) agent: Agent,
    pub(super) api: ApiClient,
    pub(super) server: Server,
    /// Lines for the person who started it: which model looks at what, and what is left out.
    pub(super) programme: Vec<String>,
    _cameras: Process,
    folder: TempDir,
}

impl Stage {
    /// Starts everything and waits until the cameras deliver.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let playbill = scenes::load(&models()?)?;
        let programme = programme(&playbill);
        let scenes = playbill.scenes;
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let (cameras, urls) = start_cameras(folder.path(), &scenes).await?;
        let server =
            Server::start_at(folder.path(), BrokerChoice::Embedded, &console_address()).await?;
        let setup = AgentSetup {
            name: "demo".to_owned(),
            cameras: scenes.into_iter().zip(urls).map(camera_setup).collect(),
        };
        let agent = Agent::start(folder.path(), &server, &setup)?;
        let api = server.log_in().await?;
        let mut stage = Self {
            agent,
            api,
            server,
            programme,
            _cameras: cameras,
            folder,
        };
        stage.healthy().await?;
        Ok(stage)
    }

    /// The folder of everything, logs included.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops everything in order.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        let agent = self.agent.stop().await;
        self.server.stop().await.and(agent)
    }

    async fn healthy(&mut self) -> anyhow::Result<()> {
        let healthy = poll_until(HEALTHY, async || {
            if !self.agent.runs() {
                return Some(false);
            }
            let cameras = self.api.get("/api/v1/cameras").await.ok()?;
            let items = cameras["items"].as_array()?;
            let running = items.iter().any(|camera| camera["state"] == "running");
            running.then_some(true)
        });
        match healthy.await {
            Some(true) => Ok(()),
            Some(false) => anyhow::bail!("the agent ended\n{}", self.agent.tail()),
            None => anyhow::bail!(
                "no camera delivers pictures after {} s\n{}",
                HEALTHY.as_secs(),
                self.agent.tail()
            ),
        }
    }
}

fn programme(playbill: &Playbill) -> Vec<String> {
    let shown = playbill.scenes.iter().map(|scene| {
        let (name, model) = (&scene.camera.name, &scene.model);
        format!("{name}: mô hình — model {model}")
    });
    let left_out = playbill.left_out.iter().map(|name| {
        format!("{name}: bỏ qua, chưa có mô hình phù hợp — left out, no model here sees it")
    });
    shown.chain(left_out).collect()
}

fn camera_setup((scene, url): (Scene, String)) -> CameraSetup {
    CameraSetup {
        url,
        ..scene.camera
    }
}

fn console_address() -> String {
    match TcpListener::bind(USUAL) {
        Ok(_) => USUAL.to_owned(),
        Err(_) => "127.0.0.1:0".to_owned(),
    }
}

/// Starts the simulator as a process of its own, so that what codecs print goes into its log, and
/// returns the cameras' URLs in the order of the scenes.
async fn start_cameras(folder: &Path, scenes: &[Scene]) -> anyhow::Result<(Process, Vec<String>)> {
    let program = sibling("camera-simulator")?;
    let mut process = Process::start("camera-simulator", folder, program, |command| {
        for scene in scenes {
            command
                .arg("--camera")
                .arg(format!("{}={}", scene.camera.id, scene.footage));
        }
        command
    })?;
    let urls = poll_until(HEALTHY, async || {
        if process.ended().is_some() {
            return Some(None);
        }
        let log = process.log();
        let url = |scene: &Scene| {
            let start = format!("{} rtsp://", scene.camera.id);
            let line = log.lines().find(|line| line.starts_with(&start))?;
            line.split_whitespace().nth(1).map(str::to_owned)
        };
        scenes.iter().map(url).collect::<Option<Vec<_>>>().map(Some)
    });
    let urls = urls.await.flatten();
    let urls = urls.with_context(|| format!("the cameras do not start\n{}", process.tail()))?;
    Ok((process, urls))
}
