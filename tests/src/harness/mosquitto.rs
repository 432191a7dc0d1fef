//! An external broker: Mosquitto, with its state on disk, so that it can be killed and come back.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::net::TcpStream;

use super::authority::Authority;
use super::process::{Process, Spent};
use super::wait::poll_until;

/// Who may read what is tested where the broker's rights are; else everybody may.
const EVERYBODY: &str = "allow_anonymous true\n";

/// Its loop looks for a signal ten times a second at least.
const RELOAD_PAUSE: Duration = Duration::from_millis(150);
/// More than a busy machine needs.
const RELOAD_LOOKS: usize = 100;

/// A running Mosquitto.
#[derive(Debug)]
pub struct Mosquitto {
    folder: PathBuf,
    scheme: &'static str,
    port: u16,
    process: Option<Process>,
}

impl Mosquitto {
    /// Starts it on a free port, state and log in `folder`.
    ///
    /// # Errors
    /// Where Mosquitto is not installed or does not come up.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        Self::start_with(folder, "mqtt", EVERYBODY).await
    }

    /// The same behind TLS: whoever comes shows a certificate of the site.
    ///
    /// # Errors
    /// As [`Mosquitto::start`].
    pub async fn start_secure(folder: &Path, site: &Authority) -> anyhow::Result<Self> {
        let (certificate, key) = site.of("broker");
        let doors = format!(
            "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n{EVERYBODY}",
            site.certificate().display(),
            certificate.display(),
            key.display()
        );
        Self::start_with(folder, "mqtts", &doors).await
    }

    /// The same with users and rights from these files, which [`Mosquitto::reload`] reads again.
    ///
    /// # Errors
    /// As [`Mosquitto::start`].
    pub async fn start_guarded(
        folder: &Path,
        passwords: &Path,
        rights: &Path,
    ) -> anyhow::Result<Self> {
        let doors = format!(
            "allow_anonymous false\npassword_file {}\nacl_file {}\n",
            passwords.display(),
            rights.display()
        );
        Self::start_with(folder, "mqtt", &doors).await
    }

    /// Has it read its files of users and rights again, and sees it begin: a signal that comes while it
    /// still reads for the one before is lost.
    ///
    /// # Errors
    /// Where it does not run, or does not begin within some seconds.
    pub fn reload(&self) -> anyhow::Result<()> {
        let process = self.process.as_ref().context("no broker runs")?;
        let reloads = || process.log().matches("Reloading config.").count();
        let before = reloads();
        for _ in 0..RELOAD_LOOKS {
            process.hang_up()?;
            std::thread::sleep(RELOAD_PAUSE);
            if reloads() > before {
                return Ok(());
            }
        }
        bail!(
            "Mosquitto does not read its files again\n{}",
            process.tail()
        )
    }

    async fn start_with(folder: &Path, scheme: &'static str, doors: &str) -> anyhow::Result<Self> {
        // Mosquitto cannot choose a port itself. Whoever takes this one meanwhile fails the test.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let state = folder.join("mosquitto");
        std::fs::create_dir_all(&state)?;
        std::fs::write(
            folder.join("mosquitto.conf"),
            format!(
                "listener {port} 127.0.0.1\n{doors}persistence true\n\
                 persistence_location {}/\nautosave_interval 1\nautosave_on_changes false\n\
                 max_queued_messages 100000\nmax_inflight_messages 0\n\
                 set_tcp_nodelay true\nuser root\n",
                state.display()
            ),
        )?;
        let mut broker = Self {
            folder: folder.to_owned(),
            scheme,
            port,
            process: None,
        };
        broker.come_back().await?;
        Ok(broker)
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it where it stands.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.process.as_ref().context("no broker runs")?.pause()
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.process.as_ref().context("no broker runs")?.go_on()
    }

    /// What its process has used so far.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn spent(&self) -> anyhow::Result<Spent> {
        self.process.as_ref().context("no broker runs")?.spent()
    }

    /// Deletes everything it wrote: sessions, queues, retained messages. Call it while it is away.
    ///
    /// # Errors
    /// Where the files cannot be deleted.
    pub fn forget(&self) -> anyhow::Result<()> {
        let state = self.folder.join("mosquitto");
        std::fs::remove_dir_all(&state)?;
        Ok(std::fs::create_dir_all(&state)?)
    }

    /// Starts it again on the same port with the state it left.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn come_back(&mut self) -> anyhow::Result<()> {
        let conf = self.folder.join("mosquitto.conf");
        let mut process = Process::start("mosquitto", &self.folder, program(), |command| {
            command.arg("-c").arg(conf)
        })
        .context("Mosquitto: apt-get install mosquitto")?;
        let address = ("127.0.0.1", self.port);
        let answers = poll_until(Duration::from_secs(10), async || {
            TcpStream::connect(address).await.ok().map(drop)
        });
        ensure!(
            answers.await.is_some(),
            "Mosquitto does not answer\n{}",
            process.tail()
        );
        ensure!(
            process.ended().is_none(),
            "Mosquitto ended\n{}",
            process.tail()
        );
        self.process = Some(process);
        Ok(())
    }
}

/// Debian installs it outside a user's PATH.
fn program() -> &'static str {
    if Path::new("/usr/sbin/mosquitto").is_file() {
        "/usr/sbin/mosquitto"
    } else {
        "mosquitto"
    }
}
