//! The post of a month: on its day each target that asks for it gets the list of its unit, once, and it is tried until
//! the other side takes it.
//!
//! Any number of servers share the work: a letter is made by whoever is first, and held by a lease while it is sent.
//! What does not belong here: what stands in a list ([`super::overdue`]).

use std::time::Duration;

use casework::overdue::Month;
use casework::unit::UnitId;
use contract::v1::{CloudEvent, EventType, Topic, UnitLetter, UnitOverdue, encode, sign};
use jiff::{SignedDuration, Timestamp};
use notice::delivery::{Attempted, Overtaken, Patience, Verdict, after_failure};
use notice::target::{self, Occasion, Target};
use notice::{Channel, Failure};
use tokio_util::sync::CancellationToken;

use super::Dispatch;
use super::email::{Attachment, Mail};
use super::letter::SOURCE;
use super::overdue::{Listing, overdue_in};
use super::reach::{Broker, JSON_MEDIA_TYPE};
use super::webhook::Request;
use crate::intake::{Connected, Parcel, Shelf};
use crate::office::Office;
use crate::store::{self, Letter, LetterOutcome, NewLetter, StoreError};
use crate::telemetry::{LETTERS, LETTERS_DEAD};
use crate::words::Language;

/// How often it is looked whether a month's lists are to be made, or one is to be sent.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long a server may be at one letter; longer than any attempt takes.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// How long a letter is tried: a mail server may be away over a holiday.
const PATIENCE: Patience = Patience {
    first: Duration::from_secs(60),
    longest: Duration::from_secs(3_600),
    give_up_after: Duration::from_secs(14 * 86_400),
};

