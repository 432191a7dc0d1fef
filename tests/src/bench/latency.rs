//! Latency: how soon a violation that a camera filmed is at the broker, in the database, and on an
//! operator's screen.
//!
//! Busy cameras send the bench clip over RTSP. The clock of each raised event starts when the last
//! packet of the picture that decided it had arrived, as the agent's log tells it, and is read by
//! three witnesses on the same machine: a subscriber at the broker, the same subscriber seeing the
//! server's ack (which follows the commit), and a listener at the event stream. The report's own
//! `decided_at` will not do: it counts the camera's time from the connection's first picture, which
//! may have come late.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use contract::v1::{AutoReport, EventId, EventType, Phase, Topic, decode};
use hex::ToHex as _;
use jiff::Timestamp;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::numbers::{Percentiles, percentiles};
use crate::camera_simulator::{CameraSimulator, Footage, Playback};
use crate::harness::{CameraSetup, Live, Site, SiteBroker};
use crate::rendered_scene::Storyboard;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct LatencySetup {
    /// How many cameras.
    pub cameras: usize,
    /// The seed of the bench clip.
    pub seed: u64,
    /// How long, after the warm-up.
    pub lasting: Duration,
    /// How long nothing is counted at first: models are loaded and caches filled.
    pub warm_up: Duration,
}

/// What was measured, for events in their first revision.
#[derive(Debug, Clone, Serialize)]
pub struct LatencyNumbers {
    /// How many cameras.
    pub cameras: usize,
    /// SHA-256 of the bench clip's access units.
    pub clip_sha256: String,
    /// Milliseconds that the agent's RTSP client waits for packets out of order.
    pub rtsp_latency_ms: u64,
    /// From the deciding picture to the report at the broker.
    pub to_broker: Option<Percentiles>,
    /// From there to the commit, as the ack tells it.
    pub to_commit: Option<Percentiles>,
    /// From the commit to the event stream.
    pub to_screen: Option<Percentiles>,
    /// Pictures that were analysed, of those received.
    pub analysed: String,
}

/// When things were seen.
#[derive(Debug, Default)]
struct Seen {
    /// Raised events: when the report was at the broker, and the SHA-256 that its ack will name.
    raised: HashMap<EventId, (Timestamp, String)>,
    /// Acks by the SHA-256 they name.
    acked: HashMap<String, Timestamp>,
    /// Incidents on the event stream.
    shown: Vec<(String, Timestamp)>,
}

type Book = Arc<Mutex<Seen>>;

/// Measures latency.
///
/// # Errors
/// Where a part does not come up.
pub async fn latency(setup: &LatencySetup) -> anyhow::Result<LatencyNumbers> {
    let footage = Footage::from_storyboard(&Storyboard::busy(setup.seed))?;
    let clip_sha256 = footage.sha256();
    let cameras = CameraSimulator::start();
    let mut setups = Vec::new();
    for number in 1..=setup.cameras {
        let id = format!("cam-{number}");
        let url = cameras.add(&id, footage.clone(), Playback::Looped, None)?;
        setups.push(CameraSetup::parking(&id, &url));
    }
    let site = Site::start_with(SiteBroker::Mosquitto, cameras, setups).await?;
    let book = Book::default();
    let url = site.mosquitto.as_ref().context("a broker")?.url();
    let subscriber = listen_at_broker(&url, Arc::clone(&book))?;
    let watcher = watch(site.api.live().await?, Arc::clone(&book));
    tokio::time::sleep(setup.warm_up).await;
    // Events that were raised by now are known, and left out.
    let early = std::mem::take(&mut book.lock().unwrap_or_else(PoisonError::into_inner).raised);
    tokio::time::sleep(setup.lasting).await;
    let analysed = analysed(&site, setup.cameras).await?;
    let incidents = site.api.incidents_in_detail().await?;
    subscriber.abort();
    watcher.abort();
    let mut seen = std::mem::take(&mut *book.lock().unwrap_or_else(PoisonError::into_inner));
    seen.raised.retain(|event, _| !early.contains_key(event));
    let arrived = arrivals(&site.agent.log());
    Ok(numbers(
        setup,
        &seen,
        &arrived,
        &incidents,
        (clip_sha256, analysed),
    ))
}

fn listen_at_broker(url: &str, book: Book) -> anyhow::Result<JoinHandle<()>> {
    let address = url.strip_prefix("mqtt://").context("an mqtt:// address")?;
    let (host, port) = address.rsplit_once(':').context("an address with a port")?;
    let mut options = MqttOptions::new("bench", host, port.parse()?);
    options.set_max_packet_size(Some(1 << 20));
    let (client, mut events) = AsyncClient::new(options, 16);
    Ok(tokio::spawn(async move {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    let topics = [
                        Topic::ALL_REPORTS.to_owned(),
                        "vong/v1/agents/+/acks".to_owned(),
                    ];
                    for topic in topics {
                        drop(client.try_subscribe(topic, QoS::AtMostOnce));
                    }
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => note(&publish, &book),
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }))
}

fn note(publish: &Publish, book: &Book) {
    let now = Timestamp::now();
    let mut seen = book.lock().unwrap_or_else(PoisonError::into_inner);
    if let Ok(report) = decode::<AutoReport>(&publish.payload, EventType::Report) {
        if report.data.phase != Phase::Raised || report.data.revision != 1 {
            return;
        }
        let sha256: String = Sha256::digest(&publish.payload).encode_hex();
        let first = (now, sha256);
        seen.raised.entry(report.data.event_id).or_insert(first);
    } else if let Ok(ack) = decode::<contract::v1::Ack>(&publish.payload, EventType::Ack) {
        seen.acked.entry(ack.data.sha256).or_insert(now);
    }
}

