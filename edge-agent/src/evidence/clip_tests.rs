//! Clips cut from real encodings, read back by ffprobe, ffmpeg and GStreamer.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::camera::clips_fixture::{encode_clip, encode_with_ffmpeg, encoded, lent};
use crate::camera::{
    AccessUnit, Codec, DecoderOptions, Epoch, FileItem, FileSource, PacketRing, RingLimits,
    StreamInfo, Timing,
};
use crate::time::ClockAnchor;

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

/// The clip as a file.
fn written(clip: &Clip) -> tempfile::NamedTempFile {
    let suffix = if clip.mime == "video/mp4" {
        ".mp4"
    } else {
        ".mov"
    };
    let file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
    std::fs::write(file.path(), &clip.bytes).unwrap();
    file
}

/// What GStreamer's own demuxer gives of a clip: its units, and the times of its pictures in ms.
fn read_by_gstreamer(clip: &Clip) -> (usize, Vec<i64>) {
    let file = written(clip);
    let (wall, options) = (Timestamp::UNIX_EPOCH, DecoderOptions::default());
    let source = FileSource::open(file.path(), Timing::AsRecorded, wall, options).unwrap();
    let (mut units, mut shown) = (0, Vec::new());
    for item in source {
        match item.unwrap() {
            FileItem::Unit(_) => units += 1,
            FileItem::Frame(frame) => shown.push((frame.pts.as_nanos() + 500_000) / 1_000_000),
        }
    }
    (units, shown)
}

/// Each picture that ffmpeg decodes, as a hash; by when it is shown, in ms.
fn decoded(file: &Path) -> Vec<(i64, String)> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let base = text.lines().find_map(|line| line.strip_prefix("#tb 0: 1/"));
    let base: i64 = base.unwrap().parse().unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let ticks: i64 = fields[2].parse().unwrap();
            ((ticks * 1000 + base / 2) / base, fields[5].to_owned())
        })
        .collect()
}

struct Probed {
    pictures: usize,
    first_is_key: bool,
    start: f64,
    duration: f64,
}

