//! `--check`: is there an incident from a camera, with a still and a clip that plays?

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::stage::Stage;
use crate::harness::poll_until;

/// Waits for the first incident whose still and clip are served, and looks into both.
///
/// # Errors
/// What is still missing when the patience ends, or what is wrong with the files.
pub(super) async fn first_incident(stage: &Stage, patience: Duration) -> anyhow::Result<()> {
    let mut missing = "no incident came".to_owned();
    let found = poll_until(patience, async || {
        let incidents = match stage.api.incidents().await {
            Ok(incidents) => incidents,
            Err(error) => {
                missing = format!("the API does not answer: {error:#}");
                return None;
            }
        };
        if !incidents.is_empty() {
            missing = "incidents came, none with a still and a clip".to_owned();
        }
        incidents
            .into_iter()
            .find(|it| it["still"].is_string() && it["clip"].is_string())
    });
    let Some(incident) = found.await else {
        bail!(
            "after {} s {missing}\n{}\n{}",
            patience.as_secs(),
            stage.server.tail(),
            stage.agent.tail()
        );
    };
    for (key, codec) in [("still", "mjpeg"), ("clip", "h264")] {
        look_into(stage, &incident, key, codec).await?;
    }
    Ok(())
}

async fn look_into(stage: &Stage, incident: &Value, key: &str, codec: &str) -> anyhow::Result<()> {
    let id = |key: &str| incident[key].as_str().context("an id");
    let bytes = stage.api.evidence(id("id")?, id(key)?).await?;
    let file = stage.folder().join(key);
    std::fs::write(&file, bytes)?;
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            "v",
            "-show_entries",
            "stream=codec_name",
        ])
        .args(["-of", "csv=p=0"])
        .arg(&file)
        .output()
        .context("ffprobe is missing: apt-get install ffmpeg")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.trim() == codec,
        "ffprobe reads {:?} in the {key}, expected {codec}: {}",
        said.trim(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
