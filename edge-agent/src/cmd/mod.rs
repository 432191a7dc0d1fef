//! The commands: what a person or systemd types. Thin: each reads its arguments and calls a stage.
//!
//! Here, and in `main`, errors lose their types (`anyhow`); the chain is printed once, by `main`.
//! What does not belong here: anything another command would want too.

mod bench;
mod check;
mod check_place;
mod check_store;
mod detect;
mod enroll;
mod evaluate;
mod models;
mod replay;
mod run;
mod shelf;
mod track;
mod verify;

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::{ConfigError, DEFAULT_PATH};
use crate::telemetry::{self, LogFormat};

/// Watches cameras, finds events, files signed reports with evidence.
#[derive(Debug, clap::Parser)]
#[command(name = "edge-agent", version)]
pub struct Cli {
    /// The configuration.
    #[arg(long, global = true, value_name = "FILE", default_value = DEFAULT_PATH)]
    config: PathBuf,
    /// How log lines are written; which ones is said by `VONG_LOG`, e.g. `debug`.
    #[arg(long, global = true, value_enum, default_value_t)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Watch the cameras and report, until told to stop.
    Run,
    /// Read the configuration and say everything that is wrong with it.
    Check(check::Args),
    /// Run a file through the stages of one camera and print what they say.
    Replay(replay::Args),
    /// Hold a suite of recordings against what is known to happen in them.
    Evaluate(evaluate::Args),
    /// Make this agent known to its server, once.
    Enroll(enroll::Args),
    /// Show what a model sees in picture files, as NDJSON.
    Detect(detect::Args),
    /// Measure what cameras cost on this machine, as one line of JSON.
    Bench(bench::Args),
    /// List, verify, fetch, add, try and time models.
    Models(models::Args),
    /// Follow detections of any detector, in `MOTChallenge` text.
    Track(track::Args),
    /// Verify sealed bundles of evidence, offline.
    Verify(verify::Args),
}

/// What the process says by its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Something failed that may go better next time.
    Failed = 1,
    /// The configuration is wrong: starting again changes nothing.
    Misconfigured = 2,
}

/// Runs the command.
///
/// # Errors
/// Whatever the command could not do, with its causes.
pub fn execute(cli: &Cli) -> anyhow::Result<ExitCode> {
    telemetry::start_log(cli.log_format)?;
    match &cli.command {
        Command::Run => run::run(&cli.config),
        Command::Check(args) => check::run(&cli.config, args),
        Command::Replay(args) => replay::run(&cli.config, args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Enroll(args) => enroll::run(&cli.config, args),
        Command::Detect(args) => detect::run(&cli.config, args),
        Command::Bench(args) => bench::run(&cli.config, args),
        Command::Models(args) => models::run(&cli.config, args),
        Command::Track(args) => track::run(args),
        Command::Verify(args) => verify::run(&cli.config, args),
    }
}

/// The exit status of an error.
#[must_use]
pub fn exit_of(error: &anyhow::Error) -> Exit {
    match error
        .chain()
        .find_map(<dyn Error>::downcast_ref::<ConfigError>)
    {
        Some(_) => Exit::Misconfigured,
        None => Exit::Failed,
    }
}

/// One line for the person who typed the command.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// To thousandths: milliseconds, and a thousandth of a pixel.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// Processor seconds of this process so far, all threads, from Linux's `/proc` (proc(5): fields 14
/// and 15 of `stat`, in ticks, which are hundredths of a second on every Linux ABI in use).
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name, in parentheses, may hold spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some(rounded((user + system) / 100.0))
}

/// A line of `/proc/self/status` that counts kibibytes, in MiB.
fn memory_mib(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: f64 = line
        .trim_start_matches(':')
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    Some((kibibytes / 1024.0 * 10.0).round() / 10.0)
}
