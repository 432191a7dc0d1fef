//! Open311 `GeoReport` v2 below `/open311/v2`, with its own errors: a list of `code` and `description` in
//! the caller's language, and the standard's statuses alone (400, 403, 404; 429 where too much is asked).
//!
//! Paths and answers are the crate `citizens`'; here they meet the reception. What nobody has looked at
//! yet is shown without words and pictures, unless the key that filed it asks.

use std::collections::HashMap;
use std::time::Instant;

use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use citizens::draft::Names;
use citizens::open311::Format;
use citizens::open311::document::{self, Endpoint, Extended, Made, Update};
use citizens::open311::form::{Form, time};
use citizens::open311::node::Document;
use citizens::open311::query::{Query, Which, span};
use citizens::open311::route::{Resource, parse};
use citizens::stage::UPDATE_STATUSES;
use citizens::{Fault, Insist, Problem};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::AppState;
use super::catalogue::{self, Language};
use super::error::ApiError;
use super::extract::ClientAddress;
use super::views::{expected, lang};
use crate::login;
use crate::people::Right;
use crate::people::api_key::ApiKeySecret;
use crate::reception::{Channel, Incoming, ReceptionError, follow};
use crate::store::entity::{citizen_report, citizen_update};
use crate::store::{self, PlacedReport, ReportFilter, StateChange, StoreError};

/// Most bytes of a form.
const MAX_FORM: usize = 256 * 1024;
/// Where the endpoint lies.
const ROOT: &str = "/open311/v2";
/// Most requests that changed within a time asked for.
const MOST_CHANGED: u64 = 1_000;

/// An error of the standard: a status, and what is wrong.
struct Refusal {
    status: StatusCode,
    errors: Vec<String>,
    retry_after: Option<u64>,
}

impl Refusal {
    fn page(status: StatusCode, language: Language, key: &'static str) -> Self {
        Self {
            status,
            errors: vec![catalogue::page(language, key).to_owned()],
            retry_after: None,
        }
    }

    /// Each fault in a sentence, its field first. A code that names nothing is 404, as the standard says.
    fn faults(faults: &[Fault], language: Language) -> Self {
        let unknown = |fault: &Fault| {
            fault.problem == Problem::Unknown && fault.field == Names::OPEN311.service
        };
        let status = if faults.iter().any(unknown) {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::BAD_REQUEST
        };
        let sentence = |fault: &Fault| {
            let text = catalogue::field_problem(language, fault.problem.as_str());
            format!("{}: {text}", fault.field)
        };
        Self {
            status,
            errors: faults.iter().map(sentence).collect(),
            retry_after: None,
        }
    }
}

/// What a request asks with.
struct Asked {
    state: AppState,
    language: Language,
    form: Form,
    /// The account of the key, where a good one came.
    client: Option<String>,
    address: std::net::IpAddr,
    body_sha256: String,
}

type Answer = Result<Document, Refusal>;

/// Everything below the endpoint.
pub(super) async fn serve(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Path(path): Path<String>,
    request: Request,
) -> Response {
    let (resource, format) = parse(&path);
    let format = format.unwrap_or(Format::Xml);
    let language = Language::of(request.headers());
    let answer = match resource {
        None => Err(Refusal::page(
            StatusCode::NOT_FOUND,
            language,
            "open311_not_found",
        )),
        Some(resource) => dispatch(state, address, resource, request, language).await,
    };
    written(answer, format, language)
}

/// The discovery document at its own address.
pub(super) async fn discover(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(file): Path<String>,
) -> Response {
    let language = Language::of(&headers);
    match parse(&file) {
        (Some(Resource::Discovery), Some(format)) => {
            written(Ok(discovery(&state, language)), format, language)
        }
        (_, format) => {
            let refusal = Refusal::page(StatusCode::NOT_FOUND, language, "open311_not_found");
            written(Err(refusal), format.unwrap_or(Format::Xml), language)
        }
    }
}

