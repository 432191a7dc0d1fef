//! Why there is no copy: a closed set of words, for the row, the metric, the log and the console.

use serde::{Deserialize, Serialize};

/// Why a copy could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The bytes are no clip or picture, or are cut off within their header.
    #[error("the file is no clip or picture, or is cut off")]
    Unreadable,
    /// Nothing here decodes it, or it is not what its media type says.
    #[error("the file has a codec that is not decoded here")]
    UnknownCodec,
    /// Its pictures are empty, or larger than 4096 × 2304.
    #[error("the pictures are empty or too large")]
    BadSize,
    /// It has more pictures than any clip of an agent.
    #[error("the clip has too many pictures")]
    TooLong,
    /// Its header is sound and its pictures are not.
    #[error("the pictures cannot be decoded")]
    Undecodable,
    /// The stored original is not what was verified when it came.
    #[error("the stored original is not the one that was verified")]
    SourceAltered,
    /// The stored original is not there, or cannot be read now.
    #[error("the stored original cannot be read")]
    SourceUnavailable,
    /// It took longer than `copies.time_limit_s`.
    #[error("it took longer than copies.time_limit_s")]
    TimeLimit,
    /// The process that makes copies died; `copies.memory_limit_mib` ends it so.
    #[error("the process that makes copies died")]
    Crashed,
    /// The process could not be started, or the disk did not take its files.
    #[error("the process that makes copies cannot be run")]
    NotRun,
    /// The program that finds people and vehicles is not there, or could not look at every picture.
    #[error("no boxes are known of every picture")]
    NoBoxes,
    /// The vehicle that the agent reported was not found again: what is said of the others is not
    /// trusted either.
    #[error("the reported vehicle was not found again")]
    BoxesContradict,
}

/// Whether trying the same again may end otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prospect {
    /// The machine may have been the cause.
    Again,
    /// The bytes are what they are.
    Final,
}

impl Failure {
    /// The word in the store, in the API, and on the metric's label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::UnknownCodec => "unknown_codec",
            Self::BadSize => "bad_size",
            Self::TooLong => "too_long",
            Self::Undecodable => "undecodable",
            Self::SourceAltered => "source_altered",
            Self::SourceUnavailable => "source_unavailable",
            Self::TimeLimit => "time_limit",
            Self::Crashed => "crashed",
            Self::NotRun => "not_run",
            Self::NoBoxes => "no_boxes",
            Self::BoxesContradict => "boxes_contradict",
        }
    }

    pub(super) const fn prospect(self) -> Prospect {
        match self {
            Self::Unreadable
            | Self::UnknownCodec
            | Self::BadSize
            | Self::TooLong
            | Self::SourceAltered
            | Self::BoxesContradict => Prospect::Final,
            Self::Undecodable
            | Self::SourceUnavailable
            | Self::TimeLimit
            | Self::Crashed
            | Self::NotRun
            | Self::NoBoxes => Prospect::Again,
        }
    }
}
