//! Keeping rows and files of evidence in agreement, and old evidence from piling up.
//!
//! A start looks at names and lengths; `edge-agent check --store` reads every byte.

use contract::v1::LostThing;
use jiff::Timestamp;

use super::evidence::UploadRow;
use super::losses::{count_loss, log_losses};
use super::{Store, StoreError};
use crate::evidence::EvidenceFault;
use crate::outbox::record::Upload;

/// How closely files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Names and lengths: quick.
    Lengths,
    /// Every byte.
    Hashes,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Files that are as their reports say.
    pub sound: u64,
    /// Their bytes.
    pub sound_bytes: u64,
    /// Files that no report names, drafts that a crash left included.
    pub orphans: Vec<String>,
    /// Files that are not as their reports say, and why.
    pub faulty: Vec<(Upload, EvidenceFault)>,
}

impl Store {
    /// Compares the evidence files with what the reports say of them. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::File`] where the folder cannot be read.
    pub async fn check_evidence(&self, depth: Depth) -> Result<Findings, StoreError> {
        let rows: Vec<UploadRow> = sqlx::query_as(
            "SELECT evidence_id, event_id, file, bytes, sha256, severity FROM uploads \
             ORDER BY created, evidence_id",
        )
        .fetch_all(&self.pool)
        .await?;
        let uploads: Vec<Upload> = rows.into_iter().filter_map(Self::upload).collect();
        let files = self.files.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let mut findings = Findings {
                orphans: files.names()?,
                ..Findings::default()
            };
            findings
                .orphans
                .retain(|name| !uploads.iter().any(|upload| upload.file == *name));
            for upload in uploads {
                let fault = match depth {
                    Depth::Lengths => files.check_length(&upload.file, upload.bytes).map(drop),
                    Depth::Hashes => files.verify(&upload.file, upload.bytes, &upload.sha256),
                };
                match fault {
                    Ok(()) => {
                        findings.sound += 1;
                        findings.sound_bytes += upload.bytes;
                    }
                    Err(fault) => findings.faulty.push((upload, fault)),
                }
            }
            Ok::<_, std::io::Error>(findings)
        });
        let unreadable = |source| StoreError::File {
            verb: "list",
            path: self.files.folder().to_owned(),
            source,
        };
        let panicked = |_| std::io::Error::other("the check panicked");
        checked
            .await
            .map_err(panicked)
            .and_then(|checked| checked)
            .map_err(unreadable)
    }

    /// Removes these files, which no row names.
    pub fn remove_unnamed(&self, orphans: &[String]) {
        self.remove_files(orphans);
    }

    /// Lets go what has waited for the server since before `before`, and says what that was.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn expire(&self, before: Timestamp) -> Result<Vec<Upload>, StoreError> {
        let mut tx = self.begin().await?;
        let rows: Vec<UploadRow> = sqlx::query_as(
            "DELETE FROM uploads WHERE created < ? \
             RETURNING evidence_id, event_id, file, bytes, sha256, severity",
        )
        .bind(before.as_millisecond())
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            count_loss(&mut tx, LostThing::Evidence, row.5, 1).await?;
        }
        tx.commit().await?;
        let gone: Vec<Upload> = rows.into_iter().filter_map(Self::upload).collect();
        let files: Vec<String> = gone.iter().map(|upload| upload.file.clone()).collect();
        self.remove_files(&files);
        if !gone.is_empty() {
            log_losses(&[(LostThing::Evidence, gone.len() as u64)]);
            self.report_filed.notify_one();
        }
        Ok(gone)
    }
}
