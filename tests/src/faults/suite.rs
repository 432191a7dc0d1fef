//! Runs faults, balances the books after each, and prints the table.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::books::{Tally, compare, corrupt};
use super::dice::Dice;
use super::fault::{Done, Fault};
use super::ground::{Filming, Ground};
use crate::harness::poll_until;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which faults, in this order.
    pub faults: Vec<Fault>,
    /// How often each.
    pub times: usize,
    /// How many events the agent has just seen each time.
    pub events: usize,
    /// How long after the agent's start a fault strikes at the latest: at any moment of the burst,
    /// while it is filed, sent, stored and acked.
    pub within: Duration,
    /// The shortest and the longest that a fault lasts.
    pub lasting: (Duration, Duration),
    /// What everything random follows from.
    pub seed: u64,
    /// How long everything may take to recover before events count as lost.
    pub patience: Duration,
}

/// What became of one fault.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The fault.
    pub fault: Fault,
    /// How often it struck.
    pub times: usize,
    /// What was counted at the end.
    pub tally: Tally,
    /// Seconds from the fault's end until the books balanced, each time.
    pub recovered_s: Vec<f64>,
    /// The server's memory in MiB, first and last.
    pub server_mib: (u64, u64),
    /// The agent's.
    pub agent_mib: (u64, u64),
    /// Why it did not strike here.
    pub skipped: Option<&'static str>,
}

/// Runs the plan on one ground, telling each outcome as it is known.
///
/// # Errors
/// Where a part does not come up, or comes back from a fault. Events that are lost are no error:
/// they stand in the outcome.
pub async fn run(plan: &Plan, mut told: impl FnMut(&Outcome)) -> anyhow::Result<Vec<Outcome>> {
    let mut ground = Ground::start().await?;
    let mut dice = Dice::new(plan.seed);
    let mut outcomes = Vec::new();
    for fault in &plan.faults {
        let outcome = one(&mut ground, *fault, plan, &mut dice).await?;
        told(&outcome);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn one(
    ground: &mut Ground,
    fault: Fault,
    plan: &Plan,
    dice: &mut Dice,
) -> anyhow::Result<Outcome> {
    let before = settled(ground, plan.patience).await?.1;
    let memory = (ground.server.spent()?, ground.agent.spent()?);
    let mut recovered_s = Vec::new();
    let mut skipped = None;
    for _ in 0..plan.times {
        ground.see(plan.events)?;
        tokio::time::sleep(dice.between(Duration::ZERO, plan.within)).await;
        let lasting = dice.between(plan.lasting.0, plan.lasting.1);
        if let Done::No(why) = fault.strike(ground, dice, lasting).await? {
            skipped = Some(why);
            break;
        }
        recovered_s.push(settled(ground, plan.patience).await?.0.as_secs_f64());
        ground.film(Filming::On).await?;
    }
    let mut tally = settled(ground, plan.patience).await?.1;
    tally.corrupt = corrupt(ground).await?;
    let after = (ground.server.spent()?, ground.agent.spent()?);
    Ok(Outcome {
        fault,
        times: recovered_s.len(),
        tally: tally.since(&before),
        recovered_s,
        server_mib: (memory.0.memory_mib, after.0.memory_mib),
        agent_mib: (memory.1.memory_mib, after.1.memory_mib),
        skipped,
    })
}

/// Unplugs the camera, so that what is open ends, and waits until the books balance. Returns how
/// long that took and what was counted last.
async fn settled(ground: &Ground, patience: Duration) -> anyhow::Result<(Duration, Tally)> {
    let begun = Instant::now();
    ground.film(Filming::Off).await?;
    let mut last = Tally::default();
    // A database in the middle of a restart cannot be read; it is asked again.
    let balanced = poll_until(patience, async || {
        last = compare(ground).await.ok()?;
        last.balances().then_some(())
    });
    balanced.await;
    let took = begun.elapsed();
    ground.film(Filming::On).await?;
    Ok((took, last))
}

/// The outcomes as a table.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<29} {:>5} {:>7} {:>7} {:>5} {:>8} {:>8} {:>14} {:>11} {:>11}\n",
        "fault",
        "times",
        "raised",
        "stored",
        "lost",
        "doubled",
        "corrupt",
        "recover s",
        "server MiB",
        "agent MiB"
    );
    for outcome in outcomes {
        text.push_str(&outcome.to_string());
        text.push('\n');
    }
    let skipped: BTreeSet<&str> = outcomes.iter().filter_map(|one| one.skipped).collect();
    for why in skipped {
        text.push_str(&format!("skipped: {why}\n"));
    }
    text
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut seconds = self.recovered_s.clone();
        seconds.sort_by(f64::total_cmp);
        let middle = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
        let longest = seconds.last().copied().unwrap_or_default();
        let Tally {
            raised,
            stored,
            lost,
            doubled,
            corrupt,
        } = self.tally;
        write!(
            f,
            "{:<29} {:>5} {raised:>7} {stored:>7} {lost:>5} {doubled:>8} {corrupt:>8} {:>14} {:>11} {:>11}",
            self.fault.title(),
            if self.skipped.is_some() {
                "-".to_owned()
            } else {
                self.times.to_string()
            },
            format!("{middle:.1} ≤ {longest:.1}"),
            format!("{}→{}", self.server_mib.0, self.server_mib.1),
            format!("{}→{}", self.agent_mib.0, self.agent_mib.1),
        )
    }
}
