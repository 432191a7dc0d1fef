//! Recall: what the activity gate costs in events. A clip in which a car comes to an empty street,
//! stands and leaves is replayed with every picture decoded, and through the gate; events of the first
//! that the second tells too, at the same time, were not missed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use serde_json::Value;

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Recall {
    /// Events with every picture decoded.
    pub events: usize,
    /// Those of them that the gated replay tells as well.
    pub told: usize,
    /// Pictures that the gated replay decoded, of those in the clip.
    pub decoded_share: f64,
}

const CAMERA: &str = r#"
[[camera]]
id = "clip"
url = "rtsp://127.0.0.1/clip"
analyse_fps = 5.0
[[camera.zone]]
id = "carriageway"
polygon = [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]
[[camera.rule]]
kind = "illegal_parking"
zone = "carriageway"
dwell_s = 3
clear_after_s = 1.0
cool_down_s = 0.0
"#;

/// Replays a clip both ways.
///
/// # Errors
/// Where a replay fails.
pub fn recall(agent: &Path, clip: &Path, model: Option<&str>) -> anyhow::Result<Recall> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let model = model.map_or_else(String::new, |name| format!("[[model]]\nname = {name:?}\n"));
    let config = folder.path().join("agent.toml");
    let data = folder.path().join("data");
    std::fs::write(
        &config,
        format!("[agent]\ndata_dir = {data:?}\n{model}{CAMERA}"),
    )?;
    let replay = |gate: &str| {
        let output = Command::new(agent)
            .arg("--config")
            .arg(&config)
            .args(["replay", "--camera", "clip", gate])
            .arg(clip)
            .env("VONG_LOG", "warn")
            .output()
            .with_context(|| format!("{} cannot be started", agent.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "edge-agent replay {gate}: {said}");
        let lines = String::from_utf8(output.stdout)?;
        let lines = lines.lines().map(serde_json::from_str);
        Ok(lines.collect::<Result<Vec<Value>, _>>()?)
    };
    let (all, gated) = (replay("--gate=off")?, replay("--gate=auto")?);
    let summary = gated.iter().find_map(|line| line.get("summary"));
    let summary = summary.context("a replay without a summary")?;
    let number = |key: &str| summary[key].as_f64().unwrap_or_default();
    let (events, others) = (spans(&all), spans(&gated));
    let told = events
        .iter()
        .filter(|event| others.iter().any(|other| event.meets(other)));
    Ok(Recall {
        events: events.len(),
        told: told.count(),
        decoded_share: number("frames_decoded") / number("units_received").max(1.0),
    })
}

/// An event from its first line to its last.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    detail: String,
    from: f64,
    to: f64,
}

impl Span {
    fn meets(&self, other: &Self) -> bool {
        self.detail == other.detail && self.from <= other.to && other.from <= self.to
    }
}

fn spans(lines: &[Value]) -> Vec<Span> {
    let mut spans: BTreeMap<&str, Span> = BTreeMap::new();
    for line in lines {
        let (Some(event), Some(at)) = (line["event_id"].as_str(), line["t"].as_f64()) else {
            continue;
        };
        let detail = line["detail"].as_str().unwrap_or_default().to_owned();
        let span = spans.entry(event).or_insert(Span {
            detail,
            from: at,
            to: at,
        });
        (span.from, span.to) = (span.from.min(at), span.to.max(at));
    }
    spans.into_values().collect()
}

impl std::fmt::Display for Recall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            events,
            told,
            decoded_share,
        } = self;
        write!(
            f,
            "recall through the gate: {told} of {events} events, {:.0} % of the pictures decoded",
            100.0 * decoded_share
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_told_where_the_same_is_told_at_that_time() {
        let lines = |spans: &[(&str, &str, f64, f64)]| -> Vec<Value> {
            let line = |id: &str, detail: &str, at: f64| json!({"event_id": id, "detail": detail, "t": at});
            let both = spans.iter().flat_map(|(id, detail, from, to)| {
                [line(id, detail, *from), line(id, detail, *to)]
            });
            both.chain([json!({"summary": {"media_s": 30.0}})])
                .collect()
        };
        let all = spans(&lines(&[
            ("a", "parking", 3.0, 9.0),
            ("b", "parking", 20.0, 22.0),
        ]));
        let gated = spans(&lines(&[
            ("x", "parking", 4.0, 9.5),
            ("y", "crossing", 20.0, 22.0),
        ]));
        assert_eq!(all.len(), 2);
        let met: Vec<bool> = all
            .iter()
            .map(|event| gated.iter().any(|other| event.meets(other)))
            .collect();
        assert_eq!(met, [true, false]);
    }
}
