//! Messages that could not be taken in.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::time;
use crate::store::StoreError;
use crate::store::entity::quarantine;

/// The newest messages in quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarantineList {
    /// Newest first.
    pub items: Vec<QuarantinedView>,
}

/// One message in quarantine, without its payload.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quarantined)]
pub struct QuarantinedView {
    /// Its id.
    pub id: String,
    /// When it last came.
    pub received_at: Timestamp,
    /// The topic it came on.
    pub topic: String,
    /// Why it was refused, as a word.
    #[schema(example = "bad_signature")]
    pub reason: String,
    /// Why, in a sentence (English).
    pub message: String,
    /// SHA-256 of the payload.
    pub sha256: String,
    /// Length of the payload in bytes.
    pub bytes: i64,
    /// How often it came.
    pub count: i64,
}

impl TryFrom<quarantine::Model> for QuarantinedView {
    type Error = StoreError;
    fn try_from(row: quarantine::Model) -> Result<Self, StoreError> {
        Ok(Self {
            received_at: time(row.received_at, "quarantine", "received_at")?,
            id: row.id,
            topic: row.topic,
            reason: row.reason,
            message: row.message,
            sha256: row.sha256,
            bytes: row.bytes,
            count: row.count,
        })
    }
}
