//! `schedule` and `allowed_hours` of a rule: the minutes of the week in which it looks, by the local
//! clock of its camera.
//!
//! What does not belong here: what time it is (it comes in with each picture), what a rule does
//! outside its hours (`rule::scheduled`).

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use toml::de::DeValue;

use super::fault::{Wrong, suggestion};
use super::section::Section;
use super::value;

/// When a rule looks. By default always.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    zone: TimeZone,
    /// Minutes of the week from Monday 00:00, apart and in order; none: all of them.
    open: Option<Vec<Range<u16>>>,
}

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Schedule {
    /// All week.
    #[must_use]
    pub const fn always() -> Self {
        Self {
            zone: TimeZone::UTC,
            open: None,
        }
    }

    /// Whether the rule looks at this moment. Where nobody knows what time it is, it does.
    #[must_use]
    pub fn is_open(&self, wall: Option<Timestamp>) -> bool {
        let (Some(open), Some(wall)) = (&self.open, wall) else {
            return true;
        };
        let local = self.zone.to_datetime(wall);
        let part = |number: i8| u16::try_from(number).unwrap_or_default();
        let day = part(local.weekday().to_monday_zero_offset());
        let minute = day * DAY + part(local.hour()) * 60 + part(local.minute());
        open.iter().any(|hours| hours.contains(&minute))
    }

    /// Whether it is all week.
    #[must_use]
    pub const fn is_always(&self) -> bool {
        self.open.is_none()
    }

    /// The local clock's zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// A set of minutes of the week.
struct Minutes(Vec<bool>);

impl Minutes {
    fn all() -> Self {
        Self(vec![true; usize::from(WEEK)])
    }

    fn of(windows: &[Window]) -> Self {
        let mut minutes = vec![false; usize::from(WEEK)];
        for window in windows {
            for day in (0..7).filter(|day| window.days[usize::from(*day)]) {
                for minute in window.hours.clone() {
                    // What goes on after midnight belongs to the day on which it began.
                    minutes[usize::from((day * DAY + minute) % WEEK)] = true;
                }
            }
        }
        Self(minutes)
    }

    fn without(mut self, other: &Self) -> Self {
        let both = self.0.iter_mut().zip(&other.0);
        both.for_each(|(open, shut)| *open &= !shut);
        self
    }

    fn ranges(&self) -> Vec<Range<u16>> {
        let mut ranges: Vec<Range<u16>> = Vec::new();
        for minute in (0..WEEK).filter(|minute| self.0[usize::from(*minute)]) {
            match ranges.last_mut() {
                Some(last) if last.end == minute => last.end = minute + 1,
                _ => ranges.push(minute..minute + 1),
            }
        }
        ranges
    }
}

/// `mon-fri 18:00-23:00`: some days, and hours that begin on them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    days: [bool; 7],
    /// From midnight of the day on; beyond its 1,440 minutes on the next one.
    hours: Range<u16>,
}

/// Reads `schedule` and `allowed_hours`.
pub(super) fn read(section: &Section<'_>, zone: &TimeZone) -> Schedule {
    let windows = value::list(window);
    let (looks, allowed) = (
        section.optional("schedule", &windows),
        section.optional("allowed_hours", &windows),
    );
    if looks.is_none() && allowed.is_none() {
        return Schedule {
            zone: zone.clone(),
            open: None,
        };
    }
    let open = looks.as_deref().map_or_else(Minutes::all, Minutes::of);
    let shut = Minutes::of(allowed.as_deref().unwrap_or_default());
    let open = open.without(&shut).ranges();
    if open.is_empty() {
        let wrong = match allowed {
            Some(_) => Wrong::new(
                "leaves the rule no minute of the week: its schedule never opens",
                "shorten it, or remove the rule",
            ),
            None => Wrong::new(
                "is empty: it never opens",
                "name some hours, e.g. [\"mon-fri 06:00-22:00\"], or remove the key for always",
            ),
        };
        let key = match allowed {
            Some(_) => "allowed_hours",
            None => "schedule",
        };
        section.note(key, wrong);
    }
    Schedule {
        zone: zone.clone(),
        open: Some(open),
    }
}

