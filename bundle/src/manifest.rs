//! The manifest: every part with its hash, and all that was known when the event was sealed.
//!
//! It is a pure function of the event's last report, the agent's build, the place in the chain and
//! the time. Its bytes are made once; they are what is hashed, signed, chained, sent and kept.
//! What does not belong here: what people decide later ([`crate::ReviewRecord`]).

use contract::v1::{
    AgentId, AutoReport, CameraId, Clock, ClockReference, ClockSource, ClockTrust, EventId,
    Evidence, EvidenceId, EvidenceKind, Interval, Kind, ModelRef, Place, RedLightMoments, Severity,
    TrackBrief, UnavailableReason, ZoneId,
};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use crate::chain::Link;
use crate::digest::Sha256Hex;
use crate::known::Known;
use crate::record::{ReviewRecord, Vehicle};

/// What `format` says.
pub const MANIFEST_FORMAT: &str = "vong.manifest.v1";

/// Everything that was known of an event when its last part was settled.
///
/// Unknown fields are accepted, so that an older verifier reads a newer manifest; the exact bytes
/// are what is signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Always `vong.manifest.v1`.
    pub format: String,
    /// Its place in the agent's chain.
    pub chain: Link,
    /// Who speaks.
    pub agent: AgentFacts,
    /// What happened.
    pub event: EventFacts,
    /// From when to when, as far as it was known.
    pub occurred: Interval,
    /// The time of the picture that decided.
    pub decided_at: Timestamp,
    /// When the manifest was made.
    pub sealed_at: Timestamp,
    /// How long it had been watched by then, in seconds.
    pub observed_seconds: f64,
    /// How far the times can be trusted.
    pub clock: ClockFacts,
    /// The camera.
    pub camera: CameraFacts,
    /// The zone, where the rule has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneFacts>,
    /// The rule's name and version, e.g. `illegal_parking/1`.
    pub rule_version: String,
    /// SHA-256 of the configuration in force.
    pub config_version: Sha256Hex,
    /// The model, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// The tracks that took part, with their scores.
    pub tracks: Vec<TrackBrief>,
    /// The three moments of a red-light violation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_light: Option<RedLightMoments>,
    /// Every part of the evidence, the ones that do not exist too.
    pub parts: Vec<Part>,
}

/// The agent that speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentFacts {
    /// Its name.
    pub id: AgentId,
    /// Program and version, e.g. `edge-agent 0.1.0`.
    pub build: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventFacts {
    /// The event.
    pub id: EventId,
    /// Its family.
    pub kind: Kind,
    /// Which of the family, e.g. `illegal_parking`.
    pub detail: String,
    /// How much it matters.
    pub severity: Severity,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
    /// The most objects seen at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The code of the offence, as *proposed* by the site's configuration: nobody has decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_offence: Option<String>,
}

/// Whose clock, and how far it can be trusted. What nobody measured is `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClockFacts {
    /// Whose clock the times come from.
    pub source: ClockSource,
    /// The camera's clock minus the agent's, in milliseconds.
    pub camera_offset_ms: Known<i64>,
    /// The agent's clock minus true time, in milliseconds.
    pub agent_offset_ms: Known<i64>,
    /// By how much that may be wrong, either way, in milliseconds.
    pub agent_uncertainty_ms: Known<u64>,
    /// What the agent's clock was compared with.
    pub reference: Known<ClockReference>,
    /// What the agent thinks of the times.
    pub trust: ClockTrust,
}

/// The camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraFacts {
    /// Its id within the agent.
    pub id: CameraId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the event is, as well as the camera can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The pose it was in; absent for a fixed camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<String>,
    /// The version of its calibration; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_version: Option<String>,
}

/// The zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ZoneFacts {
    /// Its id within the camera.
    pub id: ZoneId,
    /// SHA-256 of its corners.
    pub version: Sha256Hex,
}

/// One part of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Its id.
    pub id: EvidenceId,
    /// What it shows.
    pub kind: EvidenceKind,
    /// Its bytes, or why there are none.
    #[serde(flatten)]
    pub state: PartState,
}

/// A part's bytes, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PartState {
    /// It exists.
    Sealed {
        /// Media type.
        mime: String,
        /// Length in bytes.
        bytes: u64,
        /// SHA-256 of the bytes.
        sha256: Sha256Hex,
        /// When the camera saw what it shows; a picture has only a start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<Interval>,
        /// Which part of the clip it is, where that is in several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<contract::v1::Part>,
        /// The track that a crop shows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        track: Option<u64>,
    },
    /// It was due and does not exist.
    Unavailable {
        /// Why not.
        reason: UnavailableReason,
    },
}

