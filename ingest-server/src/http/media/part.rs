//! Ranges of bytes, as RFC 9110 §14 has them; one a request.

use std::ops::Bound;

use axum::http::StatusCode;
use axum_extra::headers::Range;

use crate::http::error::ApiError;

/// Which bytes of the whole are sent: `start..end` of `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: u64,
    pub(super) end: u64,
    length: u64,
    asked: Asked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Whole,
    Range,
}

impl Part {
    /// Several ranges at once are answered with the whole, as RFC 9110 §14.2 allows.
    pub(super) fn of(range: Option<Range>, length: u64) -> Result<Self, ApiError> {
        let whole = Self {
            start: 0,
            end: length,
            length,
            asked: Asked::Whole,
        };
        let Some(range) = range else { return Ok(whole) };
        let mut ranges = range.satisfiable_ranges(length);
        let Some(first) = ranges.next() else {
            return Err(ApiError::RangeNotSatisfiable { length });
        };
        if ranges.next().is_some() {
            return Ok(whole);
        }
        let start = match first.0 {
            Bound::Included(start) => start,
            Bound::Excluded(start) => start + 1,
            Bound::Unbounded => 0,
        };
        let end = match first.1 {
            Bound::Included(last) => last.saturating_add(1).min(length),
            Bound::Excluded(end) => end.min(length),
            Bound::Unbounded => length,
        };
        if start >= end {
            return Err(ApiError::RangeNotSatisfiable { length });
        }
        Ok(Self {
            start,
            end,
            length,
            asked: Asked::Range,
        })
    }

    pub(super) const fn status(self) -> StatusCode {
        match self.asked {
            Asked::Whole => StatusCode::OK,
            Asked::Range => StatusCode::PARTIAL_CONTENT,
        }
    }

    pub(super) fn content_range(self) -> Option<String> {
        match self.asked {
            Asked::Whole => None,
            Asked::Range => Some(format!(
                "bytes {}-{}/{}",
                self.start,
                self.end - 1,
                self.length
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum_extra::headers::{Header as _, HeaderValue};

    use super::*;

    fn part(range: &'static str, length: u64) -> Result<(u64, u64), u16> {
        let value = HeaderValue::from_static(range);
        let range = Range::decode(&mut [&value].into_iter()).ok();
        Part::of(range, length)
            .map(|part| (part.start, part.end))
            .map_err(|error| error.status().as_u16())
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        #[rustfmt::skip]
        let table = [
            ("bytes=0-0",      100, Ok((0, 1))),
            ("bytes=0-",       100, Ok((0, 100))),
            ("bytes=10-19",    100, Ok((10, 20))),
            ("bytes=99-",      100, Ok((99, 100))),
            ("bytes=50-999",   100, Ok((50, 100))),
            ("bytes=-10",      100, Ok((90, 100))),
            ("bytes=100-",     100, Err(416)),
            ("bytes=200-300",  100, Err(416)),
            ("bytes=0-1,5-6",  100, Ok((0, 100))),
            ("lines=0-1",      100, Ok((0, 100))),
        ];
        for (range, length, expected) in table {
            assert_eq!(part(range, length), expected, "{range}");
        }
    }
}
