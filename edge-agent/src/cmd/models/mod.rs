//! `models`: what is known by name, whether the files are what is meant, fetching, adding, trying
//! and timing them.

mod add;
mod bench;
mod list;
mod pull;
mod try_clip;

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
    /// Test a model of your own and put it into the models' folder.
    Add(Box<add::Args>),
    /// Show what a model sees in a recording: a video with boxes, and a sheet of small pictures.
    Try(try_clip::Args),
    /// Time models on one core of this machine, and choose among their variants.
    Bench(bench::Args),
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
        Command::Add(args) => add::run(&shelf, args),
        Command::Try(args) => try_clip::run(&shelf, args),
        Command::Bench(args) => bench::run(&shelf, args),
    }
}