/// What a manifest needs beside the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealing {
    /// Program and version.
    pub build: String,
    /// When the event was last seen.
    pub last_seen: Timestamp,
    /// Now.
    pub sealed_at: Timestamp,
    /// The place in the chain.
    pub link: Link,
}

/// A field that must be there and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissingField {
    /// What the decision rests on.
    Basis,
    /// The zone's version.
    ZoneVersion,
    /// A part that nobody knows the fate of yet.
    Parts,
    /// The deciding picture.
    Still,
    /// The clip.
    Clip,
    /// Where it happened.
    Place,
    /// The proposed offence.
    ProposedOffence,
    /// The three moments.
    RedLight,
    /// The number plate.
    Plate,
    /// That somebody confirmed the incident.
    Confirmation,
}

impl MissingField {
    /// Every field, for catalogues.
    pub const ALL: [Self; 10] = [
        Self::Basis,
        Self::ZoneVersion,
        Self::Parts,
        Self::Still,
        Self::Clip,
        Self::Place,
        Self::ProposedOffence,
        Self::RedLight,
        Self::Plate,
        Self::Confirmation,
    ];

    /// The field's path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basis => "basis",
            Self::ZoneVersion => "zone.version",
            Self::Parts => "parts",
            Self::Still => "parts.still",
            Self::Clip => "parts.clip",
            Self::Place => "camera.place",
            Self::ProposedOffence => "event.proposed_offence",
            Self::RedLight => "red_light",
            Self::Plate => "review.plate",
            Self::Confirmation => "review.state",
        }
    }
}

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The report does not say something that a manifest must say.
    #[error("the report does not say `{}`", .0.as_str())]
    Missing(MissingField),
    /// A value of the report cannot be what it should be.
    #[error("the report's `{0}` is not a SHA-256")]
    Hash(&'static str),
    /// The bytes are no manifest; the cause names the field.
    #[error("not a manifest")]
    Parse(#[source] serde_path_to_error::Error<serde_json::Error>),
    /// It has no JSON form.
    #[error("the manifest cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// It is of another format.
    #[error("format {0:?}, expected {MANIFEST_FORMAT:?}")]
    Format(String),
}

impl Manifest {
    /// What `report` and `sealing` say.
    ///
    /// # Errors
    /// [`ManifestError::Missing`] with the field that the report does not say.
    pub fn of(report: &AutoReport, sealing: Sealing) -> Result<Self, ManifestError> {
        let basis = report
            .basis
            .as_ref()
            .ok_or(ManifestError::Missing(MissingField::Basis))?;
        let parts = report
            .evidence
            .iter()
            .filter(|entry| !entry.kind().is_seal());
        Ok(Self {
            format: MANIFEST_FORMAT.to_owned(),
            chain: sealing.link,
            agent: AgentFacts {
                id: report.agent.clone(),
                build: sealing.build,
            },
            event: EventFacts {
                id: report.event_id,
                kind: report.kind,
                detail: report.detail.clone(),
                severity: report.severity,
                confidence: report.confidence,
                count: report.count,
                proposed_offence: basis.proposed_offence.clone(),
            },
            occurred: report.occurred,
            decided_at: basis.decided_at,
            sealed_at: sealing.sealed_at,
            observed_seconds: seconds_between(
                report.occurred.start,
                report.occurred.end.unwrap_or(sealing.last_seen),
            ),
            clock: ClockFacts::from(&report.clock),
            camera: CameraFacts {
                id: report.camera.clone(),
                name: report.camera_name.clone(),
                place: report.place,
                pose: report.pose.clone(),
                calibration_version: basis.calibration_version.clone(),
            },
            zone: report
                .zone
                .as_ref()
                .map(|zone| zone_facts(zone, basis.zone_version.as_deref()))
                .transpose()?,
            rule_version: report.rule_version.clone(),
            config_version: hash(&basis.config_version, "basis.config_version")?,
            model: report.model.clone(),
            tracks: report.tracks.clone(),
            red_light: basis.red_light,
            parts: parts.map(part).collect::<Result<_, _>>()?,
        })
    }

    /// Its exact bytes, made once: readable JSON that ends with a line break.
    ///
    /// # Errors
    /// [`ManifestError::Encode`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(ManifestError::Encode)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError::Parse`] with the field that is missing or wrong, [`ManifestError::Format`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let manifest: Self =
            serde_path_to_error::deserialize(&mut reader).map_err(ManifestError::Parse)?;
        if manifest.format != MANIFEST_FORMAT {
            return Err(ManifestError::Format(manifest.format));
        }
        Ok(manifest)
    }

    /// The first sealed part of a kind.
    #[must_use]
    pub fn sealed(&self, kind: EvidenceKind) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| part.kind == kind && matches!(part.state, PartState::Sealed { .. }))
    }
}

