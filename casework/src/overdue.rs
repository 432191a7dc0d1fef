//! What units let become overdue, month by month: when the list of a month is made, and which stages belong into it.
//!
//! What does not belong here: to whom a list goes, and how it reads (dispatch); what is overdue just now ([`crate::duty`]).

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::clock::Running;
use crate::deadline::{Calendar, Limit, Stage};

/// The last day that every month has.
const LAST_DAY: i8 = 28;
/// The last hour of a day.
const LAST_HOUR: i8 = 23;

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(
    /// Its first day.
    Date,
);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// The month of a moment, where days begin in this zone.
    #[must_use]
    pub fn at(now: Timestamp, zone: &TimeZone) -> Self {
        Self::of(now.to_zoned(zone.clone()).date())
    }

    /// The month before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1.month()).first_of_month())
    }

    /// Its first moment, and the first moment after it.
    #[must_use]
    pub fn span(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let begin = |day: Date| {
            let zoned = day.to_zoned(zone.clone());
            zoned.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        (begin(self.0), begin(self.0.saturating_add(1.month())))
    }

    /// Its number in the year, and the year, for people.
    #[must_use]
    pub fn for_people(self) -> String {
        format!("{:02}/{}", self.0.month(), self.0.year())
    }
}

/// `YYYY-MM`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// A text that names no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no month: YYYY-MM")]
pub struct NoMonth(pub String);

impl FromStr for Month {
    type Err = NoMonth;
    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let none = || NoMonth(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(none)?;
        let whole = year.len() == 4 && month.len() == 2;
        let day = year.parse().ok().zip(month.parse().ok());
        let (year, month): (i16, i8) = day.filter(|_| whole).ok_or_else(none)?;
        // Years of people who read lists, so that no arithmetic ends.
        if !(2000..=2999).contains(&year) || !(1..=12).contains(&month) {
            return Err(none());
        }
        Ok(Self(date(year, month, 1)))
    }
}

/// When the lists of the month before are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverdueLists {
    /// On this day of the month, 1 to 28.
    pub day: i8,
    /// At this hour, 0 to 23, local.
    pub hour: i8,
}

impl Default for OverdueLists {
    fn default() -> Self {
        Self { day: 1, hour: 8 }
    }
}

impl OverdueLists {
    /// The key that lies out of its range, its least and its most.
    pub(crate) fn fault(self) -> Option<(&'static str, i8, i8)> {
        let is = |value: i8, least, most| (least..=most).contains(&value);
        if !is(self.day, 1, LAST_DAY) {
            return Some(("day", 1, LAST_DAY));
        }
        (!is(self.hour, 0, LAST_HOUR)).then_some(("hour", 0, LAST_HOUR))
    }

    /// The newest month whose list is to be there by now.
    #[must_use]
    pub fn newest(self, now: Timestamp, zone: &TimeZone) -> Month {
        let local = now.to_zoned(zone.clone()).datetime();
        let this = Month::of(local.date());
        let is_time = (local.day(), local.hour()) >= (self.day, self.hour);
        match is_time {
            true => this.before(),
            false => this.before().before(),
        }
    }
}

/// A stage that was not done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// Which.
    pub stage: Stage,
    /// When it was due.
    pub due: Timestamp,
    /// When it was done; none where it was not within the month.
    pub done: Option<Timestamp>,
}

/// Whether a stage belongs into the list of a month, `span` being its first moment and the first after it: it is the
/// unit's to do, it became overdue before the month's end, and was not done before its beginning. `limit` is the one in
/// force; where none is, or it would end later by now, the stage was due when somebody was told that it is overdue.
#[must_use]
pub fn lapse(
    clock: &Running,
    limit: Option<&Limit>,
    calendar: &Calendar,
    (from, to): (Timestamp, Timestamp),
) -> Option<Lapse> {
    let missed = clock.missed.filter(|missed| *missed < to)?;
    let done = clock.track.done;
    if !is_of_unit(clock.track.stage) || done.is_some_and(|done| done < from) {
        return None;
    }
    let due = limit.and_then(|limit| clock.track.due(limit, calendar));
    let due = due.map(|due| due.at).filter(|due| *due <= missed);
    Some(Lapse {
        stage: clock.track.stage,
        due: due.unwrap_or(missed),
        done: done.filter(|done| *done < to),
    })
}

