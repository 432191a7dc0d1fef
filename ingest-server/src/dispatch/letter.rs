//! One message in every form that it travels in. All of them are functions of its row, the targets and
//! the server's key: a message that is sent again is the same.

use std::collections::BTreeMap;

use contract::v1::{
    CloudEvent, EventType, Interval, Kind, UnitBundle, UnitCase, UnitDeadline, UnitIncident,
    UnitReview, UnitWord, encode,
};
use jiff::Timestamp;
use notice::atom::{self, Entry};
use notice::cap::{self, Message, MessageType, Reference};
use notice::facts::{Besides, BundleFacts, Review};
use notice::target::{self, Cap, Target};
use notice::{Cause, Word};
use serde::Serialize;
use url::Url;

use super::Dispatch;
use super::phrases::Phrases;
use crate::incident::witness;
use crate::store::Delivery;
use crate::words::{Language, dispatch};

/// Who speaks, in an envelope.
pub(super) const SOURCE: &str = "/server";
/// Hours from UTC where the targets do not say: Vietnam's.
const DEFAULT_OFFSET_H: i8 = 7;
/// Most messages in a feed.
pub(super) const FEED_LENGTH: u64 = 100;

/// A message, and what is needed to write it.
pub(crate) struct Letter<'a> {
    dispatch: &'a Dispatch,
    delivery: &'a Delivery,
    target: &'a Target,
    /// When each message that it refers to was made.
    references: Vec<Reference>,
}

impl Dispatch {
    /// A message as it is written; none where its target is gone. `all` are those of its incident.
    pub(crate) fn letter<'a>(
        &'a self,
        delivery: &'a Delivery,
        all: &[Delivery],
    ) -> Option<Letter<'a>> {
        let references = delivery
            .refers_to
            .iter()
            .filter_map(|id| all.iter().find(|other| other.id == *id))
            .map(|other| Reference {
                identifier: other.id.to_string(),
                sent: other.made_at,
            });
        Some(Letter {
            references: references.collect(),
            target: self.targets().get(&delivery.target)?,
            dispatch: self,
            delivery,
        })
    }

    pub(super) fn offset_h(&self) -> i8 {
        self.targets()
            .cap
            .as_ref()
            .map_or(DEFAULT_OFFSET_H, |cap| cap.utc_offset_h)
    }
}

