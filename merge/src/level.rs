//! What can be found when two reports are compared: features, and the levels of each.
//!
//! A feature that cannot be compared (one side has no picture) is not found at all and weighs nothing.

use serde::{Deserialize, Serialize};

/// One thing that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// How far apart, in standard deviations of both places together.
    Space,
    /// The gap between the two intervals.
    Time,
    /// The category.
    Category,
    /// What people wrote.
    Text,
    /// House and lane numbers in what people wrote.
    Number,
    /// Pictures.
    Picture,
    /// Number plates.
    Plate,
    /// The zone of the same camera.
    Zone,
    /// The same reporter within minutes.
    Reporter,
    /// Others of its kind that stand next door.
    Neighbours,
}

/// What was found of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Within one standard deviation.
    #[serde(rename = "space_within_1")]
    SpaceWithin1,
    /// Within two.
    #[serde(rename = "space_within_2")]
    SpaceWithin2,
    /// Within four.
    #[serde(rename = "space_within_4")]
    SpaceWithin4,
    /// Within eight.
    #[serde(rename = "space_within_8")]
    SpaceWithin8,
    /// Farther.
    SpaceBeyond,
    /// The intervals overlap, as far as the clocks can tell.
    TimeOverlap,
    /// The gap is less than a sixteenth of the category's window.
    TimeClose,
    /// Less than a quarter.
    TimeNear,
    /// The gap is less than the window.
    TimeWithin,
    /// Less than four windows: people tell late, and of when they tell.
    TimeLate,
    /// The gap is longer.
    TimeOutside,
    /// The same category.
    CategorySame,
    /// A sibling, a parent or a child.
    CategoryRelated,
    /// Another one was chosen, and the words name this one.
    CategoryNamed,
    /// Another one altogether.
    CategoryOther,
    /// Cosine of the n-grams at least 0.6.
    TextAlike,
    /// 0.3 to 0.6.
    TextSimilar,
    /// Less.
    TextUnlike,
    /// Alike, where the categories differ: the words say that one of them was chosen wrong.
    TextAlikeAcross,
    /// Similar, where the categories differ.
    TextSimilarAcross,
    /// Unlike, where the categories differ: strangers nearly always are.
    TextUnlikeAcross,
    /// A number in common.
    NumberShared,
    /// Both name numbers, none in common, two of them next door to each other or across the street.
    NumberNear,
    /// Both name numbers, none in common.
    NumberDifferent,
    /// The very same file.
    PictureIdentical,
    /// Perceptual hashes differ in at most 6 of 64 bits.
    PictureCopy,
    /// In at most 10.
    PictureLike,
    /// The same plate.
    PlateEqual,
    /// One letter apart, and one of the two was read unsurely.
    PlateOneOff,
    /// The same zone of the same camera.
    ZoneSame,
    /// Another zone of the same camera.
    ZoneOther,
    /// The same reporter within ten minutes.
    ReporterSoon,
    /// Place and time say no more than that it is this one or its neighbour.
    Neighbours,
}

impl Level {
    /// Every level, feature by feature.
    pub const ALL: [Self; 33] = [
        Self::SpaceWithin1,
        Self::SpaceWithin2,
        Self::SpaceWithin4,
        Self::SpaceWithin8,
        Self::SpaceBeyond,
        Self::TimeOverlap,
        Self::TimeClose,
        Self::TimeNear,
        Self::TimeWithin,
        Self::TimeLate,
        Self::TimeOutside,
        Self::CategorySame,
        Self::CategoryRelated,
        Self::CategoryNamed,
        Self::CategoryOther,
        Self::TextAlike,
        Self::TextSimilar,
        Self::TextUnlike,
        Self::TextAlikeAcross,
        Self::TextSimilarAcross,
        Self::TextUnlikeAcross,
        Self::NumberShared,
        Self::NumberNear,
        Self::NumberDifferent,
        Self::PictureIdentical,
        Self::PictureCopy,
        Self::PictureLike,
        Self::PlateEqual,
        Self::PlateOneOff,
        Self::ZoneSame,
        Self::ZoneOther,
        Self::ReporterSoon,
        Self::Neighbours,
    ];

