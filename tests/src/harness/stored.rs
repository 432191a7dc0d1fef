//! The server's database read as an auditor would: what stands there, byte for byte. SQL is spoken
//! here and nowhere else in this crate.

use std::path::Path;

use contract::v1::{PublicKey, Signed, verify};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// One message as it was received.
#[derive(Debug, Clone)]
pub struct StoredMessage {
    /// The topic it came on.
    pub topic: String,
    /// Its exact bytes.
    pub payload: Vec<u8>,
    /// Its signature's text.
    pub signature: String,
}

impl StoredMessage {
    /// Whether the stored signature fits the stored bytes.
    #[must_use]
    pub fn verifies(&self, key: &PublicKey) -> bool {
        let signed = self.signature.parse::<Signed>();
        signed.is_ok_and(|signed| verify(key, &self.topic, &self.payload, &signed).is_ok())
    }
}

/// How many rows the server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredCounts {
    /// Revisions of events.
    pub reports: u64,
    /// Messages; as many as revisions, where nothing was doubled.
    pub messages: u64,
}

/// Counts what the server stored.
///
/// # Errors
/// Where the database cannot be read.
pub async fn stored_counts(server_data: &Path) -> anyhow::Result<StoredCounts> {
    let database = open(server_data).await?;
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM reports) AS reports, (SELECT COUNT(*) FROM messages) AS messages",
    )
    .fetch_one(&database)
    .await?;
    database.close().await;
    let count = |column| anyhow::Ok(u64::try_from(row.try_get::<i64, _>(column)?)?);
    Ok(StoredCounts {
        reports: count("reports")?,
        messages: count("messages")?,
    })
}

async fn open(server_data: &Path) -> anyhow::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(server_data.join("vong.db"))
        .read_only(true);
    Ok(SqlitePool::connect_with(options).await?)
}

/// Every message the server stored, oldest first.
///
/// # Errors
/// Where the database cannot be read.
pub async fn stored_messages(server_data: &Path) -> anyhow::Result<Vec<StoredMessage>> {
    let database = open(server_data).await?;
    let rows = sqlx::query("SELECT topic, payload, signature FROM messages ORDER BY received_at")
        .fetch_all(&database)
        .await?;
    database.close().await;
    rows.into_iter()
        .map(|row| {
            Ok(StoredMessage {
                topic: row.try_get("topic")?,
                payload: row.try_get("payload")?,
                signature: row.try_get("signature")?,
            })
        })
        .collect()
}
