//! The copy in which nobody but the reported vehicle is recognised.

use std::path::{Path, PathBuf};

use citizens::sniff::Format;
use image::codecs::jpeg::JpegEncoder;
use ingest_server::config::CopiesConfig;
use ingest_server::store::CopyKind;
use ingest_server::store::entity::evidence;
use serde_json::{Value, json};

use crate::bench::{Bench, launch, probe};
use crate::plates::{HEIGHT, Thing, WIDTH, best_match, street};

/// Over this a plate or face is told again.
const FOUND: f64 = 0.75;
/// Under this nobody would.
const LOST: f64 = 0.6;
const PICTURES_A_SECOND: u32 = 10;
const SECONDS: u32 = 2;

/// The reported car, which stands; a car that passes before it; a motorcycle; a person who walks.
fn things() -> Vec<Thing> {
    vec![
        Thing::car(11, 120.0, 300.0, 0.0),
        Thing::car(12, 20.0, 60.0, 300.0),
        Thing::motorcycle(13, 420.0, 330.0),
        Thing::person(14, 640.0, 260.0),
    ]
}

/// Writes a stand-in for the agent's program. It sees every thing, with boxes up to three pixels off,
/// and misses the passing car in every fourth picture.
fn eyes(bench: &Bench, things: &[Thing], name: &str) -> PathBuf {
    let things: Vec<Value> = things
        .iter()
        .map(|thing| json!({ "class": thing.class, "place": thing.place, "speed": thing.speed }))
        .collect();
    let script = format!(
        r#"#!/usr/bin/env python3
import json, os, struct, sys
THINGS = json.loads('''{}''')
if sys.argv[1] == "--version":
    print("edge-agent 0.0.0")
    sys.exit()
def size(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 2
    while data[at + 1] not in (0xC0, 0xC2):
        at += 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
    height, width = struct.unpack(">HH", data[at + 5:at + 9])
    return width, height
folder = sys.argv[-1]
assert sys.argv[1] == "detect"
for number, name in enumerate(sorted(os.listdir(folder))):
    seconds = int(name.split(".")[0]) / 1e6
    width, height = size(os.path.join(folder, name))
    scale = width / {WIDTH}
    seen = []
    for index, thing in enumerate(THINGS):
        if index == 1 and number % 4 == 3:
            continue
        x, y, w, h = thing["place"]
        x += thing["speed"] * seconds + number % 3
        box = [scale * side for side in (x, y + number % 2, x + w, y + h)]
        seen.append({{"class": thing["class"], "score": 0.5, "box": box}})
    print(json.dumps({{"image": os.path.join(folder, name), "width": width, "height": height,
                      "model": "drawn", "detections": seen}}))
"#,
        Value::from(things)
    );
    let file = bench.path(name);
    std::fs::write(&file, script).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

fn still(things: &[Thing]) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 92)
        .encode_image(&street(things, 0.0))
        .unwrap();
    bytes
}

fn clip(bench: &Bench, things: &[Thing]) -> Vec<u8> {
    for number in 0..PICTURES_A_SECOND * SECONDS {
        let seconds = f64::from(number) / f64::from(PICTURES_A_SECOND);
        let file = bench.path(&format!("drawn-{number:03}.jpg"));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 92)
            .encode_image(&street(things, seconds))
            .unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let file = bench.path("street.mp4");
    launch(&format!(
        "multifilesrc location={}/drawn-%03d.jpg caps=image/jpeg,framerate={PICTURES_A_SECOND}/1 \
         ! jpegdec ! videoconvert ! video/x-raw,format=I420 ! openh264enc bitrate=6000000 \
         ! h264parse ! mp4mux ! filesink location={}",
        bench.folder.path().display(),
        file.display()
    ));
    std::fs::read(file).unwrap()
}

/// Every picture of a clip.
fn pictures(bench: &Bench, clip: &Path, name: &str) -> Vec<image::GrayImage> {
    let folder = bench.path(name);
    std::fs::create_dir(&folder).unwrap();
    launch(&format!(
        "filesrc location={} ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! pngenc \
         ! multifilesink location={}/%03d.png",
        clip.display(),
        folder.display()
    ));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| image::open(file).unwrap().into_luma8())
        .collect()
}

/// The report: which car is meant, and when it was seen.
fn reported(thing: &Thing) -> Value {
    let [x, y, w, h] = thing.place;
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    json!({
        "tracks": [{ "id": 5, "class": thing.class, "score": 0.9,
            "boxes": [{ "x": x / width, "y": y / height, "w": w / width, "h": h / height }] }],
        "basis": { "decided_at": "2026-01-01T00:00:01Z", "config_version": "ab".repeat(32) },
    })
}

fn shown() -> Value {
    json!({ "shown": { "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:02Z" } })
}

