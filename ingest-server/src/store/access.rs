//! Opening the database, and the one writer.
//!
//! SQLite runs in write-ahead mode with `synchronous=FULL`: a commit that returned is on the disk.
//! It has one writer: the server's own writes queue for the single writing connection, and each
//! transaction begins `IMMEDIATE`, so that another process (the `user` and `agent` commands) waits
//! for its turn instead of failing half way with a stale snapshot. Readers never wait.
//!
//! On a full disk SQLite may end a transaction by itself. `sqlx` then cannot roll it back, and takes
//! the connection to be in it still: the next transactions would be savepoints of one that nobody
//! commits, acked and gone with the process. Such a connection is closed, not used again.

use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseBackend,
    DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, InsertMany, IntoActiveModel,
    ModelTrait, QueryTrait as _, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait as _;
use tokio::sync::mpsc;

use super::migration::Migrator;

/// How long a statement waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection before it is told that the database is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// Pages in the write-ahead log before they are copied into the database file, 4 KiB each: rarely
/// enough that a page which many commits change is copied once for all of them.
const WAL_PAGES: &str = "8192";
/// What each connection keeps of the file in memory (negative: in KiB). The default of 2 MiB does
/// not hold the indexes of a busy week.
const CACHE_KIB: &str = "-16384";
/// Rows that SQLite's thread may read ahead. With the library's 50 the two threads of a decision over some
/// hundred rows wake each other for every one of them.
const ROWS_AHEAD: usize = 1_024;
const READERS: u32 = 8;
const POSTGRES_WRITERS: u32 = 8;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database this server speaks to.
    #[error("database.url must begin with sqlite:// or postgres://")]
    Scheme,
    /// The database could not be opened. The URL is left out: it may hold a password.
    #[error(
        "the database could not be opened; check database.url, that it runs and the rights to it"
    )]
    Open(#[source] DbErr),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migrate(#[source] DbErr),
    /// A statement failed: the database is away, full or overloaded.
    #[error("a database statement failed")]
    Query(#[from] DbErr),
    /// A column holds what this program never writes there.
    #[error("column {column} of table {table} holds an unreadable value")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

impl StoreError {
    /// Whether what was to be stored is at fault, and not the database: trying the same again would
    /// fail again, however much room the disk has by then.
    #[must_use]
    pub fn blames_the_content(&self) -> bool {
        let error = match self {
            Self::Unreadable { .. } => return true,
            Self::Query(DbErr::Exec(error) | DbErr::Query(error)) => error,
            Self::Query(_) | Self::Scheme | Self::Open(_) | Self::Migrate(_) => return false,
        };
        let RuntimeErr::SqlxError(error) = error else {
            return false;
        };
        let code = error
            .as_database_error()
            .and_then(sea_orm::sqlx::error::DatabaseError::code);
        code.is_some_and(|code| is_of_content(&code))
    }
}

/// `code` is SQLite's extended result code in digits, or a SQLSTATE of PostgreSQL.
fn is_of_content(code: &str) -> bool {
    /// Constraint, mismatch, too big, out of range.
    const SQLITE: [u32; 4] = [19, 20, 18, 25];
    /// Data exception, integrity constraint violation, program limit exceeded.
    const POSTGRESQL: [&str; 3] = ["22", "23", "54"];
    if code.len() == 5 {
        return POSTGRESQL.iter().any(|class| code.starts_with(class));
    }
    // The low byte is the primary code.
    let primary = code.parse::<u32>().map(|code| code & 0xff);
    primary.is_ok_and(|primary| SQLITE.contains(&primary))
}

/// What a store function runs on: a [`Store`] or a [`Tx`].
pub trait Access: Sync {
    /// The connection beneath. For functions of this module only.
    #[doc(hidden)]
    type Conn: ConnectionTrait + Sync;
    /// The connection beneath. For functions of this module only.
    #[doc(hidden)]
    fn conn(&self) -> &Self::Conn;
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
}

/// A write transaction: everything done on it stands after [`Tx::commit`], or never happened.
pub struct Tx(DatabaseTransaction);

impl Access for Store {
    type Conn = DatabaseConnection;
    fn conn(&self) -> &DatabaseConnection {
        &self.reader
    }
}

impl Access for Tx {
    type Conn = DatabaseTransaction;
    fn conn(&self) -> &DatabaseTransaction {
        &self.0
    }
}

impl Store {
    /// Opens `sqlite:///path/file.db` (made where it is missing) or `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Scheme`] for another kind of URL, [`StoreError::Open`] where it cannot be
    /// reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            // The writer opens first: it makes the file and turns write-ahead mode on.
            let writer = connect(sqlite_options(url, 1)).await?;
            let reader = connect(sqlite_options(url, READERS)).await?;
            Ok(Self { reader, writer })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let writer = connect(pool_options(url, POSTGRES_WRITERS)).await?;
            let reader = connect(pool_options(url, READERS)).await?;
            Ok(Self { reader, writer })
        } else {
            Err(StoreError::Scheme)
        }
    }

    /// Brings the schema up to date and says how many migrations that took.
    ///
    /// # Errors
    /// [`StoreError::Migrate`]; on PostgreSQL and SQLite nothing is left half done.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        let pending = Migrator::get_pending_migrations(&self.writer)
            .await
            .map_err(StoreError::Migrate)?
            .len();
        Migrator::up(&self.writer, None)
            .await
            .map_err(StoreError::Migrate)?;
        Ok(pending)
    }

    /// Brings the schema to where it stood before the migration of this name: what a test of older rows begins
    /// from. All of them where there is none of that name.
    ///
    /// # Errors
    /// [`StoreError::Migrate`].
    pub async fn migrate_before(&self, name: &str) -> Result<(), StoreError> {
        let before = Migrator::migrations()
            .iter()
            .position(|migration| migration.name() == name)
            .and_then(|before| u32::try_from(before).ok());
        Migrator::up(&self.writer, before)
            .await
            .map_err(StoreError::Migrate)
    }

    /// Begins a write transaction, waiting for the writer's turn.
    ///
    /// # Errors
    /// [`StoreError::Query`] where the database is away or the wait was too long.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx(self.writer.begin_with_options(options).await?))
    }

    /// Tells of every statement from now on, with its values, after it was answered: to see what is slow,
    /// and to hold its plan against a bound. Clones that were made before tell nothing.
    pub fn tell_statements(&mut self, tell: impl Fn(&Statement) + Clone + Send + Sync + 'static) {
        for connection in [&mut self.reader, &mut self.writer] {
            let tell = tell.clone();
            connection.set_metric_callback(move |info| tell(info.statement));
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Query`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.reader.ping().await?)
    }

    /// Closes every connection; the last write-ahead pages go into the database file.
    pub async fn close(self) {
        for connection in [self.reader, self.writer] {
            if let Err(error) = connection.close().await {
                tracing::warn!(error = %error, "a database connection did not close cleanly");
            }
        }
    }
}

impl Tx {
    /// Makes everything done on this transaction durable.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then nothing of it stands.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

/// Most rows or keys in one statement: 128 rows of the widest table stay far below SQLite's 32,766
/// values, and longer statements save nothing more.
pub(super) const MAX_ROWS: usize = 128;

/// Inserts rows, many in a statement. Statements come in few sizes, so that the database knows each
/// already.
pub(super) async fn insert_all<M>(tx: &Tx, rows: Vec<M>) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity>,
{
    for some in in_few_sizes(rows) {
        let statement = InsertMany::<<M::Entity as EntityTrait>::ActiveModel>::many(some);
        statement.exec_without_returning(tx.conn()).await?;
    }
    Ok(())
}

/// Statements that wait for the database; whoever builds faster than it writes waits.
const BUILT_AHEAD: usize = 4;

/// Many rows of many tables: their statements are built on another thread while the database is at
/// the ones before.
pub(super) struct Statements {
    backend: DatabaseBackend,
    built: mpsc::Sender<Statement>,
}

impl Statements {
    /// Executes what `build` puts in, in its order.
    pub(super) async fn write(
        tx: &Tx,
        build: impl FnOnce(&Self) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (built, mut to_write) = mpsc::channel(BUILT_AHEAD);
        let backend = tx.conn().get_database_backend();
        let building = tokio::task::spawn_blocking(move || build(&Self { backend, built }));
        while let Some(statement) = to_write.recv().await {
            tx.conn().execute_raw(statement).await?;
        }
        // A builder that ended badly may have left something out.
        let ended = |error: tokio::task::JoinError| DbErr::Custom(error.to_string());
        Ok(building.await.map_err(ended)?)
    }

    /// As [`insert_all`].
    pub(super) fn insert<M>(&self, rows: Vec<M>)
    where
        M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
        <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity>,
    {
        for some in in_few_sizes(rows) {
            let statement = InsertMany::<<M::Entity as EntityTrait>::ActiveModel>::many(some);
            self.put(statement.build(self.backend));
        }
    }

    /// The same, where rows that are there already get the values of `columns`.
    pub(super) fn upsert<M>(
        &self,
        rows: Vec<M>,
        key: &[<M::Entity as EntityTrait>::Column],
        columns: &[<M::Entity as EntityTrait>::Column],
    ) where
        M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
        <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity>,
    {
        let known = OnConflict::columns(key.iter().copied())
            .update_columns(columns.iter().copied())
            .to_owned();
        for some in in_few_sizes(rows) {
            let statement = InsertMany::<<M::Entity as EntityTrait>::ActiveModel>::many(some)
                .on_conflict(known.clone());
            self.put(statement.build(self.backend));
        }
    }

    fn put(&self, statement: Statement) {
        // Nobody takes it any more where a statement before it failed; the writer says so.
        drop(self.built.blocking_send(statement));
    }
}

/// Cuts rows into runs of a power of two each, the longest first.
pub(super) fn in_few_sizes<M>(mut rows: Vec<M>) -> impl Iterator<Item = Vec<M>> {
    std::iter::from_fn(move || {
        let size = MAX_ROWS.min(1 << rows.len().checked_ilog2()?);
        let rest = rows.split_off(size);
        Some(std::mem::replace(&mut rows, rest))
    })
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    Database::connect(options).await.map_err(StoreError::Open)
}

fn pool_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false);
    options
}

fn sqlite_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = pool_options(url, connections);
    // The idle connection is asked for a sign of life first, so that a rollback on its way is done.
    options.test_before_acquire(true);
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            if !clean {
                tracing::warn!("a database connection was left in a transaction and is closed");
            }
            Box::pin(std::future::ready(Ok(clean)))
        })
    });
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_AHEAD)
            .pragma("wal_autocheckpoint", WAL_PAGES)
            .pragma("cache_size", CACHE_KIB)
            .foreign_keys(true)
    });
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_database_gave_up_takes_no_later_transaction_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/vong.db", dir.path().display());
        let store = Store::open(&url).await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.conn()
            .execute_unprepared("CREATE TABLE kept (number INTEGER)")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // What SQLite does by itself where the disk is full, and how a caller takes the error.
        let tx = store.begin().await.unwrap();
        tx.conn().execute_unprepared("ROLLBACK").await.unwrap();
        drop(tx);
        drop(store.begin().await.unwrap());
        let tx = store.begin().await.unwrap();
        tx.conn()
            .execute_unprepared("INSERT INTO kept VALUES (1)")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let elsewhere = Store::open(&url).await.unwrap();
        let rows = elsewhere
            .conn()
            .execute_unprepared("UPDATE kept SET number = 2")
            .await
            .unwrap();
        assert_eq!(rows.rows_affected(), 1, "committed is committed");
    }

    #[test]
    fn a_full_disk_is_not_a_messages_fault() {
        for (code, expected) in [
            ("1555", true),   // SQLITE_CONSTRAINT_PRIMARYKEY
            ("19", true),     // SQLITE_CONSTRAINT
            ("13", false),    // SQLITE_FULL
            ("5", false),     // SQLITE_BUSY
            ("778", false),   // SQLITE_IOERR_WRITE
            ("22021", true),  // character not in repertoire
            ("23505", true),  // unique violation
            ("53100", false), // disk full
            ("40P01", false), // deadlock
            ("", false),
        ] {
            assert_eq!(is_of_content(code), expected, "{code}");
        }
    }
}
