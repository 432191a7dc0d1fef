//! The commands: each reads the configuration, calls the domain and tells the person the outcome.
//!
//! `serve` alone wires the parts together. `anyhow` is at home here and nowhere below.

mod agent;
mod check;
mod contacts;
mod endpoints;
mod merge_eval;
mod migrate;
mod mosquitto;
mod serve;
mod setup;
mod stop;
mod teller;
mod unit;
mod user;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::evidence::carry_out_task;
use crate::store::Store;

/// Takes in the reports of edge agents, merges them into incidents, shows them to operators.
#[derive(Debug, Parser)]
#[command(name = "ingest-server", version)]
pub struct Cli {
    /// The configuration file. Default: /etc/vong/server.toml where it exists, else built-in
    /// defaults with the data in `$VONG_DATA_DIR` or ./vong-data.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is told to stop.
    Serve,
    /// Bring the database schema up to date, and end.
    Migrate,
    /// Try the configuration, the database and the folders, and end.
    Check,
    /// Accounts of people.
    #[command(subcommand)]
    User(user::User),
    /// Agents and the tokens that let them in.
    #[command(subcommand)]
    Agent(agent::Agent),
    /// How incidents are worked: units, rules, limits, calendar, areas.
    #[command(subcommand)]
    Setup(setup::Setup),
    /// Units that read what concerns them at the broker.
    #[command(subcommand)]
    Unit(unit::Unit),
    /// Signal controllers, and who turns cameras: who may tell agents so at the broker.
    #[command(subcommand)]
    Teller(teller::Teller),
    /// Contact data of citizens.
    #[command(subcommand)]
    Contacts(contacts::Contacts),
    /// Make one copy of a piece of evidence, as standard input says. The server starts this itself.
    #[command(hide = true)]
    MakeCopy,
    /// Verify sealed bundles of evidence, offline: every part that does not fit is named.
    Verify(verify::Args),
    /// Measure the merging on labelled reports, and learn its weights from decisions.
    MergeEval(merge_eval::Args),
}

impl Cli {
    /// Runs the chosen command to its end.
    ///
    /// # Errors
    /// A chain that names the file, key or thing at fault and the remedy; to be printed once.
    pub fn run(self) -> anyhow::Result<()> {
        crate::telemetry::start_logging();
        if matches!(self.command, Command::MakeCopy) {
            // Nothing of the configuration, and no more threads than GStreamer's own.
            return Ok(carry_out_task()?);
        }
        let config = Config::load(self.config.as_deref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("the asynchronous runtime could not start")?;
        runtime.block_on(async {
            match self.command {
                Command::Serve => Box::pin(serve::run(config)).await,
                Command::Migrate => migrate::run(&config).await,
                Command::Check => check::run(&config).await,
                Command::User(user) => user::run(&config, user).await,
                Command::Agent(agent) => agent::run(&config, agent).await,
                Command::Setup(setup) => setup::run(&config, setup).await,
                Command::Unit(unit) => unit::run(&config, unit).await,
                Command::Teller(teller) => teller::run(&config, teller).await,
                Command::Contacts(command) => contacts::run(&config, &command),
                Command::Verify(args) => verify::run(&config, &args),
                Command::MakeCopy => Ok(()),
                Command::MergeEval(args) => merge_eval::run(&config, &args).await,
            }
        })
    }
}

/// Opens the database and brings its schema up to date, so that every command works on a fresh
/// machine.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    make_data_dir(&config.data_dir)?;
    let store = Store::open(config.database.reveal()).await?;
    let applied = store.migrate().await?;
    if applied > 0 {
        tracing::info!(migrations = applied, "database schema brought up to date");
    }
    Ok(store)
}

/// Makes the data directory. It holds keys and people's reports: its owner alone may look.
fn make_data_dir(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| {
            format!(
                "data_dir {} cannot be made; choose another, or check its rights",
                dir.display()
            )
        })
}

/// Prints a command's answer.
#[expect(
    clippy::print_stdout,
    reason = "a command's answer belongs on standard output"
)]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
