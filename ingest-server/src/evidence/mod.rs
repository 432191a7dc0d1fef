//! Evidence bytes: taken in piece by piece, verified whole, kept for ever, read by range.
//!
//! Bytes are addressed by their SHA-256, which the agent's signed report named before a single byte
//! was sent: nothing else is taken. `object_store` stands behind this module alone. What does not
//! belong here: who may look (that is `http`), what evidence means (that is `incident`).

mod objects;
pub mod uploads;

use std::path::Path;
use std::sync::Arc;

pub use self::objects::{ObjectError, Objects};
pub use self::uploads::{Progress, Sha256Hex, UploadError};

use self::uploads::Uploads;
use crate::changes::ChangeBus;
use crate::store::Store;

/// Media types that are taken in, and served to browsers as such.
pub const ALLOWED_MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "video/mp4"];

/// The evidence store. Cheap to clone.
#[derive(Clone)]
pub struct Evidence {
    objects: Objects,
    uploads: Arc<Uploads>,
}

impl Evidence {
    /// Opens the evidence store in `data_dir`; its folders are made where they are missing.
    ///
    /// # Errors
    /// [`ObjectError`] where a folder cannot be made.
    pub fn open(data_dir: &Path, store: Store, changes: ChangeBus) -> Result<Self, ObjectError> {
        let objects = Objects::open(&data_dir.join("evidence"))?;
        let uploads = Uploads::open(&data_dir.join("uploads"), store, changes, objects.clone())?;
        Ok(Self {
            objects,
            uploads: Arc::new(uploads),
        })
    }

    /// Stored bytes.
    #[must_use]
    pub const fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Uploads under way.
    #[must_use]
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }
}
