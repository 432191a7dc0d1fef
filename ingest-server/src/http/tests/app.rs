//! A server of its own for each test, and clients typed by who they are.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use casework::unit::UnitId;
use contract::v1::{
    AgentId, AutoReport, CloudEvent, EventType, Evidence, EvidenceId, EvidenceKind, SecretKey,
    encode,
};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::agents::{self, Enrolment};
use crate::changes::ChangeBus;
use crate::config::{DispatchConfig, MqttUrl};
use crate::dispatch::{Directory, Dispatch};
use crate::evidence::EvidenceStore;
use crate::http::{AppState, BrokerLink, Services, router};
use crate::office::Offices;
use crate::orders::Orders;
use crate::people::password::Password;
use crate::people::{NewAccount, Role, Scope};
use crate::store::{self, Filed, Store, VerifiedReport};

/// The password of every account of these tests.
pub(super) const PASSWORD: &str = "mật khẩu thử nghiệm";
/// An address of the documentation range: nobody's, and not this machine's.
const PEER: [u8; 4] = [192, 0, 2, 7];

pub(super) struct TestApp {
    router: Router,
    pub(super) store: Store,
    pub(super) changes: ChangeBus,
    pub(super) dispatch: Dispatch,
    pub(super) broker: watch::Sender<BrokerLink>,
    pub(super) stopping: CancellationToken,
    pub(super) folder: tempfile::TempDir,
}

impl TestApp {
    pub(super) async fn new() -> Self {
        Self::at("http://127.0.0.1:8080").await
    }

    pub(super) async fn at(public_url: &str) -> Self {
        Self::with(public_url, DispatchConfig::default()).await
    }

    /// One whose units are these.
    pub(super) async fn with(public_url: &str, targets: DispatchConfig) -> Self {
        // Only a second call in one process fails.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path()).await;
        let changes = ChangeBus::default();
        let evidence = EvidenceStore::open(folder.path(), store.clone(), changes.clone()).unwrap();
        let key = std::sync::Arc::new(SecretKey::from_bytes(&[9; 32]));
        let enrolment = Enrolment::new(
            store.clone(),
            key.public(),
            MqttUrl::plain("127.0.0.1", 1883),
        );
        let (broker, link) = watch::channel(BrokerLink::Up);
        let stopping = CancellationToken::new();
        let dispatch = Dispatch::new(
            (
                store.clone(),
                changes.clone(),
                evidence.clone(),
                Offices::default(),
            ),
            std::sync::Arc::clone(&key),
            public_url.parse().unwrap(),
            Directory::new(targets).unwrap(),
        );
        let state = AppState::new(Services {
            store: store.clone(),
            merging: std::sync::Arc::new(merge::Model::shipped()),
            changes: changes.clone(),
            dispatch: dispatch.clone(),
            reception: crate::reception::Reception::new(crate::reception::Parts {
                store: store.clone(),
                model: std::sync::Arc::new(merge::Model::shipped()),
                changes: changes.clone(),
                offices: Offices::default(),
                cleaner: evidence.cleaner_here(),
                vault: crate::people::vault::Vault::load_or_create(
                    &folder.path().join("contact.keys"),
                )
                .unwrap(),
                config: crate::config::CitizensConfig::in_folder(folder.path()),
            }),
            trusted_proxies: Vec::new(),
            evidence,
            offices: Offices::default(),
            orders: Orders::new(store.clone(), changes.clone()),
            enrolment,
            key,
            broker: link,
            data_dir: folder.path().to_owned(),
            public_url: public_url.parse().unwrap(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            stopping: stopping.clone(),
        });
        let app = Self {
            router: router(state),
            store,
            changes,
            dispatch,
            broker,
            stopping,
            folder,
        };
        for (name, role) in [("lan", Role::Operator), ("quan-tri", Role::Administrator)] {
            app.account(name, role, None, Scope::default()).await;
        }
        app
    }

    /// Makes an account with the password of these tests.
    pub(super) async fn account(&self, name: &str, role: Role, unit: Option<&str>, scope: Scope) {
        let password = Password::new(PASSWORD.to_owned());
        let unit = unit.map(|unit| UnitId::new(unit).unwrap());
        let account = NewAccount::new(name, name, role, &password)
            .unwrap()
            .within(unit, scope);
        let tx = self.store.begin().await.unwrap();
        store::insert_account(&tx, &account, Timestamp::now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Nobody in particular.
    pub(super) fn anon(&self) -> Client<'_> {
        Client {
            app: self,
            cookie: None,
            csrf: None,
            bearer: None,
            peer: PEER,
        }
    }

    pub(super) async fn operator(&self) -> Client<'_> {
        self.logged_in("lan").await
    }

    pub(super) async fn administrator(&self) -> Client<'_> {
        self.logged_in("quan-tri").await
    }

