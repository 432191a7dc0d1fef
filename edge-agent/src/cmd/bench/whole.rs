//! The agent as a whole: the pipeline of `run`, with every stage and its outbox on disk, on some
//! streams for a while. Its broker is away, as it may be at any time, and its rules watch but find
//! nothing: evidence is not part of what a camera costs at rest.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use contract::v1::{AgentId, CameraCounters, EnrolmentAnswer, SecretKey};
use serde_json::{Value, json};

use super::Course;
use crate::cmd::{cpu_seconds, memory_mib, rounded};
use crate::config::Config;
use crate::identity::{Enrolment, Identity};
use crate::pipeline::Agent;
use crate::telemetry;

/// How long the streams may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);
const AGENT: &str = "bench";
/// Nobody listens on TCP's port 1: every connection is refused at once.
const NOWHERE: &str = "127.0.0.1:1";

pub(super) fn run(course: &Course) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let config = configuration(course, folder.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let told = runtime.block_on(measure(course, config))?;
    runtime.shutdown_background();
    Ok(told)
}

fn configuration(course: &Course, folder: &Path) -> anyhow::Result<Config> {
    let mut text = format!(
        "[agent]\ndata_dir = {:?}\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
        folder.join("data")
    );
    for (number, url) in (1..).zip(&course.urls) {
        let (url, fps) = (url.location(), course.fps);
        let gate = match course.gate.as_str() {
            // What a camera does by default.
            "auto" => String::new(),
            other => format!("gate = {other:?}\n"),
        };
        write!(
            text,
            "[[camera]]\nid = \"bench-{number}\"\nurl = {url:?}\nanalyse_fps = {fps}\n{gate}\
             [[camera.zone]]\nid = \"ground\"\n\
             polygon = [[0.0, 0.3], [1.0, 0.3], [1.0, 1.0], [0.0, 1.0]]\n\
             [[camera.rule]]\nkind = \"illegal_parking\"\nzone = \"ground\"\ndwell_s = 3600\n"
        )?;
    }
    let file = folder.join("agent.toml");
    std::fs::write(&file, text).context("cannot write the bench's configuration")?;
    let mut config = Config::load(&file)?;
    config.detect = course.detect.clone();
    for camera in &mut config.cameras {
        camera.model.clone_from(&course.model.manifest.name);
    }
    config.models = vec![course.model.clone()];
    Ok(config)
}

/// An agent that was never enrolled anywhere: what it signs goes nowhere.
fn identity() -> anyhow::Result<Identity> {
    let key = SecretKey::from_bytes(&[7; 32]);
    let answer = EnrolmentAnswer {
        agent: AGENT.parse::<AgentId>()?,
        server_public_key: key.public(),
        mqtt_url: format!("mqtt://{NOWHERE}"),
        mqtt_password: String::new(),
        upload_token: String::new(),
    };
    let server_url = format!("http://{NOWHERE}").parse()?;
    Ok(Identity {
        key,
        enrolment: Enrolment { server_url, answer },
    })
}

async fn measure(course: &Course, config: Config) -> anyhow::Result<Value> {
    if let Some(listen) = config.metrics.listen {
        telemetry::start_metrics(listen)?;
    }
    let agent = Agent::start(config, identity()?).await?;
    let connected = Instant::now();
    while agent.counters().iter().any(|camera| camera.analysed == 0) {
        ensure!(
            connected.elapsed() < PATIENCE,
            "not every stream gave a picture within {} s",
            PATIENCE.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(course.warm_up).await;
    let (began, before) = (Instant::now(), cpu_seconds().context("processor time")?);
    let at_first = total(&agent.counters());
    tokio::time::sleep(course.lasting).await;
    let wall = began.elapsed().as_secs_f64();
    let cpu = cpu_seconds().context("processor time")? - before;
    let at_last = total(&agent.counters());
    let memory = (memory_mib("VmRSS"), memory_mib("VmHWM"));
    agent.stop().await;
    Ok(json!({
        "part": "whole",
        "streams": course.urls.len(),
        "gate": course.gate,
        "model": course.model.manifest.name,
        "seconds": rounded(wall),
        "cpu_s": rounded(cpu),
        "received": at_last.received - at_first.received,
        "decoded": at_last.decoded - at_first.decoded,
        "analysed": at_last.analysed - at_first.analysed,
        "dropped": at_last.dropped - at_first.dropped,
        "reconnects": at_last.reconnects - at_first.reconnects,
        "memory_mib": memory.0,
        "memory_most_mib": memory.1,
    }))
}

fn total(cameras: &[CameraCounters]) -> CameraCounters {
    let add = |sum: CameraCounters, one: &CameraCounters| CameraCounters {
        received: sum.received + one.received,
        decoded: sum.decoded + one.decoded,
        analysed: sum.analysed + one.analysed,
        dropped: sum.dropped + one.dropped,
        reconnects: sum.reconnects + one.reconnects,
    };
    cameras.iter().fold(CameraCounters::default(), add)
}
