//! Enrolment against a small server that knows one token, once.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode as Status;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use contract::v1::SecretKey;

use super::*;
use crate::identity::{Identity, client_config, http_client};

async fn answer(
    State(used): State<Arc<AtomicBool>>,
    Json(request): Json<EnrolmentRequest>,
) -> Response {
    if request.token == "teapot" {
        let problem = serde_json::json!({ "title": "short and stout", "status": 418 });
        return (Status::IM_A_TEAPOT, Json(problem)).into_response();
    }
    if request.token != "once" || used.swap(true, Ordering::Relaxed) {
        return Status::FORBIDDEN.into_response();
    }
    let answer = EnrolmentAnswer {
        agent: "site-1".parse().unwrap(),
        server_public_key: SecretKey::from_bytes(&[8; 32]).public(),
        mqtt_url: "mqtt://127.0.0.1:1883".to_owned(),
        mqtt_password: "mqtt-secret".to_owned(),
        upload_token: "upload-secret".to_owned(),
    };
    (Status::CREATED, Json(answer)).into_response()
}

async fn server() -> Url {
    let app = Router::new()
        .route("/api/v1/enrolments", post(answer))
        .with_state(Arc::new(AtomicBool::new(false)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn enrol_with(
    dir: &Path,
    server: &Url,
    token: &str,
    renewal: Renewal,
) -> Result<Enrolment, EnrolError> {
    let client =
        http_client(client_config(&crate::config::ServerConfig::default()).unwrap()).unwrap();
    enrol(
        dir,
        &client,
        server,
        Zeroizing::new(token.to_owned()),
        renewal,
    )
    .await
}

#[tokio::test]
async fn a_token_enrols_once_and_the_answer_is_private() {
    let (dir, server) = (tempfile::tempdir().unwrap(), server().await);
    // A token file ends with a line break.
    let enrolled = enrol_with(dir.path(), &server, "once\n", Renewal::Refuse)
        .await
        .unwrap();
    let mode = std::fs::metadata(dir.path().join(ENROLMENT_FILE))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let known = Identity::load(dir.path()).unwrap();
    assert_eq!(known.enrolment, enrolled);
    let shown = format!("{known:?}");
    assert!(
        !shown.contains("secret\""),
        "passwords are never shown: {shown}"
    );

    let error = enrol_with(dir.path(), &server, "once", Renewal::Refuse)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("--again"), "{error}");
    let error = enrol_with(dir.path(), &server, "once", Renewal::Replace)
        .await
        .unwrap_err();
    assert!(matches!(error, EnrolError::TokenRefused { .. }), "{error}");
    assert_eq!(
        Identity::load(dir.path()).unwrap().enrolment,
        enrolled,
        "the old one stays"
    );
}

#[tokio::test]
async fn each_fault_names_the_server_and_the_remedy() {
    let (dir, server) = (tempfile::tempdir().unwrap(), server().await);
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
            .parse::<Url>()
            .unwrap()
    };
    let broker: Url = "mqtt://127.0.0.1:1883".parse().unwrap();
    for (server, token, expected) in [
        (&nobody, "once", "is the server running"),
        (&server, "guess", "ingest-server agent token"),
        (&server, "teapot", "short and stout"),
        (&broker, "once", "http://HOST:PORT"),
    ] {
        let error = enrol_with(dir.path(), server, token, Renewal::Refuse)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(
            error
                .to_string()
                .contains(server.as_str().trim_end_matches('/')),
            "{error}"
        );
    }
}