    pub(super) async fn logged_in(&self, username: &str) -> Client<'_> {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self.anon().post("/api/v1/session", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json());
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let csrf = answer.json()["csrf_token"].as_str().unwrap().to_owned();
        Client {
            cookie: Some(cookie),
            csrf: Some(csrf),
            ..self.anon()
        }
    }

    /// An agent that enrolled over the API.
    pub(super) async fn agent(&self, name: &str) -> Client<'_> {
        let agent: AgentId = name.parse().unwrap();
        let hour = SignedDuration::from_hours(1);
        let token = agents::create_token(&self.store, &agent, hour)
            .await
            .unwrap();
        let seed: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let body = json!({
            "token": token.reveal(),
            "public_key": SecretKey::from_bytes(&seed).public(),
            "version": "0.1.0",
        });
        let answer = self.anon().post("/api/v1/enrolments", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.json());
        let bearer = answer.json()["upload_token"].as_str().unwrap().to_owned();
        Client {
            bearer: Some(bearer),
            ..self.anon()
        }
    }

    /// Takes a report in as the intake does, and returns its incident.
    pub(super) async fn take(&self, report: &AutoReport) -> String {
        let id = format!("{}/{}", report.event_id, report.revision);
        let source = format!("/agents/{}", report.agent);
        let event = CloudEvent::new(EventType::Report, id, source, Timestamp::now(), report);
        let payload = encode(&event).unwrap();
        let sha256 = sha256(&payload);
        let now = Timestamp::now();
        let verified = VerifiedReport {
            topic: "t",
            payload: &payload,
            sha256: &sha256,
            signature: "k:v",
            report,
            received: now,
        };
        let tx = self.store.begin().await.unwrap();
        let mut filed = store::file_reports(&tx, &merge::Model::shipped(), &[verified])
            .await
            .unwrap();
        let Some(Filed::New(applied)) = filed.pop() else {
            panic!("it is not new");
        };
        tx.commit().await.unwrap();
        self.changes.announce(applied.change.clone());
        match applied.change {
            crate::changes::Change::Incident { id, .. } => id.to_string(),
            other => panic!("a report changed {other:?}"),
        }
    }

    /// An incident whose clip of these bytes is stored; returns incident and piece.
    pub(super) async fn with_clip(
        &self,
        agent: &str,
        bytes: &[u8],
        mime: &str,
    ) -> (String, String) {
        let piece = EvidenceId::new();
        let mut report = report(agent, "cam-1", 1, "raised");
        report.evidence.push(sealed(piece, bytes, mime));
        let incident = self.take(&report).await;
        let client = self.agent(agent).await;
        let path = format!("/api/v1/uploads/{}", sha256(bytes));
        let answer = client
            .send(
                Method::PATCH,
                &path,
                &[("upload-offset", "0")],
                bytes.to_vec().into(),
            )
            .await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        (incident, piece.to_string())
    }
}

async fn open_store(folder: &Path) -> Store {
    let store = Store::open(&format!("sqlite://{}/vong.db", folder.display()))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    store
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(super) fn sealed(id: EvidenceId, bytes: &[u8], mime: &str) -> Evidence {
    Evidence::Sealed {
        id,
        kind: EvidenceKind::Clip,
        mime: mime.to_owned(),
        bytes: bytes.len() as u64,
        sha256: sha256(bytes),
        shown: None,
        part: None,
        track: None,
    }
}

/// Each camera stands somewhere else: what they see are different things.
fn latitude(agent: &str, camera: &str) -> f64 {
    let mix = |text: &str| {
        text.bytes().fold(0_u32, |mixed, byte| {
            mixed.wrapping_mul(31) + u32::from(byte)
        })
    };
    let apart = mix(&format!("{agent}{camera}")).wrapping_sub(mix("hue-01cam-1")) % 997;
    16.5 + f64::from(apart) * 0.05
}

/// A revision of a new event.
pub(super) fn report(agent: &str, camera: &str, revision: u32, phase: &str) -> AutoReport {
    serde_json::from_value(json!({
        "event_id": contract::v1::EventId::new(),
        "revision": revision,
        "phase": phase,
        "kind": "stray_cattle",
        "detail": "cattle",
        "confidence": 0.9,
        "severity": "high",
        "occurred": { "start": "2026-01-01T00:00:00Z" },
        "clock": { "source": "agent" },
        "place": { "type": "point", "position": { "lat": latitude(agent, camera), "lon": 107.5 }, "uncertainty_m": 20.0 },
        "agent": agent,
        "camera": camera,
        "camera_name": "Cột 12",
        "zone": "carriageway",
        "tracks": [{
            "id": 3, "class": "cow", "score": 0.875,
            "boxes": [{ "x": 0.25, "y": 0.5, "w": 0.125, "h": 0.25 }],
        }],
        "count": 4,
        "model": { "name": "yolox-nano", "sha256": "0".repeat(64) },
        "rule_version": "stray_cattle/1",
    }))
    .unwrap()
}

#[derive(Clone)]
pub(super) struct Client<'a> {
    app: &'a TestApp,
    pub(super) cookie: Option<String>,
    pub(super) csrf: Option<String>,
    pub(super) bearer: Option<String>,
    pub(super) peer: [u8; 4],
}

impl Client<'_> {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Body::empty()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        let json = [("content-type", "application/json")];
        self.send(Method::POST, path, &json, body.to_string().into())
            .await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Body::empty()).await
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let response = self.open(method, path, headers, body).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 16 * 1024 * 1024).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Sends, and leaves the answer's body to be read.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(bearer) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        let mut request = request.body(body).unwrap();
        let peer = SocketAddr::from((self.peer, 40_000));
        request.extensions_mut().insert(ConnectInfo(peer));
        self.app.router.clone().oneshot(request).await.unwrap()
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a problem document with this status and code.
    #[track_caller]
    pub(super) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.json()["code"].as_str()),
            (status, Some(code))
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
    }
}
