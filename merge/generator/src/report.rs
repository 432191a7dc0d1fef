//! What cameras and people file of a thing, as lines of the labelled set.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::happening::Happening;
use crate::noise::Noise;
use crate::town::Town;
use crate::words;

/// Reports with the second in which each came in.
pub(crate) fn reports(
    dice: &mut Dice,
    town: &Town,
    noise: &Noise,
    happening: &Happening,
) -> Vec<(i64, String)> {
    let mut told = Vec::new();
    let watched = town.watched(happening.spot);
    if let Some((camera, side)) = watched.filter(|_| dice.chance(happening.kind.seen_by_cameras)) {
        let rounds = 1 + u64::from(dice.chance(noise.city.seen_again()));
        for round in 0..rounds {
            told.push(by_camera(
                dice,
                town,
                noise,
                happening,
                (camera.id, side),
                round,
            ));
        }
    }
    let mut people = usize::from(told.is_empty());
    let mut left = happening.kind.more_reports;
    while left > 0.0 && people < 12 {
        people += usize::from(dice.chance(left / (1.0 + left)));
        left -= 0.4;
    }
    let mut shots: Vec<(String, u64)> = Vec::new();
    for number in 0..people {
        told.push(by_person(dice, town, noise, happening, number, &mut shots));
    }
    told
}

fn by_camera(
    dice: &mut Dice,
    town: &Town,
    noise: &Noise,
    happening: &Happening,
    (camera, side): (usize, &str),
    round: u64,
) -> (i64, String) {
    let span = happening.end - happening.start;
    let start = happening.start + 40.0 + span * 0.3 * round as f64;
    let (east, north) = happening.at(start, noise.city);
    let off = noise.city.camera_clock(camera, start, noise.clock_s);
    let (bias_east, bias_north) = noise.city.camera_bias(camera);
    let sigma = dice.between(2.0, 6.0);
    let (lat, lon) = town.degrees(
        east + bias_east + sigma * dice.normal(),
        north + bias_north + sigma * dice.normal(),
    );
    let mut line = json!({
        "id": format!("{}-cam{round}", happening.label),
        "incident": happening.label,
        "source": "camera",
        "category": happening.kind.code,
        "occurred": {"start": time(start + off), "end": time(start.max(happening.end) + off)},
        "received": time(start),
        "place": {"point": {"lat": lat, "lon": lon, "uncertainty_m": sigma}},
        "camera": format!("a{}/c{camera}", camera % 7),
        "zone": side,
    });
    if happening.kind.plate && dice.chance(0.7) {
        line["plate"] = plate(dice, &happening.plate);
    }
    (start as i64, line.to_string())
}

fn plate(dice: &mut Dice, plate: &str) -> Value {
    if dice.chance(0.1) {
        let mut letters: Vec<char> = plate.chars().collect();
        let at = letters.len() - 1 - dice.below(4) as usize;
        letters[at] = char::from(b'0' + dice.below(10) as u8);
        json!({"text": letters.into_iter().collect::<String>(), "reading": "unsure"})
    } else {
        json!({"text": plate, "reading": "sure"})
    }
}

fn by_person(
    dice: &mut Dice,
    town: &Town,
    noise: &Noise,
    happening: &Happening,
    number: usize,
    shots: &mut Vec<(String, u64)>,
) -> (i64, String) {
    let noticed = noise.city.noticed(dice, happening.start, happening.end);
    let (east, north) = happening.at(noticed.seen, noise.city);
    let wide = happening.kind.wide;
    let (east, north) = (
        east + wide * dice.normal() * 0.6,
        north + wide * dice.normal() * 0.6,
    );
    let phone = dice.chance(noise.city.by_phone());
    let (off_east, off_north, claimed) = if phone {
        // The call-taker's pin on the address.
        let sigma = dice.between(25.0, 60.0);
        (sigma * dice.normal(), sigma * dice.normal(), sigma)
    } else {
        noise.gps.error(dice)
    };
    let (lat, lon) = town.degrees(east + off_east, north + off_north);
    let said = noticed.said + dice.between(-noise.clock_s, noise.clock_s);
    let category = if dice.chance(noise.wrong_category) {
        noise.city.wrong(dice, happening.kind.code)
    } else {
        happening.kind.code
    };
    let mut line = json!({
        "id": format!("{}-p{number}", happening.label),
        "incident": happening.label,
        "source": if phone { "phone" } else { "citizen" },
        "category": category,
        "occurred": {"start": time(said), "end": time(said)},
        "received": time(noticed.told),
        "place": {"point": {"lat": lat, "lon": lon, "uncertainty_m": claimed}},
        "text": words::text(dice, town, noise, happening),
        "reporter": format!("r{}", dice.below(20_000)),
    });
    if !phone && dice.chance(0.6) {
        let shot = if !shots.is_empty() && dice.chance(0.08) {
            let (sha256, looks) = dice.pick(shots).clone();
            if dice.chance(0.5) {
                (sha256, looks)
            } else {
                (
                    dice.hex(32),
                    looks ^ 1 << dice.below(64) ^ 1 << dice.below(64),
                )
            }
        } else {
            (dice.hex(32), dice.roll())
        };
        line["pictures"] = json!([{"sha256": shot.0, "perceptual": shot.1}]);
        shots.push(shot);
    }
    if happening.kind.plate && dice.chance(0.35) {
        line["plate"] = plate(dice, &happening.plate);
    }
    (noticed.told as i64, line.to_string())
}

/// People closed it.
pub(crate) fn closure(happening: &Happening, at: i64) -> String {
    json!({"closed": happening.label, "at": time(at as f64)}).to_string()
}

fn time(seconds: f64) -> String {
    let at = Timestamp::from_millisecond((seconds * 1_000.0) as i64);
    at.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
