//! Waiting for a state: look, pause, look again, until it is there or the deadline has passed.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until `probe` gives a value; none where it never does before the deadline.
pub async fn poll_until<T>(
    patience: Duration,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = probe().await {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(PAUSE).await;
    }
}

/// Looks until `probe` gives a value.
///
/// # Panics
/// Where it never does before the deadline: a test that waits in vain has failed. The processes
/// print the tails of their logs as they are dropped.
#[track_caller]
pub fn wait_until<T>(
    what: &str,
    patience: Duration,
    probe: impl AsyncFnMut() -> Option<T>,
) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        match poll_until(patience, probe).await {
            Some(found) => found,
            None => panic!("{caller}: waited {} s in vain: {what}", patience.as_secs()),
        }
    }
}
