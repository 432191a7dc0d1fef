//! Long runs that somebody ends: what they started is taken away first.

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

/// Does the work; SIGTERM or Ctrl-C ends it where it waits, and everything it started is dropped in
/// order: programs, disks, networks.
///
/// # Errors
/// The work's, or that it was ended.
pub async fn unless_ended<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::select! {
        done = work => done,
        _ = terminated.recv() => bail!("ended by SIGTERM"),
        _ = interrupted.recv() => bail!("ended by Ctrl-C"),
    }
}
