//! `check --store`: is every evidence file on this disk what its report says?

use anyhow::Context as _;

use super::run::lock;
use super::say;
use crate::config::Config;
use crate::outbox::{Depth, Findings, Limits, Store};
use crate::telemetry::chain;

/// Whether to put right what can be put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Says what is wrong and changes nothing; the agent may be running.
    Look,
    /// Removes what nobody names, and files that are not what their reports say: the next start
    /// tells the server that those are lost. The agent must not be running.
    Repair,
}

/// How the evidence is, after any repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every file is what its report says, and there are no others.
    Sound,
    /// Something is wrong; it was said what.
    Faulty,
}

/// Reads every evidence file and compares it with its report.
///
/// # Errors
/// Where outbox or folder cannot be read, or the agent runs and repairs are wanted.
pub(super) fn run(config: &Config, mode: Mode) -> anyhow::Result<Verdict> {
    let data_dir = &config.agent.data_dir;
    if !Store::database(data_dir).is_file() {
        say(&format!("{}: no outbox yet", data_dir.display()))?;
        return Ok(Verdict::Sound);
    }
    let _lock = match mode {
        Mode::Look => None,
        Mode::Repair => Some(lock(data_dir)?),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the check")?;
    runtime.block_on(check(config, mode))
}

async fn check(config: &Config, mode: Mode) -> anyhow::Result<Verdict> {
    let limits = Limits {
        report_bytes: config.outbox.reserved_report_bytes,
        evidence_bytes: config.outbox.max_bytes - config.outbox.reserved_report_bytes,
    };
    let key = config.evidence.key.clone();
    let store = Store::open_as_it_is(&config.agent.data_dir, limits, key).await?;
    let found = store.check_evidence(Depth::Hashes).await?;
    tell(&found)?;
    if mode == Mode::Repair {
        repair(&store, &found)?;
    }
    store.close().await;
    let open = found.faulty.iter().any(|(_, fault)| match mode {
        Mode::Look => true,
        Mode::Repair => !fault.is_final(),
    });
    let untidy = mode == Mode::Look && !found.orphans.is_empty();
    Ok(match open || untidy {
        true => Verdict::Faulty,
        false => Verdict::Sound,
    })
}

fn tell(found: &Findings) -> std::io::Result<()> {
    say(&format!(
        "{} evidence file(s) of {} bytes are what their reports say",
        found.sound, found.sound_bytes
    ))?;
    for (upload, fault) in &found.faulty {
        let (file, event) = (&upload.file, upload.event_id);
        say(&format!("{file}: {} (event {event})", chain(fault)))?;
    }
    for orphan in &found.orphans {
        say(&format!("{orphan}: no report names this file"))?;
    }
    Ok(())
}

fn repair(store: &Store, found: &Findings) -> anyhow::Result<()> {
    store.remove_unnamed(&found.orphans);
    let mut lost = 0_u64;
    for (upload, fault) in &found.faulty {
        if fault.is_final() {
            let file = &upload.file;
            store
                .files()
                .remove(file)
                .with_context(|| format!("cannot remove {file}"))?;
            lost += 1;
        }
    }
    let removed = found.orphans.len();
    say(&format!(
        "removed {removed} file(s) that nobody names; {lost} piece(s) of evidence are lost, which \
         the agent tells the server at its next start"
    ))?;
    Ok(())
}
