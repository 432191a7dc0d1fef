//! What a rule asks of an incident.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::area::{AreaId, Atlas, Place};
use crate::category::is_family;
use crate::unit::UnitId;

/// How bad it is, in the words of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth acting on.
    Medium,
    /// Worth acting on now.
    High,
    /// Life or forest is at stake.
    Critical,
}

/// By what way it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A camera.
    Camera,
    /// The portal or an app.
    Citizen,
    /// Somebody of the centre typed it in: telephone, counter, social media.
    Staff,
    /// Another system, by Open311.
    Open311,
}

impl Source {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Citizen => "citizen",
            Self::Staff => "staff",
            Self::Open311 => "open311",
        }
    }
}

/// What is known of an incident when it is routed.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Its category.
    pub category: String,
    /// Where it is, where that is known.
    pub place: Option<Place>,
    /// When it happened.
    pub at: Timestamp,
    /// How bad it is.
    pub severity: Severity,
    /// By what way it came first.
    pub source: Source,
    /// The forest fire danger level of the day, 1 to 5, where one is set.
    pub danger_level: Option<u8>,
    /// The unit that a citizen complains of, where the report is about officials.
    pub complained_of: Option<UnitId>,
}

/// Local hours of the day: from the first up to the second, over midnight where the second is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// First moment.
    pub from: Time,
    /// First moment after.
    pub to: Time,
}

impl Hours {
    fn hold(self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// Conditions of a rule; all that are named must hold. An empty one always holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// One of these categories, or of those below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// In one of these areas, as they were on the day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub area: Vec<AreaId>,
    /// Within these local hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// On one of these days of the week, 1 = Monday … 7 = Sunday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekday: Vec<i8>,
    /// At least this bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// By one of these ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<Source>,
    /// At least this danger level, 1 to 5. An unknown level does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger_level: Option<u8>,
}

/// One condition, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// The category.
    Category,
    /// The area.
    Area,
    /// The hours.
    Hours,
    /// The weekday.
    Weekday,
    /// The severity.
    Severity,
    /// The way it came.
    Source,
    /// The danger level.
    DangerLevel,
}

impl Term {
    /// The condition's key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Area => "area",
            Self::Hours => "hours",
            Self::Weekday => "weekday",
            Self::Severity => "severity",
            Self::Source => "source",
            Self::DangerLevel => "danger_level",
        }
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// All of it.
    Holds,
    /// This term does not.
    Fails(Term),
    /// It names an area that there never was.
    NoSuchArea(AreaId),
    /// It names a weekday that there is not.
    NoSuchWeekday(i8),
}

impl Condition {
    pub(super) fn judge(&self, subject: &Subject, atlas: &Atlas, zone: &TimeZone) -> Judged {
        if let Some(gone) = self.area.iter().find(|id| !atlas.knows(id)) {
            return Judged::NoSuchArea(gone.clone());
        }
        if let Some(bad) = self.weekday.iter().find(|day| !(1..=7).contains(*day)) {
            return Judged::NoSuchWeekday(*bad);
        }
        let local = subject.at.to_zoned(zone.clone());
        let terms = [
            (
                Term::Category,
                any(&self.category, |own| is_family(own, &subject.category)),
            ),
            (
                Term::Source,
                any(&self.source, |own| *own == subject.source),
            ),
            (
                Term::Severity,
                self.severity.is_none_or(|least| subject.severity >= least),
            ),
            (
                Term::DangerLevel,
                self.danger_level
                    .is_none_or(|least| subject.danger_level.is_some_and(|level| level >= least)),
            ),
            (
                Term::Weekday,
                any(&self.weekday, |day| is_weekday(*day, local.weekday())),
            ),
            (
                Term::Hours,
                self.hours.is_none_or(|hours| hours.hold(local.time())),
            ),
            (
                Term::Area,
                self.area.is_empty() || self.holds_place(subject.place, atlas, local.date()),
            ),
        ];
        match terms.into_iter().find(|(_, holds)| !holds) {
            Some((term, _)) => Judged::Fails(term),
            None => Judged::Holds,
        }
    }

    fn holds_place(&self, place: Option<Place>, atlas: &Atlas, day: Date) -> bool {
        place.is_some_and(|place| {
            atlas
                .at(place, day)
                .any(|area| self.area.contains(&area.id))
        })
    }
}

/// Does one of the list hold? An empty list asks nothing.
fn any<T>(list: &[T], holds: impl FnMut(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(holds)
}

fn is_weekday(day: i8, weekday: Weekday) -> bool {
    weekday.to_monday_one_offset() == day
}
