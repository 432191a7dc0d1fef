//! Another agent, whose messages come twice, in any order, late again, cut short and too long.

use std::collections::HashSet;

use anyhow::ensure;
use contract::v1::{AckOutcome, AutoReport, EventId, MAX_REPORT_BYTES};
use jiff::Timestamp;
use serde_json::json;

use super::dice::Dice;
use super::ground::Ground;
use crate::harness::{ScriptedAgent, stored_books};

/// Revisions of the event that it tells of.
const REVISIONS: u32 = 5;

/// Sends them, and checks that the server has each revision once and refused the rest.
pub(super) async fn send(ground: &Ground, dice: &mut Dice) -> anyhow::Result<()> {
    let name = format!("strange-{}", dice.below(u64::MAX));
    let mut agent = ScriptedAgent::enrol(&ground.server, &name).await?;
    let event = EventId::new();
    let mut good = Vec::new();
    for revision in 1..=REVISIONS {
        good.push(agent.message(&report(&agent, event, revision)?)?);
    }
    // Twice each, in any order.
    let mut order: Vec<usize> = (0..good.len()).chain(0..good.len()).collect();
    for at in (1..order.len()).rev() {
        let other = usize::try_from(dice.below(u64::try_from(at)? + 1))?;
        order.swap(at, other);
    }
    for index in order {
        let Some(payload) = good.get(index) else {
            continue;
        };
        agent.publish(payload).await?;
        let ack = agent.ack_of(payload).await?;
        ensure!(
            ack.outcome == AckOutcome::Stored,
            "a good report: {:?}",
            ack.outcome
        );
    }
    for bad in bad(&good, dice) {
        agent.publish(&bad).await?;
        let ack = agent.ack_of(&bad).await?;
        ensure!(
            ack.outcome != AckOutcome::Stored,
            "a bad report of {} bytes is stored",
            bad.len()
        );
    }
    let books = stored_books(&ground.server.data_dir(), agent.id.as_str()).await?;
    let found = books.events.iter().find(|found| found.id == event);
    ensure!(
        found.is_some_and(|found| found.revisions == REVISIONS && found.highest == REVISIONS),
        "the event stands as {found:?}"
    );
    Ok(())
}

/// A report cut short at a random place, and one that is too long; signed both.
fn bad(good: &[Vec<u8>], dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut made = HashSet::new();
    for payload in good {
        let length = u64::try_from(payload.len()).unwrap_or_default();
        let cut = usize::try_from(1 + dice.below(length - 1)).unwrap_or(1);
        made.extend(payload.get(..cut).map(<[u8]>::to_vec));
        let mut long = payload.clone();
        long.resize(MAX_REPORT_BYTES + 1, b' ');
        made.insert(long);
    }
    made.into_iter().collect()
}

fn report(agent: &ScriptedAgent, event: EventId, revision: u32) -> anyhow::Result<AutoReport> {
    let phase = match revision {
        1 => "raised",
        REVISIONS => "cleared",
        _ => "updated",
    };
    Ok(serde_json::from_value(json!({
        "event_id": event, "revision": revision, "phase": phase, "kind": "stray_cattle",
        "detail": "stray_cattle", "confidence": 0.5, "severity": "low",
        "occurred": { "start": Timestamp::now() }, "clock": { "source": "agent" },
        "agent": agent.id, "camera": "cam-1", "rule_version": "stray_cattle/1",
    }))?)
}
