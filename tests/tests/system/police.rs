//! A traffic file on its way to the police: a rendered violation that a real detector saw, a plate that a person read,
//! the release, a request to the police's own system, and what that system makes of it with nothing but a key.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::harness::{Program, Site, TARGETS_FILE, path_of, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The police's system: takes requests, and hands out their bodies.
struct Police {
    url: String,
    requests: mpsc::Receiver<Vec<u8>>,
}

impl Police {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/vong", listener.local_addr().unwrap());
        // Bounded by what a test sends.
        let (sender, requests) = mpsc::channel(100);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    if let Some(body) = take(stream).await {
                        drop(sender.send(body).await);
                    }
                });
            }
        });
        Self { url, requests }
    }

    async fn next(&mut self, patience: Duration) -> Value {
        let body = tokio::time::timeout(patience, self.requests.recv()).await;
        let body = body.expect("nothing came from the centre").unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}

/// One request's body, answered with 204.
async fn take(mut stream: TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut some = [0; 4096];
        match stream.read(&mut some).await.ok()? {
            0 => return None,
            read => bytes.extend_from_slice(some.get(..read)?),
        }
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..end)?).to_lowercase();
    assert!(head.contains("vong-signature: t="), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let length: usize = length.trim().parse().ok()?;
    while bytes.len() < end + length {
        let mut some = [0; 4096];
        match stream.read(&mut some).await.ok()? {
            0 => return None,
            read => bytes.extend_from_slice(some.get(..read)?),
        }
    }
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        .await
        .ok()?;
    bytes.get(end..end + length).map(<[u8]>::to_vec)
}

fn targets(url: &str) -> String {
    format!(
        r#"
        [legal_basis]
        DUNG-DO-SAI-QUY-DINH = "điều khoản do trung tâm điền"

        [[target]]
        name = "csgt"
        unit = "csgt"
        kinds = ["traffic_violation"]
        send_on = ["released"]
        channel = {{ type = "webhook", url = "{url}", secret_file = "csgt.secret", private_network = "allow" }}
        "#
    )
}

fn good_seal(incident: &Value) -> Option<&Value> {
    let mut seals = incident["seals"].as_array()?.iter();
    seals.find(|seal| seal["verdict"] == "good")
}

/// A sealed violation whose parts are all at the server, with still and clip.
async fn violation(site: &Site) -> Value {
    wait_until("a sealed violation", Duration::from_secs(90), async || {
        let incidents = site.api.incidents_in_detail().await.ok()?;
        incidents.into_iter().find(|incident| {
            let Some(seal) = good_seal(incident) else {
                return false;
            };
            let mine: Vec<&Value> = incident["evidence"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|piece| piece["event_id"] == seal["event_id"])
                .collect();
            let has = |kind: &str| {
                mine.iter()
                    .any(|piece| piece["kind"] == kind && piece["state"] == "stored")
            };
            has("still") && has("clip") && mine.iter().all(|piece| piece["state"] != "pending")
        })
    })
    .await
}

/// What the centre refuses, in the caller's words.
async fn refusal(site: &Site, path: &str, body: Value) -> String {
    site.api.post(path, body).await.unwrap_err().to_string()
}

async fn confirm(site: &Site, id: &str) {
    // A report that comes in between makes the version stale; then look again.
    wait_until("the confirmation", Duration::from_secs(20), async || {
        let version = site.api.incident(id).await.ok()?["version"].clone();
        let path = format!("/api/v1/incidents/{id}/confirm");
        let body = json!({ "version": version });
        site.api.post(&path, body).await.ok()
    })
    .await;
}

/// What the police fetch with the right that the message carries.
async fn fetch(url: &str, token: &str) -> (u16, String, Vec<u8>) {
    let answer = reqwest::Client::new().get(url).bearer_auth(token).send();
    let answer = answer.await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type");
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    (status, kind, answer.bytes().await.unwrap().to_vec())
}

