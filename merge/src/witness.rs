//! What one report says, as far as merging goes: a camera's event, or what a person told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::category::Code;
use crate::place::Place;

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A camera's rule.
    Camera,
    /// A citizen, through the portal or an app.
    Citizen,
    /// A citizen on the phone, typed in by staff; also SMS and e-mail.
    Phone,
    /// Staff of the centre or of an agency, on the spot.
    Staff,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Camera, Self::Citizen, Self::Phone, Self::Staff];

    /// Whether a person chose the category: people choose wrong ones.
    #[must_use]
    pub const fn is_person(self) -> bool {
        !matches!(self, Self::Camera)
    }
}

/// From when to when. Open while `end` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first moment.
    pub start: Timestamp,
    /// The last moment; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

impl Span {
    /// A moment.
    #[must_use]
    pub const fn at(moment: Timestamp) -> Self {
        Self {
            start: moment,
            end: Some(moment),
        }
    }
}

/// A picture, by its hashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Picture {
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The perceptual hash of what it shows, where it was made: see [`crate::picture`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perceptual: Option<u64>,
}

/// How well a plate was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlateReading {
    /// A letter may be wrong.
    Unsure,
    /// Typed by a person, or read with high confidence.
    Sure,
}

/// A number plate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plate {
    /// As it was read.
    pub text: String,
    /// How well.
    pub reading: PlateReading,
}

/// What one report says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Witness {
    /// The report: an event's or a submission's id.
    pub id: String,
    /// Who says it.
    pub source: Source,
    /// What it is, as it was chosen.
    pub category: Code,
    /// What its words name, where that is another category than was chosen: see [`crate::topic`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Code>,
    /// Where, with its uncertainty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// From when to when.
    pub occurred: Span,
    /// What the person wrote, at most [`crate::text::MAX_CHARS`] characters of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the person showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
    /// The plate of the vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<Plate>,
    /// The camera, unique in the city: agent and camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The zone of that camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// A pseudonym of the reporter, never a name or a number to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<String>,
}

impl Witness {
    /// What it most likely is: what its words name, else what was chosen.
    #[must_use]
    pub fn believed(&self) -> &Code {
        self.named.as_ref().unwrap_or(&self.category)
    }

    /// Everything that it may be: what was chosen, and what its words name.
    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        std::iter::once(&self.category).chain(&self.named)
    }
}
