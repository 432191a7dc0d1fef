//! Whether it is day where a camera stands: by the sun where its place is known, else by its local
//! clock.

use contract::v1::{Place, Position};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Whether it is day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Daylight {
    Day,
    Night,
    /// Dusk, dawn, or nobody knows.
    Unsure,
}

/// The sun stands so many degrees over the horizon by day,
const DAY_FROM: f64 = 4.0;
/// and so many under it at night.
const NIGHT_BELOW: f64 = -8.0;
/// Without a place: hours of the local clock that are day, and night, in any season of the tropics.
const DAY_HOURS: std::ops::Range<i8> = 8..16;
const EVENING: i8 = 20;
const MORNING: i8 = 4;
/// 1 January 2000, 12:00 UTC.
const J2000: f64 = 946_728_000.0;

impl Daylight {
    pub(super) fn of(wall: Option<Timestamp>, place: Option<&Place>, zone: &TimeZone) -> Self {
        let Some(wall) = wall else {
            return Self::Unsure;
        };
        let position = place.map(|place| match place {
            Place::Point { position, .. } => *position,
            Place::Bearing(bearing) => bearing.from,
        });
        let Some(position) = position else {
            return Self::by_clock(zone.to_datetime(wall).hour());
        };
        let height = sun_height(wall, position);
        if height >= DAY_FROM {
            Self::Day
        } else if height <= NIGHT_BELOW {
            Self::Night
        } else {
            Self::Unsure
        }
    }

    fn by_clock(hour: i8) -> Self {
        if DAY_HOURS.contains(&hour) {
            Self::Day
        } else if !(MORNING..EVENING).contains(&hour) {
            Self::Night
        } else {
            Self::Unsure
        }
    }
}

/// How many degrees the sun stands over the horizon; right to about 0.1° in this century (the
/// Astronomical Almanac's low-precision formulas).
fn sun_height(wall: Timestamp, position: Position) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "seconds below 2⁵³")]
    let days = (wall.as_second() as f64 - J2000) / 86_400.0;
    let mean_longitude = 280.460 + 0.985_647_4 * days;
    let anomaly = (357.528 + 0.985_600_3 * days).to_radians();
    let longitude =
        (mean_longitude + 1.915 * anomaly.sin() + 0.020 * (2.0 * anomaly).sin()).to_radians();
    let tilt = 23.439_f64.to_radians();
    let declination = (tilt.sin() * longitude.sin()).asin();
    let ascension = (tilt.cos() * longitude.sin()).atan2(longitude.cos());
    let sidereal = (280.460_618_37 + 360.985_647_366_29 * days + position.lon).to_radians();
    let (hour_angle, lat) = (sidereal - ascension, position.lat.to_radians());
    let sine = lat.sin() * declination.sin() + lat.cos() * declination.cos() * hour_angle.cos();
    sine.asin().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUE: Position = Position {
        lat: 16.46,
        lon: 107.59,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_sun_stands_where_the_almanac_says() {
        for (when, lat, lon, height) in [
            // The sun is overhead at the subsolar point of an equinox, and 23.4° north in June.
            ("2026-03-20T12:07:00Z", 0.0, 0.0, 90.0),
            ("2026-06-21T12:02:00Z", 51.48, 0.0, 61.96),
            ("2026-12-21T12:00:00Z", 51.48, 0.0, 15.1),
            ("2026-06-21T00:02:00Z", 51.48, 0.0, -15.1),
        ] {
            let seen = sun_height(at(when), Position { lat, lon });
            assert!((seen - height).abs() < 0.6, "{when}: {seen}");
        }
    }

    #[test]
    fn day_and_night_by_the_sun_or_the_clock() {
        let place = Place::Point {
            position: HUE,
            uncertainty_m: 10.0,
        };
        let zone = jiff::tz::offset(7).to_time_zone();
        for (when, by_sun, by_clock) in [
            ("2026-11-22T12:00:00+07:00", Daylight::Day, Daylight::Day),
            (
                "2026-11-22T06:00:00+07:00",
                Daylight::Unsure,
                Daylight::Unsure,
            ),
            ("2026-11-22T06:40:00+07:00", Daylight::Day, Daylight::Unsure),
            (
                "2026-11-22T18:30:00+07:00",
                Daylight::Night,
                Daylight::Unsure,
            ),
            (
                "2026-11-22T23:00:00+07:00",
                Daylight::Night,
                Daylight::Night,
            ),
        ] {
            let wall = Some(at(when));
            assert_eq!(Daylight::of(wall, Some(&place), &zone), by_sun, "{when}");
            assert_eq!(Daylight::of(wall, None, &zone), by_clock, "{when}");
        }
        assert_eq!(Daylight::of(None, Some(&place), &zone), Daylight::Unsure);
    }
}
