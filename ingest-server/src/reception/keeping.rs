//! Ends what has been kept long enough: so many days after a report's end its contact and pseudonym go,
//! unless the law holds them. And seals anew what lies under an older key.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::follow::stage_of;
use super::{Reception, ReceptionError};
use crate::people::vault::Sealed;
use crate::store::entity::citizen_contact;
use crate::store::{self, PlacedReport};
use crate::telemetry::CITIZEN_ERASURES;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(3_600);
/// Rows of one turn.
const AT_ONCE: u64 = 200;

/// Keeps house until it is told to stop.
pub async fn run(reception: Reception, stop: CancellationToken) {
    reception.cleaner.sweep().await;
    while !stop.is_cancelled() {
        if let Err(error) = reception.keep_house(Timestamp::now()).await {
            tracing::error!(error = %error, "what citizens told could not be kept in order; trying again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

impl Reception {
    /// Anonymises what is due, and seals anew what lies under an older key.
    ///
    /// # Errors
    /// [`ReceptionError`]; what was done before it stands.
    pub async fn keep_house(&self, now: Timestamp) -> Result<(), ReceptionError> {
        let mut after = String::new();
        loop {
            let rows =
                store::citizen_reports_with_contact(&self.store, &after, now, AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            for placed in store::with_incidents(&self.store, rows).await? {
                if is_due(&placed, now) {
                    self.anonymise(&placed.report.id, now).await?;
                }
            }
        }
        self.seal_anew().await
    }

    /// Erases a report's contact and pseudonym.
    ///
    /// # Errors
    /// [`ReceptionError::Held`], [`ReceptionError::NotFound`], [`ReceptionError::Store`].
    pub async fn anonymise(&self, report: &str, now: Timestamp) -> Result<(), ReceptionError> {
        let tx = self.store.begin().await?;
        let row = store::citizen_report(&tx, report).await?;
        let row = row.ok_or(ReceptionError::NotFound)?;
        if let Some(why) = row.hold {
            return Err(ReceptionError::Held(why));
        }
        if row.anonymised_at.is_some() {
            return Ok(());
        }
        store::anonymise_citizen_report(&tx, &self.model, &row, now).await?;
        tx.commit().await?;
        metrics::counter!(CITIZEN_ERASURES, "what" => "contact").increment(1);
        Ok(())
    }

    async fn seal_anew(&self) -> Result<(), ReceptionError> {
        let mut count = 0_usize;
        loop {
            let rows = store::contacts_not_under(&self.store, self.vault.key_id(), AT_ONCE).await?;
            let mut done = 0_usize;
            for row in rows {
                let sealed = Sealed {
                    key_id: row.key_id.clone(),
                    text: row.sealed.clone(),
                };
                let contact = match self.vault.open(&row.report_id, &sealed) {
                    Ok(contact) => contact,
                    Err(error) => {
                        tracing::error!(
                            report.id = row.report_id, key = row.key_id, error = %error,
                            "a contact cannot be opened; put its key back into the file of keys"
                        );
                        continue;
                    }
                };
                let sealed = self.vault.seal(&row.report_id, &contact)?;
                let tx = self.store.begin().await?;
                // It may have been erased meanwhile; what was erased stays so.
                if store::contact_of_report(&tx, &row.report_id)
                    .await?
                    .is_some()
                {
                    let row = citizen_contact::Model {
                        key_id: sealed.key_id,
                        sealed: sealed.text,
                        ..row
                    };
                    store::put_contact(&tx, row).await?;
                    tx.commit().await?;
                }
                done += 1;
            }
            count += done;
            if done == 0 {
                break;
            }
        }
        if count > 0 {
            tracing::info!(
                contacts = count,
                key = self.vault.key_id(),
                "contacts were sealed anew"
            );
        }
        Ok(())
    }
}

/// Whether the days after a report's end are over.
fn is_due(placed: &PlacedReport, now: Timestamp) -> bool {
    let days = SignedDuration::from_hours(24 * placed.report.keep_days.max(0));
    let ended = Timestamp::from_microsecond(placed.incident.updated_at).unwrap_or(now);
    stage_of(&placed.incident).is_closed() && now.duration_since(ended) >= days
}
