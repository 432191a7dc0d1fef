//! The decoder against what cameras do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::*;
use crate::camera::clips_fixture::{encode_clip, encode_sized, encode_with_ffmpeg};
use crate::camera::{FileItem, FileSource, Frame, Timing};
use crate::time::ClockAnchor;

fn units_of(path: &Path) -> (StreamInfo, Vec<Arc<AccessUnit>>) {
    let options = DecoderOptions::default();
    let mut file =
        FileSource::open(path, Timing::AsRecorded, Timestamp::UNIX_EPOCH, options).unwrap();
    let info = file.info().clone();
    let units = file.by_ref().filter_map(|item| match item.unwrap() {
        FileItem::Unit(unit) => Some(unit),
        FileItem::Frame(_) => None,
    });
    (info, units.collect())
}

fn pictures(decoder: &Decoder) -> Vec<Frame> {
    let anchor = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
    };
    let next = || decoder.picture();
    std::iter::from_fn(next)
        .map(|(picture, at)| sample::frame(&picture, at.unwrap(), &anchor).unwrap())
        .collect()
}

fn later(unit: &AccessUnit, by: Duration) -> AccessUnit {
    AccessUnit {
        pts: unit.pts + by,
        ..unit.clone()
    }
}

#[test]
fn another_size_and_garbage_in_mid_stream_do_not_stop_it() {
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (
        folder.path().join("small.mp4"),
        folder.path().join("large.mp4"),
    );
    encode_clip(&small, 10, 5);
    encode_sized(&large, 10, 5, (640, 480));
    let (info, first) = units_of(&small);
    let (_, second) = units_of(&large);
    let decoder = Decoder::start(&info, DecoderOptions::default()).unwrap();
    let data = Bytes::from_static(&[0, 0, 0, 1, 0x41, 0xff, 0x12, 0x34, 0x56, 0x78]);
    let garbage = AccessUnit {
        keyframe: false,
        data,
        ..later(&first[9], Duration::from_millis(40))
    };
    let mut seen = Vec::new();
    for unit in first.iter().map(|unit| AccessUnit::clone(unit)) {
        decoder.push(&unit).unwrap();
        seen.extend(pictures(&decoder));
    }
    decoder.push(&garbage).unwrap();
    for unit in &second {
        decoder.push(&later(unit, Duration::from_secs(1))).unwrap();
        seen.extend(pictures(&decoder));
    }
    decoder.drain();
    seen.extend(pictures(&decoder));
    assert!(seen.len() >= 20);
    for pair in seen.windows(2) {
        assert!(pair[1].pts >= pair[0].pts);
    }
    let half = StreamTime::from_secs_f64(1.0);
    for picture in seen {
        let side = if picture.pts < half { 320 } else { 640 };
        assert_eq!(picture.size.width, side, "at {}", picture.pts);
    }
}

#[test]
fn a_keyframe_by_itself_gives_its_picture_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.mp4");
    // Pictures out of order: without the drain a keyframe waits for what is shown before it.
    encode_with_ffmpeg(&path, 4, &["-c:v", "libx264", "-g", "25", "-bf", "3"]);
    let (info, units) = units_of(&path);
    let decoder = Decoder::start(&info, DecoderOptions::default()).unwrap();
    for _ in 0..2 {
        for keyframe in units.iter().filter(|unit| unit.keyframe) {
            decoder.push(keyframe).unwrap();
            decoder.drain();
            let shown: Vec<_> = pictures(&decoder).iter().map(|frame| frame.pts).collect();
            assert_eq!(shown, [keyframe.pts]);
        }
        decoder.restart();
    }
}

#[test]
fn after_a_restart_time_may_go_back_and_pictures_keep_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 50, 25);
    let (info, units) = units_of(&path);
    let decoder = Decoder::start(&info, DecoderOptions::default()).unwrap();
    let decode = |units: &[Arc<AccessUnit>]| -> Vec<StreamTime> {
        units.iter().for_each(|unit| decoder.push(unit).unwrap());
        decoder.drain();
        pictures(&decoder).iter().map(|frame| frame.pts).collect()
    };
    let whole = decode(&units);
    assert_eq!(whole.len(), 50);
    decoder.restart();
    assert_eq!(decode(&units[25..]), whole[25..]);
    decoder.restart();
    assert_eq!(decode(&units[..10]), whole[..10]);
}