fn written(answer: Answer, format: Format, language: Language) -> Response {
    let (status, document, retry_after) = match answer {
        Ok(document) => (StatusCode::OK, document, None),
        Err(refusal) => {
            let code = refusal.status.as_u16();
            let errors: Vec<(u16, String)> = refusal
                .errors
                .into_iter()
                .map(|text| (code, text))
                .collect();
            (
                refusal.status,
                document::errors(&errors),
                refusal.retry_after,
            )
        }
    };
    let mut response = (status, document.write(format)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.tag()),
    );
    // Public by the standard, and read by pages of others.
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

async fn dispatch(
    state: AppState,
    address: std::net::IpAddr,
    resource: Resource,
    request: Request,
    language: Language,
) -> Answer {
    let method = request.method().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let bad = || Refusal::page(StatusCode::BAD_REQUEST, language, "open311_bad_request");
    let bytes = match method {
        Method::GET | Method::HEAD => bytes::Bytes::from(query),
        Method::POST => to_bytes(request.into_body(), MAX_FORM)
            .await
            .map_err(|_| bad())?,
        _ => return Err(bad()),
    };
    let form = Form::parse(&bytes).map_err(|fault| Refusal::faults(&[fault], language))?;
    let mut asked = Asked {
        client: None,
        body_sha256: hex::encode(Sha256::digest(&bytes)),
        state,
        language,
        form,
        address,
    };
    asked.check_jurisdiction()?;
    asked.client = asked.client_of_key().await?;

    match (method, resource) {
        (Method::POST, Resource::Requests) => asked.make().await,
        (Method::POST, Resource::Updates) => asked.take_update().await,
        (Method::POST, _) => Err(bad()),
        (_, Resource::Discovery) => Ok(discovery(&asked.state, language)),
        (_, Resource::Services) => Ok(document::services(
            asked.state.reception.services(),
            lang(language),
        )),
        (_, Resource::Definition(code)) => asked.definition(&code),
        (_, Resource::Requests) => asked.list().await,
        (_, Resource::Request(id)) => asked.one(&id).await,
        (_, Resource::Token(token)) => asked.of_token(&token).await,
        (_, Resource::Updates) => asked.updates().await,
    }
}

fn discovery(state: &AppState, language: Language) -> Document {
    let services = state.reception.services();
    let jurisdiction = services.jurisdiction();
    let url = state
        .public_url
        .join(ROOT)
        .map_or_else(|_| ROOT.to_owned(), String::from);
    document::discovery(
        services.changed(),
        jurisdiction.contact.get(lang(language)),
        jurisdiction.key_service.get(lang(language)),
        &[Endpoint::of(services, url)],
    )
}

impl Asked {
    fn page(&self, status: StatusCode, key: &'static str) -> Refusal {
        Refusal::page(status, self.language, key)
    }

    /// The standard: an endpoint of one jurisdiction may leave it out; another's is not found.
    fn check_jurisdiction(&self) -> Result<(), Refusal> {
        let own = &self.state.reception.services().jurisdiction().id;
        match self.form.get("jurisdiction_id") {
            Some(named) if !own.is_empty() && named != own => {
                Err(self.page(StatusCode::NOT_FOUND, "open311_jurisdiction"))
            }
            _ => Ok(()),
        }
    }

    /// The account of the key that came; none where none came.
    async fn client_of_key(&self) -> Result<Option<String>, Refusal> {
        let Some(text) = self.form.get("api_key") else {
            return Ok(None);
        };
        let forbidden = || self.page(StatusCode::FORBIDDEN, "open311_key");
        let secret = ApiKeySecret::presented(text).ok_or_else(forbidden)?;
        let session = login::recognise_key(&self.state.store, &secret, Timestamp::now())
            .await
            .map_err(|error| self.failed(error))?;
        match session {
            Some(session) if session.may(Right::SubmitReports) => {
                Ok(Some(session.account.username.to_string()))
            }
            _ => Err(forbidden()),
        }
    }

    fn failed(&self, error: impl std::error::Error + Send + Sync + 'static) -> Refusal {
        // Logged once, with its causes; the client is told nothing of the inside.
        drop(ApiError::internal(error).into_response());
        self.page(StatusCode::BAD_REQUEST, "open311_failed")
    }

    fn definition(&self, code: &str) -> Answer {
        let service = self.state.reception.services().get(code);
        let service = service.ok_or_else(|| self.page(StatusCode::NOT_FOUND, "open311_service"))?;
        Ok(document::definition(service, lang(self.language)))
    }

