//! A child process whose output goes to a file, that dies with its owner.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

use super::wait::poll_until;

/// How many lines of a log are shown after a failure.
const TAIL_LINES: usize = 40;
/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(30);

/// What a process has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Processor time, of all its threads together.
    pub processor: Duration,
    /// Memory that is its own, in MiB.
    pub memory_mib: u64,
}

impl Spent {
    /// What this process has used so far.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn own() -> anyhow::Result<Self> {
        Self::by("/proc/self")
    }

    fn by(proc: &str) -> anyhow::Result<Self> {
        let proc = Path::new(proc);
        let stat = std::fs::read_to_string(proc.join("stat"))?;
        // In hundredths of a second, whatever the kernel's own clock.
        // The name in parentheses may hold spaces; what follows it does not.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum();
        let status = std::fs::read_to_string(proc.join("status"))?;
        let kibibytes: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or_default();
        Ok(Self {
            processor: Duration::from_millis(ticks * 10),
            memory_mib: kibibytes / 1024,
        })
    }

    /// What was used since `before`; memory is as it is now.
    #[must_use]
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            processor: self.processor.saturating_sub(before.processor),
            memory_mib: self.memory_mib,
        }
    }
}

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it prints is appended to `{folder}/{name}.log`.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(
        name: &str,
        folder: &Path,
        program: impl AsRef<OsStr>,
        configure: impl FnOnce(&mut Command) -> &mut Command,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(program.as_ref());
        // The pipe's other end closes when the owner dies, however it dies.
        command
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output);
        // Ctrl-C is for the owner, which then ends its children in order.
        command.process_group(0);
        let child = configure(&mut command)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.as_ref().display()))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log,
        })
    }

    /// Everything it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The last lines it printed.
    #[must_use]
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines
            .get(lines.len().saturating_sub(TAIL_LINES)..)
            .unwrap_or_default()
            .join("\n")
    }

    /// What it has used so far.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn spent(&self) -> anyhow::Result<Spent> {
        Spent::by(&format!("/proc/{}", self.child.id()))
    }

    /// Its exit status, once it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops it where it stands; [`Process::go_on`] lets it go on.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn pause(&self) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::STOP)?)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn go_on(&self) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::CONT)?)
    }

    /// Tells it that its files changed.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn hang_up(&self) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::HUP)?)
    }

    /// Ends it without warning, as a power cut would.
    pub fn kill(&mut self) {
        // Either fails only where the process is gone already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Asks it to end and waits for it.
    ///
    /// # Errors
    /// Where it does not end in time, or says by its status that something went wrong.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let id = Pid::from_child(&self.child);
        if self.ended().is_none() {
            kill_process(id, Signal::TERM).context("SIGTERM")?;
        }
        let status = poll_until(GRACE, async || self.ended()).await;
        let status = status.with_context(|| {
            format!(
                "{} did not end within {} s of SIGTERM",
                self.name,
                GRACE.as_secs()
            )
        })?;
        anyhow::ensure!(
            status.success(),
            "{} ended with {status}\n{}",
            self.name,
            self.tail()
        );
        Ok(())
    }
}

impl Drop for Process {
    #[expect(
        clippy::print_stderr,
        reason = "a failed test shows what the programs said"
    )]
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("─── last lines of {}\n{}", self.log.display(), self.tail());
        }
    }
}
