//! The demo: one command, and a camera picture becomes an incident on an operator's page.

use std::process::ExitCode;

use clap::Parser;
use system_tests::demo::{Mode, run};

#[derive(Parser)]
#[command(about = "Cameras, server and agent on one machine", long_about = None)]
struct Arguments {
    /// End with 0 once an incident with a still and a playable clip is served, with 1 after 180 s.
    #[arg(long)]
    check: bool,
}

#[expect(
    clippy::print_stderr,
    reason = "the one place where the demo's errors are printed"
)]
fn main() -> ExitCode {
    let mode = if Arguments::parse().check {
        Mode::Check
    } else {
        Mode::Watch
    };
    let outcome = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(mode)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
