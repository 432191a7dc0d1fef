//! The edge agent under test: its generated configuration, its enrolment, its process.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use super::binaries::{Program, path_of};
use super::event_log::{LoggedChange, read_event_log};
use super::model::models_folder;
use super::process::Process;
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
    /// Its zones and rules, as TOML.
    pub rules: String,
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
            rules: parking_rule(),
        }
    }
}

/// The rendered street's carriageway, and a parking rule with times of a few seconds.
#[must_use]
pub fn parking_rule() -> String {
    "[[camera.zone]]\n\
     id = \"carriageway\"\n\
     polygon = [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]\n\
     [[camera.rule]]\n\
     kind = \"illegal_parking\"\n\
     zone = \"carriageway\"\n\
     dwell_s = 1.5\n\
     clear_after_s = 1.0\n\
     cool_down_s = 0.0\n\
     pre_roll_s = 2.0\n\
     post_roll_s = 1.0\n"
        .to_owned()
}

/// An edge agent in a folder of its own.
#[derive(Debug)]
pub struct Agent {
    folder: PathBuf,
    process: Option<Process>,
}

impl Agent {
    /// Writes the configuration, enrols, and starts.
    ///
    /// # Errors
    /// Where the agent or its model is missing, or enrolment fails.
    pub fn start(folder: &Path, server: &Server, setup: &AgentSetup) -> anyhow::Result<Self> {
        let agent = Self::configure(folder, setup)?;
        agent.enrol(server, &setup.name)?;
        agent.started()
    }

    /// Writes the configuration and no more.
    ///
    /// # Errors
    /// Where the model is missing or the folder cannot be written.
    pub fn configure(folder: &Path, setup: &AgentSetup) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let agent = Self {
            folder: folder.to_owned(),
            process: None,
        };
        std::fs::write(agent.config_file(), agent.config(setup)?)?;
        Ok(agent)
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
        read_event_log(&self.folder.join("events.ndjson"))
    }

    /// Everything it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Whether it runs still.
    pub fn runs(&mut self) -> bool {
        self.process
            .as_mut()
            .is_some_and(|process| process.ended().is_none())
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
        let config = self.config_file();
        let program = path_of(Program::EdgeAgent)?;
        self.process = Some(Process::start(
            "edge-agent",
            &self.folder,
            program,
            |command| command.arg("--config").arg(config).arg("run"),
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

    fn enrol(&self, server: &Server, name: &str) -> anyhow::Result<()> {
        let token = self.folder.join("token");
        std::fs::write(&token, server.agent_token(name)?)?;
        let output = Command::new(path_of(Program::EdgeAgent)?)
            .arg("--config")
            .arg(self.config_file())
            .args([
                "enroll",
                "--server",
                &server.endpoints().http,
                "--token-file",
            ])
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
        let mut text = format!(
            "[agent]\ndata_dir = {:?}\nevent_log = {:?}\n\
             [detect]\nthreads = 1\nmodels_dir = {:?}\n\
             [[model]]\nname = \"yolox-nano\"\n",
            self.folder.join("agent-data"),
            self.folder.join("events.ndjson"),
            models_folder()?,
        );
        for camera in &setup.cameras {
            let CameraSetup {
                id,
                name,
                url,
                password,
                rules,
            } = camera;
            write!(
                text,
                "[[camera]]\nid = {id:?}\nname = {name:?}\nurl = {url:?}\n\
                 place = {{ lat = 16.4637, lon = 107.5909, uncertainty_m = 20.0 }}\n"
            )?;
            if let Some(password) = password {
                let file = self.folder.join(format!("{id}.password"));
                std::fs::write(&file, password)?;
                writeln!(text, "password_file = {file:?}")?;
            }
            writeln!(text, "[camera.ring]\nseconds = 20\n{rules}")?;
        }
        Ok(text)
    }
}
