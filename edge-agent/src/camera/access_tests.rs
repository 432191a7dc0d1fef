//! Getting at a camera: passwords, certificates, UDP, and each way to be turned away.

use std::path::Path;
use std::time::Duration;

use contract::v1::{CameraState, CameraStatusReason};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::live_tests::{DEADLINE, address, picture, source, wait_for};
use super::rtsp_fixture::{Access, PASSWORD, RtspServer, USER};
use super::rtsp_tricks::Trick;
use super::scripted_rtsp::{Answer, ScriptedRtsp};
use super::*;
use crate::config::Transport;

fn password() -> Option<Zeroizing<String>> {
    Some(Zeroizing::new(PASSWORD.to_owned()))
}

async fn look(address: StreamAddress) -> Result<ProbeReport, CameraError> {
    probe(&address, Duty::Analyse, DEADLINE).await
}

fn with_user(url: &str) -> String {
    url.replace("rtsp://", &format!("rtsp://{USER}@"))
}

#[tokio::test]
async fn a_password_that_must_not_go_over_the_wire_does_not() {
    let server = RtspServer::start(Access::Digest);
    let url = with_user(&server.url("/ball"));
    let report = look(address(&url, password()));
    assert_eq!(report.await.unwrap().codec, Codec::H264);
    let wrong = Some(Zeroizing::new("wrong".to_owned()));
    let error = look(address(&url, wrong));
    let error = error.await.unwrap_err();
    assert_eq!(error.reason(), CameraStatusReason::Unauthorized);
}

#[tokio::test]
async fn each_way_to_be_turned_away_has_its_reason() {
    for (status, reason) in [
        ("401 Unauthorized", CameraStatusReason::Unauthorized),
        ("403 Forbidden", CameraStatusReason::Forbidden),
        ("404 Not Found", CameraStatusReason::NotFound),
        ("453 Not Enough Bandwidth", CameraStatusReason::Busy),
        ("503 Service Unavailable", CameraStatusReason::Busy),
        ("500 Internal Server Error", CameraStatusReason::Failed),
    ] {
        let answer = Answer::of(status).with("WWW-Authenticate: Basic realm=\"x\"");
        let server = ScriptedRtsp::start(move |_| answer.clone());
        let url = with_user(&server.url());
        let error = look(address(&url, password()));
        let error = error.await.unwrap_err();
        assert_eq!(error.reason(), reason, "{status}: {error:?}");
        assert!(!error.remedy().is_empty());
    }
}

#[tokio::test]
async fn a_camera_that_moved_is_followed() {
    let server = RtspServer::start(Access::Open);
    let moved =
        Answer::of("302 Moved Temporarily").with(format!("Location: {}", server.url("/ball")));
    let old = ScriptedRtsp::start(move |_| moved.clone());
    let report = look(address(&old.url(), None));
    assert_eq!(report.await.unwrap().gop, Some(12));
}

fn over(transport: Transport, url: &str) -> StreamAddress {
    StreamAddress {
        transport,
        ..address(url, None)
    }
}

#[tokio::test]
async fn pictures_come_over_udp_and_lost_packets_end_nothing() {
    let server = RtspServer::start(Access::Open);
    let stop = CancellationToken::new();
    let mut udp = source(&server.url("/ball"), None);
    udp.address = over(Transport::Udp, &server.url("/ball"));
    let mut camera = supervise(udp, stop.clone());
    let first = picture(&camera).await;
    wait_for(&mut camera, CameraState::Running).await;
    server.play(Trick::Loss(15));
    for _ in 0..10 {
        picture(&camera).await;
    }
    server.play(Trick::Nothing);
    let mut last = picture(&camera).await;
    for _ in 0..5 {
        last = picture(&camera).await;
    }
    assert_eq!(last.epoch, first.epoch, "the connection held");
    assert_eq!(camera.counters.snapshot().reconnects, 0);
    let report = look(over(Transport::Auto, &server.url("/ball")));
    assert_eq!(report.await.unwrap().carrier, Carrier::Udp);
    stop.cancel();
}

/// Takes what it is asked over UDP and over TCP, and sends nothing over either. Forgets a session that
/// is not asked about for so many seconds.
fn mute(seconds: u32) -> ScriptedRtsp {
    ScriptedRtsp::start(move |request| {
        let answer = Answer::of("200 OK").with(format!("Session: 1;timeout={seconds}"));
        let transport = request
            .lines()
            .find_map(|line| line.strip_prefix("Transport: "));
        match request.split(' ').next() {
            Some("DESCRIBE") => Answer::video(),
            Some("SETUP") => {
                let asked = transport.unwrap_or_default();
                let given = match asked.contains("client_port") {
                    true => format!("{asked};server_port=6970-6971"),
                    false => asked.to_owned(),
                };
                answer.with(format!("Transport: {given}"))
            }
            _ => answer,
        }
    })
}