/// Sends the post until it is told to stop.
pub(super) async fn run(dispatch: Dispatch, broker: Broker, stop: CancellationToken) {
    loop {
        if let Err(error) = dispatch.work_post(&broker, Timestamp::now()).await {
            tracing::error!(error = %error, "the monthly lists of units could not be worked; trying again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

impl Dispatch {
    /// Makes the lists that are to be there by now, and tries those that wait.
    async fn work_post(&self, broker: &Broker, now: Timestamp) -> Result<(), StoreError> {
        self.make_letters(now).await?;
        while self.send_letter(broker, now).await? {}
        Ok(())
    }

    /// Makes the lists of the newest month that is due, for each target that asks for one and has none. Says how many
    /// were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn make_letters(&self, now: Timestamp) -> Result<usize, StoreError> {
        let asks = |target: &&Target| target.sends_on(Occasion::OverdueList);
        if !self.targets().targets.iter().any(|target| asks(&target)) {
            return Ok(0);
        }
        let store = &self.0.store;
        let office = self.0.offices.in_force(store).await?;
        let policy = &office.policy;
        let month = policy.overdue_lists.newest(now, &policy.zone);
        let mut made = 0;
        for target in self.targets().targets.iter().filter(asks) {
            if !store::letter_is_made(store, target.name.as_str(), month).await? {
                made += usize::from(self.make_letter(&office, target, month, now).await?);
            }
        }
        Ok(made)
    }

    async fn make_letter(
        &self,
        office: &Office,
        target: &Target,
        month: Month,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // A name that no unit of the policy can have has nothing.
        let items = match UnitId::new(target.unit.as_str()) {
            Ok(unit) => items_of(self, office, &unit, month).await?,
            Err(_) => Vec::new(),
        };
        let new = NewLetter {
            target: target.name.as_str(),
            unit: &target.unit,
            month,
            items: &items,
        };
        let tx = self.0.store.begin().await?;
        let made = store::insert_letter(&tx, &new, now).await?;
        tx.commit().await?;
        if made {
            metrics::counter!(LETTERS, "outcome" => "made").increment(1);
        }
        Ok(made)
    }

    /// Tries the letter that waits longest, and says whether there was one.
    async fn send_letter(&self, broker: &Broker, now: Timestamp) -> Result<bool, StoreError> {
        let until = now.saturating_add(LEASE).unwrap_or(now);
        let tx = self.0.store.begin().await?;
        let claimed = store::claim_letter(&tx, now, until).await?;
        tx.commit().await?;
        let Some(letter) = claimed else {
            return Ok(false);
        };
        let office = self.0.offices.in_force(&self.0.store).await?;
        let tried = self.bring(broker, &office, &letter, now).await;
        let outcome = match tried {
            Ok(()) => LetterOutcome::Sent,
            Err(failure) => after(&letter, failure, now),
        };
        let tx = self.0.store.begin().await?;
        let ours = store::letter_tried(&tx, &letter, outcome, Timestamp::now()).await?;
        tx.commit().await?;
        if ours {
            tell(&letter, outcome);
        }
        Ok(true)
    }

    /// Tries once.
    async fn bring(
        &self,
        broker: &Broker,
        office: &Office,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let target = self
            .targets()
            .get(&letter.target)
            .ok_or(Failure::NoTarget)?;
        let listing = Listing {
            language: match target.language {
                target::Language::Vi => Language::Vietnamese,
                target::Language::En => Language::English,
            },
            unit: Some(letter.unit.as_str()),
            month: letter.month,
            items: &letter.items,
            zone: office.policy.zone.clone(),
        };
        match &target.channel {
            Channel::Mqtt(_) => {
                if broker.health.borrow().broker != Connected::Yes {
                    return Err(Failure::Unreachable);
                }
                let payload = message(letter, &listing)?;
                let topic = Topic::UnitIncidents(letter.unit.clone()).to_string();
                let parcel = Parcel {
                    signature: sign(&self.0.key, &topic, &payload),
                    shelf: Shelf::Expiring(PATIENCE.give_up_after),
                    topic,
                    payload,
                };
                broker.outlet.send(parcel).await;
                Ok(())
            }
            Channel::Webhook(webhook) => {
                let secret = self.0.directory.config.secrets.get(&letter.target);
                let secret = secret.ok_or(Failure::NoTarget)?.reveal();
                let request = Request {
                    delivery: &letter.id.to_string(),
                    media_type: JSON_MEDIA_TYPE,
                    body: message(letter, &listing)?,
                };
                self.0
                    .directory
                    .webhooks
                    .send(webhook, secret, request, now)
                    .await
            }
            Channel::Email(email) => {
                let post = self.0.directory.post.as_ref().ok_or(Failure::NoTarget)?;
                post.send(Mail {
                    to: &email.to,
                    subject: listing.headline(),
                    text: listing.text(),
                    attachment: Some(Attachment {
                        name: listing.file_name(),
                        media_type: "text/csv; charset=utf-8",
                        bytes: listing.csv().into_bytes(),
                    }),
                    delivery: letter.id.to_string(),
                    refers_to: Vec::new(),
                })
                .await
            }
            // The file of targets is refused where a feed asks for lists.
            Channel::CapFeed(_) => Err(Failure::NoMessage),
        }
    }
}

async fn items_of(
    dispatch: &Dispatch,
    office: &Office,
    unit: &UnitId,
    month: Month,
) -> Result<Vec<UnitOverdue>, StoreError> {
    let overdue = overdue_in(&dispatch.0.store, office, Some(unit), month).await?;
    Ok(overdue
        .iter()
        .filter_map(super::overdue::Overdue::item)
        .collect())
}

/// The contract's message.
fn message(letter: &Letter, listing: &Listing<'_>) -> Result<Vec<u8>, Failure> {
    let told = UnitLetter {
        letter: letter.id,
        unit: letter.unit.clone(),
        month: letter.month.to_string(),
        items: letter.items.clone(),
        text: listing.text(),
    };
    let (id, source) = (letter.id.to_string(), SOURCE.to_owned());
    let event = CloudEvent::new(EventType::UnitLetter, id, source, letter.made_at, told);
    encode(&event).map_err(|_| Failure::NoMessage)
}

fn after(letter: &Letter, failure: Failure, now: Timestamp) -> LetterOutcome {
    let attempted = Attempted {
        made_at: letter.made_at,
        attempts: letter.attempts,
        overtaken: Overtaken::No,
    };
    match after_failure(&attempted, failure, &PATIENCE, rand::random(), now) {
        Verdict::Again(at) => LetterOutcome::Again(failure, at),
        Verdict::Dead | Verdict::Superseded => LetterOutcome::Dead(failure),
    }
}

fn tell(letter: &Letter, outcome: LetterOutcome) {
    let word = match outcome {
        LetterOutcome::Sent => "sent",
        LetterOutcome::Again(failure, _) | LetterOutcome::Dead(failure) => failure.as_str(),
    };
    metrics::counter!(LETTERS, "outcome" => word).increment(1);
    match outcome {
        LetterOutcome::Sent => {}
        LetterOutcome::Again(..) => tracing::info!(
            target.name = letter.target,
            letter.id = %letter.id,
            reason = word,
            "a monthly list did not get through"
        ),
        LetterOutcome::Dead(_) => {
            metrics::counter!(LETTERS_DEAD).increment(1);
            tracing::error!(
                target.name = letter.target,
                letter.id = %letter.id,
                month = %letter.month,
                reason = word,
                "a monthly list is a dead letter; mend its target and replay it"
            );
        }
    }
}
