//! Evidence files that wait for the server: one row and one file each.

use contract::v1::{AutoReport, Evidence, EvidenceId, EvidenceKind, LostThing, Severity};

use super::losses::{count_loss, log_losses};
use super::{Store, StoreError, Tx, events, now_ms, space};
use crate::outbox::record::{CLIP_PRIORITY, Upload, evidence_file, severity_rank, upload_priority};

impl Store {
    /// The name under which a piece of evidence is written before the revision that seals it is
    /// filed.
    #[must_use]
    pub fn evidence_name(id: EvidenceId, kind: EvidenceKind) -> String {
        evidence_file(id, kind)
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
        let mut tx = self.begin().await?;
        let mut gone = Vec::new();
        while space::used(&mut tx, "evidence").await? + bytes > self.limits.evidence_bytes {
            let row: Option<UploadRow> = sqlx::query_as(
                "DELETE FROM uploads WHERE evidence_id = (SELECT evidence_id FROM uploads \
                 WHERE severity <= ? ORDER BY (priority < ?), severity, created, evidence_id LIMIT 1) \
                 RETURNING evidence_id, event_id, file, bytes, sha256, severity",
            )
            .bind(severity_rank(severity))
            .bind(CLIP_PRIORITY)
            .fetch_optional(&mut *tx)
            .await?;
            // Dropping the transaction rolls it back.
            let Some(row) = row else { return Ok(None) };
            count_loss(&mut tx, LostThing::Evidence, row.5, 1).await?;
            gone.extend(Self::upload(row));
        }
        tx.commit().await?;
        let files: Vec<String> = gone.iter().map(|upload| upload.file.clone()).collect();
        self.remove_files(&files);
        if !gone.is_empty() {
            log_losses(&[(LostThing::Evidence, gone.len() as u64)]);
            self.report_filed.notify_one();
        }
        Ok(Some(gone))
    }

    /// The next files to upload beside those that are `busy`, the most urgent first: previews, then
    /// stills, then clips, and of each those of the highest severity.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn ready_uploads(
        &self,
        busy: &[EvidenceId],
        most: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        let busy: Vec<String> = busy.iter().map(|id| format!("\"{id}\"")).collect();
        let rows: Vec<UploadRow> = sqlx::query_as(
            "SELECT evidence_id, event_id, file, bytes, sha256, severity FROM uploads \
             WHERE ready = 1 AND evidence_id NOT IN (SELECT value FROM json_each(?)) \
             ORDER BY priority, severity DESC, created LIMIT ?",
        )
        .bind(format!("[{}]", busy.join(",")))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().filter_map(Self::upload).collect())
    }

    /// The server has the file: forgets it here, row first, so that a crash in between leaves an
    /// orphan for the next start and never a row without its file.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn uploaded(&self, upload: &Upload) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM uploads WHERE evidence_id = ?")
            .bind(upload.evidence_id.to_string())
            .execute(&mut *tx)
            .await?;
        events::forget_if_finished(&mut tx, &upload.event_id.to_string()).await?;
        tx.commit().await?;
        self.remove_files(std::slice::from_ref(&upload.file));
        Ok(())
    }

    /// Gives up a file that cannot be uploaded, and counts it as lost.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn give_up(&self, upload: &Upload) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
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
        self.remove_files(std::slice::from_ref(&upload.file));
        log_losses(&[(LostThing::Evidence, 1)]);
        self.report_filed.notify_one();
        Ok(())
    }

    /// A row for every sealed entry that has its file here and no row yet.
    pub(super) async fn keep_uploads(
        &self,
        tx: &mut Tx,
        report: &AutoReport,
    ) -> Result<(), StoreError> {
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
            if !self.files.contains(&file) {
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

    pub(super) fn remove_files(&self, files: &[String]) {
        for name in files {
            if let Err(error) = self.files.remove(name) {
                let path = self.files.folder().join(name);
                tracing::warn!(path = %path.display(), %error, "cannot remove an evidence file");
            }
        }
    }

    pub(super) fn upload(row: UploadRow) -> Option<Upload> {
        let (evidence_id, event_id, file, bytes, sha256, _) = row;
        // Written by this file and nobody else, so the ids always parse.
        Some(Upload {
            evidence_id: evidence_id.parse().ok()?,
            event_id: event_id.parse().ok()?,
            file,
            bytes: bytes.unsigned_abs(),
            sha256,
        })
    }
}

pub(super) type UploadRow = (String, String, String, i64, String, i64);
