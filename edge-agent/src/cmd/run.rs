//! `run`: the agent itself, until SIGTERM or SIGINT; a second signal ends it at once.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::identity::{Identity, rotation_is_open};
use crate::{pipeline, telemetry};

/// Conventional exit status of a process that a signal ended.
const EXIT_INTERRUPTED: i32 = 130;
const LOCK_FILE: &str = "agent.lock";

/// Runs until told to stop.
///
/// # Errors
/// Where the agent cannot start: configuration, enrolment, data folder, port, model.
pub(super) fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let identity = Identity::load(&config.agent.data_dir)?;
    if rotation_is_open(&config.agent.data_dir) {
        tracing::warn!(
            "a change of this agent's key was begun and not finished; run `edge-agent enroll \
             --rotate` again"
        );
    }
    let _lock = lock(&config.agent.data_dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(serve(config, identity))?;
    // Blocking work that outlived the ordered shutdown (a camera's last teardown) is abandoned.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config, identity: Identity) -> anyhow::Result<()> {
    if let Some(listen) = config.metrics.listen {
        let address = telemetry::start_metrics(listen)?;
        tracing::info!(%address, "metrics at http://{address}/metrics");
    }
    let stop = CancellationToken::new();
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    let [terminate, interrupt] = signals;
    let (terminate, interrupt) = (
        terminate.context("cannot listen for SIGTERM")?,
        interrupt.context("cannot listen for SIGINT")?,
    );
    tokio::spawn(heed(terminate, interrupt, stop.clone()));
    pipeline::run(config, identity, stop).await?;
    Ok(())
}

/// The first signal stops in order, the second at once.
async fn heed(mut terminate: Signal, mut interrupt: Signal, stop: CancellationToken) {
    for signals in 0..2 {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if signals == 0 {
            tracing::info!("stopping; a second signal ends at once");
            stop.cancel();
        }
    }
    tracing::warn!(
        "second signal: ending at once; what is on disk is found again at the next start"
    );
    std::process::exit(EXIT_INTERRUPTED);
}

/// One agent a data folder: two would take the broker's session from one another.
pub(super) fn lock(data_dir: &Path) -> anyhow::Result<File> {
    let path = data_dir.join(LOCK_FILE);
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another edge-agent runs on {}; stop it, or give this one its own `[agent] data_dir`",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}