    async fn make(&self) -> Answer {
        let Some(client) = &self.client else {
            return Err(self.page(StatusCode::FORBIDDEN, "open311_key"));
        };
        if let Err(too_many) = self
            .state
            .report_limiter
            .report(self.address, Instant::now())
        {
            let page = self.page(StatusCode::TOO_MANY_REQUESTS, "open311_too_many");
            return Err(Refusal {
                retry_after: Some(too_many.retry_after.as_secs().max(1)),
                ..page
            });
        }
        let services = self.state.reception.services();
        let now = Timestamp::now();
        let told = self
            .form
            .draft()
            .and_then(|draft| draft.check(services, Names::OPEN311, Insist::OnNothing, now))
            .map_err(|faults| Refusal::faults(&faults, self.language))?;
        let service = services.get(&told.service).cloned();
        let account_id = self.form.get("account_id").map(str::to_owned);
        let incoming = Incoming {
            told,
            files: Vec::new(),
            channel: Channel::Open311,
            filed_by: Some(client.clone()),
            key: self.form.get("idempotency_key").map(str::to_owned),
            joins: None,
            body_sha256: self.body_sha256.clone(),
        };
        let received = self.state.reception.receive(incoming, now).await;
        let received = received.map_err(|error| self.refused(error))?;
        let notice = service.map(|service| service.notice.get(lang(self.language)).to_owned());
        Ok(document::made(&Made {
            id: received.number.to_string(),
            notice,
            account_id,
        }))
    }

    fn refused(&self, error: ReceptionError) -> Refusal {
        match error {
            ReceptionError::Fields(faults) => Refusal::faults(&faults, self.language),
            ReceptionError::KeyInUse => self.page(StatusCode::BAD_REQUEST, "open311_key_in_use"),
            ReceptionError::NotFound => self.page(StatusCode::NOT_FOUND, "open311_request"),
            other => self.failed(other),
        }
    }

    async fn list(&self) -> Answer {
        let query = Query::parse(&self.form, Timestamp::now())
            .map_err(|faults| Refusal::faults(&faults, self.language))?;
        let (size, number) = (query.page.size, query.page.number);
        let mut filter = ReportFilter {
            limit: size,
            offset: size.saturating_mul(number - 1),
            ..ReportFilter::default()
        };
        let mut closed = None;
        match query.which {
            Which::Ids(ids) => {
                filter.numbers = Some(ids.iter().filter_map(|id| id.parse().ok()).collect());
            }
            Which::Fitting(fitting) => {
                filter.from = fitting.from.as_microsecond();
                filter.to = fitting.to.as_microsecond();
                filter.services = fitting.services;
                closed = fitting.closed;
            }
        }
        // The state is the incident's: it is asked in the same question, so that pages stay whole.
        filter.closed = closed;
        let rows = store::citizen_reports(&self.state.store, &filter).await;
        let rows = rows.map_err(|error| self.failed(error))?;
        let requests = self.requests(rows, query.extensions).await?;
        Ok(document::requests(&requests))
    }

    async fn one(&self, id: &str) -> Answer {
        let found = self.by_number(id).await?;
        let extensions = matches!(self.form.get("extensions"), Some("true" | "1"));
        let requests = self.requests(vec![found], extensions).await?;
        Ok(document::requests(&requests))
    }

    /// Every request has its id at once; what asks by a token gets the same.
    async fn of_token(&self, token: &str) -> Answer {
        let found = self.by_number(token).await?;
        Ok(document::of_token(&found.number.to_string(), token))
    }

    async fn by_number(&self, id: &str) -> Result<citizen_report::Model, Refusal> {
        let missing = || self.page(StatusCode::NOT_FOUND, "open311_request");
        let number = id.parse().map_err(|_| missing())?;
        let filter = ReportFilter {
            numbers: Some(vec![number]),
            limit: 1,
            ..ReportFilter::default()
        };
        let rows = store::citizen_reports(&self.state.store, &filter).await;
        let rows = rows.map_err(|error| self.failed(error))?;
        rows.into_iter().next().ok_or_else(missing)
    }

