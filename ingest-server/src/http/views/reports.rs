//! Citizens' reports: as they are sent, and as their reporter follows them.

use std::collections::BTreeMap;

use citizens::{Contact, Draft, Service, Services, Words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::incident::uuid;
use super::time;
use crate::http::catalogue::Language;
use crate::reception::{Channel, Followed, Rating, Received, follow};
use crate::store::entity::incident;
use crate::store::{StateChange, StoreError};

pub(super) const REPORTS: &str = "citizen_reports";
pub(super) const FILES: &str = "citizen_files";

/// The language of texts that are data.
#[must_use]
pub const fn lang(language: Language) -> citizens::Lang {
    match language {
        Language::Vietnamese => citizens::Lang::Vi,
        Language::English => citizens::Lang::En,
    }
}

/// A report as the portal, an app, or staff sends it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// The service's code.
    #[schema(example = "rac-thai")]
    pub service: Option<String>,
    /// What the person says, at most 4,000 characters; may be left out where files come along.
    #[serde(default)]
    pub description: Option<String>,
    /// Latitude, WGS84. Place or address must be there.
    #[serde(default)]
    pub lat: Option<f64>,
    /// Longitude, WGS84.
    #[serde(default)]
    pub lon: Option<f64>,
    /// How far off the place may be, metres; 20 where absent.
    #[serde(default)]
    pub uncertainty_m: Option<f64>,
    /// Where, in words.
    #[serde(default)]
    pub address: Option<String>,
    /// When it was seen, at most 90 days ago; now where absent.
    #[serde(default)]
    pub occurred: Option<Timestamp>,
    /// Answers to the service's questions.
    #[serde(default)]
    pub attributes: BTreeMap<String, AnswerRequest>,
    /// Whom to call back. All of it is optional, kept sealed, and not shown to agencies.
    #[serde(default)]
    pub contact: ContactRequest,
    /// `portal` or `app`; for staff `phone`, `sms`, `email` or `social`.
    #[serde(default)]
    pub channel: Option<ChannelWord>,
    /// "Me too": an incident of the list of what is near.
    #[serde(default)]
    pub same_as: Option<Uuid>,
    /// Left empty by people.
    #[serde(default)]
    pub website: Option<String>,
}

/// An answer: one text, or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AnswerRequest {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Whom to call back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactRequest {
    /// What to call them.
    #[serde(default)]
    pub name: Option<String>,
    /// A telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// An e-mail address.
    #[serde(default)]
    pub email: Option<String>,
}

/// How a report came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReportChannel)]
pub enum ChannelWord {
    /// The portal's page.
    Portal,
    /// An app.
    App,
    /// Another system's Open311.
    Open311,
    /// The telephone.
    Phone,
    /// A text message.
    Sms,
    /// An e-mail.
    Email,
    /// A social network.
    Social,
}

impl From<ChannelWord> for Channel {
    fn from(word: ChannelWord) -> Self {
        match word {
            ChannelWord::Portal => Self::Portal,
            ChannelWord::App => Self::App,
            ChannelWord::Open311 => Self::Open311,
            ChannelWord::Phone => Self::Phone,
            ChannelWord::Sms => Self::Sms,
            ChannelWord::Email => Self::Email,
            ChannelWord::Social => Self::Social,
        }
    }
}

impl ReportRequest {
    /// The report, to be checked.
    #[must_use]
    pub fn draft(self) -> Draft {
        let answers = |answer| match answer {
            AnswerRequest::One(one) => vec![one],
            AnswerRequest::Many(many) => many,
        };
        Draft {
            service: self.service,
            description: self.description,
            lat: self.lat,
            lon: self.lon,
            uncertainty_m: self.uncertainty_m,
            address: self.address,
            address_id: None,
            occurred: self.occurred,
            attributes: self
                .attributes
                .into_iter()
                .map(|(code, answer)| (code, answers(answer)))
                .collect(),
            contact: Contact {
                name: self.contact.name,
                phone: self.contact.phone,
                email: self.contact.email,
                ..Contact::default()
            },
            media_url: None,
            trap: self.website,
        }
    }
}

