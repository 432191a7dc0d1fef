//! The fault suite in its long form: every fault many times, and the table of what became of it.
//! Ends with 1 where an event was lost, doubled or corrupt, or memory grows. Ended by SIGTERM or
//! Ctrl-C it takes its programs, disks and networks away first.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use system_tests::faults::{Fault, Outcome, Plan, run};
use system_tests::harness::unless_ended;

#[derive(Parser)]
#[command(about = "Every fault many times, and the books balanced", long_about = None)]
struct Arguments {
    /// How often each fault strikes.
    #[arg(long, default_value_t = 20)]
    times: usize,
    /// Events that the agent has just seen each time.
    #[arg(long, default_value_t = 40)]
    events: usize,
    /// What everything random follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Longest that a fault lasts, in seconds.
    #[arg(long, default_value_t = 5)]
    longest: u64,
    /// How long memory is watched at the end, in seconds.
    #[arg(long, default_value_t = 180)]
    endurance: u64,
    /// Only faults whose title holds this text.
    #[arg(long)]
    only: Option<String>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
}

#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "the table is what was asked for, and an error is printed once"
)]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let told = |outcome: &Outcome| eprintln!("{outcome}");
    let plan = arguments.plan();
    let report = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(unless_ended(run(&plan, told))));
    match report {
        Ok(report) => {
            if arguments.json {
                println!(
                    "{}",
                    serde_json::json!({ "seed": plan.seed, "report": report })
                );
            } else {
                println!("seed {}\n{report}", plan.seed);
            }
            ExitCode::from(u8::from(!report.is_good()))
        }
        Err(error) => {
            eprintln!("soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn plan(&self) -> Plan {
        let wanted = |fault: &Fault| {
            let only = self.only.as_deref().unwrap_or_default();
            fault.title().contains(only)
        };
        Plan {
            faults: Fault::ALL.into_iter().filter(wanted).collect(),
            times: self.times,
            events: self.events,
            within: Duration::from_millis(2500),
            lasting: (
                Duration::from_millis(100),
                Duration::from_secs(self.longest),
            ),
            seed: self.seed,
            patience: Duration::from_secs(180),
            endurance: Duration::from_secs(self.endurance),
        }
    }
}