/// Reads `hours` of something else than a rule: always where it is absent.
pub(super) fn read_hours(section: &Section<'_>, zone: &TimeZone) -> Schedule {
    let windows = section.optional("hours", &value::list(window));
    let open = windows.map(|windows| Minutes::of(&windows).ranges());
    if open.as_ref().is_some_and(Vec::is_empty) {
        let wrong = Wrong::new(
            "is empty: it never applies",
            "name some hours, e.g. [\"mon-sat 06:00-18:00\"], or remove the key for always",
        );
        section.note("hours", wrong);
    }
    Schedule {
        zone: zone.clone(),
        open,
    }
}

/// Reads `time_zone`: a name of the zone data base, or an offset. Default: the machine's.
pub(super) fn read_zone(section: &Section<'_>) -> TimeZone {
    section
        .optional("time_zone", &zone)
        .unwrap_or_else(TimeZone::system)
}

fn zone(raw: &DeValue<'_>) -> Result<TimeZone, Wrong> {
    let text = value::text(raw)?;
    if let Some(offset) = offset(&text) {
        return Ok(offset.to_time_zone());
    }
    TimeZone::get(&text).map_err(|_| {
        Wrong::new(
            format!("{text:?} is no time zone that this machine knows"),
            "give a name such as \"Asia/Ho_Chi_Minh\" (package tzdata), or an offset such as \"+07:00\"",
        )
    })
}

/// `+07:00`.
fn offset(text: &str) -> Option<Offset> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let seconds = i32::from(clock(text.get(1..)?)?) * 60;
    Offset::from_seconds(sign * seconds).ok()
}

fn window(raw: &DeValue<'_>) -> Result<Window, Wrong> {
    let text = value::text(raw)?;
    let wrong = |why: String| {
        Wrong::new(
            format!("{text:?}: {why}"),
            "write days, hours, or both: \"mon-fri 18:00-23:00\", \"sat,sun\", \"22:00-02:00\"",
        )
    };
    let (mut days, mut hours) = (None, None);
    for part in text.split_whitespace() {
        let slot_taken = match part.contains(':') {
            true => hours.replace(hours_of(part).map_err(&wrong)?).is_some(),
            false => days.replace(days_of(part).map_err(&wrong)?).is_some(),
        };
        if slot_taken {
            return Err(wrong("says the same thing twice".to_owned()));
        }
    }
    Ok(Window {
        days: days.unwrap_or([true; 7]),
        hours: hours.unwrap_or(0..DAY),
    })
}

/// `mon`, `mon-fri`, `sat,sun`, `fri-mon`.
fn days_of(text: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (day(from)?, day(to)?);
        let span = (to + 7 - from) % 7;
        (0..=span).for_each(|after| days[(from + after) % 7] = true);
    }
    Ok(days)
}

fn day(text: &str) -> Result<usize, String> {
    let lower = text.trim().to_ascii_lowercase();
    let found = DAYS.iter().position(|day| *day == lower);
    found.ok_or_else(|| format!("no day {text:?}; {}", suggestion(&lower, &DAYS)))
}

/// `18:00-23:00`, or past midnight: `22:00-02:00`.
fn hours_of(text: &str) -> Result<Range<u16>, String> {
    let bad = || format!("{text:?} is not HH:MM-HH:MM");
    let (from, to) = text.split_once('-').ok_or_else(bad)?;
    let (from, to) = (clock(from).ok_or_else(bad)?, clock(to).ok_or_else(bad)?);
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Ok(from..to),
        std::cmp::Ordering::Greater => Ok(from..to + DAY),
        std::cmp::Ordering::Equal => Err(format!(
            "{text:?} never opens; write 00:00-24:00 for the whole day"
        )),
    }
}

/// `HH:MM` in minutes, 24:00 at most.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
}

