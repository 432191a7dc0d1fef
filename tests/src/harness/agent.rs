//! The edge agent under test: its generated configuration, its enrolment, its process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use toml::{Table, Value};

use super::authority::Authority;
use super::binaries::{Program, path_of};
use super::clock::{ClockStep, clock_of};
use super::event_log::{LoggedChange, read_event_log};
use super::model::{Model, models};
use super::process::{Process, Spent};
use super::server::Server;

/// What an agent watches.
#[derive(Debug, Clone)]
pub struct AgentSetup {
    /// Its name.
    pub name: String,
    /// Its cameras.
    pub cameras: Vec<CameraSetup>,
}

/// One camera of the configuration.
#[derive(Debug, Clone)]
pub struct CameraSetup {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// The password its URL's user has.
    pub password: Option<String>,
    /// Every other key of its table: place, zones, rules; `model` where it is not the strongest.
    pub rest: Table,
}

impl CameraSetup {
    /// A camera that watches the rendered street for parking, quickly.
    #[must_use]
    pub fn parking(id: &str, url: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: format!("Camera {id}"),
            url: url.to_owned(),
            password: None,
            rest: parking_rule(),
        }
    }
}

/// What is left of a camera that watches the rendered street for parking: its place, a zone on the
/// carriageway, and a rule with times of a few seconds.
#[must_use]
pub fn parking_rule() -> Table {
    toml::toml! {
        place = { lat = 16.4637, lon = 107.5909, uncertainty_m = 20.0 }
        ring = { seconds = 20 }

        [[zone]]
        id = "carriageway"
        polygon = [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]

        [[rule]]
        kind = "illegal_parking"
        zone = "carriageway"
        dwell_s = 1.5
        clear_after_s = 1.0
        cool_down_s = 0.0
        pre_roll_s = 2.0
        post_roll_s = 1.0
        proposed_offence = "DUNG-DO-SAI-QUY-DINH"
    }
}

/// An edge agent in a folder of its own.
#[derive(Debug)]
pub struct Agent {
    folder: PathBuf,
    clock: Option<ClockStep>,
    namespace: Option<String>,
    process: Option<Process>,
    starts: u32,
}

/// What an agent logs: the usual, and of each event when its picture had arrived.
const LOG: &str = "info,edge_agent::pipeline::desk=debug";

impl Agent {
    /// Writes the configuration, enrols, and starts.
    ///
    /// # Errors
    /// Where the agent is missing, or enrolment fails.
    pub fn start(folder: &Path, server: &Server, setup: &AgentSetup) -> anyhow::Result<Self> {
        let agent = Self::configure(folder, setup)?;
        agent.enrol(server, &server.endpoints().http, &setup.name)?;
        agent.started()
    }

