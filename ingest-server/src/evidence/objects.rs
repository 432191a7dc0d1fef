//! Stored bytes by key.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, WriteMultipart};
use tokio::io::AsyncReadExt as _;

use super::s3;
use super::uploads::Sha256Hex;
use crate::config::S3Config;

/// Bytes read at once while a finished upload is copied.
const CHUNK: usize = 1024 * 1024;
/// Bytes of a part of an object: no store takes smaller ones than 5 MiB, but for the last.
const PART: usize = 8 * 1024 * 1024;

/// Why stored bytes cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// A folder cannot be made.
    #[error("the folder {} cannot be made; check data_dir and its rights", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The object store does not do it.
    #[error("the evidence store failed")]
    Store(#[from] object_store::Error),
    /// The bytes to be stored cannot be read.
    #[error("a finished upload cannot be read")]
    Read(#[source] std::io::Error),
}

/// The object store. Cheap to clone.
#[derive(Clone)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    /// Those of an S3 store. Nothing is asked of it yet.
    pub(super) fn in_s3(config: &S3Config) -> Result<Self, ObjectError> {
        let store = PrefixStore::new(s3::client(config)?, config.prefix.as_str());
        Ok(Self {
            store: Arc::new(store),
        })
    }

    /// Whether bytes can be written, read and taken away again.
    pub(super) async fn probe(&self) -> Result<(), ObjectError> {
        let key = ".check".into();
        self.store
            .put(&key, Bytes::from_static(b"x").into())
            .await?;
        self.store.get(&key).await?;
        Ok(self.store.delete(&key).await?)
    }

    pub(super) fn open(folder: &Path) -> Result<Self, ObjectError> {
        std::fs::create_dir_all(folder).map_err(|source| ObjectError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        // What was said to be stored must survive a power cut.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
        })
    }

    /// The key under which bytes of this hash lie. Two levels, so that no folder grows huge.
    pub(super) fn key(sha256: &Sha256Hex) -> String {
        let digits = sha256.as_str();
        format!("{}/{digits}", digits.get(..2).unwrap_or_default())
    }

    /// Copies a verified file into the store; storing the same bytes again changes nothing.
    pub(super) async fn put_file(&self, key: &str, file: &Path) -> Result<(), ObjectError> {
        let mut input = tokio::fs::File::open(file)
            .await
            .map_err(ObjectError::Read)?;
        let upload = self.store.put_multipart(&key.into()).await?;
        let mut output = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = input.read(&mut buffer).await.map_err(ObjectError::Read)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            output.wait_for_capacity(1).await?;
            output.write(bytes);
        }
        output.finish().await?;
        Ok(())
    }

    /// Removes an object; one that is not there is removed already.
    pub(super) async fn delete(&self, key: &str) -> Result<(), ObjectError> {
        match self.store.delete(&key.into()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads `start..end` of an object, with `end` cut to its length.
    pub(super) async fn read(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let result = self.store.get_opts(&key.into(), options).await?;
        Ok(result.into_stream().map_err(ObjectError::Store).boxed())
    }
}
