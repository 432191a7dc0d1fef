//! What the fuzz targets do with bytes from outside. Compiled into each target, and into the test that
//! runs the corpus (`edge-agent/tests/foreign_bytes.rs`).

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use edge_agent::camera::{AccessUnit, Codec, Epoch, Passage, StreamInfo, read_header};
use edge_agent::config::Config;
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
        other => panic!("no target {other}"),
    }
}

/// The bytes as three pictures of a camera, cut as its clip.
fn clip(codec: Codec, data: &[u8]) {
    let unit = |number: u32| {
        Arc::new(AccessUnit {
            pts: StreamTime::from_secs_f64(f64::from(number) / 25.0),
            dts: None,
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
