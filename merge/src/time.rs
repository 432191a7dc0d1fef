//! Gaps between intervals, with clocks that may be off.

use crate::level::Level;
use crate::witness::Span;

/// Shares of a category's window within which a gap is short, or hardly one.
const NEAR: f64 = 0.25;
const CLOSE: f64 = 0.0625;
/// Windows after which nobody still tells of it, except in a letter.
const LATE: f64 = 4.0;

/// Seconds between two intervals, 0 where they overlap. `slack_s` is how far the two clocks may be
/// apart: that much of a gap is none. An open interval goes on.
#[must_use]
pub fn gap_s(a: Span, b: Span, slack_s: f64) -> f64 {
    let seconds = |span: Span, other: Span| {
        span.end
            .map(|end| other.start.duration_since(end).as_secs_f64())
    };
    let gap = seconds(a, b)
        .unwrap_or(0.0)
        .max(seconds(b, a).unwrap_or(0.0));
    (gap - slack_s).max(0.0)
}

/// The interval from the first start to the last end.
#[must_use]
pub fn union(a: Span, b: Span) -> Span {
    Span {
        start: a.start.min(b.start),
        end: a.end.zip(b.end).map(|(a, b)| a.max(b)),
    }
}

/// The level of a gap in a window of hours.
#[must_use]
pub fn level(gap_s: f64, window_h: f64) -> Level {
    let window_s = window_h * 3_600.0;
    if gap_s <= 0.0 {
        Level::TimeOverlap
    } else if gap_s < window_s * CLOSE {
        Level::TimeClose
    } else if gap_s < window_s * NEAR {
        Level::TimeNear
    } else if gap_s < window_s {
        Level::TimeWithin
    } else if gap_s < window_s * LATE {
        Level::TimeLate
    } else {
        Level::TimeOutside
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn span(start: i64, end: Option<i64>) -> Span {
        let at = |second| Timestamp::from_second(second).unwrap();
        Span {
            start: at(start),
            end: end.map(at),
        }
    }

    #[test]
    fn a_gap_lies_between_ends_and_starts() {
        #[rustfmt::skip]
        let table = [
            (span(0, Some(10)), span(30, Some(40)), 0.0, 20.0),
            (span(30, Some(40)), span(0, Some(10)), 0.0, 20.0),
            (span(0, Some(10)), span(30, Some(40)), 15.0, 5.0),
            (span(0, Some(10)), span(30, Some(40)), 60.0, 0.0),
            (span(0, Some(50)), span(30, Some(40)), 0.0, 0.0),
            (span(0, None), span(900, Some(901)), 0.0, 0.0),
            (span(900, None), span(0, Some(100)), 0.0, 800.0),
            (span(0, None), span(900, None), 0.0, 0.0),
        ];
        for (a, b, slack, expected) in table {
            assert!(
                (gap_s(a, b, slack) - expected).abs() < 1e-9,
                "{a:?} {b:?} {slack}"
            );
            assert!((gap_s(b, a, slack) - expected).abs() < 1e-9, "both ways");
        }
    }

    #[test]
    fn levels_of_gaps() {
        for (gap, expected) in [
            (0.0, Level::TimeOverlap),
            (1.0, Level::TimeClose),
            (449.0, Level::TimeClose),
            (451.0, Level::TimeNear),
            (1_799.0, Level::TimeNear),
            (1_801.0, Level::TimeWithin),
            (7_199.0, Level::TimeWithin),
            (7_200.0, Level::TimeLate),
            (28_799.0, Level::TimeLate),
            (28_800.0, Level::TimeOutside),
        ] {
            assert_eq!(level(gap, 2.0), expected, "{gap}");
        }
    }

    #[test]
    fn a_union_is_open_while_one_part_is() {
        assert_eq!(
            union(span(5, Some(10)), span(0, Some(7))),
            span(0, Some(10))
        );
        assert_eq!(union(span(5, Some(10)), span(0, None)), span(0, None));
    }
}
