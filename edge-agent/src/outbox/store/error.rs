//! Why the outbox failed, told so that the remedy is plain.

use std::io;
use std::path::PathBuf;

use contract::v1::CloudEventError;

/// Why the outbox failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the database cannot be opened.
    #[error("cannot open the outbox {}; is the folder writable, and the file not damaged?", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// SQLite does not keep the settings that a power cut needs.
    #[error(
        "SQLite cannot keep {} safe from a power cut here (journal {journal}, synchronous \
         {synchronous}); put `[agent] data_dir` on a local file system (ext4, xfs), not on a network \
         share", path.display()
    )]
    NotDurable {
        /// The database.
        path: PathBuf,
        /// The journal it keeps instead of a write-ahead log.
        journal: String,
        /// Its `synchronous`; 2 is `FULL`.
        synchronous: i64,
    },
    /// A newer agent wrote the database.
    #[error("{} was written by a newer edge-agent; install that one again", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk is full: free some space; until then nothing new is kept")]
    Full(#[source] sqlx::Error),
    /// Any other fault of the database.
    #[error("the outbox database failed")]
    Database(#[source] sqlx::Error),
    /// A row cannot be read back.
    #[error("the outbox holds an event that cannot be read")]
    Row(#[source] serde_json::Error),
    /// A manifest does not follow from the newest one.
    #[error(
        "manifest {sequence} does not follow from the newest; does another agent write to this outbox?"
    )]
    Chain {
        /// Its number.
        sequence: u64,
    },
    /// A gap report cannot be written as JSON.
    #[error("the gap report cannot be encoded")]
    Gap(#[source] CloudEventError),
    /// A file of the evidence folder cannot be handled.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLITE_FULL; the primary code is the low byte of the extended one.
        let code = error
            .as_database_error()
            .and_then(|database| database.code()?.parse::<i32>().ok());
        if code.is_some_and(|code| code & 0xff == 13) {
            Self::Full(error)
        } else {
            Self::Database(error)
        }
    }
}
