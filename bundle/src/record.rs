//! What the server says of a bundle, beside the agent's manifest: whose key it was, what people
//! decided, which vehicle they read.

use std::fmt;
use std::str::FromStr;

use contract::v1::{AgentId, EventId, PublicKey};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most characters of a plate: with spaces and dashes the longest of Vietnam has 12.
const MAX_PLATE_CHARS: usize = 16;
/// How far an agent's clock may be behind the server's, which wrote `valid_from`, without a word
/// about it: a key is used within moments of its enrolment.
const START_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Which agent a key belongs to, and from when until when. Signed by the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRecord {
    /// The agent.
    pub agent: AgentId,
    /// Its public key.
    pub public_key: PublicKey,
    /// From when it may sign.
    pub valid_from: Timestamp,
    /// Since when it may not, be it replaced or revoked; absent while it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

impl EnrolmentRecord {
    /// Whether the key might no longer sign at `at`, by the agent's clock.
    #[must_use]
    pub fn had_ended(&self, at: Timestamp) -> bool {
        self.valid_until.is_some_and(|until| until <= at)
    }

    /// Whether `at` lies more than five minutes before the key was enrolled. What the key signed
    /// cannot be older than the key: the agent's clock was behind, and the seal holds all the same.
    #[must_use]
    pub fn predates(&self, at: Timestamp) -> bool {
        self.valid_from.duration_until(at) < -START_TOLERANCE
    }
}

/// A number plate as a person typed it.
///
/// Invariant: 2 to 16 characters of `A-Z`, `Đ`, `0-9`, `-`, `.` and single spaces, upper case,
/// with at least one digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Plate(String);

/// The text is not a number plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plate has 2 to 16 letters, digits, dashes, dots and spaces, and at least one digit")]
pub struct PlateError;

impl Plate {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Plate {
    type Err = PlateError;
    fn from_str(text: &str) -> Result<Self, PlateError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ").to_uppercase();
        let count = text.chars().count();
        let allowed = |c: char| {
            c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, 'Đ' | '-' | '.' | ' ')
        };
        let fits = (2..=MAX_PLATE_CHARS).contains(&count)
            && text.chars().all(allowed)
            && text.chars().any(|c| c.is_ascii_digit());
        fits.then_some(Self(text)).ok_or(PlateError)
    }
}

impl TryFrom<String> for Plate {
    type Error = PlateError;
    fn try_from(text: String) -> Result<Self, PlateError> {
        text.parse()
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> Self {
        plate.0
    }
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether anybody read the vehicle's plate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "vehicle", rename_all = "snake_case")]
pub enum Vehicle {
    /// Nobody did: the vehicle is not identified.
    NotIdentified,
    /// An operator typed it.
    Identified {
        /// The plate.
        plate: Plate,
        /// Who typed it.
        typed_by: String,
        /// When.
        typed_at: Timestamp,
    },
}

/// One decision of a person about the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// Who: a user name.
    pub actor: String,
    /// What, e.g. `confirm`.
    pub action: String,
    /// Why, as a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The manifest's place in its agent's chain, as the server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChainStanding {
    /// The first of its chain.
    First,
    /// The server holds the manifest it names as its predecessor.
    Linked,
    /// The server does not hold the manifest before it.
    PredecessorMissing,
    /// Another manifest claims the same place, or its predecessor is another than it names.
    Contradicted,
}

/// That the bundle was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Who released it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What people and the server know of the event. Signed by the server, through the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewRecord {
    /// The event.
    pub event_id: EventId,
    /// The incident's id.
    pub incident_id: String,
    /// The incident's number for people.
    pub incident_number: i64,
    /// Where the incident stands: `new`, `acknowledged`, `confirmed`, `rejected`.
    pub state: String,
    /// What people decided, oldest first.
    pub decisions: Vec<Decision>,
    /// Whether the vehicle is identified.
    #[serde(flatten)]
    pub vehicle: Vehicle,
    /// When the server had the manifest and its signature.
    pub received_at: Timestamp,
    /// The manifest's place in its chain.
    pub chain: ChainStanding,
    /// That it was released; absent while it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates_are_taken_as_people_type_them() {
        for (typed, kept) in [
            ("75a-123.45", "75A-123.45"),
            (" 75F1   678.90 ", "75F1 678.90"),
            ("51MĐ1 000.01", "51MĐ1 000.01"),
            ("51mđ1-000.01", "51MĐ1-000.01"),
        ] {
            assert_eq!(typed.parse::<Plate>().unwrap().as_str(), kept);
        }
        for bad in [
            "",
            " ",
            "1",
            "ABC",
            "75A<123",
            "75A-123.45-67890-1",
            "７５A1",
        ] {
            assert_eq!(bad.parse::<Plate>(), Err(PlateError), "{bad:?}");
        }
    }

    #[test]
    fn a_key_ends_at_its_revocation_and_a_clock_behind_its_enrolment_is_told() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let key = contract::v1::SecretKey::from_bytes(&[7; 32]).public();
        let record = |valid_until| EnrolmentRecord {
            agent: "hue-01".parse().unwrap(),
            public_key: key,
            valid_from: at(1_000),
            valid_until,
        };
        assert!(record(None).predates(at(699)));
        assert!(!record(None).predates(at(700)));
        assert!(!record(None).had_ended(at(1_000_000)));
        assert!(!record(Some(at(2_000))).had_ended(at(1_999)));
        assert!(record(Some(at(2_000))).had_ended(at(2_000)));
    }
}
