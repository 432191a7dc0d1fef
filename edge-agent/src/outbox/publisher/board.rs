//! What cameras say of themselves, waiting to be said.

use std::collections::BTreeMap;

use contract::v1::{CameraId, CameraStatus};
use tokio::sync::watch;

/// The latest status of every camera. Newest wins: a status that was never sent is not missed.
#[derive(Debug)]
pub struct StatusBoard(watch::Sender<BTreeMap<CameraId, CameraStatus>>);

impl Default for StatusBoard {
    fn default() -> Self {
        Self(watch::channel(BTreeMap::new()).0)
    }
}

impl StatusBoard {
    /// Puts up a camera's newest status.
    pub fn set(&self, status: CameraStatus) {
        self.0.send_modify(|board| {
            board.insert(status.camera.clone(), status);
        });
    }

    /// Follows it from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<BTreeMap<CameraId, CameraStatus>> {
        self.0.subscribe()
    }
}