    /// Writes the configuration and no more.
    ///
    /// # Errors
    /// Where the model that was chosen is missing or the folder cannot be written.
    pub fn configure(folder: &Path, setup: &AgentSetup) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let agent = Self {
            folder: folder.to_owned(),
            clock: None,
            namespace: None,
            process: None,
            starts: 0,
        };
        std::fs::write(agent.config_file(), agent.config(setup)?)?;
        Ok(agent)
    }

    /// Changes its configuration, for its next start.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn amend(&self, change: impl FnOnce(&mut Table)) -> anyhow::Result<()> {
        let mut config: Table = std::fs::read_to_string(self.config_file())?.parse()?;
        change(&mut config);
        Ok(std::fs::write(
            self.config_file(),
            toml::to_string(&config)?,
        )?)
    }

    /// Trusts a site's authority, and shows a certificate of it to server and broker.
    ///
    /// # Errors
    /// As [`Agent::amend`].
    pub fn join(&self, site: &Authority) -> anyhow::Result<()> {
        let (certificate, key) = site.of("agent");
        let path = |path: &Path| Value::from(path.to_string_lossy().into_owned());
        self.amend(|config| {
            let server = table([
                ("ca_file", path(&site.certificate())),
                ("client_certificate", path(&certificate)),
                ("client_key", path(&key)),
            ]);
            config.insert("server".to_owned(), server);
        })
    }

    /// Has it change its key, while it runs.
    ///
    /// # Errors
    /// Where the server refuses.
    pub fn rotate(&self) -> anyhow::Result<()> {
        let output = Command::new(path_of(Program::EdgeAgent)?)
            .arg("--config")
            .arg(self.config_file())
            .args(["enroll", "--rotate"])
            .output()?;
        ensure!(
            output.status.success(),
            "edge-agent enroll --rotate: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Starts the configured agent.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn started(mut self) -> anyhow::Result<Self> {
        self.come_back()?;
        Ok(self)
    }

    /// Its configuration.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("agent.toml")
    }

    /// Every event change its rules saw.
    #[must_use]
    pub fn event_log(&self) -> Vec<LoggedChange> {
        read_event_log(&self.event_log_file())
    }

    /// The file of [`Agent::event_log`].
    #[must_use]
    pub fn event_log_file(&self) -> PathBuf {
        self.folder.join("events.ndjson")
    }

    /// The database of its outbox.
    #[must_use]
    pub fn outbox_file(&self) -> PathBuf {
        self.folder.join("agent-data/outbox.db")
    }

    /// From its next start on it lives by this clock; by the true one, where there is none.
    pub fn on_clock(&mut self, clock: Option<&ClockStep>) {
        self.clock = clock.cloned();
    }

    /// From its next start on it lives in this network namespace; in everybody's, where none is named.
    pub fn in_namespace(&mut self, name: Option<&str>) {
        self.namespace = name.map(str::to_owned);
    }

    /// What its process has used so far.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn spent(&self) -> anyhow::Result<Spent> {
        self.process
            .as_ref()
            .context("the agent does not run")?
            .spent()
    }

    /// Everything it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// How often it was started; more than once means that it was killed in between.
    #[must_use]
    pub const fn starts(&self) -> u32 {
        self.starts
    }

    /// Whether it runs still.
    pub fn runs(&mut self) -> bool {
        self.process
            .as_mut()
            .is_some_and(|process| process.ended().is_none())
    }

    /// The last lines it printed.
    #[must_use]
    pub fn tail(&self) -> String {
        self.process.as_ref().map(Process::tail).unwrap_or_default()
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it (again).
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn come_back(&mut self) -> anyhow::Result<()> {
        self.starts += 1;
        let config = self.config_file();
        let program = path_of(Program::EdgeAgent)?;
        // `ip netns exec` becomes the program that it starts.
        let (first, before) = match &self.namespace {
            Some(name) => (
                PathBuf::from("ip"),
                vec![
                    "netns".into(),
                    "exec".into(),
                    name.into(),
                    program.into_os_string(),
                ],
            ),
            None => (program, Vec::<OsString>::new()),
        };
        self.process = Some(Process::start(
            "edge-agent",
            &self.folder,
            first,
            |command| {
                clock_of(self.clock.as_ref(), command)
                    .env("VONG_LOG", LOG)
                    .args(before)
                    .arg("--config")
                    .arg(config)
                    .arg("run")
            },
        )?);
        Ok(())
    }

    /// Asks it to end and waits for it.
    ///
    /// # Errors
    /// Where it does not end in time or in order.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        match self.process.take() {
            Some(mut process) => process.stop().await,
            None => Ok(()),
        }
    }

    /// Enrols it at the server's web side, by the address at which the agent is to know it.
    ///
    /// # Errors
    /// Where the server refuses.
    pub fn enrol(&self, server: &Server, http_url: &str, name: &str) -> anyhow::Result<()> {
        let token = self.folder.join("token");
        std::fs::write(&token, server.agent_token(name)?)?;
        let output = Command::new(path_of(Program::EdgeAgent)?)
            .arg("--config")
            .arg(self.config_file())
            .args(["enroll", "--server", http_url, "--token-file"])
            .arg(&token)
            .output()?;
        ensure!(
            output.status.success(),
            "edge-agent enroll: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    fn config(&self, setup: &AgentSetup) -> anyhow::Result<String> {
        let models = models()?;
        let strongest = models.first().map(|model| model.name.clone());
        let mut config = Table::new();
        let entry = |model: &Model| table([("name", Value::from(model.name.as_str()))]);
        let entries = models.iter().map(entry).collect();
        config.insert("model".to_owned(), Value::Array(entries));
        let path = |path: &Path| Value::from(path.to_string_lossy().into_owned());
        config.insert(
            "agent".to_owned(),
            table([
                ("data_dir", path(&self.folder.join("agent-data"))),
                ("event_log", path(&self.event_log_file())),
            ]),
        );
        let mut detect = Table::new();
        detect.insert("threads".to_owned(), Value::from(1));
        if let Some(folder) = models.iter().find_map(|model| model.folder.as_deref()) {
            detect.insert("models_dir".to_owned(), path(folder));
        }
        config.insert("detect".to_owned(), Value::Table(detect));
        let mut cameras = Vec::new();
        for camera in &setup.cameras {
            let mut entry = camera.rest.clone();
            entry.insert("id".to_owned(), Value::from(camera.id.as_str()));
            entry.insert("name".to_owned(), Value::from(camera.name.as_str()));
            entry.insert("url".to_owned(), Value::from(camera.url.as_str()));
            if let Some(model) = &strongest {
                let model = Value::from(model.as_str());
                entry.entry("model").or_insert(model);
            }
            if let Some(password) = &camera.password {
                let file = self.folder.join(format!("{}.password", camera.id));
                std::fs::write(&file, password)?;
                entry.insert("password_file".to_owned(), path(&file));
            }
            cameras.push(Value::Table(entry));
        }
        config.insert("camera".to_owned(), Value::Array(cameras));
        Ok(toml::to_string(&config)?)
    }
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}