fn with_eyes(program: PathBuf) -> CopiesConfig {
    CopiesConfig {
        edge_agent: Some(program),
        ..CopiesConfig::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plate_and_no_face_of_a_third_party_is_found_in_a_clip_and_the_reported_plate_is() {
    let bench = Bench::new().await;
    let things = things();
    let original = clip(&bench, &things);
    let piece = bench.put(&original, reported(&things[0]), shown()).await;
    let (stop, work) = bench.work(&with_eyes(eyes(&bench, &things, "eyes")));
    bench.ask_for_redaction(&piece).await;
    let copy = bench.settled(&piece, CopyKind::Redacted).await;
    assert_eq!(
        (copy.state.as_str(), copy.reason.as_deref()),
        ("made", None)
    );
    assert_eq!(copy.method.as_deref(), Some("heads_and_plate_areas"));
    assert_eq!(copy.offender.as_deref(), Some("kept"));
    let program = copy.program.clone().unwrap();
    assert!(program.ends_with("edge-agent 0.0.0 (drawn)"), "{program}");
    let file = bench.file_of(&copy, "redacted.mp4").await;
    let told = probe(&file);
    assert_eq!(
        (&told["codec_name"], &told["width"]),
        (&json!("h264"), &json!(WIDTH))
    );

    let before = pictures(&bench, &bench.path("street.mp4"), "before");
    let after = pictures(&bench, &file, "after");
    assert_eq!(before.len(), after.len());
    // Two pictures a second and the one in which the passing car is missed.
    for number in (0..after.len()).step_by(5).chain([3]) {
        for (index, thing) in things.iter().enumerate() {
            let mark = thing.mark();
            let was = best_match(&before[number], &mark);
            assert!(
                was > FOUND,
                "picture {number}, {} {index}: {was}",
                thing.class
            );
            let is = best_match(&after[number], &mark);
            let right = if index == 0 { is > FOUND } else { is < LOST };
            assert!(
                right,
                "picture {number}, {} {index}: {was} became {is}",
                thing.class
            );
        }
    }
    // The original is what it was.
    assert_eq!(original_of(&bench, &piece).await, original);
    stop.cancel();
    work.await.unwrap();
}

async fn original_of(bench: &Bench, piece: &evidence::Model) -> Vec<u8> {
    use futures_util::TryStreamExt as _;
    let length = piece.bytes.unwrap().unsigned_abs();
    let key = piece.object_key.as_deref().unwrap();
    let bytes: Vec<bytes::Bytes> = bench
        .evidence
        .read(key, 0..length)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    bytes.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plate_and_no_face_of_a_third_party_is_found_in_a_still_and_the_reported_plate_is() {
    let bench = Bench::new().await;
    let things = things();
    let jpeg = json!({ "kind": "still", "mime": "image/jpeg" });
    let piece = bench
        .put(&still(&things), reported(&things[0]), jpeg.clone())
        .await;
    // Of a report of cattle nobody is an offender: nothing stays recognisable.
    let mut cattle = reported(&things[0]);
    cattle["kind"] = json!("stray_cattle");
    let mut other = things;
    other[0].place[0] += 1.0;
    let nobodys = bench.put(&still(&other), cattle, jpeg).await;
    let (stop, work) = bench.work(&with_eyes(eyes(&bench, &other, "eyes")));
    for (piece, kept) in [(&piece, "kept"), (&nobodys, "none")] {
        bench.ask_for_redaction(piece).await;
        let copy = bench.settled(piece, CopyKind::Redacted).await;
        assert_eq!(
            (copy.state.as_str(), copy.reason.as_deref()),
            ("made", None)
        );
        assert_eq!(copy.offender.as_deref(), Some(kept));
        let file = bench.file_of(&copy, &format!("{kept}.jpg")).await;
        let picture = image::open(file).unwrap().into_luma8();
        for (index, thing) in other.iter().enumerate() {
            let is = best_match(&picture, &thing.mark());
            let is_kept = index == 0 && kept == "kept";
            let right = if is_kept { is > FOUND } else { is < LOST };
            assert!(right, "{kept}: {} {index}: {is}", thing.class);
        }
    }
    stop.cancel();
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_boxes_are_known_there_is_no_copy() {
    let bench = Bench::new().await;
    let things = things();
    let jpeg = json!({ "kind": "still", "mime": "image/jpeg" });
    let blind = bench.path("blind");
    std::fs::write(&blind, "#!/bin/sh\nexit 0\n").unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&blind, std::fs::Permissions::from_mode(0o755)).unwrap();
    let elsewhere = &things[1..];
    for (number, (program, reason)) in [
        (bench.path("nobody"), "no_boxes"),
        (blind, "no_boxes"),
        // It sees everything but the car that the agent reported.
        (eyes(&bench, elsewhere, "eyes"), "boxes_contradict"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut drawn = self::things();
        drawn[0].place[1] += number as f64;
        let piece = bench
            .put(&still(&drawn), reported(&drawn[0]), jpeg.clone())
            .await;
        let (stop, work) = bench.work(&with_eyes(program));
        bench.ask_for_redaction(&piece).await;
        let copy = bench.settled(&piece, CopyKind::Redacted).await;
        assert_eq!(copy.reason.as_deref(), Some(reason));
        assert_eq!(copy.object_key, None);
        stop.cancel();
        work.await.unwrap();
    }
}

/// What a citizen sends has no offender whose plate must stay: everybody is covered.
#[tokio::test(flavor = "multi_thread")]
async fn a_citizens_picture_has_a_copy_in_which_nobody_is_recognised() {
    let bench = Bench::new().await;
    let things = things();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_ingest-server"));
    let config = with_eyes(eyes(&bench, &things, "eyes"));
    let cleaner = bench.evidence.cleaner(program, &config);
    let sent = cleaner.clean(&still(&things), Format::Jpeg).await.unwrap();
    let copy = cleaner.redact(&sent.object_key, sent.bytes).await.unwrap();
    assert_ne!(copy.sha256, sent.sha256);
    let picture = |key: &str| {
        let bytes = std::fs::read(bench.path("evidence").join(key)).unwrap();
        image::load_from_memory(&bytes).unwrap().into_luma8()
    };
    let (before, after) = (picture(&sent.object_key), picture(&copy.object_key));
    for thing in &things {
        let mark = thing.mark();
        let (was, is) = (best_match(&before, &mark), best_match(&after, &mark));
        assert!(was > FOUND && is < LOST, "{}: {was}, {is}", thing.class);
    }
}