/// When the pictures that decided events had arrived, by the agent's log.
fn arrivals(log: &str) -> HashMap<EventId, Timestamp> {
    let decided = log.lines().filter(|line| line.contains(IN_THE_OUTBOX));
    let arrival = |line: &str| {
        let event = field(line, "event.id=")?.parse().ok()?;
        Some((event, field(line, "picture.arrived=")?.parse().ok()?))
    };
    decided.filter_map(arrival).collect()
}

/// What the agent says of an event that its outbox has (`edge-agent/src/pipeline/desk.rs`).
const IN_THE_OUTBOX: &str = "event is in the outbox";

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(name)?.1.split_whitespace().next()
}

fn watch(mut live: Live, book: Book) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(change) = live.next("incident", Duration::from_secs(3600)).await {
            let Some(id) = change["id"].as_str() else {
                continue;
            };
            let mut seen = book.lock().unwrap_or_else(PoisonError::into_inner);
            seen.shown.push((id.to_owned(), Timestamp::now()));
        }
    })
}

async fn analysed(site: &Site, cameras: usize) -> anyhow::Result<String> {
    let (mut analysed, mut received) = (0, 0);
    for number in 1..=cameras {
        let camera = site.api.camera(&format!("cam-{number}")).await?;
        let camera = camera.context("a camera without a status")?;
        analysed += camera["counters"]["analysed"].as_u64().unwrap_or_default();
        received += camera["counters"]["received"].as_u64().unwrap_or_default();
    }
    Ok(format!("{analysed} of {received}"))
}

fn numbers(
    setup: &LatencySetup,
    seen: &Seen,
    arrived: &HashMap<EventId, Timestamp>,
    incidents: &[Value],
    (clip_sha256, analysed): (String, String),
) -> LatencyNumbers {
    let (mut to_broker, mut to_commit, mut to_screen) = (Vec::new(), Vec::new(), Vec::new());
    for (event, (at_broker, sha256)) in &seen.raised {
        let since = arrived.get(event).map(|at| milliseconds(*at, *at_broker));
        to_broker.extend(since);
        let Some(committed) = seen.acked.get(sha256) else {
            continue;
        };
        to_commit.push(milliseconds(*at_broker, *committed));
        let incident = incident_of(incidents, *event);
        let shown = seen
            .shown
            .iter()
            .find(|(id, at)| Some(id.as_str()) == incident && at >= at_broker);
        if let Some((_, at)) = shown {
            to_screen.push(milliseconds(*committed, *at));
        }
    }
    LatencyNumbers {
        cameras: setup.cameras,
        clip_sha256,
        rtsp_latency_ms: RTSP_LATENCY_MS,
        to_broker: percentiles(to_broker),
        to_commit: percentiles(to_commit),
        to_screen: percentiles(to_screen),
        analysed,
    }
}

/// What `edge-agent/src/camera/rtsp.rs` sets on its `rtspsrc`.
const RTSP_LATENCY_MS: u64 = 200;

fn incident_of(incidents: &[Value], event: EventId) -> Option<&str> {
    let event = event.to_string();
    incidents
        .iter()
        .find(|incident| {
            let events = incident["events"].as_array();
            let mut events = events.into_iter().flatten();
            events.any(|row| row["event_id"] == event.as_str())
        })?
        .get("id")?
        .as_str()
}

/// Never below nothing: the event stream may tell of an incident before the ack is seen, which is
/// signed and sent after the commit.
fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() * 1000.0).max(0.0)
}

impl std::fmt::Display for LatencyNumbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "latency, {} cameras, rtspsrc latency {} ms, one decoder thread each, pictures analysed {}, \
             clip sha256 {}",
            self.cameras, self.rtsp_latency_ms, self.analysed, self.clip_sha256
        )?;
        for (what, numbers, bar) in [
            ("deciding picture → broker", &self.to_broker, 500),
            ("broker → committed       ", &self.to_commit, 300),
            ("committed → event stream ", &self.to_screen, 300),
        ] {
            match numbers {
                Some(numbers) => writeln!(f, "  {what} {numbers}   bar: p95 {bar} ms")?,
                None => writeln!(f, "  {what} nothing was seen")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_read_from_what_the_agent_says() {
        let id = EventId::new();
        let log = format!(
            "2026-01-02T03:04:06Z DEBUG {IN_THE_OUTBOX} event.id={id} picture.arrived=2026-01-02T03:04:05.25Z\n\
             2026-01-02T03:04:07Z  INFO report filed event.id={id}"
        );
        let found = arrivals(&log);
        assert_eq!(
            found.get(&id).unwrap().to_string(),
            "2026-01-02T03:04:05.25Z"
        );
        assert_eq!(found.len(), 1);
        let agent = include_str!("../../../edge-agent/src/pipeline/desk.rs");
        assert!(agent.contains(&format!("\"{IN_THE_OUTBOX}\"")));
    }

    #[test]
    fn the_latency_that_is_printed_is_the_one_that_the_agent_sets() {
        let agent = include_str!("../../../edge-agent/src/camera/rtsp.rs");
        assert!(agent.contains(&format!("const LATENCY_MS: u32 = {RTSP_LATENCY_MS};")));
    }
}
