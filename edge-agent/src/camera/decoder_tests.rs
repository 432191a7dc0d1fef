//! The live decoder against what cameras do.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::*;
use crate::camera::clips_fixture::{encode_clip, encode_sized};
use crate::camera::{FileItem, FileSource, Timing};
use crate::geometry::PictureSize;
use crate::time::ClockAnchor;

const DEADLINE: Duration = Duration::from_secs(20);

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

/// A decoder whose pictures' times and sizes come out of a channel.
fn decoder(info: &StreamInfo) -> (Decoder, Receiver<(StreamTime, PictureSize)>) {
    let (pictures_tx, pictures) = sync_channel(1_000);
    let anchor = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
    };
    let decoder = Decoder::start(info, DecoderOptions::default(), move |picture, pts| {
        let frame = sample::frame(picture, pts, &anchor).unwrap();
        pictures_tx.send((frame.pts, frame.size)).unwrap();
    });
    (decoder.unwrap(), pictures)
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
    let (mut decoder, pictures) = decoder(&info);
    for unit in &first {
        assert_eq!(decoder.push(unit).unwrap(), Pushed::Queued);
    }
    let data = Bytes::from_static(&[0, 0, 0, 1, 0x41, 0xff, 0x12, 0x34, 0x56, 0x78]);
    let garbage = AccessUnit {
        keyframe: false,
        data,
        ..later(&first[9], Duration::from_millis(40))
    };
    decoder.push(&garbage).unwrap();
    for unit in &second {
        decoder.push(&later(unit, Duration::from_secs(1))).unwrap();
    }
    decoder.parts.finish();
    let mut last = (
        StreamTime::ZERO,
        PictureSize {
            width: 0,
            height: 0,
        },
    );
    while last.0 < StreamTime::from_secs_f64(1.36) {
        let picture = pictures
            .recv_timeout(DEADLINE)
            .expect("the last picture comes");
        assert!(picture.0 >= last.0);
        let side = if picture.0 < StreamTime::from_secs_f64(1.0) {
            320
        } else {
            640
        };
        assert_eq!(picture.1.width, side, "at {}", picture.0);
        last = picture;
    }
    assert!(decoder.decoded() >= 20);
    assert_eq!(decoder.fault(), None);
}

#[test]
fn a_decoder_that_is_behind_leaves_out_up_to_the_next_keyframe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 100, 10);
    let (info, units) = units_of(&path);
    let (mut decoder, pictures) = decoder(&info);
    // A paused pipeline takes nothing from its queue: the decoder is as far behind as can be.
    decoder
        .parts
        .pipeline
        .set_state(gst::State::Paused)
        .unwrap();
    let kept = units
        .iter()
        .filter(|unit| decoder.push(unit).unwrap() == Pushed::Queued)
        .count();
    assert!(kept < 100, "{kept} of 100 were queued");
    decoder.parts.play().unwrap();
    while decoder.parts.waiting() > 0 {
        pictures.recv_timeout(DEADLINE).expect("the queue empties");
    }
    assert_eq!(
        decoder.push(&units[99]).unwrap(),
        Pushed::LeftOut,
        "in the middle of a GOP"
    );
    assert_eq!(
        decoder.push(&units[90]).unwrap(),
        Pushed::Queued,
        "a keyframe"
    );
    assert_eq!(decoder.push(&units[91]).unwrap(), Pushed::Queued);
}
