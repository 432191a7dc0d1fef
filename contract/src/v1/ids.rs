//! Identifiers as types, so that a camera's id can never stand where an agent's is meant.
//!
//! Names that people give (agents, cameras, zones, units) are *slugs*: they appear in MQTT topics
//! and file paths, so they hold no separator, wildcard or dot. Things the programs mint (events,
//! evidence, reports) are UUIDs, version 7 so that they sort by time of birth.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest name that a person may give to an agent, camera, zone or unit, in bytes.
const MAX_SLUG_BYTES: usize = 64;

/// Why a string is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The string is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The string is longer than 64 bytes.
    #[error("an id has at most {MAX_SLUG_BYTES} characters, this one has {0}")]
    TooLong(usize),
    /// The string holds a character that a topic or a path could misread.
    #[error(
        "an id holds only a-z, 0-9, '-' and '_', and starts with a letter or digit; found {0:?}"
    )]
    BadCharacter(char),
    /// The string is not a UUID.
    #[error("not a UUID")]
    NotUuid,
}

fn check_slug(text: &str) -> Result<(), IdError> {
    if text.len() > MAX_SLUG_BYTES {
        return Err(IdError::TooLong(text.len()));
    }
    let first = text.chars().next().ok_or(IdError::Empty)?;
    if !(first.is_ascii_lowercase() || first.is_ascii_digit()) {
        return Err(IdError::BadCharacter(first));
    }
    match text
        .chars()
        .find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_')))
    {
        Some(bad) => Err(IdError::BadCharacter(bad)),
        None => Ok(()),
    }
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Invariant: 1 to 64 characters of `a-z`, `0-9`, `-`, `_`, starting with a letter or digit.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_slug(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check_slug(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$" })
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A UUID; the programs mint version 7, whose order is the order of birth.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Mints a new id, version 7.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default id would be a new one each time")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Takes an id that was minted elsewhere.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id as a UUID.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::NotUuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

slug_id!(
    /// One edge agent: one site, one key.
    AgentId
);
slug_id!(
    /// One camera of an agent; unique within its agent.
    CameraId
);
slug_id!(
    /// One zone or line of a camera.
    ZoneId
);
slug_id!(
    /// One unit that acts on incidents.
    UnitId
);
uuid_id!(
    /// One event that a rule saw, from raised to cleared.
    EventId
);
uuid_id!(
    /// One command to an agent.
    CommandId
);
uuid_id!(
    /// One message about an incident to one unit.
    DeliveryId
);
uuid_id!(
    /// One piece of evidence: a still or a clip.
    EvidenceId
);
uuid_id!(
    /// One report as the server stored it.
    ReportId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_refuse_what_a_topic_or_path_could_misread() {
        for bad in [
            "", "-a", "A", "a/b", "a+b", "a#", "../x", "cam é", "a b", "a.b", "$sys",
        ] {
            assert!(bad.parse::<CameraId>().is_err(), "{bad:?} must be refused");
        }
        assert!("a".repeat(65).parse::<CameraId>().is_err());
        for good in ["a", "0", "cam-01", "nga_tu_so", &"a".repeat(64)] {
            assert_eq!(
                good.parse::<CameraId>().map(String::from),
                Ok(good.to_owned())
            );
        }
    }

    #[test]
    fn deserialising_enforces_the_invariant() {
        assert!(serde_json::from_str::<AgentId>("\"a/../b\"").is_err());
        assert!(serde_json::from_str::<EventId>("\"nope\"").is_err());
    }

    #[test]
    fn minted_ids_sort_by_birth() {
        let first = EventId::new();
        let second = EventId::new();
        assert!(first < second);
    }
}
