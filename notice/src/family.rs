//! What an incident is, in one word: what cameras see, and what only people tell of.
//!
//! The words are those of `citizens::service::FAMILIES` and of the contract's `Kind`; a test of the
//! server holds them together. What does not belong here: which of a family (that is free text).

use contract::v1::Kind;
use serde::{Deserialize, Serialize};

/// What an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Smoke or flame.
    FireSmoke,
    /// Goods, stalls, vehicles or people occupy a pavement.
    Encroachment,
    /// A traffic rule was broken.
    TrafficViolation,
    /// Cattle on the carriageway.
    StrayCattle,
    /// The camera does not see.
    CameraHealth,
    /// Litter, noise, pollution.
    Environment,
    /// Roads, light, water, trees.
    Infrastructure,
    /// Disorder, building, food.
    UrbanOrder,
    /// Whatever else people tell.
    Other,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 9] = [
        Self::FireSmoke,
        Self::Encroachment,
        Self::TrafficViolation,
        Self::StrayCattle,
        Self::CameraHealth,
        Self::Environment,
        Self::Infrastructure,
        Self::UrbanOrder,
        Self::Other,
    ];

    /// The word in the store, in the file of targets and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FireSmoke => "fire_smoke",
            Self::Encroachment => "encroachment",
            Self::TrafficViolation => "traffic_violation",
            Self::StrayCattle => "stray_cattle",
            Self::CameraHealth => "camera_health",
            Self::Environment => "environment",
            Self::Infrastructure => "infrastructure",
            Self::UrbanOrder => "urban_order",
            Self::Other => "other",
        }
    }

    /// Reads a family back.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.as_str() == word)
    }

    /// The camera's word for it; none for what no camera reports.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::FireSmoke => Some(Kind::FireSmoke),
            Self::Encroachment => Some(Kind::Encroachment),
            Self::TrafficViolation => Some(Kind::TrafficViolation),
            Self::StrayCattle => Some(Kind::StrayCattle),
            Self::CameraHealth => Some(Kind::CameraHealth),
            Self::Environment | Self::Infrastructure | Self::UrbanOrder | Self::Other => None,
        }
    }
}

impl From<Kind> for Family {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::FireSmoke => Self::FireSmoke,
            Kind::Encroachment => Self::Encroachment,
            Kind::TrafficViolation => Self::TrafficViolation,
            Kind::StrayCattle => Self::StrayCattle,
            Kind::CameraHealth => Self::CameraHealth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_a_camera_is_a_family_of_the_same_word() {
        for kind in Kind::ALL {
            let family = Family::from(kind);
            assert_eq!(family.kind(), Some(kind));
            assert_eq!(family.as_str(), kind.as_str());
        }
        for family in Family::ALL {
            assert_eq!(Family::from_word(family.as_str()), Some(family));
        }
        assert_eq!(Family::from_word("weather"), None);
    }
}
