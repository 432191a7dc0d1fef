//! What citizens send, encoded anew by a process of its own.

use std::path::PathBuf;

use citizens::sniff::Format;
use ingest_server::config::CopiesConfig;
use ingest_server::evidence::Failure;

use crate::bench::{Bench, launch, probe};

const FILM: &str = "videotestsrc num-buffers=25 pattern=ball \
    ! video/x-raw,format=I420,width=640,height=480,framerate=25/1 \
    ! openh264enc ! h264parse ! taginject tags=\"title=SECRET,geo-location-latitude=16.4\" ! mp4mux";

#[tokio::test(flavor = "multi_thread")]
async fn a_film_keeps_its_pictures_and_nothing_it_says_of_itself() {
    let bench = Bench::new().await;
    let file = bench.path("a.mp4");
    launch(&format!("{FILM} ! filesink location={}", file.display()));
    let film = std::fs::read(&file).unwrap();
    assert!(
        film.windows(6).any(|part| part == b"SECRET"),
        "the film says nothing of itself"
    );
    let program = PathBuf::from(env!("CARGO_BIN_EXE_ingest-server"));
    let cleaner = bench.evidence.cleaner(program, &CopiesConfig::default());
    let clean = cleaner.clean(&film, Format::Mp4).await.unwrap();
    assert_eq!(clean.mime, "video/mp4");
    let stored = bench.path("evidence").join(&clean.object_key);
    let bytes = std::fs::read(&stored).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"SECRET"));
    let told = probe(&stored);
    assert_eq!(
        (told["codec_name"].as_str(), told["nb_read_frames"].as_str()),
        (Some("h264"), Some("25"))
    );
    for (foreign, expected) in [
        (film[..film.len() / 2].to_vec(), None),
        (
            b"\0\0\0\x20ftypisom nothing".to_vec(),
            Some(Failure::Unreadable),
        ),
    ] {
        let failure = cleaner.clean(&foreign, Format::Mp4).await.unwrap_err();
        assert!(
            expected.is_none_or(|expected| failure == expected),
            "{failure:?}"
        );
    }
    // A film has no pictures that could be looked at as one.
    assert!(
        cleaner
            .redact(&clean.object_key, clean.bytes)
            .await
            .is_err()
    );
    cleaner.forget(&clean.object_key).await.unwrap();
    assert!(!stored.exists());
    cleaner.forget(&clean.object_key).await.unwrap();
}
