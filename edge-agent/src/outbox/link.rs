//! Whether the broker is there, told by the publisher to whoever gives way to reports.

use std::sync::atomic::{AtomicBool, Ordering};

/// The connection to the broker.
#[derive(Debug, Default)]
pub struct BrokerLink(AtomicBool);

impl BrokerLink {
    /// Whether reports can go right now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, state: LinkState) {
        self.0.store(state == LinkState::Up, Ordering::Relaxed);
    }
}

/// What the publisher says of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkState {
    Up,
    Down,
}
