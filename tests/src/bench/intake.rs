//! Intake: MQTT in, signature, schema, row and key committed, signed ack out.
//!
//! Agents with signed reports in hand keep a window of unanswered ones full, so that the server is
//! never idle; what is counted is signed acks that say `stored`, in the time between the warm-up and
//! the end, and then the rows in the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use contract::v1::{
    Ack, AckOutcome, AutoReport, CloudEvent, EventId, EventType, SIGNATURE_PROPERTY, Topic, decode,
    encode, sign, verify,
};
use hex::ToHex as _;
use jiff::Timestamp;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::numbers::{Percentiles, percentiles};
use super::wire::{Ready, Wire};
use crate::harness::{BrokerChoice, Enrolled, Mosquitto, Server, SiteBroker, Spent, stored_counts};

/// Revisions of one event: raised, sealed, cleared.
const REVISIONS: usize = 3;
/// One in so many acks has its signature checked: checking all would take a core.
const CHECKED: u64 = 64;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct IntakeSetup {
    /// The broker.
    pub broker: SiteBroker,
    /// How many agents send.
    pub agents: usize,
    /// How many cameras each has.
    pub cameras: usize,
    /// How many reports each agent may have unanswered.
    pub window: usize,
    /// How long the measuring lasts, after the warm-up.
    pub lasting: Duration,
    /// How long nothing is counted at first.
    pub warm_up: Duration,
    /// How many reports lie ready: what a second takes at most, times the seconds.
    pub most_per_second: usize,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct IntakeNumbers {
    /// `embedded` or `mosquitto`.
    pub broker: &'static str,
    /// Reports stored and acked in a second, between warm-up and end.
    pub per_second: f64,
    /// Over how many seconds.
    pub seconds: f64,
    /// Reports of all agents together that may be unanswered at a time.
    pub window: usize,
    /// From the sending of a report to its ack, milliseconds.
    pub ack_ms: Option<Percentiles>,
    /// Mean bytes of a report.
    pub report_bytes: usize,
    /// Reports acked in the whole run.
    pub acked: u64,
    /// Rows of reports in the database at the end.
    pub stored: u64,
    /// Processor time that the server (and its broker, where embedded) took for one report, in
    /// microseconds.
    pub server_us: f64,
    /// Processor time that Mosquitto took for one report, where it is the broker.
    pub broker_us: Option<f64>,
    /// Processor time that the senders of this bench took for one report: they share the machine.
    pub senders_us: f64,
    /// The server's memory at the end, MiB.
    pub server_mib: u64,
}

/// What the senders share.
#[derive(Debug, Default)]
struct Counted {
    acked: AtomicU64,
    refused: AtomicU64,
    unsigned: AtomicU64,
    first_refusal: OnceLock<String>,
}

/// Measures intake.
///
/// # Errors
/// Where a part does not come up, or a report was refused, lost or doubled.
pub async fn intake(setup: &IntakeSetup) -> anyhow::Result<IntakeNumbers> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let mosquitto = match setup.broker {
        SiteBroker::Embedded => None,
        SiteBroker::Mosquitto | SiteBroker::Guarded => Some(Mosquitto::start(folder.path()).await?),
    };
    let choice = mosquitto.as_ref().map_or(BrokerChoice::Embedded, |broker| {
        BrokerChoice::External(broker.url())
    });
    let server = Server::start(folder.path(), choice).await?;
    let mut agents = Vec::new();
    for number in 0..setup.agents {
        agents.push(Enrolled::at(&server, &format!("bench-{number:02}")).await?);
    }
    let total = setup.lasting + setup.warm_up;
    let each = total.as_secs_f64() * as_f64(setup.most_per_second) / as_f64(setup.agents);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of reports"
    )]
    let reports = ready_for_all(&agents, each as usize, setup.cameras).await?;
    let bytes = mean_bytes(&reports);

    let counted = Arc::new(Counted::default());
    let until = Instant::now() + total;
    let mut senders = Vec::new();
    for (agent, reports) in agents.into_iter().zip(reports) {
        let counted = Arc::clone(&counted);
        let window = setup.window;
        senders.push(tokio::spawn(async move {
            send(&agent, reports, window, until, &counted).await
        }));
    }
    tokio::time::sleep(setup.warm_up).await;
    let spent = || {
        let broker = mosquitto.as_ref().map(Mosquitto::spent).transpose()?;
        anyhow::Ok((server.spent()?, broker, Spent::own()?))
    };
    let (begun, before, at_first) = (Instant::now(), acked(&counted), spent()?);
    tokio::time::sleep_until(until.into()).await;
    let (seconds, after, at_last) = (begun.elapsed().as_secs_f64(), acked(&counted), spent()?);
    let mut waited = Vec::new();
    for sender in senders {
        waited.extend(sender.await??);
    }
    let counts = stored_counts(&server.data_dir()).await?;
    settled(&counted, counts.reports, counts.messages)?;
    let measured = as_f64(usize::try_from(after - before)?);
    let each =
        |last: &Spent, first: &Spent| last.since(first).processor.as_secs_f64() * 1e6 / measured;
    Ok(IntakeNumbers {
        broker: match setup.broker {
            SiteBroker::Embedded => "embedded",
            SiteBroker::Mosquitto | SiteBroker::Guarded => "mosquitto",
        },
        per_second: measured / seconds,
        seconds,
        window: setup.window * setup.agents,
        ack_ms: percentiles(waited),
        report_bytes: bytes,
        acked: acked(&counted),
        stored: counts.reports,
        server_us: each(&at_last.0, &at_first.0),
        broker_us: at_last
            .1
            .zip(at_first.1)
            .map(|(last, first)| each(&last, &first)),
        senders_us: each(&at_last.2, &at_first.2),
        server_mib: at_last.0.memory_mib,
    })
}

