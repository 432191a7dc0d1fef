//! Open311 `GeoReport` v2, as the standard has it: <https://wiki.open311.org/GeoReport_v2>, with its
//! service discovery, the paging that servers agree on, and mySociety's `servicerequestupdates`.
//!
//! [`document`] makes the answers, one tree for XML and for JSON (the Spark convention: a container
//! becomes a bare array); [`form`] and [`query`] read what clients send; [`route`] says what a path
//! asks for. Identifiers are texts in JSON too: the standard's own examples write `001`, which is no
//! JSON.
//!
//! What does not belong here: HTTP, rows, who may.

pub mod document;
pub mod node;
pub mod form;
pub mod query;
pub mod route;

/// The specification's name in a discovery document.
pub const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// XML, which every server must speak.
    Xml,
    /// JSON.
    Json,
}

impl Format {
    /// The header `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The format of a name's ending.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "xml" => Some(Self::Xml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

#[cfg(test)]
mod golden;
