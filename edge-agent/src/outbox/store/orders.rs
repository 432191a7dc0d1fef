//! What the server wants, kept over restarts: commands with their answers, and desired state.

use contract::v1::{Command, CommandId, Desired, Evidence, KeyId};

use super::{Store, StoreError, Tx, now_ms};
use crate::outbox::inbox::{Known, Ledger};
use crate::outbox::record::{evidence_file, upload_priority};
use crate::report::AnswerMessage;

/// Answered commands that are remembered, so that one that comes again gets its answer again.
const COMMANDS_KEPT: i64 = 1_000;
/// What a person asked for goes before what waits, and is let go as the least of it.
const ANSWER_SEVERITY: i64 = 0;

/// An answer that the server has not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::outbox) struct StoredAnswer {
    /// The exact bytes.
    pub(in crate::outbox) payload: Vec<u8>,
    /// The value of the signature property.
    pub(in crate::outbox) signature: String,
}

impl Store {
    /// What is known of the commands of one server, and of one of them.
    pub(in crate::outbox) async fn ledger(
        &self,
        issuer: &KeyId,
        id: CommandId,
    ) -> Result<Ledger, StoreError> {
        let last: Option<(i64,)> =
            sqlx::query_as("SELECT last_sequence FROM issuers WHERE key_id = ?")
                .bind(issuer.as_str())
                .fetch_optional(&self.pool)
                .await?;
        let known: Option<(i64,)> = sqlx::query_as("SELECT seq FROM commands WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(Ledger {
            last_sequence: last.map_or(0, |(last,)| last.unsigned_abs()),
            known: known.map_or(Known::No, |_| Known::Yes),
        })
    }

    /// Takes a command: from now on its number is used, and it waits to be carried out.
    pub(in crate::outbox) async fn keep_command(
        &self,
        issuer: &KeyId,
        command: &Command,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO issuers (key_id, last_sequence) VALUES (?1, ?2) \
             ON CONFLICT (key_id) DO UPDATE SET last_sequence = excluded.last_sequence",
        )
        .bind(issuer.as_str())
        .bind(i64::try_from(command.sequence).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await?;
        sqlx::query("INSERT INTO commands (id, command) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(command.id.to_string())
            .bind(serde_json::to_string(command).map_err(StoreError::Row)?)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "DELETE FROM commands WHERE confirmed = 1 \
             AND seq <= (SELECT MAX(seq) FROM commands) - ?",
        )
        .bind(COMMANDS_KEPT)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Commands without an answer, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Row`] where one cannot be read.
    pub async fn waiting_commands(&self) -> Result<Vec<Command>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT command FROM commands WHERE answer IS NULL ORDER BY seq")
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|(command,)| serde_json::from_str(command).map_err(StoreError::Row))
            .collect()
    }

    /// Keeps the answer to a command and the files it seals, once and for all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn answer(
        &self,
        command: CommandId,
        message: &AnswerMessage,
        evidence: &[Evidence],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let answered = sqlx::query(
            "UPDATE commands SET answer = ?, signature = ?, sha256 = ? \
             WHERE id = ? AND answer IS NULL",
        )
        .bind(message.payload.as_ref())
        .bind(&message.signature)
        .bind(&message.sha256)
        .bind(command.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if answered == 1 {
            for entry in evidence {
                keep_upload(&mut tx, command, entry).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// The answer to a command has to be sent again: the server asked again.
    pub(in crate::outbox) async fn answer_again(
        &self,
        command: CommandId,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE commands SET confirmed = 0 WHERE id = ?")
            .bind(command.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Answers that the server has not confirmed, oldest first.
    pub(in crate::outbox) async fn unconfirmed_answers(
        &self,
        most: u32,
    ) -> Result<Vec<StoredAnswer>, StoreError> {
        let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(
            "SELECT answer, signature FROM commands \
             WHERE answer IS NOT NULL AND confirmed = 0 ORDER BY seq LIMIT ?",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(payload, signature)| StoredAnswer { payload, signature })
            .collect())
    }

    /// The server has the answer of exactly these bytes, or refuses it for good: it is not sent
    /// again, and its evidence may be uploaded. `None` where no answer has this hash.
    pub(in crate::outbox) async fn answer_confirmed(
        &self,
        sha256: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut tx = self.begin().await?;
        let row: Option<(String,)> =
            sqlx::query_as("UPDATE commands SET confirmed = 1 WHERE sha256 = ? RETURNING id")
                .bind(sha256)
                .fetch_optional(&mut *tx)
                .await?;
        let Some((id,)) = row else { return Ok(None) };
        sqlx::query("UPDATE uploads SET ready = 1 WHERE event_id = ?")
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.upload_ready.notify_one();
        Ok(Some(id))
    }

    /// The newest desired state of one server.
    ///
    /// # Errors
    /// [`StoreError::Row`] where it cannot be read.
    pub async fn desired(&self, issuer: &KeyId) -> Result<Option<Desired>, StoreError> {
        let row: Option<(Option<String>,)> =
            sqlx::query_as("SELECT desired FROM issuers WHERE key_id = ?")
                .bind(issuer.as_str())
                .fetch_optional(&self.pool)
                .await?;
        row.and_then(|(desired,)| desired)
            .map(|desired| serde_json::from_str(&desired).map_err(StoreError::Row))
            .transpose()
    }

    pub(in crate::outbox) async fn keep_desired(
        &self,
        issuer: &KeyId,
        desired: &Desired,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO issuers (key_id, desired) VALUES (?1, ?2) \
             ON CONFLICT (key_id) DO UPDATE SET desired = excluded.desired",
        )
        .bind(issuer.as_str())
        .bind(serde_json::to_string(desired).map_err(StoreError::Row)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// A file that an answer seals waits like any other; the command stands where an event does.
async fn keep_upload(tx: &mut Tx, command: CommandId, entry: &Evidence) -> Result<(), StoreError> {
    let Evidence::Sealed {
        id,
        kind,
        bytes,
        sha256,
        ..
    } = entry
    else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO uploads (evidence_id, event_id, sealed_in, priority, severity, file, \
         bytes, sha256, created, ready) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, 0) \
         ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(command.to_string())
    .bind(upload_priority(*kind))
    .bind(ANSWER_SEVERITY)
    .bind(evidence_file(*id, *kind))
    .bind(i64::try_from(*bytes).unwrap_or(i64::MAX))
    .bind(sha256)
    .bind(now_ms())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