impl fmt::Display for Schedule {
    /// The hours of the week, `mon 06:00-mon 22:00, …`; `always`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(open) = &self.open else {
            return f.write_str("always");
        };
        let moment = |minute: u16| {
            let day = DAYS[usize::from(minute / DAY) % 7];
            format!("{day} {:02}:{:02}", minute % DAY / 60, minute % 60)
        };
        let ranges = open
            .iter()
            .map(|hours| format!("{}-{}", moment(hours.start), moment(hours.end)));
        f.write_str(&ranges.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn parse(keys: &str) -> Result<Schedule, String> {
        let file = format!(
            "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam-1\"\nurl = \"rtsp://h/p\"\n\
             time_zone = \"+07:00\"\n[[camera.rule]]\nkind = \"stray_cattle\"\n{keys}\n"
        );
        Config::parse(&file, Path::new("agent.toml"))
            .map(|config| config.cameras[0].rules[0].schedule.clone())
            .map_err(|error| error.to_string())
    }

    /// Whether it is open, at local times of that zone: 2 November 2026 is a Monday.
    fn open_at(schedule: &Schedule, local: &str) -> bool {
        let wall: Timestamp = format!("2026-11-{local}:00+07:00").parse().unwrap();
        schedule.is_open(Some(wall))
    }

    #[test]
    fn hours_of_the_week_by_the_local_clock() {
        for (keys, open, shut) in [
            ("", &["02T00:00", "08T23:59"][..], &[][..]),
            (
                "schedule = [\"mon-fri 06:00-22:00\"]",
                &["02T06:00", "06T21:59"],
                &["02T05:59", "02T22:00", "07T12:00"],
            ),
            (
                "schedule = [\"sat,sun\", \"mon 12:00-13:00\"]",
                &["07T00:00", "08T23:59", "02T12:30"],
                &["02T13:00", "06T23:59"],
            ),
            // Past midnight, and past the end of the week.
            (
                "schedule = [\"sun 22:00-02:00\"]",
                &["08T22:00", "09T01:59", "02T00:30"],
                &["08T01:00", "09T02:00"],
            ),
            // A night market: goods may stand there.
            (
                "allowed_hours = [\"fri-sun 18:00-23:00\"]",
                &["06T17:59", "06T23:00", "05T20:00"],
                &["06T18:00", "08T22:59"],
            ),
            (
                "schedule = [\"Fri-Mon\"]\nallowed_hours = [\"00:00-06:00\"]",
                &["06T06:00", "02T23:59"],
                &["06T05:59", "03T12:00"],
            ),
        ] {
            let schedule = parse(keys).unwrap();
            for local in open {
                assert!(open_at(&schedule, local), "{keys}: {local} of {schedule}");
            }
            for local in shut {
                assert!(!open_at(&schedule, local), "{keys}: {local} of {schedule}");
            }
            assert!(schedule.is_open(None), "{keys}: nobody knows the time");
        }
    }

    #[test]
    fn what_never_opens_or_cannot_be_read_is_one_clear_fault() {
        for (keys, words) in [
            ("schedule = []", "never opens"),
            ("schedule = [\"18:00-18:00\"]", "never opens"),
            ("allowed_hours = [\"00:00-24:00\"]", "never opens"),
            (
                "schedule = [\"mon 08:00-10:00\"]\nallowed_hours = [\"mon-wed\"]",
                "never opens",
            ),
            ("schedule = [\"mo-fri\"]", "no day \"mo\""),
            ("schedule = [\"25:00-26:00\"]", "is not HH:MM-HH:MM"),
            ("schedule = [\"8:00-9:00\"]", "is not HH:MM-HH:MM"),
            ("schedule = [\"mon tue\"]", "twice"),
            ("schedule = \"always\"", "not a list"),
        ] {
            let message = parse(keys).unwrap_err();
            assert!(message.contains(words), "{keys}: {message}");
            assert_eq!(message.lines().count(), 1, "{keys}: {message}");
        }
    }

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        let zone = |text: &str| {
            let file = format!(
                "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"a\"\nurl = \"rtsp://h/p\"\n\
                 time_zone = \"{text}\"\n"
            );
            Config::parse(&file, Path::new("agent.toml"))
        };
        for good in ["+07:00", "-03:30", "UTC"] {
            assert!(zone(good).is_ok(), "{good}");
        }
        for bad in ["Asia/Nowhere", "+7", "seven"] {
            let message = zone(bad).unwrap_err().to_string();
            assert!(message.contains("no time zone"), "{bad}: {message}");
        }
    }
}