fn acked(counted: &Counted) -> u64 {
    counted.acked.load(Ordering::Relaxed)
}

/// What was acked is stored, and stored once.
fn settled(counted: &Counted, reports: u64, messages: u64) -> anyhow::Result<()> {
    let (refused, unsigned) = (
        counted.refused.load(Ordering::Relaxed),
        counted.unsigned.load(Ordering::Relaxed),
    );
    ensure!(
        refused == 0,
        "{refused} reports were refused, the first because: {}",
        counted.first_refusal.get().map_or("", String::as_str)
    );
    ensure!(unsigned == 0, "{unsigned} acks had no good signature");
    ensure!(
        acked(counted) == reports && reports == messages,
        "{} acks, {reports} reports, {messages} messages",
        acked(counted)
    );
    Ok(())
}

/// Sends until the time is over, then waits for the last answers. Returns the milliseconds that each
/// answer took.
async fn send(
    agent: &Enrolled,
    reports: Vec<Ready>,
    window: usize,
    until: Instant,
    counted: &Counted,
) -> anyhow::Result<Vec<f64>> {
    let mut wire = Wire::connect(agent).await?;
    let mut unanswered: HashMap<String, Instant> = HashMap::with_capacity(window);
    let mut waited = Vec::with_capacity(reports.len());
    let mut reports = reports.into_iter();
    let patience = until + Duration::from_secs(30);
    loop {
        while unanswered.len() < window && Instant::now() < until {
            let Some(ready) = reports.next() else {
                break;
            };
            wire.report(&ready)?;
            unanswered.insert(ready.sha256, Instant::now());
        }
        wire.flush().await?;
        if unanswered.is_empty() {
            return Ok(waited);
        }
        tokio::time::timeout_at(patience.into(), wire.more())
            .await
            .with_context(|| format!("{} reports are unanswered", unanswered.len()))??;
        while let Some(packet) = wire.ready()? {
            let Packet::Publish(publish) = packet else {
                continue;
            };
            wire.acknowledge(&publish)?;
            if let Some(sent) = answered(agent, &publish, &mut unanswered, counted)? {
                waited.push(sent.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
}

/// Takes an ack; returns when its report was sent, the first time it is acked.
fn answered(
    agent: &Enrolled,
    publish: &Publish,
    unanswered: &mut HashMap<String, Instant>,
    counted: &Counted,
) -> anyhow::Result<Option<Instant>> {
    let ack = decode::<Ack>(&publish.payload, EventType::Ack)?.data;
    let Some(sent) = unanswered.remove(&ack.sha256) else {
        return Ok(None);
    };
    match ack.outcome {
        AckOutcome::Stored => {
            let number = counted.acked.fetch_add(1, Ordering::Relaxed);
            if number.is_multiple_of(CHECKED) && !is_signed(agent, publish) {
                counted.unsigned.fetch_add(1, Ordering::Relaxed);
            }
        }
        AckOutcome::Refused { message, .. } => {
            drop(counted.first_refusal.set(message));
            counted.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(Some(sent))
}

fn is_signed(agent: &Enrolled, publish: &Publish) -> bool {
    let signature = publish.properties.as_ref().and_then(|properties| {
        let named = |(name, _): &&(String, String)| name == SIGNATURE_PROPERTY;
        properties.user_properties.iter().find(named)
    });
    let Some((_, signature)) = signature else {
        return false;
    };
    let (Ok(topic), Ok(signed)) = (std::str::from_utf8(&publish.topic), signature.parse()) else {
        return false;
    };
    verify(
        &agent.answer.server_public_key,
        topic,
        &publish.payload,
        &signed,
    )
    .is_ok()
}

/// Writes and signs every agent's reports, on every core.
async fn ready_for_all(
    agents: &[Enrolled],
    each: usize,
    cameras: usize,
) -> anyhow::Result<Vec<Vec<Ready>>> {
    let mut writing = Vec::new();
    for agent in agents {
        let agent = agent.clone();
        writing.push(tokio::task::spawn_blocking(move || {
            ready(&agent, each, cameras)
        }));
    }
    let mut all = Vec::new();
    for one in writing {
        all.push(one.await??);
    }
    Ok(all)
}

fn ready(agent: &Enrolled, count: usize, cameras: usize) -> anyhow::Result<Vec<Ready>> {
    let topic = Topic::Reports(agent.answer.agent.clone()).to_string();
    let mut reports = Vec::with_capacity(count);
    // Cameras take turns, and each goes through the life of one event before it sees the next.
    let mut events: Vec<(EventId, usize)> = (0..cameras).map(|_| (EventId::new(), 0)).collect();
    for number in 0..count {
        let camera = number % cameras;
        let Some((event, revision)) = events.get_mut(camera) else {
            break;
        };
        let report = report(agent, camera, *event, *revision)?;
        *revision += 1;
        if *revision == REVISIONS {
            (*event, *revision) = (EventId::new(), 0);
        }
        let id = format!("{}/{}", report.event_id, report.revision);
        let source = format!("/agents/{}", agent.answer.agent);
        let now = Timestamp::now();
        let payload = encode(&CloudEvent::new(EventType::Report, id, source, now, report))?;
        reports.push(Ready {
            signature: sign(&agent.key, &topic, &payload).to_string(),
            sha256: Sha256::digest(&payload).encode_hex(),
            payload: Bytes::from(payload),
        });
    }
    Ok(reports)
}

/// A report as an agent that watches for parking sends it.
fn report(
    agent: &Enrolled,
    camera: usize,
    event: EventId,
    revision: usize,
) -> anyhow::Result<AutoReport> {
    let start = Timestamp::now();
    let phase = match revision {
        0 => "raised",
        1 => "updated",
        _ => "cleared",
    };
    let end = (phase == "cleared").then_some(start);
    let kinds = ["still", "still_overlay", "clip"];
    let evidence = kinds.map(|kind| evidence(event, kind, revision));
    let report = json!({
        "event_id": event,
        "revision": revision + 1,
        "phase": phase,
        "kind": "traffic_violation",
        "detail": "illegal_parking",
        "confidence": 0.75,
        "severity": "medium",
        "occurred": { "start": start, "end": end },
        "clock": { "source": "agent" },
        "place": {
            "type": "point",
            "position": { "lat": 16.4637 + as_f64(camera) * 0.004, "lon": east_of(agent) },
            "uncertainty_m": 20.0,
        },
        "agent": agent.answer.agent,
        "camera": format!("cam-{camera}"),
        "camera_name": format!("Nút giao {camera}"),
        "zone": "carriageway",
        "tracks": [{
            "id": 7, "class": "car", "score": 0.875,
            "boxes": vec![json!({ "x": 0.25, "y": 0.5, "w": 0.125, "h": 0.25 }); 4],
        }],
        "count": 1,
        "model": { "name": "yolox-nano", "sha256": "c".repeat(64) },
        "rule_version": "illegal_parking/1",
        "evidence": evidence,
    });
    Ok(serde_json::from_value(report)?)
}

/// Each agent's cameras stand in a column of their own, so that what they see is not one thing.
fn east_of(agent: &Enrolled) -> f64 {
    let name = agent.answer.agent.as_str();
    let number = name.bytes().fold(0_usize, |number, byte| {
        (number * 31 + usize::from(byte)) % 2_000
    });
    104.0 + as_f64(number) * 0.004
}

/// The same three ids in every revision of an event: promised at first, sealed after.
fn evidence(event: EventId, kind: &str, revision: usize) -> Value {
    let seed: [u8; 32] = Sha256::digest(format!("{event}/{kind}")).into();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(seed.split_at(16).0);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    if revision == 0 {
        return json!({ "state": "pending", "id": id, "kind": kind });
    }
    let sha256: String = seed.encode_hex();
    json!({
        "state": "sealed", "id": id, "kind": kind,
        "mime": "image/jpeg", "bytes": 100_000, "sha256": sha256,
    })
}

fn mean_bytes(reports: &[Vec<Ready>]) -> usize {
    let (mut bytes, mut count) = (0, 0);
    for ready in reports.iter().flatten() {
        bytes += ready.payload.len();
        count += 1;
    }
    bytes / count.max(1)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}

impl std::fmt::Display for IntakeNumbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "intake, {} broker: {:.0} reports/s over {:.0} s ({} bytes each, {} on their way)   bar: 5000",
            self.broker, self.per_second, self.seconds, self.report_bytes, self.window
        )?;
        if let Some(ack) = &self.ack_ms {
            writeln!(f, "  sent → signed ack     {ack}")?;
        }
        writeln!(
            f,
            "  {} acked, {} stored; the server has {} MiB",
            self.acked, self.stored, self.server_mib
        )?;
        write!(f, "  processor time a report: server ")?;
        match self.broker_us {
            Some(broker) => write!(f, "{:.0} µs, Mosquitto {broker:.0} µs", self.server_us)?,
            None => write!(f, "with its broker {:.0} µs", self.server_us)?,
        }
        write!(f, ", this bench's senders {:.0} µs", self.senders_us)
    }
}
