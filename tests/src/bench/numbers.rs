//! Percentiles of what was measured.

use serde::Serialize;

/// Where half, most and nearly all of the values lie, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// How many values there are.
    pub count: usize,
    /// The value that half of them do not pass.
    pub p50: f64,
    /// The value that 95 of 100 do not pass.
    pub p95: f64,
    /// The value that 99 of 100 do not pass.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

/// The percentiles of values in milliseconds; none where there are no values.
#[must_use]
pub fn percentiles(mut values: Vec<f64>) -> Option<Percentiles> {
    values.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let rank = (values.len() * percent).div_ceil(100).max(1) - 1;
        values.get(rank).copied()
    };
    Some(Percentiles {
        count: values.len(),
        p50: at(50)?,
        p95: at(95)?,
        p99: at(99)?,
        max: at(100)?,
    })
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            count,
            p50,
            p95,
            p99,
            max,
        } = self;
        write!(
            f,
            "p50 {p50:7.1}  p95 {p95:7.1}  p99 {p99:7.1}  max {max:7.1} ms  (of {count})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred = (1..=100).rev().map(f64::from).collect();
        let found = percentiles(hundred).unwrap();
        assert_eq!(
            (found.p50, found.p95, found.p99, found.max),
            (50.0, 95.0, 99.0, 100.0)
        );
        assert_eq!(percentiles(vec![7.0]).unwrap().p99, 7.0);
        assert_eq!(percentiles(Vec::new()), None);
    }
}
