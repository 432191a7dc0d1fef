//! What `GET requests` and `GET servicerequestupdates` ask for.

use jiff::{SignedDuration, Timestamp};

use super::form::{Form, time};
use crate::fault::{Fault, Problem};

/// Longest span of dates: the standard's.
const SPAN: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Most requests in one answer: the standard's.
pub const MOST: u64 = 1_000;
/// Most ids in one question.
const MOST_IDS: usize = 200;

/// Which requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// These; nothing else counts.
    Ids(Vec<String>),
    /// Those that fit.
    Fitting(Fitting),
}

/// Which requests fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitting {
    /// Made at this time or later.
    pub from: Timestamp,
    /// Made at this time or earlier.
    pub to: Timestamp,
    /// Of these services; all where empty.
    pub services: Vec<String>,
    /// In this status; any where absent.
    pub closed: Option<bool>,
}

/// A page of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Counts from 1.
    pub number: u64,
    /// How many on a page.
    pub size: u64,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which requests.
    pub which: Which,
    /// Which of them.
    pub page: Page,
    /// Whether more than the standard's fields is wanted.
    pub extensions: bool,
}

impl Query {
    /// Reads a question.
    ///
    /// # Errors
    /// Every field that will not do.
    pub fn parse(form: &Form, now: Timestamp) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let page = page(form, &mut faults);
        let ids: Vec<String> = form
            .listed("service_request_id")
            .map(str::to_owned)
            .collect();
        if ids.len() > MOST_IDS {
            faults.push(Fault::new("service_request_id", Problem::TooMany));
        }
        let which = if ids.is_empty() {
            let (from, to) = span(form, now, &mut faults);
            Which::Fitting(Fitting {
                from,
                to,
                services: form.listed("service_code").map(str::to_owned).collect(),
                closed: closed(form, &mut faults),
            })
        } else {
            Which::Ids(ids)
        };
        let extensions = matches!(form.get("extensions"), Some("true" | "1"));
        if faults.is_empty() {
            Ok(Self {
                which,
                page,
                extensions,
            })
        } else {
            Err(faults)
        }
    }
}

/// The span of dates: the last 90 days where none is named, 90 days to or from the one that is.
///
/// # Errors
/// By `faults`.
pub fn span(form: &Form, now: Timestamp, faults: &mut Vec<Fault>) -> (Timestamp, Timestamp) {
    let mut date = |name: &str| {
        let text = form.get(name)?;
        let read = time(text);
        if read.is_none() {
            faults.push(Fault::new(name, Problem::NotATime));
        }
        read
    };
    let earlier = |at: Timestamp| at.checked_sub(SPAN).unwrap_or(Timestamp::MIN);
    let later = |at: Timestamp| at.checked_add(SPAN).unwrap_or(Timestamp::MAX);
    let (from, to) = match (date("start_date"), date("end_date")) {
        (None, None) => (earlier(now), now),
        (Some(from), None) => (from, later(from)),
        (None, Some(to)) => (earlier(to), to),
        (Some(from), Some(to)) => (from, to),
    };
    if from > to || to.duration_since(from) > SPAN {
        faults.push(Fault::new("start_date", Problem::RangeOfDates));
    }
    (from, to)
}

fn page(form: &Form, faults: &mut Vec<Fault>) -> Page {
    let mut number = |name: &str, most: u64, default: u64| match form.get(name).map(str::parse) {
        None => default,
        Some(Ok(number)) if (1..=most).contains(&number) => number,
        Some(Ok(_)) => {
            faults.push(Fault::new(name, Problem::OutOfRange));
            default
        }
        Some(Err(_)) => {
            faults.push(Fault::new(name, Problem::NotANumber));
            default
        }
    };
    Page {
        number: number("page", 1_000_000, 1),
        size: number("page_size", MOST, MOST),
    }
}

fn closed(form: &Form, faults: &mut Vec<Fault>) -> Option<bool> {
    let (mut open, mut closed) = (false, false);
    for word in form.listed("status") {
        match word.to_ascii_lowercase().as_str() {
            "open" => open = true,
            "closed" => closed = true,
            _ => faults.push(Fault::new("status", Problem::Unknown)),
        }
    }
    (open != closed).then_some(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T00:00:00Z".parse().unwrap()
    }

    fn parse(text: &str) -> Result<Query, String> {
        Query::parse(&Form::parse(text.as_bytes()).unwrap(), now()).map_err(|faults| {
            faults
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        })
    }

    fn fitting(text: &str) -> Fitting {
        match parse(text).unwrap().which {
            Which::Fitting(fitting) => fitting,
            Which::Ids(ids) => panic!("{ids:?}"),
        }
    }

    #[test]
    fn the_standard_s_own_question_reads() {
        let asked = fitting(
            "start_date=2010-05-24T00:00:00Z&end_date=2010-06-24T00:00:00Z&status=open&jurisdiction_id=city.gov",
        );
        assert_eq!(asked.from.to_string(), "2010-05-24T00:00:00Z");
        assert_eq!(asked.to.to_string(), "2010-06-24T00:00:00Z");
        assert_eq!(asked.closed, Some(false));
    }

    #[test]
    fn dates_default_to_ninety_days() {
        for (text, from, to) in [
            ("", "2026-08-24T00:00:00Z", "2026-11-22T00:00:00Z"),
            (
                "start_date=2026-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
                "2026-04-01T00:00:00Z",
            ),
            (
                "end_date=2026-04-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
                "2026-04-01T00:00:00Z",
            ),
        ] {
            let asked = fitting(text);
            assert_eq!(
                (asked.from.to_string(), asked.to.to_string()),
                (from.to_owned(), to.to_owned())
            );
        }
    }

    #[test]
    fn ids_override_everything_else() {
        let asked = parse("service_request_id=1,2&start_date=never&status=maybe").unwrap();
        assert_eq!(
            asked.which,
            Which::Ids(vec!["1".to_owned(), "2".to_owned()])
        );
    }

    #[test]
    fn what_will_not_do_is_named() {
        for (text, expected) in [
            ("start_date=2026-01-01", "start_date: not_a_time"),
            (
                "start_date=2026-01-01T00:00:00Z&end_date=2026-05-01T00:00:00Z",
                "start_date: range_of_dates",
            ),
            (
                "start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z",
                "start_date: range_of_dates",
            ),
            ("status=maybe", "status: unknown"),
            ("page=0", "page: out_of_range"),
            ("page_size=1001", "page_size: out_of_range"),
            (
                "page=x&page_size=y",
                "page: not_a_number page_size: not_a_number",
            ),
        ] {
            assert_eq!(parse(text), Err(expected.to_owned()), "{text}");
        }
        assert_eq!(
            parse("status=open,closed").map(|asked| asked.page),
            Ok(Page {
                number: 1,
                size: MOST
            })
        );
    }
}
