//! The ingest server under test: its configuration, its process, its accounts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::api::ApiClient;
use super::authority::Authority;
use super::binaries::{Program, path_of};
use super::clock::{ClockStep, clock_of};
use super::process::{Process, Spent};
use super::wait::poll_until;

/// The account that every installation has.
pub const OPERATOR: &str = "operator";
/// The file of targets of an installation, where it lies in its folder before the first start.
pub const TARGETS_FILE: &str = "targets.toml";
/// How long the server may take until it serves.
const START: Duration = Duration::from_secs(30);

/// Which broker the server uses.
#[derive(Debug, Clone)]
pub enum BrokerChoice {
    /// Its own.
    Embedded,
    /// The one at this URL.
    External(String),
}

/// Where a running server listens, as it wrote into `endpoints.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoints {
    /// Console and API, `http://HOST:PORT`.
    pub http: String,
    /// Broker, `mqtt://HOST:PORT`.
    pub mqtt: String,
}

/// An ingest server in a folder of its own.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    broker: BrokerChoice,
    advertised: Option<String>,
    secured: Option<Authority>,
    password: String,
    endpoints: Endpoints,
    clock: Option<ClockStep>,
    process: Option<Process>,
}

impl Server {
    /// Starts a server that tells agents that the broker is at another address: behind a proxy.
    ///
    /// # Errors
    /// Where it is not built, or does not come up.
    pub async fn start_advertising(
        folder: &Path,
        broker: BrokerChoice,
        mqtt_url: &str,
    ) -> anyhow::Result<Self> {
        Self::start_with(folder, broker, "127.0.0.1:0", Some(mqtt_url.to_owned())).await
    }

    /// Starts a server on free ports and makes its first account, an administrator.
    ///
    /// # Errors
    /// Where it is not built, or does not come up.
    pub async fn start(folder: &Path, broker: BrokerChoice) -> anyhow::Result<Self> {
        Self::start_at(folder, broker, "127.0.0.1:0").await
    }

    /// The same, with the console at an address of choice.
    ///
    /// # Errors
    /// Where it is not built, or does not come up.
    pub async fn start_at(folder: &Path, broker: BrokerChoice, http: &str) -> anyhow::Result<Self> {
        Self::start_with(folder, broker, http, None).await
    }

    /// Starts a server that speaks MQTT over TLS alone with agents, at its own broker or another:
    /// everybody shows a certificate of the site.
    ///
    /// # Errors
    /// Where it is not built, or does not come up.
    pub async fn start_secure(
        folder: &Path,
        broker: BrokerChoice,
        site: &Authority,
    ) -> anyhow::Result<Self> {
        let mut server = Self::installed(folder, broker, "127.0.0.1:0", None)?;
        server.secured = Some(site.clone());
        server.begun().await
    }

    /// The same, with something to be done after the installation and before the first start.
    ///
    /// # Errors
    /// Where it is not built, or does not come up.
    pub async fn start_prepared(
        folder: &Path,
        broker: BrokerChoice,
        prepare: impl FnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let server = Self::installed(folder, broker, "127.0.0.1:0", None)?;
        server.write_config()?;
        prepare(&server)?;
        server.begun().await
    }

    async fn start_with(
        folder: &Path,
        broker: BrokerChoice,
        http: &str,
        advertised: Option<String>,
    ) -> anyhow::Result<Self> {
        Self::installed(folder, broker, http, advertised)?
            .begun()
            .await
    }

    fn installed(
        folder: &Path,
        broker: BrokerChoice,
        http: &str,
        advertised: Option<String>,
    ) -> anyhow::Result<Self> {
        super::install_tls_provider();
        std::fs::create_dir_all(folder)?;
        let endpoints = Endpoints {
            http: format!("http://{http}"),
            mqtt: "mqtt://127.0.0.1:0".to_owned(),
        };
        let password: String = uuid::Uuid::new_v4()
            .simple()
            .to_string()
            .chars()
            .take(16)
            .collect();
        Ok(Self {
            folder: folder.to_owned(),
            broker,
            advertised,
            secured: None,
            password,
            endpoints,
            clock: None,
            process: None,
        })
    }

    async fn begun(mut self) -> anyhow::Result<Self> {
        self.write_config()?;
        self.add_account()?;
        self.come_back().await?;
        // From now on the ports stay: who comes back is found where they were.
        self.write_config()?;
        Ok(self)
    }

