//! The outbox on disk: one SQLite file (WAL, `synchronous=FULL`) and one folder of evidence files.
//!
//! The only file with SQL, beside its schema. Each public function is one transaction: after it returns, a power cut
//! changes nothing of what it did. Space is counted by triggers in the same transaction, so the
//! bounds hold over a crash too. What does not belong here: when to send (`window`, `uploader`).

use std::collections::HashSet;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::v1::{
    AutoReport, EventId, Evidence, EvidenceId, EvidenceKind, Phase, RefusalReason, Severity,
};
use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};
use tokio::sync::Notify;

use super::record::{
    Acked, Filed, Filing, Limits, Loss, LostThing, OpenEvent, StoredReport, Tally, Upload,
    evidence_file, severity_rank, upload_priority,
};
use crate::report::journal::OutboxId;
use crate::telemetry::{metric, phase_word};

/// Filed event ids that are remembered, the newest; about 5 MiB with their index. It is a number
/// and no age: an event must not be filed again however long the agent was off.
pub const FILED_EVENTS_KEPT: u64 = 40_000;

const DATABASE_FILE: &str = "outbox.db";
const EVIDENCE_FOLDER: &str = "evidence";

const SCHEMA: &str = include_str!("store/schema.sql");

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

/// The outbox on disk.
#[derive(Debug)]
pub struct Store {
    pool: SqlitePool,
    id: OutboxId,
    folder: PathBuf,
    limits: Limits,
    report_filed: Notify,
    upload_ready: Notify,
}

type Tx = Transaction<'static, Sqlite>;

impl Store {
    /// Opens or makes the outbox below `data_dir`. Pending reports for a topic other than `topic`
    /// (the agent was enrolled anew under another name) become dead letters.
    ///
    /// # Errors
    /// [`StoreError::Open`] and [`StoreError::File`] name the path.
    pub async fn open(data_dir: &Path, topic: &str, limits: Limits) -> Result<Self, StoreError> {
        let folder = data_dir.join(EVIDENCE_FOLDER);
        // Pictures of a street are nobody else's business.
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.map_err(|source| StoreError::File {
            verb: "create",
            path: folder.clone(),
            source,
        })?;
        let path = data_dir.join(DATABASE_FILE);
        let pool = open_pool(&path).await.map_err(|source| StoreError::Open {
            path: path.clone(),
            source,
        })?;
        let (id,) = sqlx::query_as("SELECT id FROM identity")
            .fetch_one(&pool)
            .await?;
        let store = Self {
            pool,
            id: OutboxId::new(id),
            folder,
            limits,
            report_filed: Notify::new(),
            upload_ready: Notify::new(),
        };
        store.set_aside_other_topics(topic).await?;
        Ok(store)
    }

    /// The name that this outbox was given when it was made.
    #[must_use]
    pub const fn id(&self) -> &OutboxId {
        &self.id
    }

