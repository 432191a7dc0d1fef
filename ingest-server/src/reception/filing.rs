//! One report: files encoded, then everything else in one transaction.

use std::fmt;

use casework::routing::Source as Origin;
use citizens::{Fault, FollowCode, Problem, Service, Told};
use jiff::{SignedDuration, Timestamp};
use merge::{Code, Picture, Plate, PlateReading, Source, Span, Witness};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::files::SentFile;
use super::{Reception, ReceptionError};
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::incident::intake::Decision;
use crate::store::entity::{citizen_contact, citizen_errand, citizen_file, citizen_report};
use crate::store::{self, NewTold, Tx};
use crate::telemetry::CITIZEN_REPORTS;

/// The attribute that names a vehicle's plate.
const PLATE: &str = "plate";
/// Who stands in the history for a reporter.
const REPORTER: &str = "reporter";
/// So far back a camera's buffer reaches.
const HELD_BY_CAMERAS: SignedDuration = SignedDuration::from_mins(10);

/// How a report came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The portal's page.
    Portal,
    /// An app, over the same API.
    App,
    /// Another system.
    Open311,
    /// The telephone, typed in by staff.
    Phone,
    /// A text message, typed in by staff.
    Sms,
    /// An e-mail, typed in by staff.
    Email,
    /// A social network, typed in by staff.
    Social,
}

impl Channel {
    /// The word in the store, on the wire, and on the metric.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::App => "app",
            Self::Open311 => "open311",
            Self::Phone => "phone",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Social => "social",
        }
    }

    const fn source(self) -> Source {
        match self {
            Self::Portal | Self::App | Self::Open311 => Source::Citizen,
            Self::Phone | Self::Sms | Self::Email | Self::Social => Source::Phone,
        }
    }

    const fn origin(self) -> Origin {
        match self {
            Self::Portal | Self::App => Origin::Citizen,
            Self::Open311 => Origin::Open311,
            Self::Phone | Self::Sms | Self::Email | Self::Social => Origin::Staff,
        }
    }
}

/// A report that comes in.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// What it says, checked.
    pub told: Told,
    /// What came with it.
    pub files: Vec<SentFile>,
    /// How.
    pub channel: Channel,
    /// The account that typed it in or passed it on.
    pub filed_by: Option<String>,
    /// A key of the sender's: the same again is the same report.
    pub key: Option<String>,
    /// The incident that the reporter says it is.
    pub joins: Option<IncidentId>,
    /// SHA-256 of everything that was sent.
    pub body_sha256: String,
}

/// What became of the report's place among incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// It joined an incident that was there.
    Linked,
    /// It opened one.
    Opened,
}

