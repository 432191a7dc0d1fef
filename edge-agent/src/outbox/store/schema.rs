//! The database file: how it is opened, its schema, and what must hold before anything is kept.
//!
//! On a full disk SQLite may end a transaction by itself. `sqlx` then cannot roll it back, and takes
//! the connection to be in it still: the next transactions would be savepoints of one that nobody
//! commits. Such a connection is closed, not used again.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _};

use super::StoreError;

/// The schema as it was first.
const SCHEMA: &str = include_str!("schema.sql");
/// Its changes since then, each applied once and counted in `user_version`.
const UPGRADES: [&str; 1] = [include_str!("upgrade_1.sql")];
/// How a transaction that writes begins: it waits for its turn before it reads.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
/// How long a statement waits for somebody else's: a backup, a curious person.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// `PRAGMA synchronous` of `FULL`; `EXTRA` is above.
const FULL: i64 = 2;

/// Opens or makes the database.
pub(super) async fn open_pool(path: &Path) -> Result<SqlitePool, StoreError> {
    let unopened = |source| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // The agent's promise is that nothing filed is lost, not even to a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT);
    // One connection: SQLite has one writer anyway, and so every caller sees the last commit.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        // The connection is asked for a sign of life first, so that a rollback on its way is done.
        .test_before_acquire(true)
        .before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            if !clean {
                tracing::warn!("the outbox's connection was left in a transaction and is closed");
            }
            Box::pin(std::future::ready(Ok(clean)))
        })
        .connect_with(options)
        .await
        .map_err(unopened)?;
    require_durability(&pool, path).await?;
    // One transaction: a first start is whole or was none, and costs one sync, not one a table.
    let mut tx = pool.begin_with(BEGIN).await.map_err(unopened)?;
    sqlx::raw_sql(SCHEMA)
        .execute(&mut *tx)
        .await
        .map_err(unopened)?;
    tx.commit().await.map_err(unopened)?;
    upgrade(&pool, path).await?;
    Ok(pool)
}

/// SQLite answers a setting that it cannot keep (a log on a file system without shared memory, for
/// one) with another and no error. Whoever relies on it must ask.
async fn require_durability(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode")
        .fetch_one(pool)
        .await?;
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(pool).await?;
    if journal == "wal" && synchronous >= FULL {
        return Ok(());
    }
    Err(StoreError::NotDurable {
        path: path.to_owned(),
        journal,
        synchronous,
    })
}

async fn upgrade(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let (done,): (i64,) = sqlx::query_as("PRAGMA user_version")
        .fetch_one(pool)
        .await?;
    let done = usize::try_from(done).unwrap_or(0);
    if done > UPGRADES.len() {
        return Err(StoreError::Newer {
            path: path.to_owned(),
        });
    }
    for (before, step) in UPGRADES.iter().enumerate().skip(done) {
        let mut tx = pool.begin_with(BEGIN).await?;
        sqlx::raw_sql(*step).execute(&mut *tx).await?;
        let version = AssertSqlSafe(format!("PRAGMA user_version = {}", before + 1));
        sqlx::raw_sql(version).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
