//! An operator's work in a real browser; `tests/browser/operate.mjs` is the operator.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::harness::{OPERATOR, Program, Site, SiteBroker, path_of};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_the_queue_fill_and_decides() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = folder.join("browser");
    assert!(
        script.join("node_modules/playwright-core").is_dir(),
        "the browser test's packages are missing: npm ci --prefix tests/browser"
    );
    let screenshots = folder.join("screenshots");
    std::fs::create_dir_all(&screenshots).unwrap();

    let site = Site::start(SiteBroker::Embedded, 1).await.unwrap();
    let mut operator = Command::new("node");
    operator
        .arg("operate.mjs")
        .current_dir(script)
        .env("VONG_URL", &site.server.endpoints().http)
        .env("VONG_USERNAME", OPERATOR)
        .env("VONG_PASSWORD", site.server.password())
        .env("VONG_SCREENSHOTS", &screenshots)
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(180), operator.output()).await;
    let output = output
        .expect("the browser is done within three minutes")
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{said}\nscreenshot: {}",
        screenshots.display()
    );

    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (key, state, reason) in [
        ("confirmed", "confirmed", None),
        ("rejected", "rejected", Some("false_detection")),
    ] {
        let incident = site
            .api
            .incident(done[key].as_str().unwrap())
            .await
            .unwrap();
        assert_eq!(incident["state"], state);
        assert_eq!(incident["rejected_reason"].as_str(), reason);
        let history = incident["history"].as_array().unwrap();
        assert!(
            history
                .iter()
                .any(|row| row["actor"].to_string().contains(OPERATOR))
        );
    }
    firefox_plays_the_clip(&site, done["confirmed"].as_str().unwrap()).await;
}

/// The clip as the camera's bytes lie in it, in the other engine.
async fn firefox_plays_the_clip(site: &Site, incident: &str) {
    let firefox = std::env::var("VONG_FIREFOX").unwrap_or_else(|_| "firefox-esr".to_owned());
    let told = site
        .api
        .incident(incident)
        .await
        .expect("the server answers");
    let pieces = told["evidence"].as_array().expect("a list of evidence");
    let clip = pieces
        .iter()
        .find(|piece| piece["kind"] == "clip" && piece["state"] == "stored");
    let clip = clip.expect("the operator saw it play")["id"].as_str();
    let clip = clip.expect("a piece of evidence has an id");
    let bytes = site
        .api
        .evidence(incident, clip)
        .await
        .expect("the clip is served");
    let file = site.folder().join("clip.mp4");
    std::fs::write(&file, bytes).expect("the folder takes the clip");
    plays(("firefox", &firefox), &file).await;
}

/// The server's viewing copy of clips that no browser plays as they are. Without a server: the process
/// that makes copies takes a task on its standard input.
#[tokio::test]
async fn chromium_plays_the_viewing_copy_of_h265_and_motion_jpeg() {
    let chromium = std::env::var("VONG_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let folder = tempfile::tempdir().unwrap();
    for (name, encode) in [
        (
            "h265.mp4",
            "x265enc key-int-max=25 log-level=none ! h265parse ! mp4mux",
        ),
        ("mjpeg.mov", "jpegenc ! qtmux"),
    ] {
        let (source, out) = (folder.path().join(name), folder.path().join("copy.mp4"));
        let line = format!(
            "videotestsrc num-buffers=75 pattern=smpte \
             ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 \
             ! {encode} ! filesink location={}",
            source.display()
        );
        let drawn = Command::new("gst-launch-1.0")
            .arg("-q")
            .args(line.split_whitespace())
            .output()
            .await
            .unwrap();
        assert!(drawn.status.success(), "{drawn:?}");
        let answer = folder.path().join("answer.json");
        let work = json!({ "Viewing": { "source": source, "out": out } });
        let task = json!({ "work": work, "answer": answer }).to_string();
        let mut maker = Command::new(path_of(Program::IngestServer).unwrap())
            .arg("make-copy")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = maker.stdin.take().unwrap();
        stdin.write_all(task.as_bytes()).await.unwrap();
        drop(stdin);
        assert!(maker.wait().await.unwrap().success());
        assert_eq!(std::fs::read_to_string(&answer).unwrap(), "\"Done\"");
        plays(("chromium", &chromium), &out).await;
    }
}

/// Plays, seeks, shows light.
async fn plays((engine, browser): (&str, &str), file: &Path) {
    let mut player = Command::new("node");
    player
        .arg("play.mjs")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("browser"))
        .env("VONG_CLIP", file)
        .env("VONG_BROWSER", browser)
        .env("VONG_ENGINE", engine)
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(120), player.output()).await;
    let output = output.expect("the browser is done within two minutes");
    let output = output.expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let saw: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{browser}: {said}"));
    let number = |key: &str| {
        saw[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{browser}: {said}"))
    };
    assert!(saw["error"].is_null(), "{browser}: {said}");
    assert!(
        number("start").abs() < 1e-6 && number("played") > 0.5,
        "{said}"
    );
    assert!(
        (number("seeked") - number("duration") * 0.7).abs() < 0.01,
        "{said}"
    );
    assert!(number("light") > 1e6, "the picture is not black: {said}");
}