/// What the centre does before a unit has it is none of the unit's.
const fn is_of_unit(stage: Stage) -> bool {
    match stage {
        Stage::Acknowledge | Stage::Verify => false,
        Stage::Process | Stage::Answer | Stage::LegalVerification => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::{Weekday, time};

    use super::*;
    use crate::deadline::{Clock, Track};

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}+07:00").parse().unwrap()
    }

    #[test]
    fn the_list_of_a_month_is_made_on_its_day() {
        let lists = OverdueLists { day: 3, hour: 8 };
        for (now, expected) in [
            ("2026-11-03T07:59:59", "2026-09"),
            ("2026-11-03T08:00:00", "2026-10"),
            ("2026-11-04T00:00:00", "2026-10"),
            ("2026-12-01T23:00:00", "2026-10"),
            ("2027-01-03T09:00:00", "2026-12"),
            ("2027-01-01T09:00:00", "2026-11"),
        ] {
            let newest = lists.newest(at(now), &zone());
            assert_eq!(newest.to_string(), expected, "{now}");
        }
        let month: Month = "2026-02".parse().unwrap();
        let span = (at("2026-02-01T00:00:00"), at("2026-03-01T00:00:00"));
        assert_eq!(month.span(&zone()), span);
        assert_eq!(month.for_people(), "02/2026");
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "26-01",
            "2026-1",
            "9999-12",
            "2026-02-01",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_overdue_in_a_month_is_in_its_list_and_in_no_other() {
        // Urgent: 24 hours to deal with it, around the clock.
        let limit = Limit {
            category: None,
            urgency: None,
            stage: Stage::Process,
            hours: 24,
            clock: Clock::AroundTheClock,
            warn_hours: 4,
        };
        let hours = vec![(time(8, 0, 0, 0), time(16, 0, 0, 0))];
        let calendar =
            Calendar::new(zone(), vec![Weekday::Monday], hours, BTreeMap::new()).unwrap();
        let month: Month = "2026-10".parse().unwrap();
        let of = |stage, began: &str, missed: Option<&str>, done: Option<&str>| {
            let clock = Running {
                track: Track {
                    stage,
                    began: at(began),
                    done: done.map(at),
                    pauses: Vec::new(),
                },
                round: 0,
                warned: None,
                missed: missed.map(at),
            };
            lapse(&clock, Some(&limit), &calendar, month.span(&zone()))
                .map(|lapse| (lapse.due, lapse.done))
        };
        let (process, began) = (Stage::Process, "2026-10-05T09:00:00");
        let (due, missed) = (at("2026-10-06T09:00:00"), Some("2026-10-06T09:00:05"));
        assert_eq!(of(process, began, missed, None), Some((due, None)));
        let late = Some("2026-10-07T09:00:00");
        assert_eq!(of(process, began, missed, late), Some((due, late.map(at))));
        // Done in the month after: it was not, in this one.
        let later = Some("2026-11-02T09:00:00");
        assert_eq!(of(process, began, missed, later), Some((due, None)));
        assert_eq!(of(process, began, None, late), None, "it was in time");
        assert_eq!(of(Stage::Verify, began, missed, None), None, "the centre's");
        // Overdue since before the month, and not done when it began.
        let (old, since) = ("2026-09-05T09:00:00", Some("2026-09-06T09:00:05"));
        assert!(of(process, old, since, None).is_some());
        assert_eq!(of(process, old, since, Some("2026-09-30T09:00:00")), None);
        let next = Some("2026-11-01T00:00:00");
        assert_eq!(
            of(process, "2026-10-31T00:00:00", next, None),
            None,
            "the next list's"
        );
        // A limit that was shorter then: the moment when it was told stands.
        let early = Some("2026-10-05T12:00:00");
        assert_eq!(
            of(process, began, early, None),
            Some((at("2026-10-05T12:00:00"), None))
        );
    }
}