/// What ffprobe reads of a clip; decoding it must not complain.
fn probed(clip: &Clip) -> Probed {
    let file = written(clip);
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
        // Where an open GOP begins, a picture may tell the decoder to forget one from before the
        // clip, which it never had. It says so and shows every picture all the same.
        let complaint = |line: &&str| !line.ends_with("mmco: unref short failure");
        let unknown = errors.lines().find(complaint);
        assert!(output.status.success() && unknown.is_none(), "{errors}");
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
        assert!(probed.first_is_key && probed.start.abs() < 1e-6, "{name}");
        let (units, shown) = read_by_gstreamer(&clip);
        assert_eq!(
            (units, shown.len()),
            (probed.pictures, probed.pictures),
            "{name}"
        );
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
fn open_gops_and_pictures_out_of_order_decode_as_in_the_whole_stream() {
    let folder = tempfile::tempdir().unwrap();
    for (name, options) in [
        (
            "closed",
            "keyint=25:min-keyint=25:bframes=3:b-adapt=0:b-pyramid=normal",
        ),
        (
            "open",
            "keyint=25:min-keyint=25:bframes=3:b-adapt=0:open-gop=1:b-pyramid=strict",
        ),
        ("deep", "keyint=250:bframes=8:b-adapt=0:b-pyramid=normal"),
    ] {
        let path = folder.path().join(format!("{name}.mp4"));
        encode_with_ffmpeg(&path, 12, &["-c:v", "libx264", "-x264-params", options]);
        let (ring, units) = ring_of(&path);
        assert!(
            units.windows(2).any(|pair| pair[1].pts < pair[0].pts),
            "{name}"
        );
        let passage = ring.passage(Epoch(1), secs(3.3), secs(6.0)).unwrap();
        assert!(passage.is_whole(), "{name}");
        let clip = remux(&passage).unwrap();
        assert!(clip.from <= secs(3.3) && clip.to >= secs(6.0), "{name}");
        let file = written(&clip);
        let from = (clip.from.as_nanos() + 500_000) / 1_000_000;
        let cut = decoded(file.path());
        assert_eq!((cut.len(), cut[0].0), (clip.pictures, 0), "{name}");
        let whole = decoded(&path);
        for (at, hash) in &cut {
            let same = whole.iter().find(|(shown, _)| *shown == *at + from);
            assert_eq!(same.map(|(_, hash)| hash), Some(hash), "{name}: {at} ms");
        }
        // Behind the wanted end may stand a picture that was sent ahead of those it follows.
        let until = |pictures: &[(i64, String)], start: i64, end: i64| {
            let wanted = |(at, _): &&(i64, String)| (start..=end).contains(at);
            pictures.iter().filter(wanted).count()
        };
        assert_eq!(
            until(&cut, 0, 6000 - from),
            until(&whole, from, 6000),
            "{name}: every picture up to the wanted end"
        );
        let (units, shown) = read_by_gstreamer(&clip);
        assert_eq!(units, clip.pictures, "{name}: the demuxer reads all");
        // Its decoder may keep back a picture where an open GOP begins.
        let kept_back = usize::from(name == "open");
        assert!(shown.len() + kept_back >= clip.pictures, "{name}");
        // Seeking: by the index, to a picture of the last fragment.
        let length = clip.to.since(clip.from).as_secs_f64();
        assert!((probed(&clip).duration - length).abs() < 0.05, "{name}");
    }
}

#[test]
fn h265_and_motion_jpeg_come_out_as_they_went_in() {
    let picture = "videotestsrc num-buffers=100 pattern=ball \
        ! video/x-raw,format=I420,width=320,height=240,framerate=25/1";
    for (codec, launch, mime) in [
        (
            Codec::H265,
            format!(
                "{picture} ! x265enc key-int-max=25 log-level=none ! h265parse config-interval=-1 \
                ! video/x-h265,stream-format=byte-stream,alignment=au"
            ),
            "video/mp4",
        ),
        (
            Codec::Mjpeg,
            format!("{picture} ! jpegenc"),
            "video/quicktime",
        ),
    ] {
        let (info, units) = encoded(codec, &launch);
        let (ring, first) = ring_with(info, &units);
        let passage = ring.passage(Epoch(1), first + secs_of(1.5), first + secs_of(3.0));
        let clip = remux(&passage.unwrap()).unwrap();
        assert_eq!(clip.mime, mime);
        let probed = probed(&clip);
        assert_eq!(probed.pictures, clip.pictures, "{codec:?}");
        assert!(
            probed.first_is_key && probed.start.abs() < 1e-6,
            "{codec:?}"
        );
        let length = clip.to.since(clip.from).as_secs_f64();
        assert!((probed.duration - length).abs() < 0.05, "{codec:?}");
        assert!(clip.from <= first + secs_of(1.5) && clip.to >= first + secs_of(3.0));
        if codec == Codec::Mjpeg {
            let sent: Vec<u8> = units[37].data.to_vec();
            assert!(clip.bytes.windows(sent.len()).any(|window| window == sent));
        }
    }
}

const fn secs_of(seconds: f64) -> Duration {
    Duration::from_millis((seconds * 1000.0) as u64)
}

fn ring_with(info: StreamInfo, units: &[Arc<AccessUnit>]) -> (PacketRing, StreamTime) {
    let limits = RingLimits {
        span: Duration::from_secs(600),
        bytes: 1 << 30,
    };
    let anchor = ClockAnchor {
        stream: StreamTime::ZERO,
        wall: Timestamp::UNIX_EPOCH,
    };
    let mut ring = PacketRing::new(limits);
    ring.begin(Epoch(1), info, anchor);
    for unit in units {
        ring.push(unit.clone());
    }
    (ring, units.iter().map(|unit| unit.pts).min().unwrap())
}

#[test]
fn events_that_overlap_each_have_all_of_their_clip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 200, 40);
    let (ring, _) = ring_of(&path);
    for at in [3.0, 3.2, 4.0] {
        let passage = ring
            .passage(Epoch(1), secs(at - 2.0), secs(at + 2.0))
            .unwrap();
        let clip = remux(&passage).unwrap();
        assert!(clip.from <= secs(at - 2.0) && clip.to >= secs(at + 2.0));
        assert_eq!(probed(&clip).pictures, clip.pictures);
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

#[path = "clip_property_tests.rs"]
mod any_stream;
