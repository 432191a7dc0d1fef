//! The copy that every browser plays.

use ingest_server::config::CopiesConfig;
use ingest_server::custody;
use ingest_server::store::{self, CopyKind};
use serde_json::{Value, json};

use crate::bench::{Bench, launch, probe};

/// A clip of 75 moving pictures.
fn clip(bench: &Bench, name: &str, (width, height): (u32, u32), encode: &str) -> Vec<u8> {
    let file = bench.path(name);
    launch(&format!(
        "videotestsrc num-buffers=75 pattern=ball \
         ! video/x-raw,format=I420,width={width},height={height},framerate=25/1 \
         ! {encode} ! filesink location={}",
        file.display()
    ));
    std::fs::read(file).unwrap()
}

const H265: &str =
    "x265enc speed-preset=ultrafast key-int-max=25 log-level=none ! h265parse ! mp4mux";
const MJPEG: &str = "jpegenc ! qtmux";
const H264: &str = "openh264enc ! h264parse ! mp4mux";

#[tokio::test(flavor = "multi_thread")]
async fn h265_and_mjpeg_get_one_and_h264_needs_none() {
    let bench = Bench::new().await;
    let quicktime = json!({ "mime": "video/quicktime" });
    let h265 = clip(&bench, "a.mp4", (1920, 1080), H265);
    let mjpeg = clip(&bench, "b.mov", (640, 480), MJPEG);
    let h264 = clip(&bench, "c.mp4", (640, 480), H264);
    // They came while nobody made copies: the queue is in the database.
    let h265 = bench.put(&h265, json!({}), json!({})).await;
    let mjpeg = bench.put(&mjpeg, json!({}), quicktime).await;
    let h264 = bench.put(&h264, json!({}), json!({})).await;
    let (stop, work) = bench.work(&CopiesConfig::default());
    for (piece, width, height) in [(&h265, 1280, 720), (&mjpeg, 640, 480)] {
        let copy = bench.settled(piece, CopyKind::Viewing).await;
        assert_eq!(
            (copy.state.as_str(), copy.reason.as_deref()),
            ("made", None)
        );
        assert_eq!(Some(&copy.source_sha256), piece.sha256.as_ref());
        assert_eq!(copy.method.as_deref(), Some("h264_720p"));
        assert_eq!(copy.mime.as_deref(), Some("video/mp4"));
        let told = probe(&bench.file_of(&copy, "copy.mp4").await);
        assert_eq!(told["codec_name"], "h264", "{told}");
        assert_eq!(told["profile"], "Constrained Baseline");
        assert_eq!(
            (&told["width"], &told["height"]),
            (&json!(width), &json!(height))
        );
        assert_eq!(told["nb_read_frames"], "75", "no picture is missing");
        let log = store::custody_of_piece(&bench.store, piece).await.unwrap();
        let acts: Vec<&str> = log.iter().map(|(entry, _)| entry.act.as_str()).collect();
        assert_eq!(acts, ["received", "verified", "derived"]);
        let entries = log.iter().map(|(entry, hash)| (entry, hash.as_str()));
        custody::verify((&piece.event_id, &piece.id), entries).unwrap();
        let detail: Value = serde_json::from_str(&log[2].0.detail).unwrap();
        assert_eq!(detail["derived_from"].as_str(), piece.sha256.as_deref());
        assert_eq!(detail["sha256"].as_str(), copy.sha256.as_deref());
        assert_eq!(
            (log[0].0.actor.as_str(), log[2].0.actor.as_str()),
            ("agent/hue-01", "server/copies")
        );
    }
    let copy = bench.settled(&h264, CopyKind::Viewing).await;
    assert_eq!((copy.state.as_str(), copy.object_key), ("not_needed", None));
    stop.cancel();
    work.await.unwrap();
    assert!(!bench.path("copies/scratch").exists(), "nothing lies about");
}