fn verify(key: &str, nowhere: &Path, file: &Path) -> (bool, String) {
    let output = Command::new(path_of(Program::IngestServer).unwrap())
        .arg("--config")
        .arg(nowhere)
        .args(["verify", "--server-key", key])
        .arg(file)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), told)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_police_get_a_file_that_stands_with_copies_that_tell_no_stranger() {
    let mut police = Police::start().await;
    let text = targets(&police.url);
    let mut site = Site::start_prepared(|folder| {
        std::fs::write(folder.join(TARGETS_FILE), text)?;
        std::fs::write(folder.join("csgt.secret"), "a secret of sixteen or more\n")?;
        // What `verify` is given: no installation at all.
        std::fs::write(
            folder.join("nowhere.toml"),
            format!("data_dir = {:?}\n", folder.join("none")),
        )?;
        Ok(())
    })
    .await
    .unwrap();
    let incident = violation(&site).await;
    // What follows needs the machine's time for itself.
    site.cameras.drop_camera("cam-1").unwrap();
    site.agent.stop().await.unwrap();
    let id = incident["id"].as_str().unwrap();
    let event = good_seal(&incident).unwrap()["event_id"].clone();
    let path = |verb: &str| format!("/api/v1/incidents/{id}/{verb}");
    let of_event = json!({ "event_id": event });

    // Without a plate and a person's word nothing leaves, and what is missing has its name.
    let refused = refusal(&site, &path("release"), of_event.clone()).await;
    assert!(
        refused.contains("review.plate") && refused.contains("review.state"),
        "{refused}"
    );
    let plate = json!({ "event_id": event, "plate": "75A-123.45" });
    site.api.post(&path("plate"), plate).await.unwrap();
    let refused = refusal(&site, &path("release"), of_event.clone()).await;
    assert!(
        !refused.contains("review.plate") && refused.contains("review.state"),
        "{refused}"
    );
    confirm(&site, id).await;
    site.api.post(&path("release"), of_event).await.unwrap();

    // One request, about one event, once its copies are made; the offence is proposed, the law is the centre's data.
    let told = police.next(Duration::from_secs(240)).await;
    assert_eq!(told["type"], "vong.unit-incident.v1");
    let (told, token) = (&told["data"], told["data"]["token"].as_str().unwrap());
    assert_eq!(
        (&told["cause"], &told["unit"]),
        (&json!("released"), &json!("csgt"))
    );
    let bundle = &told["bundle"];
    assert_eq!(bundle["event_id"], event);
    assert_eq!(bundle["proposed_offence"], "DUNG-DO-SAI-QUY-DINH");
    assert_eq!(bundle["legal_basis"], "điều khoản do trung tâm điền");
    assert!(
        bundle["not_redacted"].is_null(),
        "every picture has its copy: {bundle}"
    );

    // The sealed bundle verifies with the server's key and nothing else; changed, it does not.
    let url = bundle["url"].as_str().unwrap();
    assert_eq!(fetch(url, "wrong").await.0, 401);
    let (status, kind, bytes) = fetch(url, token).await;
    assert_eq!((status, kind.as_str()), (200, "application/zip"));
    let (nowhere, file) = (
        site.folder().join("nowhere.toml"),
        site.folder().join("csgt.zip"),
    );
    std::fs::write(&file, &bytes).unwrap();
    let key = server_key(&site);
    let (whole, said) = verify(&key, &nowhere, &file);
    assert!(whole && said.contains("whole: event"), "{said}");
    assert_eq!(
        said.matches("whole: event").count(),
        1,
        "one offence per file: {said}"
    );
    let still = bytes
        .windows(15)
        .position(|window| window == b"evidence/still-");
    let mut flipped = bytes.clone();
    // Well inside the picture: its name and header have less than a hundred bytes.
    flipped[still.unwrap() + 1000] ^= 1;
    std::fs::write(&file, &flipped).unwrap();
    let (whole, said) = verify(&key, &nowhere, &file);
    assert!(!whole && said.contains("NOT WHOLE"), "{said}");

    // The copies are other files than what is sealed, and say what they are.
    let redacted = bundle["redacted"].as_object().unwrap();
    let pieces: Vec<Value> = incident["evidence"].as_array().unwrap().clone();
    let mut kinds = Vec::new();
    for (piece, url) in redacted {
        let (status, mime, copy) = fetch(url.as_str().unwrap(), token).await;
        assert_eq!(status, 200, "{piece}");
        let piece = pieces
            .iter()
            .find(|one| one["id"] == piece.as_str())
            .unwrap();
        let original = site
            .api
            .evidence(id, piece["id"].as_str().unwrap())
            .await
            .unwrap();
        assert!(copy.len() > 1_000 && copy != original, "{piece}");
        assert!(
            !bytes.windows(copy.len()).any(|window| window == copy),
            "{piece}"
        );
        let plays = match mime.as_str() {
            "image/jpeg" => copy.starts_with(&[0xff, 0xd8]),
            "video/mp4" => copy.get(4..8) == Some(b"ftyp"),
            other => panic!("{other}"),
        };
        assert!(plays, "{piece}");
        kinds.push(piece["kind"].as_str().unwrap().to_owned());
    }
    assert!(
        kinds.contains(&"still".to_owned()) && kinds.contains(&"clip".to_owned()),
        "{kinds:?}"
    );

    // Through whose hands it went stands in the custody of each piece.
    for piece in redacted.keys() {
        let log = site
            .api
            .get(&path(&format!("evidence/{piece}/custody")))
            .await
            .unwrap();
        let acts: Vec<(&str, &str)> = log["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|entry| Some((entry["actor"].as_str()?, entry["act"].as_str()?)))
            .collect();
        for act in [("unit:csgt", "exported"), ("unit:csgt", "disclosed")] {
            assert!(acts.contains(&act), "{acts:?}");
        }
        assert!(log["broken_at"].is_null(), "{log}");
    }
}

/// The server's public key, as the agent got it when it enrolled.
fn server_key(site: &Site) -> String {
    let file = site.folder().join("agent-data/enrolment.json");
    let enrolment: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    enrolment["server_public_key"].as_str().unwrap().to_owned()
}