/// A report that was taken in.
#[derive(Clone)]
pub struct Received {
    /// Its number.
    pub number: i64,
    /// Its id.
    pub id: String,
    /// The code by which it is followed.
    pub code: FollowCode,
    /// The incident.
    pub incident: IncidentId,
    /// Whether it was the first there.
    pub joined: Joined,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Reception {
    /// Takes a report in.
    ///
    /// # Errors
    /// [`ReceptionError`]; then nothing of the report is stored.
    pub async fn receive(
        &self,
        incoming: Incoming,
        now: Timestamp,
    ) -> Result<Received, ReceptionError> {
        let channel = incoming.channel.as_str();
        let received = Box::pin(self.file(incoming, now)).await;
        let outcome = match &received {
            Ok(_) => "stored",
            Err(ReceptionError::Fields(_)) => "fields",
            Err(ReceptionError::KeyInUse) => "key_in_use",
            Err(_) => "failed",
        };
        metrics::counter!(CITIZEN_REPORTS, "channel" => channel, "outcome" => outcome).increment(1);
        received
    }

    async fn file(&self, incoming: Incoming, now: Timestamp) -> Result<Received, ReceptionError> {
        let service = self.services().get(&incoming.told.service).cloned();
        let fault = || ReceptionError::Fields(vec![Fault::new("service", Problem::Unknown)]);
        let service = service.ok_or_else(fault)?;
        self.check_joins(&incoming, now).await?;
        let key = incoming.key.as_deref().map(|key| {
            let by = incoming.filed_by.as_deref().unwrap_or_default();
            hex::encode(Sha256::digest(format!(
                "{}\n{by}\n{key}",
                incoming.channel.as_str()
            )))
        });
        let id = Uuid::now_v7().to_string();
        let files = self.take_files(&id, &incoming.files).await?;
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let code = self.code(key.as_deref())?;
        let tx = self.store.begin().await?;
        if let Some(key) = &key
            && let Some(before) = store::filed_before(&tx, key).await?
        {
            if before.body_sha256 != incoming.body_sha256 {
                return Err(ReceptionError::KeyInUse);
            }
            return self.known(&tx, &before, code).await;
        }
        let row = self.row(id, &incoming, &service, (key, &code), now);
        let witness = self.model.heard(witness(&row, &incoming, &files));
        let new = NewTold {
            witness: &witness,
            kind: service.family(),
            detail: service.detail(),
            told: store::told_of(&row)?,
            actor: incoming.filed_by.as_deref().unwrap_or(REPORTER),
            source: incoming.channel.origin(),
            joins: incoming.joins,
            now,
        };
        let applied = store::file_told(&tx, &self.model, &new).await?;
        let Change::Incident { id: incident, .. } = applied.change else {
            return Err(ReceptionError::NotFound);
        };
        let id = row.id.clone();
        self.plan_errand(&tx, &row, now).await?;
        let number = store::insert_citizen_report(&tx, row, files).await?;
        self.keep_contact(&tx, &id, &incoming, now).await?;
        tx.commit().await?;
        self.changes.announce(applied.change);
        self.0.bell.notify_one();
        Ok(Received {
            number,
            id,
            code,
            incident,
            joined: match applied.decision {
                Decision::Open { .. } => Joined::Opened,
                _ => Joined::Linked,
            },
        })
    }

    /// "Me too" is said of what is shown near the place, of the same family, and of nothing else.
    async fn check_joins(&self, incoming: &Incoming, now: Timestamp) -> Result<(), ReceptionError> {
        let Some(joins) = incoming.joins else {
            return Ok(());
        };
        let fault = || ReceptionError::Fields(vec![Fault::new("same_as", Problem::Unknown)]);
        let spot = incoming.told.spot.ok_or_else(fault)?;
        let near = self
            .nearby((spot.lat, spot.lon), Some(&incoming.told.service), now)
            .await?;
        let joins = joins.to_string();
        match near.iter().any(|(row, _, _)| row.id == joins) {
            true => Ok(()),
            false => Err(fault()),
        }
    }

    /// What was filed before under the same key.
    async fn known(
        &self,
        tx: &Tx,
        row: &citizen_report::Model,
        code: FollowCode,
    ) -> Result<Received, ReceptionError> {
        let incident = store::home_of_witness(tx, &row.id).await?;
        Ok(Received {
            number: row.number,
            id: row.id.clone(),
            code,
            incident: incident.ok_or(ReceptionError::NotFound)?,
            joined: Joined::Linked,
        })
    }

    /// A code nobody guesses. Under a key it is always the same, so that whoever did not hear the
    /// answer hears it when they ask again; it is made with a secret all the same.
    fn code(&self, key: Option<&str>) -> Result<FollowCode, ReceptionError> {
        let mut bytes = [0_u8; 10];
        match key {
            Some(key) => self.vault.derive(&format!("code:{key}"), &mut bytes),
            None => OsRng
                .try_fill_bytes(&mut bytes)
                .map_err(ReceptionError::Random)?,
        }
        Ok(FollowCode::from_random(bytes))
    }

    fn row(
        &self,
        id: String,
        incoming: &Incoming,
        service: &Service,
        (key, code): (Option<String>, &FollowCode),
        now: Timestamp,
    ) -> citizen_report::Model {
        let told = &incoming.told;
        let identity = told.contact.as_ref().and_then(citizens::Contact::identity);
        citizen_report::Model {
            id,
            number: 0,
            idempotency: key,
            body_sha256: incoming.body_sha256.clone(),
            code_hash: code_hash(code),
            channel: incoming.channel.as_str().to_owned(),
            filed_by: incoming.filed_by.clone(),
            service: service.code.clone(),
            category: service.category.clone(),
            severity: service.severity.as_str().to_owned(),
            description: told.description.clone(),
            // Names and texts always write.
            attributes: serde_json::to_string(&told.attributes).unwrap_or_default(),
            lat: told.spot.map(|spot| spot.lat),
            lon: told.spot.map(|spot| spot.lon),
            uncertainty_m: told.spot.map(|spot| spot.uncertainty_m),
            address: told.address.clone(),
            address_id: told.address_id.clone(),
            occurred_at: told.occurred.as_microsecond(),
            received_at: now.as_microsecond(),
            media_url: told.media_url.clone(),
            reporter: identity.map(|identity| self.vault.pseudonym(&identity)),
            rating: None,
            rating_note: None,
            rated_at: None,
            keep_days: i64::from(service.keep_contact_days),
            hold: None,
            hold_by: None,
            hold_at: None,
            anonymised_at: None,
            erased_at: None,
        }
    }

    async fn keep_contact(
        &self,
        tx: &Tx,
        report: &str,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        let Some(contact) = &incoming.told.contact else {
            return Ok(());
        };
        let sealed = self.vault.seal(report, contact)?;
        let row = citizen_contact::Model {
            report_id: report.to_owned(),
            key_id: sealed.key_id,
            sealed: sealed.text,
            created_at: now.as_microsecond(),
        };
        Ok(store::put_contact(tx, row).await?)
    }

    /// Writes down which camera is to be asked, where one stands near and may still hold the moment.
    async fn plan_errand(
        &self,
        tx: &Tx,
        row: &citizen_report::Model,
        now: Timestamp,
    ) -> Result<(), ReceptionError> {
        let seen = Timestamp::from_microsecond(row.occurred_at).unwrap_or(now);
        let (Some(lat), Some(lon)) = (row.lat, row.lon) else {
            return Ok(());
        };
        if self.config.camera_radius_m <= 0.0 || now.duration_since(seen) > HELD_BY_CAMERAS {
            return Ok(());
        }
        let here = merge::Place::Point {
            lat,
            lon,
            uncertainty_m: 1.0,
        };
        let cameras = store::cameras(tx).await?;
        let nearest = cameras
            .into_iter()
            .filter(|camera| camera.state.as_deref() != Some("stopped"))
            .filter_map(|camera| {
                let place = serde_json::from_str(camera.place.as_deref()?).ok()?;
                let there = crate::incident::witness::place(place);
                Some((merge::place::metres(&here, &there), camera))
            })
            .filter(|(metres, _)| *metres <= self.config.camera_radius_m)
            .min_by(|(a, _), (b, _)| a.total_cmp(b));
        let Some((distance_m, camera)) = nearest else {
            return Ok(());
        };
        let errand = citizen_errand::Model {
            id: Uuid::now_v7().to_string(),
            report_id: row.id.clone(),
            agent: camera.agent,
            camera: camera.id,
            distance_m: (distance_m * 10.0).round() / 10.0,
            wanted_at: now.as_microsecond(),
            command_id: None,
            refused: None,
        };
        Ok(store::insert_errand(tx, errand).await?)
    }
}

/// What is stored of a code.
#[must_use]
pub(super) fn code_hash(code: &FollowCode) -> String {
    hex::encode(Sha256::digest(code.letters().as_bytes()))
}

/// A report as merging sees it.
fn witness(
    row: &citizen_report::Model,
    incoming: &Incoming,
    files: &[citizen_file::Model],
) -> Witness {
    let told = &incoming.told;
    let plate = told.attributes.get(PLATE).and_then(|values| values.first());
    let text: String = told
        .description
        .chars()
        .take(merge::text::MAX_CHARS)
        .collect();
    let perceptual = |file: &citizen_file::Model| {
        let digits = file.perceptual.as_deref()?;
        u64::from_str_radix(digits, 16).ok()
    };
    Witness {
        id: row.id.clone(),
        source: incoming.channel.source(),
        category: Code::new(row.category.clone()),
        named: None,
        place: told.spot.map(|spot| merge::Place::Point {
            lat: spot.lat,
            lon: spot.lon,
            uncertainty_m: spot.uncertainty_m,
        }),
        occurred: Span::at(told.occurred),
        text: (!text.is_empty()).then_some(text),
        pictures: files
            .iter()
            .map(|file| Picture {
                // What was sent twice has one hash before it is encoded anew.
                sha256: file.original_sha256.clone(),
                perceptual: perceptual(file),
            })
            .collect(),
        plate: plate.map(|text| Plate {
            text: text.clone(),
            reading: PlateReading::Sure,
        }),
        camera: None,
        zone: None,
        reporter: row.reporter.clone(),
    }
}