/// A report that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportReceived)]
pub struct ReceivedView {
    /// A short number for people to say aloud.
    pub number: i64,
    /// The code by which it is followed. It is told this once.
    #[schema(example = "7K2Q-M9XF-4TBD-0WER")]
    pub code: String,
    /// Whether others had reported the same.
    pub joined_others: bool,
    /// What will be done.
    pub notice: Option<String>,
    /// For staff: the report's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// For staff: its incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<Uuid>,
}

impl ReceivedView {
    /// What the reporter is told.
    #[must_use]
    pub fn new(received: &Received, service: Option<&Service>, language: Language) -> Self {
        let notice = service.map(|service| service.notice.get(lang(language)));
        Self {
            number: received.number,
            code: received.code.to_string(),
            joined_others: received.joined == crate::reception::Joined::Linked,
            notice: notice.filter(|text| !text.is_empty()).map(str::to_owned),
            id: None,
            incident: None,
        }
    }

    /// What staff is told.
    #[must_use]
    pub fn for_staff(self, received: &Received) -> Self {
        Self {
            id: Uuid::parse_str(&received.id).ok(),
            incident: Some(received.incident.as_uuid()),
            ..self
        }
    }
}

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TextInTwo)]
pub struct WordsView {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<&Words> for WordsView {
    fn from(words: &Words) -> Self {
        Self {
            vi: words.vi.clone(),
            en: words.en.clone(),
        }
    }
}

/// Every kind of report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceList {
    /// In the order of a form.
    pub items: Vec<ServiceView>,
    /// Most files of one report.
    pub max_files: usize,
    /// Most bytes of a picture.
    pub max_picture_bytes: usize,
    /// Most bytes of a film.
    pub max_video_bytes: usize,
}

/// A kind of report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub struct ServiceView {
    /// What is sent.
    pub code: String,
    /// The group it stands in.
    pub group: WordsView,
    /// Its name.
    pub name: WordsView,
    /// What belongs here.
    pub description: WordsView,
    /// Its questions.
    pub attributes: Vec<AttributeView>,
}

/// A question of a kind of report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceAttribute)]
pub struct AttributeView {
    /// What is sent beside the answer.
    pub code: String,
    /// `string`, `number`, `datetime`, `text`, `singlevaluelist`, `multivaluelist`.
    pub datatype: String,
    /// Whether it must be answered.
    pub required: bool,
    /// The question.
    pub description: WordsView,
    /// What may be chosen.
    pub values: Vec<AttributeValueView>,
}

/// What may be chosen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceAttributeValue)]
pub struct AttributeValueView {
    /// What is sent.
    pub key: String,
    /// What people read.
    pub name: WordsView,
}

