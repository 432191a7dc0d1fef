//! What the numbers were taken on.

use std::process::Command;

use serde::Serialize;

use crate::harness::{Program, path_of};

/// A machine and a commit.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor's own name.
    pub processor: String,
    /// How many of its threads this process may use.
    pub threads: usize,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// The kernel.
    pub kernel: String,
    /// The commit, with `+` where the work tree differs from it; empty outside a repository.
    pub commit: String,
    /// The load average of the last minute as the measuring began: what else was running.
    pub load: f64,
    /// How the server was built.
    pub server: &'static str,
    /// How the agent was built.
    pub agent: &'static str,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let field = |text: &str, name: &str| {
            text.lines()
                .find(|line| line.starts_with(name))
                .and_then(|line| line.split_once(':'))
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kibibytes: u64 = memory
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name"),
            threads: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            memory_gib: kibibytes / (1024 * 1024),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            commit: commit(),
            load: read("/proc/loadavg")
                .split_whitespace()
                .next()
                .and_then(|number| number.parse().ok())
                .unwrap_or_default(),
            server: build_of(Program::IngestServer),
            agent: build_of(Program::EdgeAgent),
        }
    }
}

/// Told from the folder that cargo writes to.
fn build_of(program: Program) -> &'static str {
    let Ok(path) = path_of(program) else {
        return "no";
    };
    match path.parent() {
        Some(folder) if folder.ends_with("release") => "release",
        _ => "development",
    }
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return String::new();
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changed.is_some_and(|changed| !changed.is_empty()) {
        "+"
    } else {
        ""
    };
    format!("{commit}{mark}")
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {} threads, {} GiB, Linux {}, load {:.1}; commit {}; server: {} build, agent: {} build",
            self.processor,
            self.threads,
            self.memory_gib,
            self.kernel,
            self.load,
            self.commit,
            self.server,
            self.agent
        )
    }
}
