//! Runs faults and balances the books after each; then leaves everything running for a while, and
//! looks whether memory grows.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::books::{Tally, compare, corrupt};
use super::bundles::{Bundles, verify_new};
use super::dice::Dice;
use super::fault::{Done, Fault};
use super::ground::{Filming, Ground};
use super::memory::Growth;
use crate::harness::{Spent, Weather, poll_until};

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
    /// How long agent and server are left running at the end, for their memory; not at all, where
    /// this is zero.
    pub endurance: Duration,
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
    /// The bundles of what was sealed meanwhile.
    pub bundles: Bundles,
    /// Seconds from the fault's end until the books balanced, each time.
    pub recovered_s: Vec<f64>,
    /// The server's memory in MiB, first and last.
    pub server_mib: (u64, u64),
    /// The agent's.
    pub agent_mib: (u64, u64),
    /// Why it did not strike here.
    pub skipped: Option<&'static str>,
}

/// What became of all of it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Fault by fault.
    pub outcomes: Vec<Outcome>,
    /// How memory went while nobody was killed.
    pub memory: Vec<Growth>,
    /// Whether the agent had a network of its own, which the kernel slowed and cut.
    pub own_network: bool,
}

impl Report {
    /// Whether nothing was lost, doubled or corrupt, and memory is flat.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.outcomes.iter().all(|one| one.tally.balances())
            && self.memory.iter().all(Growth::is_flat)
    }
}

/// Runs the plan on one ground, telling each outcome as it is known.
///
/// # Errors
/// Where a part does not come up, or comes back from a fault. Events that are lost are no error:
/// they stand in the outcome.
pub async fn run(plan: &Plan, mut told: impl FnMut(&Outcome)) -> anyhow::Result<Report> {
    let mut ground = Ground::start().await?;
    let mut dice = Dice::new(plan.seed);
    let mut outcomes = Vec::new();
    for fault in &plan.faults {
        let outcome = one(&mut ground, *fault, plan, &mut dice).await?;
        told(&outcome);
        if !outcome.tally.balances() {
            ground.keep(&format!("{fault:?}-{}", plan.seed))?;
        }
        outcomes.push(outcome);
    }
    Ok(Report {
        outcomes,
        memory: endure(&ground, plan.endurance).await?,
        own_network: ground.lane.is_some(),
    })
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
    }
    let mut tally = settled(ground, plan.patience).await?.1;
    let bundles = verify_new(ground).await?;
    tally.corrupt = corrupt(ground).await? + bundles.corrupt + bundles.chain_faults;
    let after = (ground.server.spent()?, ground.agent.spent()?);
    Ok(Outcome {
        fault,
        times: recovered_s.len(),
        tally: tally.since(&before),
        bundles,
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

/// Between two cuts of the network while memory is watched, and how long each lasts.
const CUT_EVERY: Duration = Duration::from_secs(20);
const CUT_FOR: Duration = Duration::from_secs(2);

/// The camera films, the network breaks now and then, nobody is killed: what grows, leaks.
async fn endure(ground: &Ground, lasting: Duration) -> anyhow::Result<Vec<Growth>> {
    let begun = Instant::now();
    let (mut server, mut agent) = (Vec::new(), Vec::new());
    let mut next_cut = CUT_EVERY;
    while begun.elapsed() < lasting {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let seconds = begun.elapsed().as_secs_f64();
        server.push((seconds, mebibytes(&ground.server.spent()?)));
        agent.push((seconds, mebibytes(&ground.agent.spent()?)));
        if begun.elapsed() >= next_cut {
            next_cut += CUT_EVERY;
            ground.weather(Weather::Cut);
            tokio::time::sleep(CUT_FOR).await;
            ground.weather(Weather::Fair);
        }
    }
    let both = [("server", server), ("agent", agent)];
    Ok(both
        .iter()
        .filter_map(|(program, samples)| Growth::of(program, samples))
        .collect())
}

fn mebibytes(spent: &Spent) -> f64 {
    f64::from(u32::try_from(spent.memory_mib).unwrap_or(u32::MAX))
}
