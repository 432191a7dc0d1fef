//! An operator's work in a real browser; `tests/browser/operate.mjs` is the operator.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use system_tests::harness::{OPERATOR, Site, SiteBroker};
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

/// The clip as the camera's bytes lie in it, in the other engine: plays, seeks, shows light.
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
    let mut player = Command::new("node");
    player
        .arg("play.mjs")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("browser"))
        .env("VONG_CLIP", &file)
        .env("VONG_BROWSER", &firefox)
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(120), player.output()).await;
    let output = output.expect("Firefox is done within two minutes");
    let output = output.expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let saw: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{firefox}: {said}"));
    let number = |key: &str| {
        saw[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{firefox}: {said}"))
    };
    assert!(saw["error"].is_null(), "{firefox}: {said}");
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
