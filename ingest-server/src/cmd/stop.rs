//! Being told to stop: the first signal asks, the second insists.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels the token at the first SIGTERM or SIGINT; at the second the process ends at once.
pub(super) fn on_signal(stop: &CancellationToken) -> anyhow::Result<()> {
    let watch = "signals cannot be watched";
    let mut terminate = signal(SignalKind::terminate()).context(watch)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(watch)?;
    let stop = stop.clone();
    tokio::spawn(async move {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping; a second signal stops at once");
        stop.cancel();
        next(&mut terminate, &mut interrupt).await;
        tracing::warn!("stopped at once by a second signal");
        // Nothing acknowledged is lost: what is committed is on the disk.
        std::process::exit(130);
    });
    Ok(())
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
