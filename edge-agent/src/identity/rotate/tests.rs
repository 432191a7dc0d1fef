//! A change of the key against a small server that checks both signatures.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use contract::v1::{EnrolmentAnswer, PublicKey, SecretKey, Signed, verify};

use super::*;
use crate::config::ServerConfig;
use crate::identity::{ENROLMENT_FILE, client_config, http_client, read_key, rotation_is_open};

/// How the server behaves, and the key it holds for the agent.
struct Server {
    key: Mutex<PublicKey>,
    manner: Manner,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Agrees,
    /// Agrees, and its answer never arrives.
    AgreesInSilence,
    Refuses,
}

async fn rotation(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    let signed = |name: &str| -> Signed { headers[name].to_str().unwrap().parse().unwrap() };
    assert_eq!(headers["authorization"], "Bearer upload-secret");
    let request: KeyRotationRequest = serde_json::from_slice(&body).unwrap();
    let mut key = server.key.lock().unwrap();
    if *key != request.public_key {
        verify(&key, KEY_ROTATION_PATH, &body, &signed(SIGNATURE_PROPERTY)).unwrap();
    }
    let new = signed(NEW_SIGNATURE_HEADER);
    verify(&request.public_key, KEY_ROTATION_PATH, &body, &new).unwrap();
    if server.manner == Manner::Refuses {
        let problem = serde_json::json!({ "title": "the key is revoked", "status": 403 });
        return (Status::FORBIDDEN, axum::Json(problem)).into_response();
    }
    *key = request.public_key;
    if server.manner == Manner::AgreesInSilence {
        return "not an answer".into_response();
    }
    let answer = KeyRotationAnswer {
        agent: request.agent,
        key_id: key_id(&request.public_key),
        valid_from: Timestamp::UNIX_EPOCH,
        old_key_until: Timestamp::UNIX_EPOCH,
    };
    axum::Json(answer).into_response()
}

async fn serve(key: PublicKey, manner: Manner) -> (Url, Arc<Server>) {
    let server = Arc::new(Server {
        key: Mutex::new(key),
        manner,
    });
    let app = Router::new()
        .route(KEY_ROTATION_PATH, post(rotation))
        .with_state(Arc::clone(&server));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url.parse().unwrap(), server)
}

/// A data folder with a key and an enrolment.
fn enrolled() -> (tempfile::TempDir, SecretKey) {
    let dir = tempfile::tempdir().unwrap();
    let key = key_or_new(&dir.path().join(KEY_FILE)).unwrap();
    let enrolment = Enrolment {
        server_url: "http://127.0.0.1:1".parse().unwrap(),
        answer: EnrolmentAnswer {
            agent: "site-1".parse().unwrap(),
            server_public_key: key.public(),
            mqtt_url: "mqtt://127.0.0.1".to_owned(),
            mqtt_password: "mqtt-secret".to_owned(),
            upload_token: "upload-secret".to_owned(),
        },
    };
    let text = serde_json::to_string(&enrolment).unwrap();
    private_file::write(&dir.path().join(ENROLMENT_FILE), &text).unwrap();
    (dir, key)
}

async fn rotate_at(dir: &Path, url: &Url) -> Result<KeyRotationAnswer, RotateError> {
    let client = http_client(client_config(&ServerConfig::default()).unwrap()).unwrap();
    rotate(dir, &client, Some(url)).await
}

fn key_in(dir: &Path) -> PublicKey {
    read_key(&dir.join(KEY_FILE)).unwrap().unwrap().public()
}

#[tokio::test]
async fn the_server_and_the_disk_have_the_new_key_then() {
    let (dir, old) = enrolled();
    let (url, server) = serve(old.public(), Manner::Agrees).await;
    rotate_at(dir.path(), &url).await.unwrap();
    let now = key_in(dir.path());
    assert_ne!(now, old.public());
    assert_eq!(now, *server.key.lock().unwrap());
    assert!(!rotation_is_open(dir.path()));
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_again_with_the_same_key() {
    let (dir, old) = enrolled();
    let (url, server) = serve(old.public(), Manner::AgreesInSilence).await;
    let error = rotate_at(dir.path(), &url).await.unwrap_err();
    assert!(error.to_string().contains("--rotate"), "{error}");
    assert_eq!(key_in(dir.path()), old.public());
    assert!(rotation_is_open(dir.path()));
    let accepted = *server.key.lock().unwrap();

    let (url, server) = serve(accepted, Manner::Agrees).await;
    rotate_at(dir.path(), &url).await.unwrap();
    assert_eq!(key_in(dir.path()), accepted);
    assert_eq!(*server.key.lock().unwrap(), accepted);
}

#[tokio::test]
async fn a_refusal_leaves_the_old_key() {
    let (dir, old) = enrolled();
    let (url, _) = serve(old.public(), Manner::Refuses).await;
    let error = rotate_at(dir.path(), &url).await.unwrap_err();
    assert!(error.to_string().contains("the key is revoked"), "{error}");
    assert_eq!(key_in(dir.path()), old.public());
}
