//! What the fuzz targets do with bytes from outside. Compiled into each target, and into the test that
//! runs the corpus (`edge-agent/tests/foreign_bytes.rs`).

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use edge_agent::camera::{AccessUnit, Codec, Epoch, Passage, StreamInfo, read_header};
use edge_agent::config::{Catalogue, Config, Family};
use edge_agent::detect::{Answer, AnswerNumbers, read_answer};
use edge_agent::evidence::remux;
use edge_agent::geometry::PictureSize;
use edge_agent::time::{ClockAnchor, StreamTime};
use edge_agent::track::{TrackerOptions, mot};
use jiff::Timestamp;

const CODECS: [Codec; 3] = [Codec::H264, Codec::H265, Codec::Mjpeg];

/// Runs one target; a panic, or never coming back, is a find.
pub fn run(target: &str, data: &[u8]) {
    match target {
        "picture_header" => CODECS.iter().for_each(|codec| {
            let _ = read_header(*codec, data);
        }),
        "clip" => CODECS.iter().for_each(|codec| clip(*codec, data)),
        "config" => {
            let text = String::from_utf8_lossy(data);
            let _ = Config::parse(&text, Path::new("fuzz.toml"));
        }
        "mot" => {
            let read = mot::read(data);
            let options = TrackerOptions {
                strong_score: mot::strong_score(&read.seen),
                ..TrackerOptions::default()
            };
            let _ = mot::follow(&read.seen, 25.0, options);
        }
        "model_answer" => drop(model_answer(data)),
        other => panic!("no target {other}"),
    }
}

/// Most numbers of one output: more only take longer.
const MOST_NUMBERS: usize = 1 << 12;

/// The bytes as what a model of some family says of a picture: the family, how many outputs; for each
/// its kind, its rank, its axes (two bytes each); then floats, over and over. `None` where they end
/// before that.
fn model_answer(data: &[u8]) -> Option<()> {
    let (family, data) = data.split_first()?;
    let (outputs, mut data) = data.split_first()?;
    let mut shapes = Vec::new();
    for _ in 0..outputs % 9 {
        let (&[kind, rank], rest) = data.split_first_chunk::<2>()?;
        let (axes, rest) = rest.split_at_checked(2 * usize::from(rank % 5))?;
        let axes = axes.chunks_exact(2);
        let axes: Vec<i64> = axes
            .map(|axis| i64::from(i16::from_le_bytes([axis[0], axis[1]])))
            .collect();
        shapes.push((kind, axes));
        data = rest;
    }
    let floats: Vec<f32> = data
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect();
    let pool = || floats.iter().copied().chain([0.5]).cycle();
    let answer = |(at, (kind, axes)): (usize, (u8, Vec<i64>))| {
        let stated = axes.iter().try_fold(1_usize, |count, axis| {
            count.checked_mul(usize::try_from(*axis).ok()?)
        });
        // Now and then there are fewer or more numbers than the shape says.
        let count = stated.unwrap_or(7).min(MOST_NUMBERS) + usize::from(kind >> 7);
        let numbers = pool().skip(at).take(count);
        Answer {
            name: ["output", "boxes", "labels", "dets"][usize::from(kind >> 1) % 4].to_owned(),
            axes,
            numbers: match kind % 2 {
                0 => AnswerNumbers::F32(numbers.collect()),
                _ => AnswerNumbers::I64(numbers.map(|number| number as i64).collect()),
            },
        }
    };
    let answers: Vec<Answer> = shapes.into_iter().enumerate().map(answer).collect();
    let catalogue = Catalogue::built_in().ok()?;
    let mut manifest = catalogue.model("yolox-nano")?.clone();
    manifest.family = Family::WORDS[usize::from(*family) % Family::WORDS.len()].1;
    (manifest.input.width, manifest.input.height) = (64, 64);
    manifest.labels.truncate(3);
    let manifest = manifest.in_own_words();
    let size = PictureSize {
        width: 640,
        height: 360,
    };
    for seen in read_answer(&manifest, size, &answers).ok()? {
        let bbox = seen.bbox;
        let inside =
            bbox.x >= 0.0 && bbox.y >= 0.0 && bbox.x + bbox.w <= 640.1 && bbox.y + bbox.h <= 360.1;
        assert!(inside && (0.0..=1.0).contains(&seen.score), "{seen:?}");
    }
    Some(())
}

/// The bytes as three pictures of a camera, cut as its clip.
fn clip(codec: Codec, data: &[u8]) {
    let unit = |number: u32| {
        Arc::new(AccessUnit {
            pts: StreamTime::from_secs_f64(f64::from(number) / 25.0),
            duration: None,
            arrival: Timestamp::UNIX_EPOCH,
            camera_time: None,
            keyframe: number == 0,
            data: Bytes::copy_from_slice(data),
        })
    };
    let size = PictureSize {
        width: 320,
        height: 240,
    };
    let passage = Passage {
        epoch: Epoch(1),
        info: StreamInfo {
            codec,
            caps: String::new(),
            size: Some(size),
        },
        anchor: ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        },
        from: StreamTime::ZERO,
        to: StreamTime::from_secs_f64(0.08),
        units: (0..3).map(unit).collect(),
        head: None,
        tail: None,
    };
    let _ = remux(&passage);
}