    async fn requests(
        &self,
        rows: Vec<citizen_report::Model>,
        extensions: bool,
    ) -> Result<Vec<document::Request>, Refusal> {
        let placed = store::with_incidents(&self.state.store, rows).await;
        let placed = placed.map_err(|error| self.failed(error))?;
        placed
            .into_iter()
            .map(|placed| {
                self.request(placed, extensions)
                    .map_err(|error| self.failed(error))
            })
            .collect()
    }

    fn request(
        &self,
        placed: PlacedReport,
        extensions: bool,
    ) -> Result<document::Request, StoreError> {
        let PlacedReport { report, incident } = placed;
        let stage = follow::stage_of(&incident);
        let own = self.client.is_some() && report.filed_by == self.client;
        let shown = (stage.is_public() || own) && report.erased_at.is_none();
        let service = self.state.reception.services().get(&report.service);
        let told = store::told_of_row(&incident)?;
        let reporters = told.map_or(1, |told| told.reports);
        // Pictures that came as files show faces and plates: they are for staff and their reporter.
        let media_url = report.media_url.clone().filter(|_| shown);
        let time = |at| {
            Timestamp::from_microsecond(at).map_err(|_| StoreError::Unreadable {
                table: "citizen_reports",
                column: "received_at",
            })
        };
        let updated = incident.updated_at.max(report.received_at);
        let notes = catalogue::page(self.language, stage_page(stage));
        let extended = extensions.then(|| Extended {
            // A plate is among them at times.
            attributes: if own { attributes(&report) } else { Vec::new() },
            channel: report.channel.clone(),
            photos: media_url.iter().cloned().collect(),
            reporters,
        });
        Ok(document::Request {
            id: report.number.to_string(),
            status: stage.status(),
            status_notes: Some(notes.to_owned()),
            service_name: service.map_or_else(
                || report.service.clone(),
                |service| service.name.get(lang(self.language)).to_owned(),
            ),
            description: shown
                .then_some(report.description)
                .filter(|text| !text.is_empty()),
            agency_responsible: incident.lead_unit.filter(|_| shown),
            service_notice: service
                .map(|service| service.notice.get(lang(self.language)).to_owned()),
            requested: time(report.received_at)?,
            updated: time(updated)?,
            expected: expected(report.received_at, service),
            address: report.address.filter(|_| shown),
            address_id: report.address_id.filter(|_| shown),
            zipcode: None,
            lat: report.lat,
            long: report.lon,
            media_url,
            service_code: report.service,
            extended,
        })
    }

    /// mySociety's `GET servicerequestupdates`: what changed within a time, the last two hours where none
    /// is named. The id of an update is the incident's number and the row's in its history, so that it is
    /// the same whoever asks, and however often.
    async fn updates(&self) -> Answer {
        let now = Timestamp::now();
        let mut faults = Vec::new();
        let (from, to) = match (self.form.get("start_date"), self.form.get("end_date")) {
            (None, None) => (now - jiff::SignedDuration::from_hours(2), now),
            _ => span(&self.form, now, &mut faults),
        };
        if !faults.is_empty() {
            return Err(Refusal::faults(&faults, self.language));
        }
        let (from, to) = (from.as_microsecond(), to.as_microsecond());
        let failed = |error| self.failed(error);
        let store = &self.state.store;
        let rows = store::reports_of_changed_incidents(store, from, to, MOST_CHANGED)
            .await
            .map_err(failed)?;
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let theirs = store::updates_of_reports(store, &ids)
            .await
            .map_err(failed)?;
        let placed = store::with_incidents(store, rows).await.map_err(failed)?;
        let of: Vec<String> = placed.iter().map(|one| one.incident.id.clone()).collect();
        let changes = store::state_changes(store, &of, from, to)
            .await
            .map_err(failed)?;
        let mut updates = Vec::new();
        for one in &placed {
            let own = changes
                .iter()
                .filter(|change| change.incident == one.incident.id);
            // What happened to the incident before this report joined it is no news of this report.
            let own = own.filter(|change| change.at >= one.report.received_at);
            updates.extend(own.filter_map(|change| self.update_of(one, change)));
            let told = theirs
                .iter()
                .filter(|update| update.report_id == one.report.id);
            let told = told.filter(|update| (from..=to).contains(&update.at));
            updates.extend(told.filter_map(|update| passed_on(one, update)));
        }
        updates.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(document::updates(&updates))
    }

