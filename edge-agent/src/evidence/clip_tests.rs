//! Clips cut from real encodings, read back by ffprobe.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::camera::clips_fixture::{encode_clip, lent};
use crate::camera::{DecoderOptions, Epoch, FileItem, FileSource, PacketRing, RingLimits, Timing};

/// A recording's units in a ring that holds all of them.
fn ring_of(path: &Path) -> (PacketRing, Vec<Arc<AccessUnit>>) {
    let options = DecoderOptions::default();
    let mut source =
        FileSource::open(path, Timing::AsRecorded, Timestamp::UNIX_EPOCH, options).unwrap();
    let limits = RingLimits {
        span: Duration::from_secs(600),
        bytes: 1 << 30,
    };
    let mut ring = PacketRing::new(limits);
    ring.begin(Epoch(1), source.info().clone(), source.anchor());
    let mut units = Vec::new();
    for item in source.by_ref() {
        if let FileItem::Unit(unit) = item.unwrap() {
            units.push(unit.clone());
            ring.push(unit);
        }
    }
    (ring, units)
}

struct Probed {
    pictures: usize,
    first_is_key: bool,
    start: f64,
    duration: f64,
}

/// What ffprobe reads of a clip; decoding it must not complain.
fn probed(clip: &Clip) -> Probed {
    let file = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap();
    std::fs::write(file.path(), &clip.bytes).unwrap();
    let ffprobe = |entries: &str| {
        let output = Command::new("ffprobe")
            .args([
                "-v",
                "error",
                "-select_streams",
                "v",
                "-of",
                "csv=p=0",
                "-show_entries",
            ])
            .arg(entries)
            .arg(file.path())
            .output()
            .expect("ffprobe is installed");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    let frames = ffprobe("frame=pts_time,key_frame,pict_type");
    let format = ffprobe("format=duration");
    let first = frames.lines().next().unwrap();
    let mut fields = first.split(',');
    let first_is_key = fields.next() == Some("1");
    let start = fields.next().unwrap().parse().unwrap();
    let duration = format.trim().parse().unwrap();
    Probed {
        pictures: frames.lines().count(),
        first_is_key,
        start,
        duration,
    }
}

/// H.264 NAL units of a byte stream (Annex B), without start codes and trailing zeros.
fn nal_units(bytes: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = bytes
        .windows(3)
        .enumerate()
        .filter(|(_, w)| *w == [0, 0, 1])
        .map(|(i, _)| i)
        .collect();
    starts
        .iter()
        .enumerate()
        .map(|(index, start)| {
            let end = starts.get(index + 1).copied().unwrap_or(bytes.len());
            let mut nal = &bytes[start + 3..end];
            while let Some((0, rest)) = nal.split_last() {
                nal = rest;
            }
            nal
        })
        .collect()
}

/// Slices (NAL types 1 and 5, ITU-T H.264 table 7-1): the pictures themselves.
fn slices(bytes: &[u8]) -> Vec<Vec<u8>> {
    nal_units(bytes)
        .into_iter()
        .filter(|nal| matches!(nal.first().map(|byte| byte & 0x1f), Some(1 | 5)))
        .map(<[u8]>::to_vec)
        .collect()
}

/// The slices that went into a clip.
fn sent(units: &[Arc<AccessUnit>]) -> Vec<Vec<u8>> {
    units.iter().flat_map(|unit| slices(&unit.data)).collect()
}

/// The slices that ffmpeg, a reader that is not ours, finds in the clip.
fn kept(clip: &Clip) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (file, stream) = (
        folder.path().join("clip.mp4"),
        folder.path().join("clip.h264"),
    );
    std::fs::write(&file, &clip.bytes).unwrap();
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&file)
        .args(["-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264"])
        .arg(&stream)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success());
    slices(&std::fs::read(&stream).unwrap())
}

/// Compares without printing a megabyte of numbers where they differ.
fn assert_same(sent: &[Vec<u8>], kept: &[Vec<u8>], name: &str) {
    let lengths = |slices: &[Vec<u8>]| slices.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(sent), lengths(kept), "{name}: lengths");
    let differs = sent.iter().zip(kept).position(|(sent, kept)| sent != kept);
    assert_eq!(differs, None, "{name}: the first slice that differs");
}

fn secs(seconds: f64) -> StreamTime {
    StreamTime::from_secs_f64(seconds)
}

#[test]
fn a_clip_covers_the_pre_roll_at_any_gop() {
    for gop in [1, 10, 25, 100] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ball.mp4");
        encode_clip(&path, 200, gop);
        let (ring, _) = ring_of(&path);
        let passage = ring.passage(Epoch(1), secs(3.3), secs(6.0)).unwrap();
        assert!(passage.is_whole());
        let clip = remux(&passage).unwrap();
        assert!(clip.from <= secs(3.3) && clip.to >= secs(6.0), "GOP {gop}");
        assert!(
            clip.from >= secs(3.3) - Duration::from_millis(40 * u64::from(gop)),
            "GOP {gop}"
        );
        let probed = probed(&clip);
        assert_eq!(probed.pictures, passage.units.len(), "GOP {gop}");
        assert_eq!(clip.pictures, passage.units.len());
        assert!(
            probed.first_is_key && probed.start.abs() < 1e-6,
            "GOP {gop}"
        );
        let length = clip.to.since(clip.from).as_secs_f64();
        assert!(
            (probed.duration - length).abs() < 0.05,
            "{} of {length}",
            probed.duration
        );
    }
}

#[test]
fn the_camera_s_own_bytes_are_in_the_clip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 60, 20);
    let (ring, _) = ring_of(&path);
    let passage = ring.passage(Epoch(1), secs(0.9), secs(2.0)).unwrap();
    let clip = remux(&passage).unwrap();
    let sent = sent(&passage.units);
    assert!(sent.len() >= 30);
    assert_same(&sent, &kept(&clip), "ball.mp4");
}

#[test]
fn b_frames_keep_their_order() {
    for name in ["cattle_chute_a_seq.mp4", "dwell_person_table_intel.mp4"] {
        let Some(path) = lent(name) else { continue };
        let (ring, units) = ring_of(&path);
        let reordered = units.windows(2).any(|pair| pair[1].pts < pair[0].pts);
        assert!(reordered, "{name} has B-frames");
        let passage = ring.passage(Epoch(1), secs(8.0), secs(14.0)).unwrap();
        let clip = remux(&passage).unwrap();
        let probed = probed(&clip);
        assert_eq!(probed.pictures, passage.units.len(), "{name}");
        assert!(probed.first_is_key, "{name}");
        let length = clip.to.since(clip.from).as_secs_f64();
        assert!(
            (probed.duration - length).abs() < 0.5,
            "{name}: {} of {length}",
            probed.duration
        );
        assert_same(&sent(&passage.units), &kept(&clip), name);
    }
}

#[test]
fn a_passage_that_cannot_be_shown_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 10, 5);
    let (ring, _) = ring_of(&path);
    let mut passage = ring.passage(Epoch(1), secs(0.0), secs(0.3)).unwrap();
    passage.units.remove(0);
    assert!(matches!(remux(&passage), Err(ClipError::NoKeyframe)));
    passage.units.clear();
    assert!(matches!(remux(&passage), Err(ClipError::NoKeyframe)));
}