impl ServiceView {
    /// A service.
    #[must_use]
    pub fn new(services: &Services, service: &Service) -> Self {
        let group = |lang| services.group(&service.group, lang).to_owned();
        let attributes = service
            .attributes
            .iter()
            .filter(|attribute| attribute.variable);
        Self {
            code: service.code.clone(),
            group: WordsView {
                vi: group(citizens::Lang::Vi),
                en: group(citizens::Lang::En),
            },
            name: (&service.name).into(),
            description: (&service.description).into(),
            attributes: attributes
                .map(|attribute| AttributeView {
                    code: attribute.code.clone(),
                    datatype: attribute.datatype.as_str().to_owned(),
                    required: attribute.required,
                    description: (&attribute.description).into(),
                    values: attribute
                        .values
                        .iter()
                        .map(|value| AttributeValueView {
                            key: value.key.clone(),
                            name: (&value.name).into(),
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}

/// What is reported near a place already.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearbyList {
    /// The nearest first.
    pub items: Vec<NearbyView>,
}

/// An open incident near a place, as anybody may know it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NearbyIncident)]
pub struct NearbyView {
    /// What `same_as` names.
    pub incident: Uuid,
    /// The service's code.
    pub service: String,
    /// Its name, in the language of the request.
    pub name: String,
    /// Where it stands.
    pub stage: &'static str,
    /// From the place asked for, metres.
    pub distance_m: f64,
    /// Since when.
    pub since: Timestamp,
    /// How many have reported it.
    pub reporters: u32,
    /// Whether a camera sees it too.
    pub seen_by_camera: bool,
}

/// A report as its reporter follows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FollowedReport)]
pub struct FollowedView {
    /// Its number.
    pub number: i64,
    /// The service's name, in the language of the request.
    pub service: String,
    /// `received`, `checking`, `not_taken`, `working`, `postponed`, `done`, `not_solved`, `reopened`.
    pub stage: &'static str,
    /// What they said.
    pub description: String,
    /// Where, in words.
    pub address: Option<String>,
    /// Latitude.
    pub lat: Option<f64>,
    /// Longitude.
    pub lon: Option<f64>,
    /// When it was seen.
    pub occurred: Timestamp,
    /// When it came in.
    pub received: Timestamp,
    /// When an answer is promised.
    pub expected: Option<Timestamp>,
    /// How many reported the same, this one included.
    pub reporters: u32,
    /// What happened, oldest first.
    pub history: Vec<FollowedStep>,
    /// What came with it.
    pub files: Vec<Uuid>,
    /// What they thought of the outcome.
    pub rating: Option<RatingWord>,
    /// Whether it can be rated now.
    pub may_rate: bool,
    /// Whether it was taken back and erased.
    pub erased: bool,
}

/// One thing that happened to a report.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FollowedStep {
    /// When.
    pub at: Timestamp,
    /// The stage then.
    pub stage: &'static str,
    /// What was told.
    pub text: Option<String>,
}

/// What a reporter thinks of the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Rating)]
pub enum RatingWord {
    /// It is as it should be.
    Satisfied,
    /// It will do.
    Accepts,
    /// It will not.
    Dissatisfied,
}

impl From<RatingWord> for Rating {
    fn from(word: RatingWord) -> Self {
        match word {
            RatingWord::Satisfied => Self::Satisfied,
            RatingWord::Accepts => Self::Accepts,
            RatingWord::Dissatisfied => Self::Dissatisfied,
        }
    }
}

pub(super) fn rating(word: Option<&str>) -> Result<Option<RatingWord>, StoreError> {
    word.map(|word| super::word(word, REPORTS, "rating"))
        .transpose()
}

impl FollowedView {
    /// What the reporter may know.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(
        followed: Followed,
        services: &Services,
        language: Language,
    ) -> Result<Self, StoreError> {
        let row = followed.report;
        let service = services.get(&row.service);
        let mut history = steps_told(followed.changes)?;
        for update in followed.updates {
            history.push(FollowedStep {
                at: time(update.at, "citizen_updates", "at")?,
                stage: followed.stage.as_str(),
                text: Some(update.description).filter(|text| !text.is_empty()),
            });
        }
        history.sort_by_key(|step| step.at);
        let told = crate::store::told_of_row(&followed.incident)?;
        let ids: Result<_, _> = followed
            .files
            .iter()
            .map(|file| uuid(&file.id, FILES, "id"))
            .collect();
        Ok(Self {
            number: row.number,
            service: service.map_or_else(
                || row.service.clone(),
                |service| service.name.get(lang(language)).to_owned(),
            ),
            stage: followed.stage.as_str(),
            description: row.description,
            address: row.address,
            lat: row.lat,
            lon: row.lon,
            occurred: time(row.occurred_at, REPORTS, "occurred_at")?,
            received: time(row.received_at, REPORTS, "received_at")?,
            expected: expected(row.received_at, service),
            reporters: told.map_or(1, |told| told.reports),
            history,
            files: ids?,
            rating: rating(row.rating.as_deref())?,
            may_rate: matches!(
                followed.stage,
                citizens::Stage::Done | citizens::Stage::NotSolved
            ),
            erased: row.erased_at.is_some(),
        })
    }
}

/// The changes of an incident's state as stages, each told once, with the words that are meant for the reporter:
/// of an answer only when it is published, and nothing that colleagues write to one another.
fn steps_told(changes: Vec<StateChange>) -> Result<Vec<FollowedStep>, StoreError> {
    let mut told: Vec<FollowedStep> = Vec::new();
    let mut answer = None;
    for change in changes {
        let stage = citizens::Stage::of_state(&change.state, change.detail.as_deref());
        let text = match change.state.as_str() {
            "answered" => {
                answer = change.note;
                None
            }
            "published" => answer.clone(),
            "not_eligible" | "closed_unresolved" | "deferred" => change.note,
            _ => None,
        };
        if told.last().is_none_or(|last| last.stage != stage.as_str()) {
            told.push(FollowedStep {
                at: time(change.at, "incident_history", "at")?,
                stage: stage.as_str(),
                text,
            });
        }
    }
    Ok(told)
}

/// When an answer is promised.
#[must_use]
pub fn expected(received_at: i64, service: Option<&Service>) -> Option<Timestamp> {
    let hours = i64::from(service?.answer_h?);
    let received = Timestamp::from_microsecond(received_at).ok()?;
    received
        .checked_add(jiff::SignedDuration::from_hours(hours))
        .ok()
}

/// A rating.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingRequest {
    /// What they think.
    pub rating: RatingWord,
    /// Why, at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// "It is not over."
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenRequest {
    /// Why.
    pub reason: ReopenReasonWord,
    /// Why, in their own words; at most 2,000 characters, and not empty.
    pub note: String,
}

/// Why a report is opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CitizenReopenReason)]
pub enum ReopenReasonWord {
    /// It is as it was.
    NotFixed,
    /// It was mended and is back.
    CameBack,
    /// The answer is about something else.
    WrongAnswer,
    /// Something new is known.
    NewEvidence,
}

impl From<ReopenReasonWord> for casework::lifecycle::ReopenReason {
    fn from(word: ReopenReasonWord) -> Self {
        match word {
            ReopenReasonWord::NotFixed => Self::NotFixed,
            ReopenReasonWord::CameBack => Self::CameBack,
            ReopenReasonWord::WrongAnswer => Self::WrongAnswer,
            ReopenReasonWord::NewEvidence => Self::NewEvidence,
        }
    }
}

/// An incident near a place.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn nearby(
    row: &incident::Model,
    service: &Service,
    distance_m: f64,
    language: Language,
) -> Result<NearbyView, StoreError> {
    let told = crate::store::told_of_row(row)?;
    Ok(NearbyView {
        incident: uuid(&row.id, "incidents", "id")?,
        service: service.code.clone(),
        name: service.name.get(lang(language)).to_owned(),
        stage: follow::stage_of(row).as_str(),
        distance_m: distance_m.round(),
        since: time(row.occurred_start, "incidents", "occurred_start")?,
        reporters: told.map_or(0, |told| told.reports),
        seen_by_camera: row.event_count > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(at: i64, state: &str, detail: Option<&str>, note: Option<&str>) -> StateChange {
        StateChange {
            incident: "i".to_owned(),
            seq: at,
            at,
            state: state.to_owned(),
            detail: detail.map(str::to_owned),
            note: note.map(str::to_owned),
        }
    }

    #[test]
    fn a_reporter_reads_the_answer_once_it_is_published_and_nothing_between_colleagues() {
        let told = steps_told(vec![
            change(1, "new", None, None),
            change(2, "routed", None, Some("gấp")),
            change(3, "answered", Some("done"), Some("chưa đạt")),
            change(4, "sent_back", None, Some("làm lại")),
            change(5, "answered", Some("done"), Some("Đã lấp hố")),
            change(6, "approved", Some("done"), Some("được")),
            change(7, "published", Some("done"), None),
            change(8, "resolved", None, None),
        ])
        .unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|step| (step.stage, step.text.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("received", None),
                ("working", None),
                ("done", Some("Đã lấp hố")),
            ]
        );
    }

    #[test]
    fn whoever_is_turned_down_is_told_why() {
        for (state, detail, stage) in [
            ("not_eligible", "outside_remit", "not_taken"),
            ("closed_unresolved", "not_found", "not_solved"),
            ("deferred", "2027-01-01", "postponed"),
        ] {
            let told = steps_told(vec![change(1, state, Some(detail), Some("vì thế"))]).unwrap();
            assert_eq!(
                (told[0].stage, told[0].text.as_deref()),
                (stage, Some("vì thế"))
            );
        }
        let rejected = change(1, "rejected", Some("duplicate"), Some("nội bộ"));
        assert_eq!(steps_told(vec![rejected]).unwrap()[0].text, None);
    }
}
