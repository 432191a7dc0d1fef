//! What systemd-timesyncd knows of the clock, from `timedatectl timesync-status`. Pure: text in,
//! offset out.

/// The agent's clock minus true time and how wrong that may be, in seconds.
pub(super) fn read(text: &str) -> Option<(f64, f64)> {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim())
        })
    };
    // timesyncd tells how far true time is ahead of the clock.
    let offset = -seconds(value("Offset")?)?;
    // `Root distance: 12.3ms (max: 5s)`; what an exchange itself adds is half its delay.
    let distance = seconds(value("Root distance")?.split('(').next()?)?;
    let delay = value("Delay").and_then(seconds).unwrap_or(0.0);
    Some((offset, distance + delay / 2.0))
}

/// `+1min 2.5s`, `-523us`, `12.3ms`: a sign, then numbers with their units.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0.0;
    let mut parts = 0;
    for part in text.split_whitespace() {
        let unit_at = part.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, unit) = part.split_at_checked(unit_at)?;
        let factor = match unit {
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            "month" => 2_629_800.0,
            "y" => 31_557_600.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        parts += 1;
    }
    (parts > 0).then_some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "\
       Server: 185.125.190.58 (ntp.ubuntu.com)
Poll interval: 34min 8s (min: 32s; max 34min 8s)
         Leap: normal
      Version: 4
      Stratum: 2
    Reference: 4FF33C32
    Precision: 1us (-25)
Root distance: 24.864ms (max: 5s)
       Offset: -1.102ms
        Delay: 30ms
       Jitter: 6.190ms
 Packet count: 11
    Frequency: -7.193ppm
";

    #[test]
    fn offset_and_distance_are_read() {
        let (offset, uncertainty) = read(STATUS).unwrap();
        assert!((offset - 0.001_102).abs() < 1e-9, "{offset}");
        assert!((uncertainty - 0.039_864).abs() < 1e-9, "{uncertainty}");
    }

    #[test]
    fn before_the_first_answer_nothing_is_known() {
        for text in ["", "Server: n/a", "Offset: n/a\nRoot distance: n/a"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn spans_are_read_with_their_sign_and_units() {
        for (text, wanted) in [
            ("+1min 2.5s", Some(62.5)),
            ("-523us", Some(-0.000_523)),
            ("0", None),
            ("1h 1ms", Some(3_600.001)),
            ("5 parsecs", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text:?}");
        }
    }
}
