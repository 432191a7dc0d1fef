//! The queue's work: a copy is taken up, held while it is made, and its end written down.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::failure::{Failure, Prospect};
use super::{Came, Workshop};
use crate::changes::Change;
use crate::custody::{Act, Detail, WORKSHOP};
use crate::store::{self, ClaimedCopy, CopyMade, CustodyEntry, EvidenceOwner, StoreError};
use crate::telemetry::{COPIES, COPIES_WAITING};

/// How often a copy is begun before it is given up.
const MAX_ATTEMPTS: i64 = 4;
/// How long the queue is left alone where nothing was put into it by this server.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// For how long a copy belongs to who makes it, unless he says again that he is at it.
const HOLD: SignedDuration = SignedDuration::from_mins(2);
/// How often he says so.
const SAY_AGAIN: Duration = Duration::from_secs(40);

/// Why nothing came of a turn.
#[derive(Debug, thiserror::Error)]
enum TurnError {
    #[error("the queue of copies failed")]
    Store(#[from] StoreError),
    #[error("the folder for unfinished copies cannot be used")]
    Folder(#[source] std::io::Error),
}

impl Workshop {
    /// Makes whatever the queue asks for, until `stop`. A copy that is under way then goes back into
    /// the queue.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.turn(&stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    metrics::counter!(COPIES, "copy" => "any", "outcome" => "queue").increment(1);
                    tracing::error!(error = %chain(&error), "the queue of copies cannot be worked; trying again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Takes up one copy; says whether there was one.
    async fn turn(&self, stop: &CancellationToken) -> Result<bool, TurnError> {
        let now = Timestamp::now();
        let tx = self.store.begin().await?;
        let claimed = store::claim_copy(&tx, now, now + HOLD).await?;
        tx.commit().await?;
        let waiting = store::due_copies(&self.store).await?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge shows a float")]
        let waiting = waiting as f64;
        metrics::gauge!(COPIES_WAITING).set(waiting);
        let Some(copy) = claimed else {
            return Ok(false);
        };
        if copy.attempts > MAX_ATTEMPTS {
            // Who began it the last time died of it.
            self.write_down(&copy, Err(Failure::Crashed)).await?;
            return Ok(true);
        }
        let scratch = Scratch::new(&self.folder).map_err(TurnError::Folder)?;
        let came = tokio::select! {
            came = self.make(&copy, scratch.path()) => came,
            failed = self.hold(&copy) => return Err(failed),
            () = stop.cancelled() => {
                let tx = self.store.begin().await?;
                store::put_back_copy(&tx, &copy, Timestamp::now()).await?;
                tx.commit().await?;
                return Ok(false);
            }
        };
        self.write_down(&copy, came).await?;
        Ok(true)
    }

    /// Says again and again that the copy is being made; ends only where that fails.
    async fn hold(&self, copy: &ClaimedCopy) -> TurnError {
        loop {
            tokio::time::sleep(SAY_AGAIN).await;
            if let Err(error) = self.say_again(copy).await {
                return error.into();
            }
        }
    }

    async fn say_again(&self, copy: &ClaimedCopy) -> Result<(), StoreError> {
        let tx = self.store.begin().await?;
        store::hold_copy(&tx, copy, Timestamp::now() + HOLD).await?;
        tx.commit().await
    }

    /// Row, custody log, metric, log line; then whoever looks on is told.
    async fn write_down(
        &self,
        copy: &ClaimedCopy,
        result: Result<Came, Failure>,
    ) -> Result<(), TurnError> {
        let now = Timestamp::now();
        let tx = self.store.begin().await?;
        let outcome = match &result {
            Ok(Came::Made(made)) => {
                store::copy_made(&tx, copy, made, now).await?;
                note(&tx, copy, Act::Derived, of_copy(copy, made), now).await?;
                "made"
            }
            Ok(Came::NotNeeded) => {
                store::copy_not_needed(&tx, copy).await?;
                "not_needed"
            }
            Err(failure) => {
                let again = again(copy, *failure, now);
                store::copy_failed(&tx, copy, failure.as_str(), again).await?;
                if again.is_none() {
                    let detail = Detail {
                        reason: Some(failure.as_str().to_owned()),
                        ..Detail::default()
                    };
                    note(&tx, copy, Act::NotDerived, detail, now).await?;
                }
                tell_failure(copy, *failure, again);
                failure.as_str()
            }
        };
        let change = match EvidenceOwner::of(&copy.piece)? {
            EvidenceOwner::Event(event) => store::touch_incident_of_event(&tx, event, now).await?,
            EvidenceOwner::Command(id) => copy
                .piece
                .agent
                .parse()
                .ok()
                .map(|agent| Change::Command { agent, id }),
        };
        tx.commit().await?;
        metrics::counter!(COPIES, "copy" => copy.kind.as_str(), "outcome" => outcome).increment(1);
        if let Some(change) = change {
            self.changes.announce(change);
        }
        Ok(())
    }
}

async fn note(
    tx: &store::Tx,
    copy: &ClaimedCopy,
    act: Act,
    detail: Detail,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = CustodyEntry {
        actor: WORKSHOP.to_owned(),
        act,
        copy: Some(copy.kind),
        detail,
    };
    store::append_custody(tx, &copy.piece, entry, now).await
}

fn of_copy(copy: &ClaimedCopy, made: &CopyMade) -> Detail {
    Detail {
        sha256: Some(made.sha256.clone()),
        derived_from: Some(copy.source_sha256.clone()),
        bytes: Some(made.bytes),
        program: Some(made.program.clone()),
        method: Some(made.method.clone()),
        offender: made.offender.clone(),
        ..Detail::default()
    }
}

/// When a copy that failed is begun again: after one, two, four minutes.
fn again(copy: &ClaimedCopy, failure: Failure, now: Timestamp) -> Option<Timestamp> {
    let may = failure.prospect() == Prospect::Again && copy.attempts < MAX_ATTEMPTS;
    may.then(|| {
        let doublings = u32::try_from(copy.attempts - 1).unwrap_or(0).min(8);
        now + SignedDuration::from_mins(1 << doublings)
    })
}

fn tell_failure(copy: &ClaimedCopy, failure: Failure, again: Option<Timestamp>) {
    let (event, piece) = (&copy.piece.event_id, &copy.piece.id);
    let (kind, reason) = (copy.kind.as_str(), failure.as_str());
    match again {
        Some(again) => tracing::warn!(
            event.id = event, evidence.id = piece, copy = kind, reason, attempt = copy.attempts,
            again = %again, error = %failure, "a copy of evidence could not be made; trying again"
        ),
        None => tracing::error!(
            event.id = event, evidence.id = piece, copy = kind, reason, attempt = copy.attempts,
            error = %failure, "a copy of evidence will not be made"
        ),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// A folder of its own for one copy. Empty at the beginning, whatever a crash left; gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join("scratch");
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(error = %error, "a scratch folder stays until the next copy");
        }
    }
}
