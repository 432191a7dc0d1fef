//! What chronyd knows of the clock, from `chronyc -c tracking`. Pure: text in, offset out.

/// The agent's clock minus true time and how wrong that may be, in seconds.
pub(super) fn read(text: &str) -> Option<(f64, f64)> {
    let fields: Vec<&str> = text.trim().split(',').collect();
    // refid, name, stratum, reference time, system time, last offset, RMS offset, frequency,
    // residual frequency, skew, root delay, root dispersion, update interval, leap status.
    let number = |index: usize| {
        fields
            .get(index)?
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
    };
    if fields.len() < 14 || fields.get(13) == Some(&"Not synchronised") || number(2)? < 1.0 {
        return None;
    }
    // chronyd tells how far the clock is slow of true time.
    let offset = -number(4)?;
    let uncertainty = number(10)? / 2.0 + number(11)?;
    Some((offset, uncertainty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_and_distance_are_read_and_an_unsynchronised_clock_is_unknown() {
        let line = "C0A80001,192.168.0.1,3,1700000000.123,0.000250000,-0.000011,0.000044,-12.3,\
                    0.001,0.05,0.020000000,0.001500000,64.2,Normal\n";
        let (offset, uncertainty) = read(line).unwrap();
        assert!((offset + 0.00025).abs() < 1e-9);
        assert!((uncertainty - 0.0115).abs() < 1e-9);
        let lost = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised";
        for text in [
            lost,
            "",
            "506 Cannot talk to daemon",
            "a,b,c,d,e,f,g,h,i,j,k,l,m,n",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
