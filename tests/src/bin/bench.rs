//! The bench: numbers with the machine and the commit they were taken on. Asserts none of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use serde_json::json;
use system_tests::bench::{IntakeSetup, LatencySetup, Machine, intake, latency};
use system_tests::harness::{PROGRAMS_VARIABLE, SiteBroker};

#[derive(Parser)]
#[command(about = "Latency from camera to screen, and intake in reports a second", long_about = None)]
struct Arguments {
    /// What is measured; all of it, where nothing is named.
    #[arg(value_enum)]
    what: Vec<What>,
    /// Seconds that each measurement lasts.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Cameras of the latency bench.
    #[arg(long, default_value_t = 4)]
    cameras: usize,
    /// Seed of the latency bench's clip.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Agents of the intake bench.
    #[arg(long, default_value_t = 16)]
    agents: usize,
    /// Reports that each agent may have unanswered.
    #[arg(long, default_value_t = 192)]
    window: usize,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Deciding picture → broker → committed → event stream.
    Latency,
    /// Intake through the embedded broker.
    Embedded,
    /// Intake through Mosquitto.
    Mosquitto,
}

/// Cameras of each agent of the intake bench.
const CAMERAS_PER_AGENT: usize = 8;
const WARM_UP: Duration = Duration::from_secs(3);
/// More than a second can take, so that the senders never run dry.
const MOST_PER_SECOND: usize = 9000;

#[expect(
    clippy::print_stderr,
    reason = "the one place where the bench's errors are printed"
)]
fn main() -> ExitCode {
    let outcome = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(&Arguments::parse())));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the numbers are what was asked for")]
async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let machine = Machine::this(&programs()?);
    let asked = |what| arguments.what.is_empty() || arguments.what.contains(&what);
    let mut told = json!({ "machine": machine });
    if !arguments.json {
        println!("{machine}");
    }
    let lasting = Duration::from_secs(arguments.seconds);
    if asked(What::Latency) {
        let setup = LatencySetup {
            cameras: arguments.cameras,
            seed: arguments.seed,
            lasting,
        };
        let numbers = latency(&setup).await?;
        told["latency"] = serde_json::to_value(&numbers)?;
        if !arguments.json {
            println!("\n{numbers}");
        }
    }
    for (what, broker, key) in [
        (What::Embedded, SiteBroker::Embedded, "intake_embedded"),
        (What::Mosquitto, SiteBroker::Mosquitto, "intake_mosquitto"),
    ] {
        if !asked(what) {
            continue;
        }
        let setup = IntakeSetup {
            broker,
            agents: arguments.agents,
            cameras: CAMERAS_PER_AGENT,
            window: arguments.window,
            lasting,
            warm_up: WARM_UP,
            most_per_second: MOST_PER_SECOND,
        };
        let numbers = intake(&setup).await?;
        told[key] = serde_json::to_value(&numbers)?;
        if !arguments.json {
            println!("\n{numbers}");
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&told)?);
    }
    Ok(())
}

fn programs() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os(PROGRAMS_VARIABLE) {
        return Ok(PathBuf::from(folder));
    }
    let own = std::env::current_exe()?;
    Ok(own.parent().context("the bench's own folder")?.to_owned())
}