/// Cameras stamp pictures as they send them: with B-pictures the times are then out of order.
#[tokio::test(flavor = "multi_thread")]
async fn a_clip_whose_times_do_not_fit_its_pictures_gets_one_too() {
    let bench = Bench::new().await;
    let ordered =
        "x265enc key-int-max=25 option-string=bframes=3 log-level=none ! h265parse ! mp4mux";
    clip(&bench, "a.mp4", (640, 480), ordered);
    let stamped = std::process::Command::new("ffmpeg")
        .args([
            "-loglevel",
            "error",
            "-i",
            "a.mp4",
            "-c",
            "copy",
            "-tag:v",
            "hvc1",
        ])
        .args(["-bsf:v", "setts=ts=N/25/TB", "b.mp4"])
        .current_dir(bench.folder.path())
        .output()
        .unwrap();
    assert!(stamped.status.success(), "{stamped:?}");
    let bytes = std::fs::read(bench.path("b.mp4")).unwrap();
    let piece = bench.put(&bytes, json!({}), json!({})).await;
    let (stop, work) = bench.work(&CopiesConfig::default());
    let copy = bench.settled(&piece, CopyKind::Viewing).await;
    assert_eq!(
        (copy.state.as_str(), copy.reason.as_deref()),
        ("made", None)
    );
    let told = probe(&bench.file_of(&copy, "copy.mp4").await);
    assert_eq!(told["nb_read_frames"], "75", "no picture is missing");
    stop.cancel();
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_bytes_fail_with_a_reason_and_the_next_clip_is_made() {
    let bench = Bench::new().await;
    let whole = clip(
        &bench,
        "a.mp4",
        (640, 480),
        "x265enc speed-preset=ultrafast log-level=none ! h265parse ! mp4mux faststart=true",
    );
    // The header stays, its pictures are noise.
    let mut noise = whole.clone();
    let pictures = noise.windows(4).position(|four| four == b"mdat").unwrap() + 4;
    for (at, byte) in noise[pictures..].iter_mut().enumerate() {
        *byte = (at * 131 % 251) as u8;
    }
    let entry = whole
        .windows(4)
        .position(|four| four == b"hvc1" || four == b"hev1")
        .unwrap();
    let entry = whole[entry + 4..]
        .windows(4)
        .position(|four| four == b"hvc1" || four == b"hev1")
        .map_or(entry, |second| entry + 4 + second);
    let sized = |width: u16, height: u16| {
        let mut clip = whole.clone();
        clip[entry + 28..entry + 30].copy_from_slice(&width.to_be_bytes());
        clip[entry + 30..entry + 32].copy_from_slice(&height.to_be_bytes());
        clip
    };
    let cut = whole[..200].to_vec();
    let table = [
        ("no clip", b"<html>no clip</html>".to_vec(), "unreadable"),
        ("cut within its header", cut, "unreadable"),
        ("no size", sized(0, 0), "bad_size"),
        ("8K", sized(7680, 4320), "bad_size"),
        ("noise", noise, "undecodable"),
    ];
    let mut pieces = Vec::new();
    for (what, bytes, reason) in table {
        pieces.push((what, bench.put(&bytes, json!({}), json!({})).await, reason));
    }
    let good = bench.put(&whole, json!({}), json!({})).await;
    let (stop, work) = bench.work(&CopiesConfig::default());
    for (what, piece, reason) in &pieces {
        let copy = bench.settled(piece, CopyKind::Viewing).await;
        assert_eq!(copy.reason.as_deref(), Some(*reason), "{what}");
        // What may be the machine's fault is tried again later.
        let expected = if *reason == "undecodable" {
            "queued"
        } else {
            "failed"
        };
        assert_eq!(
            (copy.state.as_str(), copy.attempts),
            (expected, 1),
            "{what}"
        );
    }
    assert_eq!(bench.settled(&good, CopyKind::Viewing).await.state, "made");
    stop.cancel();
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_memory_or_time_is_ended_and_said_so() {
    let bench = Bench::new().await;
    let bytes = clip(&bench, "a.mp4", (640, 480), H265);
    for (config, reasons) in [
        // Not even the program's own libraries fit.
        (
            CopiesConfig {
                memory_limit: 32 << 20,
                ..CopiesConfig::default()
            },
            &["crashed"][..],
        ),
        (
            CopiesConfig {
                time_limit: std::time::Duration::from_millis(30),
                ..CopiesConfig::default()
            },
            &["time_limit"],
        ),
    ] {
        let piece = bench.put(&bytes, json!({}), json!({})).await;
        let (stop, work) = bench.work(&config);
        let copy = bench.settled(&piece, CopyKind::Viewing).await;
        assert!(
            reasons.contains(&copy.reason.as_deref().unwrap()),
            "{copy:?}"
        );
        assert_eq!(copy.state, "queued", "tried again");
        stop.cancel();
        work.await.unwrap();
    }
}
