//! `make demo`: cameras, server and agent on one machine, with nothing to set up and nothing faked.
//!
//! The pictures come from clips where `VONG_DEMO_CLIPS` names a folder of them, else from the scene
//! the project renders; the strongest model of the machine looks at them, at least the starter that is
//! in the agent; everything behind the camera is the real thing.

mod check;
mod scenes;
mod stage;
mod words;

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::harness::{ApiClient, OPERATOR};

use stage::Stage;
use words::Words;

/// How long `--check` waits for the first whole incident.
const CHECK_PATIENCE: Duration = Duration::from_secs(180);

/// What the demo is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Run for a person until Ctrl-C.
    Watch,
    /// End with the first incident that has a still and a playable clip.
    Check,
}

/// Runs the demo.
///
/// # Errors
/// One sentence for the person who started it.
pub async fn run(mode: Mode) -> anyhow::Result<()> {
    let started = Instant::now();
    say("Vọng: đang khởi động camera, máy chủ và trạm… — starting cameras, server and agent…")?;
    let mut stage = Stage::start().await?;
    for line in &stage.programme {
        say(line)?;
    }
    let outcome = match mode {
        Mode::Watch => watch(&stage).await,
        Mode::Check => check::first_incident(&stage, CHECK_PATIENCE).await.and_then(|()| {
            say(&format!(
                "sự cố đầu tiên có ảnh và video sau {0:.1} giây — first incident with still and \
                 clip after {0:.1} s",
                started.elapsed().as_secs_f64()
            ))
        }),
    };
    let stopped = stage.stop().await;
    outcome.and(stopped)
}

async fn watch(stage: &Stage) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    say(&format!(
        "\n  Bảng điều khiển — console:  {}\n  Đăng nhập — log-in:         {OPERATOR} / {}\n  \
         Nhật ký — logs:             {}\n\nNhấn Ctrl-C để dừng — press Ctrl-C to stop\n",
        stage.server.endpoints().http,
        stage.server.password(),
        stage.folder().display(),
    ))?;
    tokio::select! {
        told = follow(&stage.api) => told,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = terminate.recv() => Ok(()),
    }
}

/// Prints a line for every incident that begins or changes.
async fn follow(api: &ApiClient) -> anyhow::Result<()> {
    let words = Words::load()?;
    let mut live = api.live().await?;
    let mut told = Vec::new();
    for incident in api.incidents().await?.iter().rev() {
        tell(&words, incident, &mut told)?;
    }
    loop {
        let Some(changed) = live.next("incident", Duration::from_secs(3600)).await else {
            live = api.live().await.context("the server no longer answers")?;
            continue;
        };
        if let Some(id) = changed["id"].as_str() {
            tell(&words, &api.incident(id).await?, &mut told)?;
        }
    }
}

/// A change that reads like the last line about the same incident is not told again.
fn tell(words: &Words, incident: &Value, told: &mut Vec<String>) -> anyhow::Result<()> {
    let line = words.incident(incident);
    if told.contains(&line) {
        return Ok(());
    }
    let now = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
    say(&format!("{now}  {line}"))?;
    told.push(line);
    Ok(())
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