    /// Where it listens.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The password of [`OPERATOR`], made for this installation.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The folder of its database, evidence and key.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("server-data")
    }

    /// Everything it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// From its next start on it lives by this clock; by the true one, where there is none.
    pub fn on_clock(&mut self, clock: Option<&ClockStep>) {
        self.clock = clock.cloned();
    }

    /// What its process has used so far.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn spent(&self) -> anyhow::Result<Spent> {
        self.process
            .as_ref()
            .context("the server does not run")?
            .spent()
    }

    /// A client that is logged in.
    ///
    /// # Errors
    /// Where the server does not let it in.
    pub async fn log_in(&self) -> anyhow::Result<ApiClient> {
        ApiClient::log_in(&self.endpoints.http, OPERATOR, &self.password).await
    }

    /// Makes a one-time token for an agent.
    ///
    /// # Errors
    /// Where the command fails.
    pub fn agent_token(&self, agent: &str) -> anyhow::Result<String> {
        let output = self.command(&["agent", "token", agent], None)?;
        let token = output
            .split_whitespace()
            .next_back()
            .context("no token was printed")?;
        Ok(token.to_owned())
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

    /// Starts it again on the same ports and waits until it serves.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn come_back(&mut self) -> anyhow::Result<()> {
        let written = self.data_dir().join("endpoints.json");
        // What a killed server left behind must not be taken for the new one's.
        drop(std::fs::remove_file(&written));
        let program = path_of(Program::IngestServer)?;
        let config = self.config_file();
        let mut process = Process::start("ingest-server", &self.folder, program, |command| {
            clock_of(self.clock.as_ref(), command)
                .arg("--config")
                .arg(config)
                .arg("serve")
        })?;
        let endpoints = poll_until(START, async || {
            if process.ended().is_some() {
                return Some(None);
            }
            let text = std::fs::read_to_string(&written).ok()?;
            serde_json::from_str::<Endpoints>(&text).ok().map(Some)
        });
        let endpoints = endpoints.await.flatten();
        self.endpoints = endpoints
            .with_context(|| format!("ingest-server does not serve\n{}", process.tail()))?;
        let ready = format!("{}/readyz", self.endpoints.http);
        let client = reqwest::Client::new();
        let serves = poll_until(START, async || {
            let answer = client.get(&ready).send().await.ok()?;
            answer.status().is_success().then_some(())
        });
        ensure!(
            serves.await.is_some(),
            "ingest-server does not get ready\n{}",
            process.tail()
        );
        self.process = Some(process);
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

    /// Its configuration.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("server.toml")
    }

    fn write_config(&self) -> anyhow::Result<()> {
        let address = |url: &str| {
            url.split_once("://")
                .map_or(url, |(_, rest)| rest)
                .to_owned()
        };
        let broker = match &self.broker {
            BrokerChoice::Embedded => format!("listen = {:?}", address(&self.endpoints.mqtt)),
            BrokerChoice::External(url) => {
                let password_file = self.folder.join("broker.password");
                std::fs::write(&password_file, "anything\n")?;
                format!("url = {url:?}\npassword_file = {password_file:?}")
            }
        };
        let secured = self.secured.as_ref().map(|site| self.tls_keys(site));
        let advertised = self
            .advertised
            .as_ref()
            .map(|url| format!("advertise = {url:?}"))
            .unwrap_or_default();
        let text = format!(
            "data_dir = {:?}\n[http]\nlisten = {:?}\n[broker]\n{broker}\n{advertised}\n{}\n{}\n",
            self.data_dir(),
            address(&self.endpoints.http),
            secured.unwrap_or_default(),
            self.dispatch(),
        );
        std::fs::write(self.config_file(), text)?;
        Ok(())
    }

    /// Who is told what, where the folder has a file of targets.
    fn dispatch(&self) -> String {
        let targets = self.folder.join(TARGETS_FILE);
        match targets.exists() {
            true => format!("[dispatch]\ntargets_file = {targets:?}"),
            false => String::new(),
        }
    }

    fn tls_keys(&self, site: &Authority) -> String {
        match &self.broker {
            BrokerChoice::Embedded => {
                let (certificate, key) = site.of("broker");
                format!(
                    "tls_listen = \"127.0.0.1:0\"\ntls_certificate = {certificate:?}\n\
                     tls_key = {key:?}\ntls_client_ca = {:?}",
                    site.certificate()
                )
            }
            BrokerChoice::External(_) => {
                let (certificate, key) = site.of("server");
                format!(
                    "ca_file = {:?}\nclient_certificate = {certificate:?}\nclient_key = {key:?}",
                    site.certificate()
                )
            }
        }
    }

    fn add_account(&self) -> anyhow::Result<()> {
        let arguments = ["user", "add", OPERATOR, "--role", "administrator"];
        self.command(&arguments, Some(&self.password)).map(drop)
    }

    /// Runs a sub-command to its end and returns what it printed.
    ///
    /// # Errors
    /// Where it ends with another status than 0.
    pub fn command(&self, arguments: &[&str], input: Option<&str>) -> anyhow::Result<String> {
        let mut command = Command::new(path_of(Program::IngestServer)?);
        command
            .arg("--config")
            .arg(self.config_file())
            .args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            std::io::Write::write_all(&mut stdin, format!("{input}\n").as_bytes())?;
        }
        let output = child.wait_with_output()?;
        ensure!(
            output.status.success(),
            "ingest-server {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
