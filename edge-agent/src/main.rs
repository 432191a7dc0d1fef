//! The `edge-agent` binary: parses the command line, runs the command, prints one error chain.

use std::process::ExitCode;

use clap::Parser as _;
use edge_agent::cmd::{Cli, execute, exit_of};

fn main() -> ExitCode {
    // Another provider can only be there already if a library installed one; ours are passed on
    // explicitly wherever it matters.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match execute(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::from(exit_of(&error) as u8)
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the one place where an error reaches the person"
)]
fn report(error: &anyhow::Error) {
    eprintln!("edge-agent: {error:#}");
}
