//! What became of faults, as a table for people.

use std::collections::BTreeSet;

use super::books::Tally;
use super::suite::{Outcome, Report};

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:<29} {:>5} {:>7} {:>7} {:>5} {:>8} {:>8} {:>13} {:>14} {:>11} {:>11}",
            "fault",
            "times",
            "raised",
            "stored",
            "lost",
            "doubled",
            "corrupt",
            "bundles",
            "recover s",
            "server MiB",
            "agent MiB"
        )?;
        for outcome in &self.outcomes {
            writeln!(f, "{outcome}")?;
        }
        let skipped: BTreeSet<&str> = self.outcomes.iter().filter_map(|one| one.skipped).collect();
        for why in skipped {
            writeln!(f, "skipped: {why}")?;
        }
        let network = if self.own_network {
            "a namespace of its own, slowed by tbf"
        } else {
            "this machine's, slowed by a proxy"
        };
        writeln!(f, "the agent's network: {network}")?;
        for growth in &self.memory {
            writeln!(f, "{growth}")?;
        }
        Ok(())
    }
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
            "{:<29} {:>5} {raised:>7} {stored:>7} {lost:>5} {doubled:>8} {corrupt:>8} {:>13} {:>14} {:>11} {:>11}",
            self.fault.title(),
            if self.skipped.is_some() {
                "-".to_owned()
            } else {
                self.times.to_string()
            },
            format!("{} (+{})", self.bundles.whole, self.bundles.unavailable),
            format!("{middle:.1} ≤ {longest:.1}"),
            format!("{}→{}", self.server_mib.0, self.server_mib.1),
            format!("{}→{}", self.agent_mib.0, self.agent_mib.1),
        )
    }
}
