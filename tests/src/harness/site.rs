//! Everything at once: cameras that film the rendered street, a server, an agent that watches.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use contract::v1::{EventId, Phase};
use serde_json::Value;
use tempfile::TempDir;

use super::agent::{Agent, AgentSetup, CameraSetup};
use super::api::ApiClient;
use super::authority::Authority;
use super::mosquitto::Mosquitto;
use super::server::{BrokerChoice, Server};
use super::wait::poll_until;
use crate::camera_simulator::{CameraSimulator, Footage, Playback};
use crate::rendered_scene::Storyboard;

/// The name of the agent of every site.
pub const AGENT: &str = "site-1";

/// A car comes, stands for two and a half seconds and leaves; again every nine seconds.
///
/// # Errors
/// Where the scene cannot be encoded.
pub fn short_visit() -> anyhow::Result<Footage> {
    static FOOTAGE: OnceLock<Footage> = OnceLock::new();
    if let Some(footage) = FOOTAGE.get() {
        return Ok(footage.clone());
    }
    let storyboard = Storyboard::parked_car(
        Duration::ZERO,
        Duration::from_millis(4500),
        Duration::from_secs(9),
    );
    Ok(FOOTAGE.get_or_init(|| footage_of(&storyboard)).clone())
}

#[expect(
    clippy::expect_used,
    reason = "without footage there is nothing to test"
)]
fn footage_of(storyboard: &Storyboard) -> Footage {
    Footage::from_storyboard(storyboard).expect("the rendered scene, encoded")
}

/// Which broker a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteBroker {
    /// The server's own.
    Embedded,
    /// A Mosquitto that can be killed by itself.
    Mosquitto,
    /// A Mosquitto that lets in whom the server's files name, to what they may.
    Guarded,
}

/// A whole installation. Fields drop in this order: who sends before who receives.
pub struct Site {
    /// The agent, named [`AGENT`].
    pub agent: Agent,
    /// A session of the administrator.
    pub api: ApiClient,
    /// The server.
    pub server: Server,
    /// The external broker, where the site has one.
    pub mosquitto: Option<Mosquitto>,
    /// The cameras.
    pub cameras: CameraSimulator,
    guard: Option<Guard>,
    folder: TempDir,
}

/// The files of a Mosquitto that asks who comes.
#[derive(Debug, Clone)]
struct Guard {
    passwords: PathBuf,
    rights: PathBuf,
}

impl Site {
    /// Starts everything with cameras `cam-1` to `cam-{count}`, all watching for parking.
    ///
    /// # Errors
    /// Where a part does not come up; the message says which and why.
    pub async fn start(broker: SiteBroker, count: usize) -> anyhow::Result<Self> {
        let cameras = CameraSimulator::start();
        let mut setups = Vec::new();
        for number in 1..=count {
            let id = format!("cam-{number}");
            let url = cameras.add(&id, short_visit()?, Playback::Looped, None)?;
            setups.push(CameraSetup::parking(&id, &url));
        }
        Self::start_with(broker, cameras, setups).await
    }

    /// Starts everything else around these cameras.
    ///
    /// # Errors
    /// Where a part does not come up; the message says which and why.
    pub async fn start_with(
        broker: SiteBroker,
        cameras: CameraSimulator,
        setups: Vec<CameraSetup>,
    ) -> anyhow::Result<Self> {
        Self::start_amended(broker, cameras, setups, |_| Ok(())).await
    }

    /// The same, with changes to the agent's configuration before its first start.
    ///
    /// # Errors
    /// As [`Site::start_with`].
    pub async fn start_amended(
        broker: SiteBroker,
        cameras: CameraSimulator,
        setups: Vec<CameraSetup>,
        amend: impl FnOnce(&Agent) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let mosquitto = match broker {
            SiteBroker::Embedded => None,
            SiteBroker::Mosquitto => Some(Mosquitto::start(folder.path()).await?),
            SiteBroker::Guarded => {
                return Self::start_guarded(folder, cameras, setups, amend).await;
            }
        };
        let choice = choice_of(mosquitto.as_ref());
        let server = Server::start(folder.path(), choice).await?;
        let broker = (mosquitto, None);
        Self::around(folder, broker, server, cameras, setups, amend).await
    }

