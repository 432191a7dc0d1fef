//! `models`: what is known by name, whether the files are what is meant, fetching, adding, trying
//! and timing them.

mod list;
mod pull;

use std::path::Path;
use std::process::ExitCode;

use super::shelf::Shelf;

/// What to do with models.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models that are known, and whether they are here.
    List,
    /// Say for every model whether its file is there and has the right SHA-256.
    Verify,
    /// Fetch a model's file: from the folder that `VONG_MODELS_MIRROR` names, else from its URL.
    Pull(pull::Args),
}

/// Runs a sub-command.
///
/// # Errors
/// Where the configuration, the catalogue or a file cannot be used.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::open(config)?;
    match &args.command {
        Command::List => list::list(&shelf),
        Command::Verify => list::verify(&shelf),
        Command::Pull(args) => pull::run(&shelf, args),
    }
}
