//! Working time: which hours of which days count.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// The longest way the search for working time goes: a calendar that opens less often is a fault.
const HORIZON_DAYS: i32 = 400;

/// What one day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayRule {
    /// Nobody works, whatever the weekday: a holiday.
    Off,
    /// People work, whatever the weekday: a day that makes up for a holiday.
    Working,
}

/// Working hours, with the days that break the week's rule. Holidays and compensating days are data of
/// each year: Tết moves, and the days that make up for it are set by decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarData", into = "CalendarData")]
pub struct Calendar {
    zone: TimeZone,
    weekdays: Vec<Weekday>,
    hours: Vec<(Time, Time)>,
    days: BTreeMap<Date, DayRule>,
}

/// A calendar as it stands in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarData {
    /// IANA name, e.g. `Asia/Ho_Chi_Minh`.
    time_zone: String,
    /// 1 = Monday … 7 = Sunday.
    weekdays: Vec<i8>,
    /// Pairs of local times, in order, not overlapping.
    hours: Vec<(Time, Time)>,
    #[serde(default)]
    days: BTreeMap<Date, DayRule>,
}

/// Why a calendar is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// The zone is unknown.
    #[error("time_zone: {0:?} is no time zone")]
    Zone(String),
    /// A weekday is out of range.
    #[error("weekdays: {0} is none of 1 (Monday) to 7 (Sunday)")]
    Weekday(i8),
    /// Hours are empty, reversed or overlap.
    #[error("hours: {from}–{to} must begin before it ends and after the pair before it")]
    Hours {
        /// Begin.
        from: Time,
        /// End.
        to: Time,
    },
    /// No working time at all.
    #[error("the calendar has no working time")]
    NeverOpen,
}

impl TryFrom<CalendarData> for Calendar {
    type Error = CalendarFault;
    fn try_from(data: CalendarData) -> Result<Self, CalendarFault> {
        let weekdays = data
            .weekdays
            .iter()
            .map(|day| {
                Weekday::from_monday_one_offset(*day).map_err(|_| CalendarFault::Weekday(*day))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let zone =
            TimeZone::get(&data.time_zone).map_err(|_| CalendarFault::Zone(data.time_zone))?;
        Self::new(zone, weekdays, data.hours, data.days)
    }
}

impl From<Calendar> for CalendarData {
    fn from(calendar: Calendar) -> Self {
        Self {
            time_zone: calendar.zone.iana_name().unwrap_or("UTC").to_owned(),
            weekdays: calendar
                .weekdays
                .iter()
                .map(|day| day.to_monday_one_offset())
                .collect(),
            hours: calendar.hours,
            days: calendar.days,
        }
    }
}

impl Calendar {
    /// Makes a calendar.
    ///
    /// # Errors
    /// [`CalendarFault`].
    pub fn new(
        zone: TimeZone,
        weekdays: Vec<Weekday>,
        hours: Vec<(Time, Time)>,
        days: BTreeMap<Date, DayRule>,
    ) -> Result<Self, CalendarFault> {
        let mut end_before = None;
        for &(from, to) in &hours {
            if from >= to || end_before.is_some_and(|end| from < end) {
                return Err(CalendarFault::Hours { from, to });
            }
            end_before = Some(to);
        }
        let opens = !weekdays.is_empty() || days.values().any(|rule| *rule == DayRule::Working);
        if hours.is_empty() || !opens {
            return Err(CalendarFault::NeverOpen);
        }
        Ok(Self {
            zone,
            weekdays,
            hours,
            days,
        })
    }

    /// Is this a day on which people work?
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        match self.days.get(&day) {
            Some(DayRule::Off) => false,
            Some(DayRule::Working) => true,
            None => self.weekdays.contains(&day.weekday()),
        }
    }

    /// The moment at which `length` of working time has passed since `from`; none beyond the horizon of
    /// about a year without enough of it.
    #[must_use]
    pub fn after(&self, from: Timestamp, length: SignedDuration) -> Option<Timestamp> {
        let mut left = length;
        for (begin, end) in self.spells(from) {
            let here = end.duration_since(begin);
            if here >= left {
                return begin.checked_add(left).ok();
            }
            left -= here;
        }
        None
    }

    /// Working time between two moments; zero where `to` is not after `from`.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        self.spells(from)
            .take_while(|(begin, _)| *begin < to)
            .map(|(begin, end)| end.min(to).duration_since(begin))
            .fold(SignedDuration::ZERO, |sum, spell| sum + spell)
    }

