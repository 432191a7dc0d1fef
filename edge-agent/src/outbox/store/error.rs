//! Why the outbox failed, told so that the remedy is plain.

use std::io;
use std::path::PathBuf;

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
