//! The outbox on disk: one SQLite file (WAL, `synchronous=FULL`) and one folder of evidence files.
//!
//! The only folder with SQL: one file for each thing that is kept. Each public function is one
//! transaction: after it returns, a power cut changes nothing of what it did. Space is counted by
//! triggers in the same transaction, so the bounds hold over a crash too. What does not belong
//! here: when to send (`window`, `uploader`).

mod chain;
mod error;
mod events;
mod evidence;
mod gap;
mod losses;
mod orders;
mod reports;
mod schema;
mod space;
mod upkeep;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};
use tokio::sync::Notify;

pub use self::error::StoreError;
pub use self::events::FILED_EVENTS_KEPT;
pub use self::gap::GapAnswer;
pub use self::upkeep::{Depth, Findings};

use super::record::Limits;
use crate::config::EvidenceKey;
use crate::evidence::EvidenceFiles;
use crate::report::journal::OutboxId;

const DATABASE_FILE: &str = "outbox.db";
const EVIDENCE_FOLDER: &str = "evidence";

/// The outbox on disk.
#[derive(Debug)]
pub struct Store {
    pool: SqlitePool,
    id: OutboxId,
    files: EvidenceFiles,
    limits: Limits,
    report_filed: Notify,
    upload_ready: Notify,
}

type Tx = Transaction<'static, Sqlite>;

impl Store {
    /// Opens or makes the outbox below `data_dir`. Pending reports for a topic other than `topic`
    /// (the agent was enrolled anew under another name) become dead letters.
    ///
    /// # Errors
    /// [`StoreError::Open`] and [`StoreError::File`] name the path.
    pub async fn open(data_dir: &Path, topic: &str, limits: Limits) -> Result<Self, StoreError> {
        Self::open_with_key(data_dir, topic, limits, None).await
    }

    /// As [`Store::open`], with the key that evidence is encrypted with.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with_key(
        data_dir: &Path,
        topic: &str,
        limits: Limits,
        key: Option<EvidenceKey>,
    ) -> Result<Self, StoreError> {
        let store = Self::open_as_it_is(data_dir, limits, key).await?;
        store.set_aside_other_topics(topic).await?;
        Ok(store)
    }

    /// Opens or makes the outbox below `data_dir` and changes nothing in it, for looking at it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_as_it_is(
        data_dir: &Path,
        limits: Limits,
        key: Option<EvidenceKey>,
    ) -> Result<Self, StoreError> {
        let folder = data_dir.join(EVIDENCE_FOLDER);
        let files = EvidenceFiles::open(&folder, key).map_err(|source| StoreError::File {
            verb: "create",
            path: folder,
            source,
        })?;
        let path = Self::database(data_dir);
        let pool = schema::open_pool(&path).await?;
        let (id,) = sqlx::query_as("SELECT id FROM identity")
            .fetch_one(&pool)
            .await?;
        Ok(Self {
            pool,
            id: OutboxId::new(id),
            files,
            limits,
            report_filed: Notify::new(),
            upload_ready: Notify::new(),
        })
    }

    /// Where the outbox of a data folder lies.
    #[must_use]
    pub fn database(data_dir: &Path) -> PathBuf {
        data_dir.join(DATABASE_FILE)
    }

    /// The name that this outbox was given when it was made.
    #[must_use]
    pub const fn id(&self) -> &OutboxId {
        &self.id
    }

    /// The evidence files.
    #[must_use]
    pub const fn files(&self) -> &EvidenceFiles {
        &self.files
    }

    /// Waits until a report was filed since the last call.
    pub(super) async fn report_filed(&self) {
        self.report_filed.notified().await;
    }

    /// Waits until evidence may be uploaded since the last call.
    pub(super) async fn upload_ready(&self) {
        self.upload_ready.notified().await;
    }

    /// Begins a transaction that will write. It waits for its turn at once: one that began by reading
    /// fails where somebody else holds the lock as it wants to write, however long it might wait.
    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.pool.begin_with(schema::BEGIN).await?)
    }

    /// Closes the database, its log folded in.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod killed;
#[cfg(test)]
mod power_cut;
#[cfg(test)]
mod tests;