fn carriers_asked(server: &ScriptedRtsp) -> Vec<&'static str> {
    let requests = server.requests();
    let setups = requests
        .iter()
        .filter(|request| request.starts_with("SETUP"));
    setups
        .map(|request| match request.contains("interleaved") {
            true => "TCP",
            false => "UDP",
        })
        .collect()
}

#[tokio::test]
async fn where_udp_brings_nothing_tcp_is_taken() {
    let server = mute(60);
    let stop = CancellationToken::new();
    let mut auto = source(&server.url(), None);
    auto.address = over(Transport::Auto, &server.url());
    auto.patience = Patience {
        connect: Duration::from_millis(500),
        stall: Duration::from_millis(500),
        udp: Duration::from_millis(500),
        ..Patience::default()
    };
    let mut camera = supervise(auto, stop.clone());
    let health = wait_for(&mut camera, CameraState::Retrying).await;
    assert_eq!(
        health.reason,
        Some(CameraStatusReason::Stalled),
        "over TCP too"
    );
    stop.cancel();
    let asked = carriers_asked(&server);
    assert!(asked.starts_with(&["UDP", "TCP"]), "{asked:?}");

    let only = over(Transport::Udp, &server.url());
    let error = probe(&only, Duty::Analyse, Duration::from_secs(1)).await;
    let error = error.unwrap_err();
    assert_eq!(error.reason(), CameraStatusReason::UdpBlocked);
    assert!(error.remedy().contains("auto"), "{}", error.remedy());
}

#[tokio::test]
async fn a_camera_that_refuses_udp_is_watched_over_tcp() {
    let server = ScriptedRtsp::start(|request| match request.split(' ').next() {
        Some("DESCRIBE") => Answer::video(),
        _ => Answer::of("461 Unsupported Transport"),
    });
    let error = look(over(Transport::Udp, &server.url())).await;
    let error = error.unwrap_err();
    assert_eq!(error.reason(), CameraStatusReason::UdpBlocked, "{error:?}");
    let before = server.requests().len();
    let auto = over(Transport::Auto, &server.url());
    assert!(look(auto).await.is_err());
    let asked = carriers_asked(&server);
    assert!(
        asked.contains(&"TCP") && server.requests().len() > before,
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_camera_that_says_when_it_forgets_a_session_is_reminded_before() {
    let server = mute(2);
    let stop = CancellationToken::new();
    let mut patient = source(&server.url(), None);
    patient.patience.stall = Duration::from_secs(20);
    let camera = supervise(patient, stop.clone());
    let reminded = |requests: Vec<String>| {
        let played = requests
            .iter()
            .position(|request| request.starts_with("PLAY"));
        let behind = requests.iter().skip(played.unwrap_or(requests.len()) + 1);
        let reminds = |request: &&String| {
            ["GET_PARAMETER", "OPTIONS", "SET_PARAMETER"]
                .iter()
                .any(|method| request.starts_with(method))
        };
        behind.filter(reminds).count()
    };
    let heard = async {
        while reminded(server.requests()) < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), heard)
        .await
        .unwrap_or_else(|_| panic!("{:?}", server.requests()));
    drop(camera);
    stop.cancel();
}

/// A certificate with its key, and the authority's certificate.
struct Issued {
    server: String,
    own: String,
    authority: String,
}

fn issued(host: &str) -> Issued {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, format!("authority of {host}"));
    let authority = params.self_signed(&key).unwrap();
    let own = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let certificate = params.signed_by(&own, &authority, &key).unwrap();
    Issued {
        server: format!("{}{}", certificate.pem(), own.serialize_pem()),
        own: certificate.pem(),
        authority: authority.pem(),
    }
}

fn trusting(url: &str, folder: &Path, pem: &str) -> StreamAddress {
    let file = folder.join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    StreamAddress {
        ca_file: Some(file),
        ..address(url, None)
    }
}

#[tokio::test]
async fn over_tls_the_authority_and_the_name_count_or_the_very_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (named, other) = (issued("127.0.0.1"), issued("camera.factory"));
    let at_named = RtspServer::start(Access::Tls(named.server.clone()));
    let at_other = RtspServer::start(Access::Tls(other.server.clone()));
    let good = [
        (&at_named, &named.authority, "its authority"),
        (
            &at_other,
            &other.own,
            "the very certificate, under another name",
        ),
    ];
    for (server, pem, what) in good {
        let trusted = trusting(&server.url("/ball"), folder.path(), pem);
        let report = look(trusted).await;
        assert_eq!(report.expect(what).codec, Codec::H264);
    }
    let bad = [
        (&at_named, &other.authority, "no trusted authority"),
        (&at_other, &other.authority, "another host's name"),
        (&at_named, &other.own, "no trusted authority"),
    ];
    for (server, pem, why) in bad {
        let trusted = trusting(&server.url("/ball"), folder.path(), pem);
        let error = look(trusted).await.unwrap_err();
        assert_eq!(error.reason(), CameraStatusReason::Untrusted, "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    }
    let system = look(address(&at_named.url("/ball"), None));
    let error = system.await.unwrap_err();
    assert_eq!(error.reason(), CameraStatusReason::Untrusted, "{error:?}");
}
