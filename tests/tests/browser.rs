//! People's work in a real browser: `tests/browser/operate.mjs` is an operator, `report.mjs` and `outcome.mjs` a
//! citizen with a telephone, `unit.mjs` the centre and a unit over one day.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::harness::{
    ApiClient, BrokerChoice, OPERATOR, Program, Server, Site, SiteBroker, path_of,
};
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

/// Units and a rule beside the shipped policy.
const UNITS: &str = r#"
[[units]]
id = "phuong"
name = "UBND phường"

[[units]]
id = "trat-tu"
name = "Đội trật tự đô thị"
parent = "phuong"

[[rules]]
name = "vỉa hè"
when = { category = ["encroachment"] }
lead = "trat-tu"
"#;

/// A server alone, with units, rules and people; everybody has the password of [`OPERATOR`].
async fn a_centre(folder: &Path) -> Server {
    let server = Server::start(folder, BrokerChoice::Embedded).await.unwrap();
    let policy = folder.join("policy.toml");
    let shipped = include_str!("../../casework/data/policy.toml");
    std::fs::write(&policy, format!("{shipped}\n{UNITS}")).unwrap();
    let policy = policy.to_str().unwrap();
    let put = ["setup", "put-policy", policy, "--by", OPERATOR];
    server.command(&put, None).unwrap();
    for (name, role, unit) in [
        ("truc-ban", "operator", None),
        ("can-bo", "agency_handler", Some("trat-tu")),
        ("lanh-dao", "agency_leader", Some("trat-tu")),
    ] {
        let mut arguments = vec!["user", "add", name, "--role", role];
        arguments.extend(unit.into_iter().flat_map(|unit| ["--unit", unit]));
        server.command(&arguments, Some(server.password())).unwrap();
    }
    server
}

/// Somebody reports a stall on the pavement; the incident that it opens.
async fn reported(api: &ApiClient) -> String {
    let report = json!({
        "service": "lan-chiem-via-he", "lat": 16.5, "lon": 107.5, "uncertainty_m": 10.0,
        "description": "Hàng quán chiếm vỉa hè",
    });
    api.post("/api/v1/public/reports", report).await.unwrap();
    let incidents = api.incidents().await.unwrap();
    incidents[0]["id"].as_str().unwrap().to_owned()
}

/// Takes a step on the version that stands.
async fn step(api: &ApiClient, incident: &str, step: Value) {
    let case = format!("/api/v1/incidents/{incident}/case");
    let version = api.get(&case).await.unwrap()["version"].clone();
    let body = json!({ "version": version, "step": step });
    let path = format!("/api/v1/incidents/{incident}/steps");
    api.post(&path, body).await.unwrap();
}

/// Runs a story of `tests/browser` and returns what it printed.
async fn browse(script: &str, server: &Server, more: &[(&str, &str)]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let screenshots = folder.join("screenshots");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut browser = Command::new("node");
    browser
        .arg(script)
        .current_dir(folder.join("browser"))
        .env("VONG_URL", &server.endpoints().http)
        .env("VONG_PASSWORD", server.password())
        .env("VONG_SCREENSHOTS", &screenshots)
        .envs(more.iter().copied())
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(180), browser.output()).await;
    let output = output
        .expect("the browser is done within three minutes")
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{script}: {said}\nscreenshot: {}\n{}",
        screenshots.display(),
        server.tail()
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_reports_follows_rates_and_reopens_by_telephone() {
    let folder = tempfile::tempdir().unwrap();
    let server = a_centre(folder.path()).await;
    let api = server.log_in().await.unwrap();
    let incident = reported(&api).await;
    let code = browse("report.mjs", &server, &[]).await["code"].clone();

    let told = api.incident(&incident).await.unwrap();
    assert_eq!(told["citizen_count"], 2, "me too joined: {told}");
    let own = &told["citizen_reports"][1];
    assert_eq!(own["attributes"]["what"], json!(["stall"]), "{own}");
    assert_eq!(own["files"].as_array().map(Vec::len), Some(1), "{own}");
    assert!(own["reporter"].is_string() && !own.to_string().contains("Lan"));

    let base = &server.endpoints().http;
    let of = |name| ApiClient::log_in(base, name, server.password());
    let (handler, leader) = (of("can-bo").await.unwrap(), of("lanh-dao").await.unwrap());
    step(&api, &incident, json!({ "action": "mark_eligible" })).await;
    step(&api, &incident, json!({ "action": "confirm" })).await;
    step(&handler, &incident, json!({ "action": "accept" })).await;
    step(&handler, &incident, json!({ "action": "start" })).await;
    let answer = "Đã dẹp hàng quán, trả lại vỉa hè";
    step(
        &handler,
        &incident,
        json!({ "action": "answer", "note": answer }),
    )
    .await;
    step(&leader, &incident, json!({ "action": "approve" })).await;
    step(&api, &incident, json!({ "action": "publish" })).await;

    let code = code.as_str().unwrap();
    browse("outcome.mjs", &server, &[("VONG_CODE", code)]).await;
    let told = api.incident(&incident).await.unwrap();
    assert_eq!(told["state"], "reopened");
    assert_eq!(told["citizen_reports"][1]["rating"], "dissatisfied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_routed_a_phone_call_and_answers_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = a_centre(folder.path()).await;
    let api = server.log_in().await.unwrap();
    let other = reported(&api).await;
    let told = browse("unit.mjs", &server, &[]).await;

    let incident = told["incident"].as_str().unwrap();
    assert_ne!(incident, other, "the call is about another place");
    let told = api.incident(incident).await.unwrap();
    assert_eq!(told["state"], "published");
    assert_eq!(told["lead_unit"], "trat-tu");
    assert_eq!(told["citizen_reports"][0]["channel"], "phone");
    assert_eq!(told["citizen_reports"][0]["filed_by"], "truc-ban");
    let history = told["history"].as_array().unwrap();
    for (action, actor) in [
        ("mark_eligible", "truc-ban"),
        ("route", "truc-ban"),
        ("accept", "can-bo"),
        ("answer", "can-bo"),
        ("approve", "lanh-dao"),
        ("publish", "truc-ban"),
    ] {
        let done = |row: &Value| row["action"] == action && row["actor"] == actor;
        assert!(history.iter().any(done), "{action} by {actor}: {history:?}");
    }
    let log = api.get("/api/v1/access-log").await.unwrap();
    let looks = log["items"].as_array().unwrap();
    let looked = |row: &Value| row["actor"] == "truc-ban" && row["purpose"] == "review";
    assert!(
        looks.iter().any(looked),
        "the look at the contact is logged: {log}"
    );
    let other = api.incident(&other).await.unwrap();
    assert!(other["shelved_until"].is_string(), "{other}");
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