impl Letter<'_> {
    pub(super) const fn target(&self) -> &Target {
        self.target
    }

    fn phrases(&self, language: Language) -> Phrases<'_> {
        Phrases {
            language,
            word: self.delivery.word,
            cause: &self.delivery.cause,
            facts: &self.delivery.facts,
            utc_offset_h: self.dispatch.offset_h(),
        }
    }

    fn own(&self) -> Phrases<'_> {
        self.phrases(match self.target.language {
            target::Language::Vi => Language::Vietnamese,
            target::Language::En => Language::English,
        })
    }

    /// An address below this message's.
    fn url(&self, rest: &str) -> String {
        let path = format!("api/v1/deliveries/{}/{rest}", self.delivery.id);
        below(&self.dispatch.0.public_url, &path)
    }

    fn token(&self) -> String {
        self.dispatch.token_of(self.delivery.id)
    }

    /// Where a person acknowledges.
    fn page(&self) -> String {
        format!("{}?token={}", self.url("page"), self.token())
    }

    pub(super) fn headline(&self) -> String {
        self.own().headline()
    }

    /// The body of an e-mail.
    pub(super) fn mail_text(&self) -> String {
        let phrases = self.own();
        let mut parts = vec![phrases.headline(), phrases.text(), phrases.to_do()];
        parts.extend(self.bundle_text(&phrases));
        if self.delivery.word != Word::Cancel {
            parts.push(phrases.ask(self.delivery.ack_due_at, &self.page()));
        }
        parts.join("\n\n")
    }

    fn bundle_text(&self, phrases: &Phrases<'_>) -> Option<String> {
        let bundle = self.bundle()?;
        let (count, missing) = (bundle.redacted.len(), bundle.not_redacted.len());
        let link = format!("{}?token={}", bundle.url, self.token());
        let mut lines = vec![
            phrases.of_bundle("bundle", &[("url", &link)]),
            phrases.of_bundle(
                "bundle_redacted",
                &[
                    ("count", &count.to_string()),
                    ("missing", &missing.to_string()),
                ],
            ),
        ];
        if let Some(offence) = &bundle.proposed_offence {
            lines.push(phrases.of_bundle("offence", &[("offence", offence)]));
        }
        if let Some(basis) = &bundle.legal_basis {
            lines.push(phrases.of_bundle("legal_basis", &[("basis", basis)]));
        }
        Some(lines.join("\n"))
    }

    fn bundle(&self) -> Option<UnitBundle> {
        let facts: &BundleFacts = self.delivery.facts.bundle.as_ref()?;
        let offence = facts.proposed_offence.as_ref();
        Some(UnitBundle {
            event_id: facts.event,
            url: self.url("bundle"),
            redacted: facts
                .redacted
                .iter()
                .map(|piece| (piece.clone(), self.url(&format!("redacted/{piece}"))))
                .collect::<BTreeMap<_, _>>(),
            not_redacted: facts.not_redacted.clone(),
            proposed_offence: offence.cloned(),
            legal_basis: offence
                .and_then(|offence| self.dispatch.targets().legal_basis.get(offence))
                .cloned(),
        })
    }

    /// The contract's message, as bytes; none where the row names no incident that it can name.
    pub(crate) fn json(&self) -> Option<Vec<u8>> {
        match self.delivery.facts.kind.kind() {
            Some(kind) => self.enveloped(EventType::UnitIncident, self.of_camera(kind)?),
            None => self.enveloped(EventType::UnitCase, self.of_people()?),
        }
    }

    fn enveloped(&self, event_type: EventType, told: impl Serialize) -> Option<Vec<u8>> {
        let id = self.delivery.id.to_string();
        let made = self.delivery.made_at;
        let event = CloudEvent::new(event_type, id, SOURCE.to_owned(), made, told);
        encode(&event).ok()
    }

    fn of_camera(&self, kind: Kind) -> Option<UnitIncident> {
        let (delivery, facts) = (self.delivery, &self.delivery.facts);
        let phrases = self.own();
        Some(UnitIncident {
            delivery: delivery.id,
            unit: delivery.unit.clone(),
            word: self.word(),
            cause: delivery.cause.as_str().to_owned(),
            supersedes: delivery.refers_to.clone(),
            incident: facts.incident.parse().ok()?,
            number: facts.number.unsigned_abs(),
            kind,
            detail: facts.detail.clone(),
            severity: facts.severity,
            confidence: facts.confidence,
            review: self.review(),
            occurred: self.occurred(),
            place: facts.place,
            camera: phrases.camera(),
            headline: phrases.headline(),
            text: phrases.text(),
            deadline: self.deadline(),
            ack_by: delivery.ack_due_at,
            ack_url: self.url("ack"),
            token: self.token(),
            bundle: self.bundle(),
        })
    }

    fn of_people(&self) -> Option<UnitCase> {
        let (delivery, facts) = (self.delivery, &self.delivery.facts);
        let phrases = self.own();
        Some(UnitCase {
            delivery: delivery.id,
            unit: delivery.unit.clone(),
            word: self.word(),
            cause: delivery.cause.as_str().to_owned(),
            supersedes: delivery.refers_to.clone(),
            incident: facts.incident.parse().ok()?,
            number: facts.number.unsigned_abs(),
            category: witness::category_of(facts.kind.as_str(), &facts.detail)
                .as_str()
                .to_owned(),
            severity: facts.severity,
            review: self.review(),
            occurred: self.occurred(),
            place: facts.place,
            reports: facts.reports,
            headline: phrases.headline(),
            text: phrases.text(),
            deadline: self.deadline(),
            ack_by: delivery.ack_due_at,
            ack_url: self.url("ack"),
            token: self.token(),
        })
    }

    const fn word(&self) -> UnitWord {
        match self.delivery.word {
            Word::Alert => UnitWord::Alert,
            Word::Update => UnitWord::Update,
            Word::Cancel => UnitWord::Cancel,
        }
    }

    const fn review(&self) -> UnitReview {
        match self.delivery.facts.review {
            Review::Unconfirmed => UnitReview::Unconfirmed,
            Review::Confirmed => UnitReview::Confirmed,
            Review::Rejected => UnitReview::Rejected,
        }
    }

    const fn occurred(&self) -> Interval {
        Interval {
            start: self.delivery.facts.begun,
            end: self.delivery.facts.ended,
        }
    }

    fn deadline(&self) -> Option<UnitDeadline> {
        let besides = self.delivery.facts.besides.iter().rev();
        let causes =
            std::iter::once(self.delivery.cause.clone()).chain(besides.filter_map(Besides::cause));
        let mut ends = causes.filter_map(|cause| match cause {
            Cause::DeadlineNear(end) | Cause::DeadlineMissed(end) => Some(end),
            _ => None,
        });
        ends.next().map(|end| UnitDeadline {
            stage: end.stage.as_str().to_owned(),
            due: end.due,
        })
    }

    /// The Common Alerting Protocol message; none where the targets have no `[cap]`.
    pub(super) fn cap(&self) -> Option<String> {
        let kind = MessageType::Told(self.delivery.word);
        let identifier = self.delivery.id.to_string();
        let made = self.delivery.made_at;
        self.written(kind, identifier, made, self.references.clone())
    }

    /// What the unit answered, as a Common Alerting Protocol message; none where it did not.
    pub(super) fn cap_ack(&self) -> Option<String> {
        let ack = self.delivery.ack.as_ref()?;
        let about = Reference {
            identifier: self.delivery.id.to_string(),
            sent: self.delivery.made_at,
        };
        let identifier = format!("{}-ack", self.delivery.id);
        self.written(MessageType::Ack, identifier, ack.at, vec![about])
    }

    fn written(
        &self,
        message_type: MessageType,
        identifier: String,
        sent: Timestamp,
        references: Vec<Reference>,
    ) -> Option<String> {
        let cap = self.dispatch.targets().cap.as_ref()?;
        let unit = self.delivery.unit.as_str();
        let message = Message {
            identifier,
            sent,
            message_type,
            addressee: unit,
            acknowledged_by: (message_type == MessageType::Ack).then_some(unit),
            references,
            facts: &self.delivery.facts,
            words: [Language::Vietnamese, Language::English]
                .map(|language| self.phrases(language).cap())
                .into(),
            web: Some(self.page()),
        };
        Some(cap::write(&message, cap))
    }
}