    async fn start_guarded(
        folder: TempDir,
        cameras: CameraSimulator,
        setups: Vec<CameraSetup>,
        amend: impl FnOnce(&Agent) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let guard = Guard::in_folder(folder.path())?;
        let mosquitto =
            Mosquitto::start_guarded(folder.path(), &guard.passwords, &guard.rights).await?;
        let choice = BrokerChoice::External(mosquitto.url());
        let server = Server::start_prepared(folder.path(), choice, |server| {
            guard.written_by(server, &mosquitto)
        })
        .await?;
        let broker = (Some(mosquitto), Some(guard));
        Self::around(folder, broker, server, cameras, setups, amend).await
    }

    /// Starts everything with one camera that watches for parking, and a server with what `prepare` lays into its
    /// folder: a file of targets ([`super::TARGETS_FILE`]), and the secrets that it names.
    ///
    /// # Errors
    /// As [`Site::start`].
    pub async fn start_prepared(
        prepare: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let cameras = CameraSimulator::start();
        let url = cameras.add("cam-1", short_visit()?, Playback::Looped, None)?;
        let setups = vec![CameraSetup::parking("cam-1", &url)];
        let folder = tempfile::tempdir().context("a temporary folder")?;
        prepare(folder.path())?;
        let server = Server::start(folder.path(), BrokerChoice::Embedded).await?;
        Self::around(folder, (None, None), server, cameras, setups, |_| Ok(())).await
    }

    /// Starts everything with one camera and TLS between agents, broker and server: everybody shows
    /// a certificate of one authority.
    ///
    /// # Errors
    /// As [`Site::start`].
    pub async fn start_secure(broker: SiteBroker) -> anyhow::Result<Self> {
        let cameras = CameraSimulator::start();
        let url = cameras.add("cam-1", short_visit()?, Playback::Looped, None)?;
        let setups = vec![CameraSetup::parking("cam-1", &url)];
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let site = Authority::in_folder(&folder.path().join("authority"))?;
        let mosquitto = match broker {
            SiteBroker::Embedded => None,
            SiteBroker::Mosquitto | SiteBroker::Guarded => {
                Some(Mosquitto::start_secure(folder.path(), &site).await?)
            }
        };
        let choice = choice_of(mosquitto.as_ref());
        let server = Server::start_secure(folder.path(), choice, &site).await?;
        let join = |agent: &Agent| agent.join(&site);
        let broker = (mosquitto, None);
        Self::around(folder, broker, server, cameras, setups, join).await
    }

    async fn around(
        folder: TempDir,
        (mosquitto, guard): (Option<Mosquitto>, Option<Guard>),
        server: Server,
        cameras: CameraSimulator,
        setups: Vec<CameraSetup>,
        amend: impl FnOnce(&Agent) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let setup = AgentSetup {
            name: AGENT.to_owned(),
            cameras: setups,
        };
        let agent = Agent::configure(folder.path(), &setup)?;
        amend(&agent)?;
        agent.enrol(&server, &server.endpoints().http, &setup.name)?;
        if let (Some(guard), Some(mosquitto)) = (&guard, &mosquitto) {
            guard.written_by(&server, mosquitto)?;
        }
        let agent = agent.started()?;
        let api = server.log_in().await?;
        Ok(Self {
            agent,
            api,
            server,
            mosquitto,
            cameras,
            guard,
            folder,
        })
    }

    /// Has the broker know whom the server knows by now; one that asks the server itself does.
    ///
    /// # Errors
    /// Where the files cannot be written, or the broker is away.
    pub fn tell_broker(&self) -> anyhow::Result<()> {
        match (&self.guard, &self.mosquitto) {
            (Some(guard), Some(mosquitto)) => guard.written_by(&self.server, mosquitto),
            _ => Ok(()),
        }
    }

    /// Where its broker is.
    #[must_use]
    pub fn broker_url(&self) -> String {
        match &self.mosquitto {
            Some(mosquitto) => mosquitto.url(),
            None => self.server.endpoints().mqtt.clone(),
        }
    }

    /// The folder of everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until the rules have seen this many events begin.
    pub async fn events_raised(&self, count: usize, patience: Duration) -> bool {
        let raised = || {
            let log = self.agent.event_log();
            log.iter()
                .filter(|change| change.phase == Phase::Raised)
                .count()
        };
        poll_until(patience, async || (raised() >= count).then_some(()))
            .await
            .is_some()
    }

