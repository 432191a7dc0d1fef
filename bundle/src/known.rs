//! A measured value, or the word `unknown`: what nobody measured must never read as zero.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value, or `"unknown"` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Known<T> {
    /// Somebody measured it.
    Value(T),
    /// Nobody did.
    Unknown(Unknown),
}

/// The word itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Unknown {
    /// `unknown`.
    #[serde(rename = "unknown")]
    Unknown,
}

impl<T> Known<T> {
    /// What nobody measured.
    pub const UNKNOWN: Self = Self::Unknown(Unknown::Unknown);

    /// The value, where there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> From<Option<T>> for Known<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::UNKNOWN, Self::Value)
    }
}

impl<T: fmt::Display> fmt::Display for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Unknown(_) => f.write_str("unknown"),
        }
    }
}
