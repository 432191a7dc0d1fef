//! Evidence bytes: taken in piece by piece, verified whole, kept for ever, read by range.
//!
//! Bytes are addressed by their SHA-256, which the agent's signed report named before a single byte
//! was sent: nothing else is taken. `object_store` stands behind this module alone. What does not
//! belong here: who may look (that is `http`), what evidence means (that is `incident`).

mod derive;
mod objects;
mod s3;
mod seals;
mod uploads;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use contract::v1::AgentId;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use tokio::sync::Notify;

pub use self::derive::{CleanFile, Cleaner, Failure, TaskError, Workshop, carry_out_task};
pub use self::objects::ObjectError;
pub use self::uploads::{UploadError, UploadStatus};

use self::objects::Objects;
use self::uploads::Uploads;
use crate::changes::ChangeBus;
use crate::config::{CopiesConfig, EvidencePlace};
use crate::store::Store;

/// Media types that are taken in, and served to browsers as such.
pub const ALLOWED_MEDIA_TYPES: [&str; 6] = [
    "image/jpeg",
    "image/png",
    "video/mp4",
    "video/quicktime",
    "application/json",
    "text/plain",
];

/// The evidence store. Cheap to clone.
#[derive(Clone)]
pub struct EvidenceStore {
    objects: Objects,
    uploads: Arc<Uploads>,
    store: Store,
    changes: ChangeBus,
    bell: Arc<Notify>,
    data_dir: PathBuf,
}

impl EvidenceStore {
    /// Opens the evidence store in `data_dir`; its folders are made where they are missing.
    ///
    /// # Errors
    /// [`ObjectError`] where a folder cannot be made.
    pub fn open(data_dir: &Path, store: Store, changes: ChangeBus) -> Result<Self, ObjectError> {
        Self::open_at(&EvidencePlace::Files, data_dir, store, changes)
    }

    /// Opens the evidence store at a place; uploads under way lie in `data_dir` all the same. An S3
    /// store is asked nothing yet.
    ///
    /// # Errors
    /// [`ObjectError`] where a folder cannot be made, or the place's description makes no sense.
    pub fn open_at(
        place: &EvidencePlace,
        data_dir: &Path,
        store: Store,
        changes: ChangeBus,
    ) -> Result<Self, ObjectError> {
        let objects = objects_at(place, data_dir)?;
        let bell = Arc::new(Notify::new());
        let uploads = Uploads::open(
            &data_dir.join("uploads"),
            store.clone(),
            changes.clone(),
            objects.clone(),
            Arc::clone(&bell),
        )?;
        Ok(Self {
            objects,
            uploads: Arc::new(uploads),
            store,
            changes,
            bell,
            data_dir: data_dir.to_owned(),
        })
    }

    /// Whether bytes can be written, read and taken away again.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn probe(place: &EvidencePlace, data_dir: &Path) -> Result<(), ObjectError> {
        objects_at(place, data_dir)?.probe().await
    }

    /// Who makes copies of what is stored here. `program` is this very program's file: it is started
    /// again for whatever touches foreign bytes.
    #[must_use]
    pub fn workshop(&self, program: PathBuf, config: &CopiesConfig) -> Workshop {
        let parts = (
            self.store.clone(),
            self.objects.clone(),
            self.changes.clone(),
        );
        Workshop::new(
            parts,
            Arc::clone(&self.bell),
            &self.data_dir,
            program,
            config,
        )
    }

    /// Who encodes files of citizens anew. `program` is this very program's file.
    #[must_use]
    pub fn cleaner(&self, program: PathBuf, config: &CopiesConfig) -> Cleaner {
        let limits = derive::Limits {
            time: config.time_limit,
            memory: config.memory_limit,
        };
        let finder = derive::Finder::of(&program, config);
        Cleaner::new(
            self.objects.clone(),
            &self.data_dir,
            (program, finder),
            limits,
        )
    }

    /// The same, decoding in this process.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn cleaner_here(&self) -> Cleaner {
        Cleaner::here(self.objects.clone(), &self.data_dir)
    }

    /// Tells the workshop that something was put into its queue.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// How far the upload of the bytes with this hash is.
    ///
    /// # Errors
    /// [`UploadError::Unknown`] where no sealed revision of this agent names the hash.
    pub async fn upload_status(
        &self,
        agent: &AgentId,
        sha256: &str,
    ) -> Result<UploadStatus, UploadError> {
        let sha256 = sha256.parse().map_err(|_| UploadError::Unknown)?;
        self.uploads.status(agent, &sha256).await
    }

    /// Appends bytes from `offset` on. When the last byte is here, the whole is verified and
    /// stored, and every incident that it proves is announced.
    ///
    /// # Errors
    /// [`UploadError`]; what came before the error is kept, except after a hash mismatch.
    pub async fn append<E: Send>(
        &self,
        agent: &AgentId,
        sha256: &str,
        offset: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<UploadStatus, UploadError> {
        let sha256 = sha256.parse().map_err(|_| UploadError::Unknown)?;
        self.uploads.append(agent, &sha256, offset, body).await
    }

    /// Reads `start..end` of stored bytes, with `end` cut to their length.
    ///
    /// # Errors
    /// [`ObjectError::Store`] where there is no such object, or the range begins past its end.
    pub async fn read(
        &self,
        object_key: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        self.objects.read(object_key, range).await
    }
}

fn objects_at(place: &EvidencePlace, data_dir: &Path) -> Result<Objects, ObjectError> {
    match place {
        EvidencePlace::Files => Objects::open(&data_dir.join("evidence")),
        EvidencePlace::S3(config) => Objects::in_s3(config),
    }
}

#[cfg(test)]
pub(crate) use self::derive::png_for_tests;

#[cfg(test)]
mod tests;