    fn update_of(&self, one: &PlacedReport, change: &StateChange) -> Option<Update> {
        let stage = citizens::Stage::of_state(&change.state, change.detail.as_deref());
        Some(Update {
            id: format!(
                "{}-{}-{}",
                one.incident.number, change.seq, one.report.number
            ),
            request: one.report.number.to_string(),
            status: stage.extended().to_owned(),
            description: Some(catalogue::page(self.language, stage_page(stage)).to_owned()),
            at: Timestamp::from_microsecond(change.at).ok()?,
            media_url: None,
        })
    }

    /// mySociety's `POST servicerequestupdates`: another system tells of a request.
    async fn take_update(&self) -> Answer {
        let Some(client) = &self.client else {
            return Err(self.page(StatusCode::FORBIDDEN, "open311_key"));
        };
        let form = &self.form;
        let mut faults: Vec<Fault> = [
            "service_request_id",
            "update_id",
            "updated_datetime",
            "status",
            "description",
        ]
        .into_iter()
        .filter(|name| form.get(name).is_none())
        .map(|name| Fault::new(name, Problem::Missing))
        .collect();
        let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let status = text("status").to_uppercase();
        if !status.is_empty() && !UPDATE_STATUSES.contains(&status.as_str()) {
            faults.push(Fault::new("status", Problem::Unknown));
        }
        let at = form.get("updated_datetime").and_then(time);
        if at.is_none() && form.get("updated_datetime").is_some() {
            faults.push(Fault::new("updated_datetime", Problem::NotATime));
        }
        for (name, most) in [
            ("description", 4_000),
            ("update_id", 200),
            ("media_url", 500),
        ] {
            if text(name).chars().count() > most {
                faults.push(Fault::new(name, Problem::TooLong));
            }
        }
        let (Some(at), true) = (at, faults.is_empty()) else {
            return Err(Refusal::faults(&faults, self.language));
        };
        let report = self.by_number(&text("service_request_id")).await?;
        let update_id = text("update_id");
        let row = citizen_update::Model {
            id: Uuid::now_v7().to_string(),
            report_id: report.id,
            client: client.clone(),
            update_id: update_id.clone(),
            at: at.as_microsecond(),
            status,
            description: text("description"),
            media_url: form.get("media_url").map(str::to_owned),
        };
        let stored = async {
            let tx = self.state.store.begin().await?;
            let is_new = store::insert_update(&tx, row).await?;
            tx.commit().await?;
            Ok::<bool, StoreError>(is_new)
        };
        match stored.await {
            Ok(true) => Ok(document::update_made(&update_id)),
            Ok(false) => Err(self.page(StatusCode::BAD_REQUEST, "open311_update_known")),
            Err(error) => Err(self.failed(error)),
        }
    }
}

fn passed_on(one: &PlacedReport, update: &citizen_update::Model) -> Option<Update> {
    Some(Update {
        id: format!("{}-{}", update.client, update.update_id),
        request: one.report.number.to_string(),
        status: update.status.clone(),
        description: Some(update.description.clone()),
        at: Timestamp::from_microsecond(update.at).ok()?,
        media_url: update.media_url.clone(),
    })
}

/// The text of the catalogue that tells a stage.
const fn stage_page(stage: citizens::Stage) -> &'static str {
    use citizens::Stage;
    match stage {
        Stage::Received => "stage_received",
        Stage::Checking => "stage_checking",
        Stage::NotTaken => "stage_not_taken",
        Stage::Working => "stage_working",
        Stage::Postponed => "stage_postponed",
        Stage::Done => "stage_done",
        Stage::NotSolved => "stage_not_solved",
        Stage::Reopened => "stage_reopened",
    }
}

fn attributes(report: &citizen_report::Model) -> Vec<(String, String)> {
    let read: HashMap<String, Vec<String>> =
        serde_json::from_str(&report.attributes).unwrap_or_default();
    let mut pairs: Vec<(String, String)> = read
        .into_iter()
        .flat_map(|(code, values)| values.into_iter().map(move |value| (code.clone(), value)))
        .collect();
    pairs.sort();
    pairs
}