impl From<&Clock> for ClockFacts {
    fn from(clock: &Clock) -> Self {
        Self {
            source: clock.source,
            camera_offset_ms: clock.offset_ms.into(),
            agent_offset_ms: clock.agent.map(|agent| agent.offset_ms).into(),
            agent_uncertainty_ms: clock.agent.map(|agent| agent.uncertainty_ms).into(),
            reference: clock.agent.map(|agent| agent.reference).into(),
            trust: clock.trust,
        }
    }
}

/// What an event's manifest lacks for there to be a bundle at all.
#[must_use]
pub fn missing_for_bundle(manifest: &Manifest) -> Vec<MissingField> {
    match manifest.sealed(EvidenceKind::Still) {
        Some(_) => vec![],
        None => vec![MissingField::Still],
    }
}

/// What is lacking before a bundle may be released. A traffic violation must name vehicle and
/// offence; what cattle and stalls do has no plate.
#[must_use]
pub fn missing_for_release(manifest: &Manifest, review: &ReviewRecord) -> Vec<MissingField> {
    let is_violation = manifest.event.kind == Kind::TrafficViolation;
    let identified = matches!(review.vehicle, Vehicle::Identified { .. });
    let offence = manifest.event.proposed_offence.is_some();
    let lamp = manifest.event.detail != "red_light" || manifest.red_light.is_some();
    let checks = [
        (
            MissingField::Clip,
            manifest.sealed(EvidenceKind::Clip).is_some(),
        ),
        (MissingField::Place, manifest.camera.place.is_some()),
        (MissingField::ProposedOffence, offence || !is_violation),
        (MissingField::RedLight, lamp),
        (MissingField::Plate, identified || !is_violation),
        (MissingField::Confirmation, review.state == "confirmed"),
    ];
    let mut missing = missing_for_bundle(manifest);
    missing.extend(
        checks
            .into_iter()
            .filter(|(_, there)| !there)
            .map(|(field, _)| field),
    );
    missing
}

/// JSON Schema of the manifest.
#[must_use]
pub fn schema() -> Schema {
    schema_for!(Manifest)
}

fn zone_facts(zone: &ZoneId, version: Option<&str>) -> Result<ZoneFacts, ManifestError> {
    let version = version.ok_or(ManifestError::Missing(MissingField::ZoneVersion))?;
    Ok(ZoneFacts {
        id: zone.clone(),
        version: hash(version, "basis.zone_version")?,
    })
}

fn part(entry: &Evidence) -> Result<Part, ManifestError> {
    let state = match entry {
        Evidence::Pending { .. } => return Err(ManifestError::Missing(MissingField::Parts)),
        Evidence::Sealed {
            mime,
            bytes,
            sha256,
            shown,
            part,
            track,
            ..
        } => PartState::Sealed {
            mime: mime.clone(),
            bytes: *bytes,
            sha256: hash(sha256, "evidence[].sha256")?,
            shown: *shown,
            part: *part,
            track: *track,
        },
        Evidence::Unavailable { reason, .. } => PartState::Unavailable { reason: *reason },
    };
    Ok(Part {
        id: entry.id(),
        kind: entry.kind(),
        state,
    })
}

fn hash(text: &str, field: &'static str) -> Result<Sha256Hex, ManifestError> {
    text.parse().map_err(|_| ManifestError::Hash(field))
}

/// To the millisecond; zero where the end comes first.
fn seconds_between(start: Timestamp, end: Timestamp) -> f64 {
    let milliseconds = end.duration_since(start).as_millis().max(0);
    #[expect(
        clippy::cast_precision_loss,
        reason = "events of less than 10^5 years keep their milliseconds"
    )]
    let milliseconds = milliseconds as f64;
    milliseconds / 1e3
}

#[cfg(test)]
pub(crate) mod tests;
