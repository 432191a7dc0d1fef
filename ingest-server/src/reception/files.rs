//! What came with a report: what it is, what it says of itself, and encoded anew.

use bytes::Bytes;
use citizens::exif::{self, Taken};
use citizens::sniff::{Format, sniff};
use citizens::{Fault, Problem};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Reception, ReceptionError};
use crate::evidence::{CleanFile, Failure};
use crate::store;
use crate::store::entity::citizen_file;
use crate::telemetry::CITIZEN_FILES;

/// A file as it was sent; its name and its sender's word for it are not believed, and not kept.
#[derive(Debug, Clone)]
pub struct SentFile {
    /// The field it came in.
    pub field: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A file that will not do.
pub type FileFault = Fault;

/// What a file says of itself.
#[derive(Debug, Clone, Default)]
struct OwnWord {
    taken_at: Option<String>,
    place: Option<(f64, f64)>,
    error_m: Option<f64>,
}

impl Reception {
    /// Encodes files anew and stores their bytes; the rows are the caller's to store.
    ///
    /// # Errors
    /// [`ReceptionError::Fields`] with every file that will not do, [`ReceptionError::Files`].
    pub(super) async fn take_files(
        &self,
        report: &str,
        sent: &[SentFile],
    ) -> Result<Vec<citizen_file::Model>, ReceptionError> {
        let mut faults = Vec::new();
        if sent.len() > self.config.max_files {
            faults.push(Fault::new("file", Problem::TooMany));
        }
        let mut formats = Vec::new();
        for file in sent {
            match self.format_of(file) {
                Ok(format) => formats.push(format),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            metrics::counter!(CITIZEN_FILES, "outcome" => "refused").increment(1);
            return Err(ReceptionError::Fields(faults));
        }
        let mut rows = Vec::new();
        for (position, (file, format)) in (0..).zip(sent.iter().zip(formats)) {
            let clean = self.cleaner.clean(&file.bytes, format).await;
            let outcome = clean
                .as_ref()
                .map_or_else(|failure| failure.as_str(), |_| "stored");
            metrics::counter!(CITIZEN_FILES, "outcome" => outcome).increment(1);
            match clean {
                Ok(clean) => rows.push(row(report, position, file, clean)),
                Err(failure) => faults.push(fault_of(file, failure)?),
            }
        }
        if faults.is_empty() {
            Ok(rows)
        } else {
            Err(ReceptionError::Fields(faults))
        }
    }

    fn format_of(&self, file: &SentFile) -> Result<Format, Fault> {
        let fault = |problem| Fault::new(&file.field, problem);
        let format = sniff(&file.bytes).ok_or_else(|| fault(Problem::FileKind))?;
        let most = if format.is_video() {
            self.config.max_video_bytes
        } else {
            self.config.max_picture_bytes
        };
        if file.bytes.len() > most {
            return Err(fault(Problem::FileTooLarge));
        }
        Ok(format)
    }
}

/// What of a failure is the file's own doing.
impl Reception {
    /// Where the redacted copy of a picture lies, and how long it is. It is made when it is first asked for.
    ///
    /// # Errors
    /// [`ReceptionError::Masked`] where there can be none, and [`ReceptionError::Store`].
    pub async fn redacted(
        &self,
        file: &citizen_file::Model,
    ) -> Result<(String, u64), ReceptionError> {
        if let (Some(key), Some(bytes)) = (&file.redacted_key, file.redacted_bytes) {
            return Ok((key.clone(), bytes.unsigned_abs()));
        }
        if file.mime != "image/jpeg" {
            return Err(ReceptionError::Masked("no_redacted_copy"));
        }
        let made = self
            .cleaner
            .redact(&file.object_key, file.bytes.unsigned_abs())
            .await
            .map_err(|failure| ReceptionError::Masked(failure.as_str()))?;
        let tx = self.store.begin().await?;
        let bytes = i64::try_from(made.bytes).unwrap_or(i64::MAX);
        let kept = store::put_redacted_file(&tx, &file.id, (&made.object_key, bytes)).await?;
        tx.commit().await?;
        if !kept {
            // It was erased while the copy was made.
            if let Err(failure) = self.cleaner.forget(&made.object_key).await {
                tracing::error!(
                    report.id = file.report_id, object = made.object_key, error = %failure,
                    "a file of an erased report could not be removed; remove it by hand"
                );
            }
            return Err(ReceptionError::NotFound);
        }
        Ok((made.object_key, made.bytes))
    }
}

fn fault_of(file: &SentFile, failure: Failure) -> Result<Fault, ReceptionError> {
    let problem = match failure {
        Failure::UnknownCodec => Problem::FileKind,
        Failure::BadSize | Failure::TooLong | Failure::TimeLimit => Problem::FileTooBig,
        Failure::Unreadable | Failure::Undecodable | Failure::Crashed => Problem::FileDamaged,
        _ => return Err(ReceptionError::Files(failure)),
    };
    Ok(Fault::new(&file.field, problem))
}

fn row(report: &str, position: i64, sent: &SentFile, clean: CleanFile) -> citizen_file::Model {
    let own = own_word(&sent.bytes);
    citizen_file::Model {
        id: Uuid::now_v7().to_string(),
        report_id: report.to_owned(),
        position,
        mime: clean.mime.to_owned(),
        bytes: i64::try_from(clean.bytes).unwrap_or(i64::MAX),
        sha256: clean.sha256,
        original_sha256: hex::encode(Sha256::digest(&sent.bytes)),
        perceptual: clean.perceptual.map(|hash| format!("{hash:016x}")),
        width: clean.size.map(|(width, _)| i64::from(width)),
        height: clean.size.map(|(_, height)| i64::from(height)),
        object_key: clean.object_key,
        taken_at: own.taken_at,
        taken_lat: own.place.map(|(lat, _)| lat),
        taken_lon: own.place.map(|(_, lon)| lon),
        taken_error_m: own.error_m,
        redacted_key: None,
        redacted_bytes: None,
    }
}

fn own_word(bytes: &[u8]) -> OwnWord {
    let facts = exif::read(bytes);
    OwnWord {
        taken_at: facts.taken.map(|taken| match taken {
            Taken::At(moment) => moment.to_string(),
            Taken::Local(local) => local.to_string(),
        }),
        place: facts.place,
        error_m: facts.error_m,
    }
}
