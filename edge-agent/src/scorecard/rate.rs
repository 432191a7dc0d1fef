//! What a count says of a rate.

/// Share of worlds in which the true rate is below [`at_most`].
const SURE: f64 = 0.95;
/// Beyond this many events the bound is that of a normal distribution.
const MANY: u32 = 200;

/// The mean count that so many events speak against: were it higher, no more than so many would be
/// seen in fewer than one of twenty worlds (one-sided 95 % limit of a Poisson mean, Garwood 1936). 3.0
/// for none: an hour without a false alarm does not say that there is less than one in three hours.
#[must_use]
pub fn at_most(seen: u32) -> f64 {
    let count = f64::from(seen);
    if seen > MANY {
        return 1.645_f64.mul_add((count + 1.0).sqrt(), count + 1.0);
    }
    let (mut low, mut high) = (count, 3.0_f64.mul_add((count + 1.0).sqrt(), count + 5.0));
    // The probability falls as the mean grows: halve until it is found to 12 digits.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        match probability_of_at_most(seen, middle) > 1.0 - SURE {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

/// That a Poisson count of that mean is at most `most`.
fn probability_of_at_most(most: u32, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut sum = term;
    for count in 1..=most {
        term *= mean / f64::from(count);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Garwood's table: half of the chi-squared quantile with 2(k + 1) degrees of freedom.
    #[test]
    fn the_limits_are_those_of_the_table() {
        for (seen, limit) in [
            (0, 2.9957),
            (1, 4.7439),
            (2, 6.2958),
            (5, 10.5130),
            (10, 16.9622),
            (100, 118.0788),
        ] {
            assert!(
                (at_most(seen) - limit).abs() < 2e-3,
                "{seen}: {}",
                at_most(seen)
            );
        }
        assert!(at_most(201) > at_most(200));
    }
}