    /// Keeps one revision, the files it seals, and the event's state for a restart.
    ///
    /// # Errors
    /// [`StoreError::Full`] where the disk is; nothing was kept then, and the caller tries again.
    pub async fn file(&self, filing: &Filing<'_>) -> Result<Filed, StoreError> {
        let Filing {
            message,
            report,
            last_seen,
        } = filing;
        let mut tx = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO reports (event_id, revision, phase, severity, topic, payload, signature, \
             sha256, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(message.event_id.to_string())
        .bind(message.revision)
        .bind(phase_word(message.phase))
        .bind(severity_rank(message.severity))
        .bind(&message.topic)
        .bind(message.payload.as_ref())
        .bind(&message.signature)
        .bind(&message.sha256)
        .bind(now_ms())
        .execute(&mut *tx)
        .await?;
        self.keep_uploads(&mut tx, report).await?;
        keep_event(&mut tx, report, *last_seen).await?;
        remember_filed(&mut tx, message.event_id).await?;
        let (filed, files) = self.shrink_reports(&mut tx).await?;
        tx.commit().await?;
        self.remove_files(&files);
        self.report_filed.notify_one();
        count_losses(&filed.lost);
        Ok(filed)
    }

    /// Pending reports after `seq`, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending_after(
        &self,
        seq: i64,
        most: usize,
    ) -> Result<Vec<StoredReport>, StoreError> {
        let rows: Vec<ReportRow> = sqlx::query_as(
            "SELECT seq, event_id, revision, topic, payload, signature FROM reports \
             WHERE seq > ? AND refusal IS NULL ORDER BY seq LIMIT ?",
        )
        .bind(seq)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(stored_report).collect())
    }

    /// One pending report; `None` where it was answered or let go.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending(&self, seq: i64) -> Result<Option<StoredReport>, StoreError> {
        let row: Option<ReportRow> = sqlx::query_as(
            "SELECT seq, event_id, revision, topic, payload, signature FROM reports \
             WHERE seq = ? AND refusal IS NULL",
        )
        .bind(seq)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(stored_report))
    }

    /// Forgets the report of exactly these bytes: the server has committed it. Its evidence may be
    /// uploaded from now on. `None` where no pending report has this hash.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn stored(&self, sha256: &str) -> Result<Option<Acked>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let row: Option<(i64, String, u32)> = sqlx::query_as(
            "DELETE FROM reports WHERE sha256 = ? AND refusal IS NULL RETURNING seq, event_id, revision",
        )
        .bind(sha256)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((seq, event_id, revision)) = row else {
            return Ok(None);
        };
        sqlx::query("UPDATE uploads SET ready = 1 WHERE event_id = ? AND sealed_in <= ?")
            .bind(&event_id)
            .bind(revision)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.upload_ready.notify_one();
        Ok(Some(Acked {
            seq,
            event_id,
            revision,
        }))
    }

    /// Keeps the report of exactly these bytes as a dead letter. `None` where none is pending.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn refused(
        &self,
        sha256: &str,
        reason: RefusalReason,
    ) -> Result<Option<Acked>, StoreError> {
        let row: Option<(i64, String, u32)> = sqlx::query_as(
            "UPDATE reports SET refusal = ? WHERE sha256 = ? AND refusal IS NULL \
             RETURNING seq, event_id, revision",
        )
        .bind(reason.as_str())
        .bind(sha256)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(seq, event_id, revision)| Acked {
            seq,
            event_id,
            revision,
        }))
    }

    /// The events that ever had a revision here: the newest [`FILED_EVENTS_KEPT`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn filed_events(&self) -> Result<HashSet<EventId>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT event_id FROM filed")
            .fetch_all(&self.pool)
            .await?;
        // Written by this file and nobody else, so the ids always parse.
        Ok(rows.iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// Events that were neither cleared nor settled when the last run ended.
    ///
    /// # Errors
    /// [`StoreError::Row`] where one cannot be read.
    pub async fn unsettled_events(&self) -> Result<Vec<OpenEvent>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT report, last_seen FROM events WHERE unsettled = 1 ORDER BY event_id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|(report, last_seen)| open_event(report, *last_seen))
            .collect()
    }

    /// The last revision of one event, where its evidence is still here.
    ///
    /// # Errors
    /// [`StoreError::Row`] where it cannot be read.
    pub async fn event(&self, event: EventId) -> Result<Option<OpenEvent>, StoreError> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT report, last_seen FROM events WHERE event_id = ?")
                .bind(event.to_string())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|(report, last_seen)| open_event(&report, last_seen))
            .transpose()
    }

    /// Makes room for `bytes` more of evidence, and says whose evidence had to go: the oldest
    /// clips of the lowest severity first, never one of higher severity than `severity`.
    /// `None` where there is no room without that; nothing went then.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn make_room(
        &self,
        bytes: u64,
        severity: Severity,
    ) -> Result<Option<Vec<Upload>>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let mut gone = Vec::new();
        while space(&mut tx, "evidence").await? + bytes > self.limits.evidence_bytes {
            let row: Option<UploadRow> = sqlx::query_as(
                "DELETE FROM uploads WHERE evidence_id = (SELECT evidence_id FROM uploads \
                 WHERE severity <= ? ORDER BY (priority < 2), severity, created, evidence_id LIMIT 1) \
                 RETURNING evidence_id, event_id, file, bytes, sha256, severity",
            )
            .bind(severity_rank(severity))
            .fetch_optional(&mut *tx)
            .await?;
            // Dropping the transaction rolls it back.
            let Some(row) = row else { return Ok(None) };
            count_loss(&mut tx, LostThing::Evidence, row.5, 1).await?;
            gone.extend(self.upload(row));
        }
        tx.commit().await?;
        let files: Vec<PathBuf> = gone.iter().map(|upload| upload.path.clone()).collect();
        self.remove_files(&files);
        if !gone.is_empty() {
            count_losses(&[(LostThing::Evidence, gone.len() as u64)]);
        }
        Ok(Some(gone))
    }

    /// The next files to upload, the most urgent first: stills before clips.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn ready_uploads(&self, most: u32) -> Result<Vec<Upload>, StoreError> {
        let rows: Vec<UploadRow> = sqlx::query_as(
            "SELECT evidence_id, event_id, file, bytes, sha256, severity FROM uploads \
             WHERE ready = 1 ORDER BY priority, severity DESC, created LIMIT ?",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| self.upload(row))
            .collect())
    }

    /// The server has the file: forgets it here, row first, so that a crash in between leaves an
    /// orphan for the next start and never a row without its file.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn uploaded(&self, upload: &Upload) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("DELETE FROM uploads WHERE evidence_id = ?")
            .bind(upload.evidence_id.to_string())
            .execute(&mut *tx)
            .await?;
        forget_if_finished(&mut tx, &upload.event_id.to_string()).await?;
        tx.commit().await?;
        self.remove_files(std::slice::from_ref(&upload.path));
        Ok(())
    }

    /// Gives up a file that cannot be uploaded, and counts it as lost.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn give_up(&self, upload: &Upload) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let row: Option<(i64,)> =
            sqlx::query_as("DELETE FROM uploads WHERE evidence_id = ? RETURNING severity")
                .bind(upload.evidence_id.to_string())
                .fetch_optional(&mut *tx)
                .await?;
        let Some((severity,)) = row else {
            return Ok(());
        };
        count_loss(&mut tx, LostThing::Evidence, severity, 1).await?;
        tx.commit().await?;
        self.remove_files(std::slice::from_ref(&upload.path));
        count_losses(&[(LostThing::Evidence, 1)]);
        Ok(())
    }

    /// Removes files of the evidence folder that no row knows, and returns their names.
    ///
    /// # Errors
    /// [`StoreError::File`] where the folder cannot be read.
    pub async fn remove_orphans(&self) -> Result<Vec<String>, StoreError> {
        let known: Vec<(String,)> = sqlx::query_as("SELECT file FROM uploads")
            .fetch_all(&self.pool)
            .await?;
        let unreadable = |source| StoreError::File {
            verb: "list",
            path: self.folder.clone(),
            source,
        };
        let mut orphans = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(unreadable)? {
            let name = entry
                .map_err(unreadable)?
                .file_name()
                .to_string_lossy()
                .into_owned();
            if !known.iter().any(|(file,)| *file == name) {
                self.remove_files(&[self.folder.join(&name)]);
                orphans.push(name);
            }
        }
        Ok(orphans)
    }

    /// Where a piece of evidence is written before the revision that seals it is filed.
    #[must_use]
    pub fn evidence_path(&self, id: EvidenceId, kind: EvidenceKind) -> PathBuf {
        self.folder.join(evidence_file(id, kind))
    }

    /// The gap report: everything the policy ever let go.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn losses(&self) -> Result<Vec<Loss>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT what, SUM(count) FROM losses GROUP BY what ORDER BY what")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows
            .into_iter()
            .map(|(what, count)| Loss {
                what,
                count: count.unsigned_abs(),
            })
            .collect())
    }

    /// How full the outbox is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tally(&self) -> Result<Tally, StoreError> {
        let row: (i64, i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM reports WHERE refusal IS NULL), \
                    (SELECT COUNT(*) FROM reports WHERE refusal IS NOT NULL), \
                    (SELECT bytes FROM space WHERE what = 'reports'), \
                    (SELECT COUNT(*) FROM uploads), \
                    (SELECT bytes FROM space WHERE what = 'evidence')",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Tally {
            pending: row.0.unsigned_abs(),
            dead: row.1.unsigned_abs(),
            report_bytes: row.2.unsigned_abs(),
            uploads: row.3.unsigned_abs(),
            evidence_bytes: row.4.unsigned_abs(),
        })
    }

    /// Waits until a report was filed since the last call.
    pub(super) async fn report_filed(&self) {
        self.report_filed.notified().await;
    }

    /// Waits until evidence may be uploaded since the last call.
    pub(super) async fn upload_ready(&self) {
        self.upload_ready.notified().await;
    }

    /// Closes the database, its log folded in.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn set_aside_other_topics(&self, topic: &str) -> Result<(), StoreError> {
        let moved = sqlx::query(
            "UPDATE reports SET refusal = 'other_agent' WHERE topic <> ? AND refusal IS NULL",
        )
        .bind(topic)
        .execute(&self.pool)
        .await?
        .rows_affected();
        if moved > 0 {
            tracing::warn!(
                reports = moved,
                "set aside reports of the name this agent was enrolled under before"
            );
        }
        Ok(())
    }

    /// A row for every sealed entry that has its file here and no row yet.
    async fn keep_uploads(&self, tx: &mut Tx, report: &AutoReport) -> Result<(), StoreError> {
        for entry in &report.evidence {
            let Evidence::Sealed {
                id,
                kind,
                bytes,
                sha256,
                ..
            } = entry
            else {
                continue;
            };
            let file = evidence_file(*id, *kind);
            // Revisions are cumulative: what an earlier one sealed may be uploaded already.
            if !self.folder.join(&file).exists() {
                continue;
            }
            sqlx::query(
                "INSERT INTO uploads (evidence_id, event_id, sealed_in, priority, severity, file, \
                 bytes, sha256, created, ready) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(id.to_string())
            .bind(report.event_id.to_string())
            .bind(report.revision)
            .bind(upload_priority(*kind))
            .bind(severity_rank(report.severity))
            .bind(file)
            .bind(i64::try_from(*bytes).unwrap_or(i64::MAX))
            .bind(sha256)
            .bind(now_ms())
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    /// Lets reports go until they fit their space; returns what went and which files went with it.
    async fn shrink_reports(&self, tx: &mut Tx) -> Result<(Filed, Vec<PathBuf>), StoreError> {
        let (mut filed, mut files) = (Filed::default(), Vec::new());
        while space(tx, "reports").await? > self.limits.report_bytes {
            let Some((what, severity, count)) = self.let_go(tx, &mut files).await? else {
                break;
            };
            count_loss(tx, what, severity, count).await?;
            filed.lost.push((what, count));
        }
        Ok((filed, files))
    }

    /// Lets the least of the reports go: a dead letter, a replaced update, or an event.
    async fn let_go(
        &self,
        tx: &mut Tx,
        files: &mut Vec<PathBuf>,
    ) -> Result<Option<(LostThing, i64, u64)>, StoreError> {
        let dead: Option<(i64,)> = sqlx::query_as(
            "DELETE FROM reports WHERE seq = (SELECT MIN(seq) FROM reports WHERE refusal IS NOT NULL) \
             RETURNING severity",
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some((severity,)) = dead {
            return Ok(Some((LostThing::DeadLetter, severity, 1)));
        }
        let update: Option<(i64,)> = sqlx::query_as(
            "DELETE FROM reports WHERE seq = (SELECT seq FROM reports AS r WHERE phase = 'updated' \
             AND EXISTS (SELECT 1 FROM reports WHERE event_id = r.event_id AND revision > r.revision) \
             ORDER BY seq LIMIT 1) RETURNING severity",
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some((severity,)) = update {
            return Ok(Some((LostThing::Update, severity, 1)));
        }
        let least: Option<(String, i64)> =
            sqlx::query_as("SELECT event_id, severity FROM reports ORDER BY severity, seq LIMIT 1")
                .fetch_optional(&mut **tx)
                .await?;
        let Some((event_id, severity)) = least else {
            return Ok(None);
        };
        sqlx::query("DELETE FROM reports WHERE event_id = ?")
            .bind(&event_id)
            .execute(&mut **tx)
            .await?;
        // Evidence of a revision that will never arrive can never be uploaded.
        let orphaned: Vec<(String,)> =
            sqlx::query_as("DELETE FROM uploads WHERE event_id = ? AND ready = 0 RETURNING file")
                .bind(&event_id)
                .fetch_all(&mut **tx)
                .await?;
        files.extend(orphaned.into_iter().map(|(file,)| self.folder.join(file)));
        forget_if_finished(tx, &event_id).await?;
        Ok(Some((LostThing::Event, severity, 1)))
    }

    fn upload(&self, row: UploadRow) -> Option<Upload> {
        let (evidence_id, event_id, file, bytes, sha256, _) = row;
        // Written by this file and nobody else, so the ids always parse.
        Some(Upload {
            evidence_id: evidence_id.parse().ok()?,
            event_id: event_id.parse().ok()?,
            path: self.folder.join(file),
            bytes: bytes.unsigned_abs(),
            sha256,
        })
    }

    fn remove_files(&self, files: &[PathBuf]) {
        for path in files {
            if let Err(error) = std::fs::remove_file(path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), %error, "cannot remove an evidence file");
            }
        }
    }
}

type ReportRow = (i64, String, u32, String, Vec<u8>, String);
type UploadRow = (String, String, String, i64, String, i64);

async fn open_pool(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // The agent's promise is that nothing filed is lost, not even to a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    // One connection: SQLite has one writer anyway, and so every caller sees the last commit.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    Ok(pool)
}

async fn keep_event(
    tx: &mut Tx,
    report: &AutoReport,
    last_seen: Timestamp,
) -> Result<(), StoreError> {
    let pending = report
        .evidence
        .iter()
        .any(|entry| matches!(entry, Evidence::Pending { .. }));
    let unsettled = report.phase != Phase::Cleared || pending;
    let event_id = report.event_id.to_string();
    sqlx::query(
        "INSERT INTO events (event_id, last_seen, unsettled, report) VALUES (?, ?, ?, ?) \
         ON CONFLICT (event_id) DO UPDATE SET last_seen = excluded.last_seen, \
         unsettled = excluded.unsettled, report = excluded.report",
    )
    .bind(&event_id)
    .bind(last_seen.as_millisecond())
    .bind(unsettled)
    .bind(serde_json::to_string(report).map_err(StoreError::Row)?)
    .execute(&mut **tx)
    .await?;
    forget_if_finished(tx, &event_id).await
}

/// Remembers that the event was filed, and forgets the oldest beyond the bound.
async fn remember_filed(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO filed (event_id) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(event.to_string())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM filed WHERE seq <= (SELECT MAX(seq) FROM filed) - ?")
        .bind(i64::try_from(FILED_EVENTS_KEPT).unwrap_or(i64::MAX))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An event's state is needed while it can change, and while its evidence may have to be let go.
async fn forget_if_finished(tx: &mut Tx, event_id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM events WHERE event_id = ?1 AND unsettled = 0 \
         AND NOT EXISTS (SELECT 1 FROM uploads WHERE event_id = ?1)",
    )
    .bind(event_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn space(tx: &mut Tx, what: &str) -> Result<u64, StoreError> {
    let (bytes,): (i64,) = sqlx::query_as("SELECT bytes FROM space WHERE what = ?")
        .bind(what)
        .fetch_one(&mut **tx)
        .await?;
    Ok(bytes.unsigned_abs())
}

async fn count_loss(
    tx: &mut Tx,
    what: LostThing,
    severity: i64,
    count: u64,
) -> Result<(), StoreError> {
    let now = now_ms();
    sqlx::query(
        "INSERT INTO losses (what, severity, count, first, last) VALUES (?1, ?2, ?3, ?4, ?4) \
         ON CONFLICT (what, severity) DO UPDATE SET count = count + excluded.count, last = excluded.last",
    )
    .bind(what.as_str())
    .bind(severity)
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn count_losses(lost: &[(LostThing, u64)]) {
    for (what, count) in lost {
        metrics::counter!(metric::OUTBOX_LOST, "what" => what.as_str()).increment(*count);
        tracing::error!(
            what = what.as_str(),
            count,
            "the outbox is full and let something go; restore the connection to the server, or \
             raise `[outbox] max_bytes`"
        );
    }
}

fn stored_report((seq, event_id, revision, topic, payload, signature): ReportRow) -> StoredReport {
    StoredReport {
        seq,
        event_id,
        revision,
        topic,
        payload: payload.into(),
        signature,
    }
}

fn open_event(report: &str, last_seen: i64) -> Result<OpenEvent, StoreError> {
    Ok(OpenEvent {
        report: serde_json::from_str(report).map_err(StoreError::Row)?,
        last_seen: Timestamp::from_millisecond(last_seen).unwrap_or_default(),
    })
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests;