/// A feed of Common Alerting Protocol messages.
pub struct Feed<'a> {
    pub(super) target: &'a Target,
    pub(super) cap: &'a Cap,
    pub(super) base: &'a Url,
}

impl Feed<'_> {
    /// Writes the feed of these messages, newest first.
    #[must_use]
    pub fn write(&self, told: &[Delivery], now: Timestamp) -> String {
        let entries: Vec<Entry> = told.iter().flat_map(|one| self.entries(one)).collect();
        let updated = entries.iter().map(|entry| entry.updated).max();
        let unit = self.target.unit.as_str();
        atom::write(&atom::Feed {
            url: self.url(""),
            title: dispatch(Language::Vietnamese, "feed_title", &[("unit", unit)]),
            author: self.cap.sender_name.clone(),
            updated: updated.unwrap_or(now),
            entries,
        })
    }

    fn url(&self, rest: &str) -> String {
        below(self.base, &format!("api/v1/cap/{}{rest}", self.target.name))
    }

    fn message_url(&self, id: &str) -> String {
        self.url(&format!("/{id}"))
    }

    /// A message, and its acknowledgement before it where it came.
    fn entries(&self, delivery: &Delivery) -> Vec<Entry> {
        let id = delivery.id.to_string();
        let phrases = Phrases {
            language: Language::Vietnamese,
            word: delivery.word,
            cause: &delivery.cause,
            facts: &delivery.facts,
            utc_offset_h: self.cap.utc_offset_h,
        };
        let refers_to = delivery.refers_to.iter();
        let told = Entry {
            url: self.message_url(&id),
            title: phrases.headline(),
            word: delivery.word.as_str(),
            updated: delivery.made_at,
            refers_to: refers_to
                .map(|other| self.message_url(&other.to_string()))
                .collect(),
        };
        let ack = delivery.ack.as_ref().map(|ack| Entry {
            url: self.message_url(&format!("{id}/ack")),
            title: phrases.headline(),
            word: "ack",
            updated: ack.at,
            refers_to: vec![self.message_url(&id)],
        });
        ack.into_iter().chain([told]).collect()
    }
}

/// An address below the server's own.
fn below(base: &Url, path: &str) -> String {
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}
