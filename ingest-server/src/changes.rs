//! What changed, told to whoever watches: after a commit, never before.
//!
//! What does not belong here: the changed values themselves. A watcher learns *that* an incident
//! changed and reads it with its own rights, so nothing can leak through the live stream.

use contract::v1::{AgentId, CameraId, CommandId};
use tokio::sync::broadcast;

use crate::incident::IncidentId;

/// How many changes a slow watcher may be behind before it is told to read everything again.
const BACKLOG: usize = 1024;

/// One committed change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// An incident was opened, revised, linked, decided, or its evidence came.
    Incident {
        /// Which one.
        id: IncidentId,
        /// The version its decision stands at.
        version: i64,
    },
    /// A camera said something new about itself.
    Camera {
        /// Its agent.
        agent: AgentId,
        /// Which one.
        camera: CameraId,
    },
    /// An agent came, went, or was enrolled or revoked.
    Agent {
        /// Which one.
        agent: AgentId,
    },
    /// A command was given, sent, answered, or expired, or what it asked for came.
    Command {
        /// The agent it is for.
        agent: AgentId,
        /// Which one.
        id: CommandId,
    },
    /// A message was put in quarantine.
    Quarantine,
}

impl Change {
    /// What changed, without what became of it: of two changes with one subject the later one is
    /// enough.
    #[must_use]
    pub fn subject(&self) -> Self {
        match self {
            Self::Incident { id, .. } => Self::Incident {
                id: *id,
                version: 0,
            },
            other => other.clone(),
        }
    }
}

/// The broadcast of committed changes within this process.
#[derive(Debug, Clone)]
pub struct ChangeBus {
    // Bounded: when it is full the oldest change is overwritten, and each watcher that had not
    // read it is told so (`Lagged`), which the live stream passes on as `resync`.
    sender: broadcast::Sender<Change>,
}

impl Default for ChangeBus {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
        }
    }
}

impl ChangeBus {
    /// Tells every watcher. Nobody watching is not an error.
    pub fn announce(&self, change: Change) {
        // `send` fails only where there is no receiver, and then there is nobody to tell.
        drop(self.sender.send(change));
    }

    /// Watches from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }
}
