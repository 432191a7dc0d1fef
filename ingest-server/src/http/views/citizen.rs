//! Citizens' reports as staff sees them, with their incident. No view holds whom to call back but
//! [`ContactView`].

use std::collections::HashMap;

use citizens::Contact;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::incident::uuid;
use super::reports::{ChannelWord, FILES, REPORTS, RatingWord, rating};
use super::time;
use crate::store::StoreError;
use crate::store::entity::{citizen_errand, citizen_file, citizen_report};

/// A citizen's report as staff sees it, with an incident. Who it was is a pseudonym.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CitizenReport)]
pub struct CitizenReportView {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// How it came in.
    pub channel: ChannelWord,
    /// The account that typed it in or passed it on.
    pub filed_by: Option<String>,
    /// The service's code.
    pub service: String,
    /// What the person says.
    pub description: String,
    /// Answers to the service's questions.
    #[schema(value_type = Object)]
    pub attributes: serde_json::Value,
    /// Where, in words.
    pub address: Option<String>,
    /// Latitude.
    pub lat: Option<f64>,
    /// Longitude.
    pub lon: Option<f64>,
    /// How far off that may be, metres.
    pub uncertainty_m: Option<f64>,
    /// When it was seen.
    pub occurred: Timestamp,
    /// When it came in.
    pub received: Timestamp,
    /// The reporter's pseudonym: the same person, the same word.
    pub reporter: Option<String>,
    /// A picture somewhere on the web. It is not fetched.
    pub media_url: Option<String>,
    /// What the reporter thinks of the outcome.
    pub rating: Option<RatingWord>,
    /// Why.
    pub rating_note: Option<String>,
    /// What came with it.
    pub files: Vec<CitizenFileView>,
    /// Cameras that were asked for what they hold.
    pub footage: Vec<FootageView>,
    /// Why nothing of it may be erased now.
    pub hold: Option<String>,
    /// When contact and pseudonym were erased.
    pub anonymised_at: Option<Timestamp>,
    /// When all of it was.
    pub erased_at: Option<Timestamp>,
}

/// A file of a citizen's report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CitizenFile)]
pub struct CitizenFileView {
    /// Its id.
    pub id: Uuid,
    /// Media type.
    pub mime: String,
    /// Length.
    pub bytes: i64,
    /// SHA-256 of what is stored.
    pub sha256: String,
    /// SHA-256 of what was sent.
    pub original_sha256: String,
    /// When it was taken, as the file said.
    pub taken_at: Option<String>,
    /// Where, as the file said: latitude.
    pub taken_lat: Option<f64>,
    /// Where, as the file said: longitude.
    pub taken_lon: Option<f64>,
    /// Where to fetch it.
    pub url: String,
}

/// A camera that was asked for what it holds of a report's time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CitizenFootage)]
pub struct FootageView {
    /// The camera's agent.
    pub agent: String,
    /// The camera.
    pub camera: String,
    /// From the report's place, metres.
    pub distance_m: f64,
    /// The command; `GET /api/v1/commands/{id}` tells what came of it.
    pub command: Option<Uuid>,
    /// Why none was given.
    pub refused: Option<String>,
}

/// The reports of an incident with what belongs to them.
#[derive(Debug, Default)]
pub struct CitizenRows {
    /// The reports, oldest first.
    pub reports: Vec<citizen_report::Model>,
    /// Their files.
    pub files: Vec<citizen_file::Model>,
    /// Their errands.
    pub errands: Vec<citizen_errand::Model>,
}

impl CitizenRows {
    /// The views.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn views(self) -> Result<Vec<CitizenReportView>, StoreError> {
        let (mut files, mut errands) = (HashMap::new(), HashMap::new());
        for file in self.files {
            files
                .entry(file.report_id.clone())
                .or_insert_with(Vec::new)
                .push(file);
        }
        for errand in self.errands {
            errands
                .entry(errand.report_id.clone())
                .or_insert_with(Vec::new)
                .push(errand);
        }
        let view = |row: citizen_report::Model| {
            let files = files.remove(&row.id).unwrap_or_default();
            let errands = errands.remove(&row.id).unwrap_or_default();
            report_view(row, files, errands)
        };
        self.reports.into_iter().map(view).collect()
    }
}

fn report_view(
    row: citizen_report::Model,
    files: Vec<citizen_file::Model>,
    errands: Vec<citizen_errand::Model>,
) -> Result<CitizenReportView, StoreError> {
    let optional = |at: Option<i64>, column| at.map(|at| time(at, REPORTS, column)).transpose();
    Ok(CitizenReportView {
        id: uuid(&row.id, REPORTS, "id")?,
        number: row.number,
        channel: super::word(&row.channel, REPORTS, "channel")?,
        attributes: super::json(&row.attributes, REPORTS, "attributes")?,
        occurred: time(row.occurred_at, REPORTS, "occurred_at")?,
        received: time(row.received_at, REPORTS, "received_at")?,
        rating: rating(row.rating.as_deref())?,
        anonymised_at: optional(row.anonymised_at, "anonymised_at")?,
        erased_at: optional(row.erased_at, "erased_at")?,
        files: files
            .into_iter()
            .map(|file| file_view(&row.id, file))
            .collect::<Result<_, _>>()?,
        footage: errands.into_iter().map(footage_view).collect(),
        filed_by: row.filed_by,
        service: row.service,
        description: row.description,
        address: row.address,
        lat: row.lat,
        lon: row.lon,
        uncertainty_m: row.uncertainty_m,
        reporter: row.reporter,
        media_url: row.media_url,
        rating_note: row.rating_note,
        hold: row.hold,
    })
}

fn file_view(report: &str, row: citizen_file::Model) -> Result<CitizenFileView, StoreError> {
    Ok(CitizenFileView {
        id: uuid(&row.id, FILES, "id")?,
        url: format!("/api/v1/reports/{report}/files/{}", row.id),
        mime: row.mime,
        bytes: row.bytes,
        sha256: row.sha256,
        original_sha256: row.original_sha256,
        taken_at: row.taken_at,
        taken_lat: row.taken_lat,
        taken_lon: row.taken_lon,
    })
}

fn footage_view(row: citizen_errand::Model) -> FootageView {
    FootageView {
        agent: row.agent,
        camera: row.camera,
        distance_m: row.distance_m,
        command: row.command_id.and_then(|id| id.parse().ok()),
        refused: row.refused,
    }
}

/// Why somebody wants to see whom to call back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPurposeRequest {
    /// For what: `review`, `violation`, `complaint`, `investigation` or `maintenance`.
    pub purpose: String,
}

/// Whom to call back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReporterContact)]
pub struct ContactView {
    /// What to call them.
    pub name: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// An account at whoever passed the report on.
    pub account: Option<String>,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            name: contact.name,
            phone: contact.phone,
            email: contact.email,
            account: contact.account,
        }
    }
}

/// Why something is held or erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// Why, in words; at most 500 characters.
    pub reason: String,
}