    /// The spells of working time from a moment on, the first cut at it.
    fn spells(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let first = from.to_zoned(self.zone.clone()).date();
        (0..HORIZON_DAYS)
            .filter_map(move |days| first.checked_add(days.days()).ok())
            .filter(|day| self.is_working(*day))
            .flat_map(move |day| {
                self.hours
                    .iter()
                    .filter_map(move |hours| self.spell(day, *hours))
            })
            .filter(move |(_, end)| *end > from)
            .map(move |(begin, end)| (begin.max(from), end))
    }

    fn spell(&self, day: Date, (from, to): (Time, Time)) -> Option<(Timestamp, Timestamp)> {
        let moment = |time| {
            let zoned = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
            Some(zoned.timestamp())
        };
        Some((moment(from)?, moment(to)?))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;

    pub(in crate::deadline) fn office() -> Calendar {
        Calendar::new(
            TimeZone::fixed(jiff::tz::offset(7)),
            vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            vec![
                (time(7, 30, 0, 0), time(11, 30, 0, 0)),
                (time(13, 0, 0, 0), time(17, 0, 0, 0)),
            ],
            BTreeMap::from([
                (date(2026, 9, 2), DayRule::Off),
                (date(2026, 9, 5), DayRule::Working),
            ]),
        )
        .unwrap()
    }

    fn local(day: Date, hour: i8, minute: i8) -> Timestamp {
        day.at(hour, minute, 0, 0)
            .to_zoned(TimeZone::fixed(jiff::tz::offset(7)))
            .unwrap()
            .timestamp()
    }

    #[test]
    fn eight_working_hours_skip_lunch_night_weekend_and_holiday() {
        let (monday, tuesday, friday) = (date(2026, 8, 31), date(2026, 9, 1), date(2026, 8, 28));
        let thursday = date(2026, 9, 3);
        let cases = [
            (
                "within a morning",
                local(monday, 8, 0),
                2,
                local(monday, 10, 0),
            ),
            ("over lunch", local(monday, 10, 30), 2, local(monday, 14, 0)),
            ("over night", local(monday, 16, 0), 2, local(tuesday, 8, 30)),
            (
                "over a weekend",
                local(friday, 16, 0),
                2,
                local(monday, 8, 30),
            ),
            (
                "over the holiday of 2 September",
                local(tuesday, 16, 0),
                2,
                local(thursday, 8, 30),
            ),
            (
                "begun at night",
                local(monday, 3, 0),
                1,
                local(monday, 8, 30),
            ),
            (
                "into a Saturday that makes up",
                local(date(2026, 9, 4), 16, 0),
                2,
                local(date(2026, 9, 5), 8, 30),
            ),
        ];
        for (name, from, hours, expected) in cases {
            let length = SignedDuration::from_hours(hours);
            assert_eq!(office().after(from, length), Some(expected), "{name}");
            assert_eq!(office().between(from, expected), length, "{name}");
        }
    }

    #[test]
    fn a_calendar_is_read_from_data_and_faults_name_the_key() {
        let good = r#"{"time_zone":"Asia/Ho_Chi_Minh","weekdays":[1,2],"hours":[["07:30:00","11:30:00"]],"days":{"2026-09-02":"off"}}"#;
        let read: Calendar = serde_json::from_str(good).unwrap();
        assert!(!read.is_working(date(2026, 9, 2)));
        for (bad, expected) in [
            (
                good.replace("Asia/Ho_Chi_Minh", "Asia/Nowhere"),
                "time_zone",
            ),
            (good.replace("[1,2]", "[8]"), "weekdays"),
            (good.replace("11:30", "07:00"), "hours"),
            (good.replace("[1,2]", "[]"), "no working time"),
        ] {
            let fault = serde_json::from_str::<Calendar>(&bad)
                .unwrap_err()
                .to_string();
            assert!(fault.contains(expected), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn after_and_between_are_inverse(start in 0_i64..40_000_000, hours in 0_i64..300) {
            let from = Timestamp::from_second(1_760_000_000 + start).unwrap();
            let length = SignedDuration::from_hours(hours);
            let due = office().after(from, length).unwrap();
            prop_assert!(due >= from);
            prop_assert_eq!(office().between(from, due), length);
        }
    }
}