    /// What was compared.
    #[must_use]
    pub const fn feature(self) -> Feature {
        match self {
            Self::SpaceWithin1
            | Self::SpaceWithin2
            | Self::SpaceWithin4
            | Self::SpaceWithin8
            | Self::SpaceBeyond => Feature::Space,
            Self::TimeOverlap
            | Self::TimeClose
            | Self::TimeNear
            | Self::TimeWithin
            | Self::TimeLate
            | Self::TimeOutside => Feature::Time,
            Self::CategorySame
            | Self::CategoryRelated
            | Self::CategoryNamed
            | Self::CategoryOther => Feature::Category,
            Self::TextAlike
            | Self::TextSimilar
            | Self::TextUnlike
            | Self::TextAlikeAcross
            | Self::TextSimilarAcross
            | Self::TextUnlikeAcross => Feature::Text,
            Self::NumberShared | Self::NumberNear | Self::NumberDifferent => Feature::Number,
            Self::PictureIdentical | Self::PictureCopy | Self::PictureLike => Feature::Picture,
            Self::PlateEqual | Self::PlateOneOff => Feature::Plate,
            Self::ZoneSame | Self::ZoneOther => Feature::Zone,
            Self::ReporterSoon => Feature::Reporter,
            Self::Neighbours => Feature::Neighbours,
        }
    }

    /// The word in data, stored decisions and translations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SpaceWithin1 => "space_within_1",
            Self::SpaceWithin2 => "space_within_2",
            Self::SpaceWithin4 => "space_within_4",
            Self::SpaceWithin8 => "space_within_8",
            Self::SpaceBeyond => "space_beyond",
            Self::TimeOverlap => "time_overlap",
            Self::TimeClose => "time_close",
            Self::TimeNear => "time_near",
            Self::TimeWithin => "time_within",
            Self::TimeLate => "time_late",
            Self::TimeOutside => "time_outside",
            Self::CategorySame => "category_same",
            Self::CategoryRelated => "category_related",
            Self::CategoryNamed => "category_named",
            Self::CategoryOther => "category_other",
            Self::TextAlike => "text_alike",
            Self::TextSimilar => "text_similar",
            Self::TextUnlike => "text_unlike",
            Self::TextAlikeAcross => "text_alike_across",
            Self::TextSimilarAcross => "text_similar_across",
            Self::TextUnlikeAcross => "text_unlike_across",
            Self::NumberShared => "number_shared",
            Self::NumberNear => "number_near",
            Self::NumberDifferent => "number_different",
            Self::PictureIdentical => "picture_identical",
            Self::PictureCopy => "picture_copy",
            Self::PictureLike => "picture_like",
            Self::PlateEqual => "plate_equal",
            Self::PlateOneOff => "plate_one_off",
            Self::ZoneSame => "zone_same",
            Self::ZoneOther => "zone_other",
            Self::ReporterSoon => "reporter_soon",
            Self::Neighbours => "neighbours",
        }
    }

    /// Whether it compares words under two categories.
    #[must_use]
    pub const fn is_across(self) -> bool {
        matches!(
            self,
            Self::TextAlikeAcross | Self::TextSimilarAcross | Self::TextUnlikeAcross
        )
    }

    /// Whether it is found of one thing and not of its neighbour: an address, a plate, a picture.
    #[must_use]
    pub const fn is_of_one_thing(self) -> bool {
        matches!(
            self,
            Self::NumberShared
                | Self::PictureIdentical
                | Self::PictureCopy
                | Self::PlateEqual
                | Self::PlateOneOff
        )
    }

    /// Where the level stands in [`Level::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_its_place_and_its_word() {
        for (index, level) in Level::ALL.into_iter().enumerate() {
            assert_eq!(level.index(), index);
            let word = serde_json::to_value(level).unwrap();
            assert_eq!(word, serde_json::Value::from(level.as_str()));
        }
    }
}
