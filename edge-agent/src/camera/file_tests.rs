//! Recordings read to their end.

use super::*;
use crate::camera::Codec;
use crate::camera::clips_fixture::{encode_clip, encode_with_ffmpeg, lent};

struct Everything {
    units: Vec<Arc<AccessUnit>>,
    frames: Vec<Frame>,
}

fn read(path: &Path, timing: Timing) -> Everything {
    let wall = Timestamp::from_second(1_700_000_000).unwrap();
    let mut source = FileSource::open(path, timing, wall, DecoderOptions::default()).unwrap();
    let (mut units, mut frames) = (Vec::new(), Vec::new());
    for item in source.by_ref() {
        match item.unwrap() {
            FileItem::Unit(unit) => units.push(unit),
            FileItem::Frame(frame) => frames.push(frame),
        }
    }
    assert_eq!(source.frames_decoded(), frames.len() as u64);
    Everything { units, frames }
}

fn assert_time_goes_on(frames: &[Frame]) {
    for pair in frames.windows(2) {
        assert!(
            pair[0].pts < pair[1].pts,
            "{} then {}",
            pair[0].pts,
            pair[1].pts
        );
    }
}

#[test]
fn every_unit_and_every_picture_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 100, 25);
    let all = read(&path, Timing::AsRecorded);
    assert_eq!((all.units.len(), all.frames.len()), (100, 100));
    let keyframes = all.units.iter().filter(|unit| unit.keyframe).count();
    assert_eq!(keyframes, 4);
    assert_time_goes_on(&all.frames);
    assert_eq!(all.frames[0].pts, StreamTime::ZERO);
    let last = &all.frames[99];
    assert!((last.pts.as_secs_f64() - 3.96).abs() < 1e-3, "{}", last.pts);
    assert_eq!(
        last.wall,
        Timestamp::from_millisecond(1_700_000_003_960).unwrap()
    );
    assert_eq!(
        (last.size.width, last.size.height, last.planes.len()),
        (320, 240, 3)
    );
    assert!(last.planes[0].data.len() >= last.planes[0].stride * 239 + 320);
    assert!(last.planes[2].data.len() >= last.planes[2].stride * 119 + 160);
}

#[test]
fn a_time_lapse_counts_in_order_of_presentation() {
    let Some(path) = lent("smoke_hpn_20180704.mp4") else {
        return;
    };
    let all = read(&path, Timing::PerPicture(Duration::from_secs(60)));
    let minutes: Vec<f64> = all
        .frames
        .iter()
        .map(|f| f.pts.as_secs_f64() / 60.0)
        .collect();
    let expected: Vec<f64> = (0..81).map(f64::from).collect();
    assert_eq!(minutes, expected);
    assert!(
        all.units
            .iter()
            .zip(&all.units[1..])
            .any(|(a, b)| b.pts < a.pts),
        "has B-frames"
    );
}

#[test]
fn lent_clips_decode_in_full() {
    for (name, pictures, (width, height)) in [
        ("traffic_suburb_ahmetozlu.mp4", 905, (640, 352)),
        ("cattle_chute_a_seq.mp4", 343, (300, 500)),
        ("redlight_giangvo_uv1615.mp4", 384, (640, 480)),
        ("fire_house6_furg.mp4", 899, (426, 240)),
    ] {
        let Some(path) = lent(name) else { continue };
        let all = read(&path, Timing::AsRecorded);
        assert_eq!(all.frames.len(), pictures, "{name}");
        assert_eq!(
            (all.frames[0].size.width, all.frames[0].size.height),
            (width, height)
        );
        assert_eq!(all.frames[0].pts, StreamTime::ZERO, "{name}");
        assert_time_goes_on(&all.frames);
    }
}

#[test]
fn recordings_of_each_codec_are_read_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let hevc = [
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=none:keyint=25:bframes=3",
    ];
    let mjpeg = ["-c:v", "mjpeg", "-q:v", "4"];
    for (name, codec, options) in [
        ("hevc.mp4", Codec::H265, &hevc[..]),
        ("hevc.mkv", Codec::H265, &hevc[..]),
        ("mjpeg.mov", Codec::Mjpeg, &mjpeg[..]),
        ("mjpeg.avi", Codec::Mjpeg, &mjpeg[..]),
    ] {
        let path = folder.path().join(name);
        encode_with_ffmpeg(&path, 3, options);
        let options = DecoderOptions::default();
        let wall = Timestamp::UNIX_EPOCH;
        let source = FileSource::open(&path, Timing::AsRecorded, wall, options).unwrap();
        assert_eq!(source.info().codec, codec, "{name}");
        assert_eq!(
            source.info().size.map(|size| (size.width, size.height)),
            Some((320, 240)),
            "{name}"
        );
        let all = read(&path, Timing::AsRecorded);
        assert_eq!((all.units.len(), all.frames.len()), (75, 75), "{name}");
        let keyframes = all.units.iter().filter(|unit| unit.keyframe).count();
        let expected = if codec == Codec::Mjpeg { 75 } else { 3 };
        assert_eq!(keyframes, expected, "{name}");
        assert_time_goes_on(&all.frames);
        let last = all.frames[74].pts.as_secs_f64();
        assert!((last - 2.96).abs() < 0.01, "{name}: {last}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let open = |path: &Path| {
        FileSource::open(
            path,
            Timing::AsRecorded,
            Timestamp::UNIX_EPOCH,
            DecoderOptions::default(),
        )
        .err()
        .unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let missing = open(&folder.path().join("none.mp4"));
    assert!(matches!(missing, FileError::Open { .. }) && missing.to_string().contains("none.mp4"));
    let garbage = folder.path().join("garbage.mp4");
    std::fs::write(&garbage, "not a video at all, only words, and more words").unwrap();
    assert!(matches!(open(&garbage), FileError::Read { .. }));
    if let Some(path) = lent("traffic_vn_junction_a_1.6s.mp4") {
        let FileError::Read { source, .. } = open(&path) else {
            panic!("should not open")
        };
        assert!(
            matches!(&source, CameraError::UnsupportedCodec { codec } if codec.contains("MPEG-4 Part 2"))
        );
    }
}
