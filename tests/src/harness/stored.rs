//! The server's database read as an auditor would: what stands there, byte for byte. SQL is spoken
//! here and nowhere else in this crate.

use std::path::Path;
use std::time::Duration;

use contract::v1::{EventId, PublicKey, Signed, verify};
use hex::ToHex as _;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqliteRow};
use uuid::Uuid;

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

/// One event as the server holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event.
    pub id: EventId,
    /// How many of its revisions are stored.
    pub revisions: u32,
    /// The highest of them.
    pub highest: u32,
    /// Whether it is over.
    pub cleared: bool,
    /// How many pieces of its evidence are promised and neither here nor given up.
    pub due: u32,
}

/// Everything that must balance.
#[derive(Debug, Clone, Default)]
pub struct StoredBooks {
    /// Events, but those of the test's own scripted agents.
    pub events: Vec<StoredEvent>,
    /// Rows of reports.
    pub revisions: u64,
    /// Rows of messages.
    pub messages: u64,
    /// Hash and key of every piece of evidence that is said to be here.
    evidence: Vec<(String, String)>,
}

impl StoredBooks {
    /// How many files of evidence are missing, or hold other bytes than their hash says.
    #[must_use]
    pub fn broken_evidence(&self, server_data: &Path) -> usize {
        let fits = |(sha256, key): &&(String, String)| {
            let bytes = std::fs::read(server_data.join("evidence").join(key));
            bytes.is_ok_and(|bytes| Sha256::digest(bytes).encode_hex::<String>() == *sha256)
        };
        self.evidence.len() - self.evidence.iter().filter(fits).count()
    }
}

/// Reads what must balance: the events of one agent, and the counts of all.
///
/// # Errors
/// Where the database cannot be read.
pub async fn stored_books(server_data: &Path, agent: &str) -> anyhow::Result<StoredBooks> {
    let counts = stored_counts(server_data).await?;
    let database = open(server_data).await?;
    let rows = sqlx::query(
        "SELECT e.event_id, e.phase, e.revision AS highest, \
         (SELECT COUNT(*) FROM reports r WHERE r.event_id = e.event_id) AS revisions, \
         (SELECT COUNT(*) FROM evidence v WHERE v.event_id = e.event_id \
          AND v.state IN ('pending', 'sealed')) AS due \
         FROM events e WHERE e.agent = ?",
    )
    .bind(agent)
    .fetch_all(&database)
    .await?;
    let stored = sqlx::query("SELECT sha256, object_key FROM evidence WHERE state = 'stored'")
        .fetch_all(&database)
        .await?;
    database.close().await;
    let number =
        |row: &SqliteRow, column| anyhow::Ok(u32::try_from(row.try_get::<i64, _>(column)?)?);
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        events.push(StoredEvent {
            id: row.try_get::<String, _>("event_id")?.parse()?,
            revisions: number(row, "revisions")?,
            highest: number(row, "highest")?,
            cleared: row.try_get::<String, _>("phase")? == "cleared",
            due: number(row, "due")?,
        });
    }
    let mut evidence = Vec::with_capacity(stored.len());
    for row in &stored {
        evidence.push((row.try_get("sha256")?, row.try_get("object_key")?));
    }
    Ok(StoredBooks {
        events,
        revisions: counts.reports,
        messages: counts.messages,
        evidence,
    })
}

/// The seal of an event as the server holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The event.
    pub event: EventId,
    /// The incident that it belongs to.
    pub incident: Uuid,
    /// Whether the server found it good.
    pub is_good: bool,
}

/// The seals of an agent's events.
///
/// # Errors
/// Where the database cannot be read.
pub async fn stored_seals(server_data: &Path, agent: &str) -> anyhow::Result<Vec<Seal>> {
    let database = open(server_data).await?;
    let rows = sqlx::query(
        "SELECT e.event_id, e.incident_id, m.verdict FROM manifests m \
         JOIN events e ON e.event_id = m.event_id WHERE m.agent = ?",
    )
    .bind(agent)
    .fetch_all(&database)
    .await?;
    database.close().await;
    rows.iter()
        .map(|row| {
            Ok(Seal {
                event: row.try_get::<String, _>("event_id")?.parse()?,
                incident: row.try_get::<String, _>("incident_id")?.parse()?,
                is_good: row.try_get::<String, _>("verdict")? == "good",
            })
        })
        .collect()
}

/// Holds a SQLite database's write lock, as a backup or a curious person would.
///
/// # Errors
/// Where the database cannot be opened, or its lock cannot be had.
pub async fn hold_write_lock(file: &Path, lasting: Duration) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(Duration::from_secs(30));
    let database = SqlitePool::connect_with(options).await?;
    let mut connection = database.acquire().await?;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await?;
    tokio::time::sleep(lasting).await;
    sqlx::query("ROLLBACK").execute(&mut *connection).await?;
    drop(connection);
    database.close().await;
    Ok(())
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
