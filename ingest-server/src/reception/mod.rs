//! Where citizens' reports come in: through the portal, an app, another system's Open311, or the hands of
//! staff. Each is taken whole or not at all, once under its key, and becomes a witness of an incident.
//!
//! `filing` takes one in; `files` encodes what came with it anew; [`follow`] is what its reporter may
//! do afterwards; [`errands`] asks the nearest camera; [`keeping`] ends what has been kept long enough.
//!
//! What does not belong here: reading forms and JSON (`http`), weighing (`merge`), SQL (`store`), what
//! becomes of an incident (`review`).

pub mod errands;
mod files;
mod filing;
pub mod follow;
pub mod keeping;
mod nearby;

pub use files::{FileFault, SentFile};
pub use filing::{Channel, Incoming, Joined, Received};
pub use follow::{Followed, Rating};

use std::sync::Arc;

use citizens::{Fault, Services};
use merge::Model;
use tokio::sync::Notify;

use crate::changes::ChangeBus;
use crate::config::CitizensConfig;
use crate::evidence::{Cleaner, Failure};
use crate::office::Offices;
use crate::people::vault::{OpenError, Vault};
use crate::review::ReviewError;
use crate::store::{Store, StoreError};

/// What the reception works with.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// How reports are weighed.
    pub model: Arc<Model>,
    /// Committed changes.
    pub changes: ChangeBus,
    /// The policy in force.
    pub offices: Offices,
    /// Encodes files anew.
    pub cleaner: Cleaner,
    /// Seals contacts.
    pub vault: Vault,
    /// Limits and reach.
    pub config: CitizensConfig,
}

/// Takes citizens' reports in. Cheap to clone.
#[derive(Clone)]
pub struct Reception(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// Rings when a camera is to be asked.
    bell: Notify,
}

impl std::ops::Deref for Reception {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

/// Why something was not done. Nothing of it stands.
#[derive(Debug, thiserror::Error)]
pub enum ReceptionError {
    /// Fields that will not do.
    #[error("fields will not do")]
    Fields(Vec<Fault>),
    /// Something else was filed under the same key.
    #[error("another report was filed under this key")]
    KeyInUse,
    /// There is no such report.
    #[error("no such report")]
    NotFound,
    /// It can be rated once it has come to its end.
    #[error("the report has not come to its end")]
    NotOver,
    /// The law holds it.
    #[error("the report is held: {0}")]
    Held(String),
    /// There is no copy in which nobody is recognised; why, as a word.
    #[error("there is no redacted copy: {0}")]
    Masked(&'static str),
    /// The machine could not encode a file.
    #[error("a file could not be encoded anew")]
    Files(#[source] Failure),
    /// A contact could not be sealed or opened.
    #[error("a contact could not be sealed or opened")]
    Vault(#[from] OpenError),
    /// The system has no randomness.
    #[error("the operating system's random source failed")]
    Random(#[source] rand::rand_core::OsError),
    /// The step was refused.
    #[error("the step was refused")]
    Review(#[from] ReviewError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Reception {
    /// A reception of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            bell: Notify::new(),
        }))
    }

    /// The kinds of report there are.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.config.services
    }
}
