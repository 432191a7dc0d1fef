//! `ingest-server`: takes in reports, merges them, shows them. Everything is in the library; here a
//! command is chosen and an error is printed, once.

use std::process::ExitCode;

use clap::Parser as _;
use ingest_server::cmd::Cli;

/// A batch of reports is some ten thousand small values, made on one thread and let go of on another:
/// glibc's allocator took a fifth of intake's time for it (ADR 18).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(
    clippy::print_stderr,
    reason = "the one place where an error is told to whoever typed"
)]
fn main() -> ExitCode {
    // Only a second call in one process fails.
    drop(rustls::crypto::ring::default_provider().install_default());
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ingest-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