    /// Compares what the rules saw with what the server holds, until they agree.
    ///
    /// # Errors
    /// Where they still do not agree when the patience ends: the differences.
    pub async fn nothing_lost(&self, patience: Duration) -> anyhow::Result<()> {
        let mut difference = String::new();
        let agreed = poll_until(patience, async || match self.compare().await {
            Ok(()) => Some(()),
            Err(error) => {
                difference = format!("{error:#}");
                None
            }
        });
        agreed
            .await
            .with_context(|| format!("after {} s: {difference}", patience.as_secs()))
    }

    async fn compare(&self) -> anyhow::Result<()> {
        let log = self.agent.event_log();
        anyhow::ensure!(!log.is_empty(), "the event log is empty");
        let incidents = self.api.incidents_in_detail().await?;
        for change in &log {
            let (id, last) = last_phase(&log, change.event_id);
            let rows = rows_of(&incidents, id);
            anyhow::ensure!(rows.len() == 1, "event {id} stands {} times", rows.len());
            let phase = rows
                .first()
                .and_then(|row| row["phase"].as_str())
                .unwrap_or_default();
            // A restarted agent closes what its last run left open; no rule sees that.
            let closed = self.agent.starts() > 1 && phase == "cleared";
            anyhow::ensure!(
                phase == last || closed,
                "event {id} is {phase} at the server, was {last}"
            );
        }
        for incident in &incidents {
            complete(incident)?;
        }
        Ok(())
    }
}

impl Guard {
    /// Files that name nobody yet.
    fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let [passwords, rights] = ["passwords", "rights"].map(|name| folder.join(name));
        std::fs::write(&passwords, "")?;
        std::fs::write(&rights, "")?;
        Ok(Self { passwords, rights })
    }

    /// Has the server write them and the broker read them.
    fn written_by(&self, server: &Server, mosquitto: &Mosquitto) -> anyhow::Result<()> {
        let [passwords, rights] =
            [&self.passwords, &self.rights].map(|file| file.to_string_lossy().into_owned());
        let files = ["--passwords", &passwords, "--acl", &rights];
        server.command(&[&["agent", "mosquitto"][..], &files].concat(), None)?;
        mosquitto.reload()
    }
}

fn choice_of(mosquitto: Option<&Mosquitto>) -> BrokerChoice {
    mosquitto.map_or(BrokerChoice::Embedded, |broker| {
        BrokerChoice::External(broker.url())
    })
}

fn last_phase(log: &[super::LoggedChange], id: EventId) -> (EventId, &'static str) {
    let last = log
        .iter()
        .rev()
        .find(|change| change.event_id == id)
        .map(|change| change.phase);
    let word = match last {
        Some(Phase::Cleared) => "cleared",
        Some(Phase::Updated) => "updated",
        Some(Phase::Raised) | None => "raised",
    };
    (id, word)
}

/// The event's rows in all incidents.
fn rows_of(incidents: &[Value], id: EventId) -> Vec<&Value> {
    let id = id.to_string();
    incidents
        .iter()
        .flat_map(|incident| incident["events"].as_array().into_iter().flatten())
        .filter(|event| event["event_id"] == id.as_str())
        .collect()
}

/// Revisions count from 1, so as many reports are stored as the highest revisions add up to: one
/// more was doubled, one less was lost. And no evidence is still due.
fn complete(incident: &Value) -> anyhow::Result<()> {
    let number = &incident["number"];
    let array = |key: &str| incident[key].as_array().cloned().unwrap_or_default();
    let revisions: i64 = array("events")
        .iter()
        .filter_map(|row| row["revision"].as_i64())
        .sum();
    let reports = incident["report_count"].as_i64().unwrap_or_default();
    anyhow::ensure!(
        revisions == reports,
        "incident {number} counts {reports} reports, its events have {revisions} revisions"
    );
    for piece in array("evidence") {
        let state = piece["state"].as_str().unwrap_or_default();
        anyhow::ensure!(
            matches!(state, "stored" | "unavailable"),
            "incident {number}: a {} is still {state}",
            piece["kind"]
        );
    }
    Ok(())
}
