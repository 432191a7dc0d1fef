//! Where people and vehicles are in pictures: `edge-agent detect` looks, as it looks on the street.
//!
//! The server has no model of its own. The agent's program knows every model of the catalogue, checks
//! their hashes, and is one file; where it is not installed there is no redacted copy, which is said.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio::process::Command;

use super::area::{Area, Seen, Sort};
use super::child::{self, Limits, Outcome};
use super::failure::Failure;

/// Weakest detection that is covered: far below what raises an event, since what is covered for
/// nothing costs little and what is missed is a face.
const SCORE: &str = "0.15";

/// Who looks, with which models.
#[derive(Debug, Clone)]
pub(in crate::evidence) struct Finder {
    /// The agent's program.
    pub(super) program: PathBuf,
    /// Its configuration, where the models it should use are described there.
    pub(super) config: Option<PathBuf>,
    /// The model that finds people and vehicles; its starter where none is named.
    pub(super) model: Option<String>,
    /// A model that finds plates.
    pub(super) plate_model: Option<String>,
}

/// What was found, by the pictures' file names, and by whom.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pictures: BTreeMap<String, Vec<Seen>>,
    /// The program with its version, and the models.
    pub(super) by: String,
}

/// A line of `edge-agent detect`.
#[derive(Debug, Deserialize)]
struct Line {
    image: PathBuf,
    #[serde(default)]
    width: f32,
    #[serde(default)]
    height: f32,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    detections: Vec<Detection>,
}

#[derive(Debug, Deserialize)]
struct Detection {
    class: String,
    #[serde(rename = "box")]
    corners: [f32; 4],
}

impl Finder {
    /// Looks at every picture of a folder.
    ///
    /// # Errors
    /// [`Failure::NoBoxes`] where one of them was not looked at, and what a process can fail of.
    pub(super) async fn find(&self, folder: &Path, limits: Limits) -> Result<Found, Failure> {
        let mut found = Found::default();
        let model = self.model.as_deref();
        let general = self.look(folder, model, limits).await?;
        let mut models = add(&mut found, general, Sort::of);
        if let Some(plates) = self.plate_model.as_deref() {
            let lines = self.look(folder, Some(plates), limits).await?;
            // Whatever such a model calls what it finds.
            models.extend(add(&mut found, lines, |_| Some(Sort::Plate)));
        }
        let expected = std::fs::read_dir(folder).map_err(|_| Failure::NotRun)?;
        if found.pictures.is_empty() || expected.count() != found.pictures.len() {
            return Err(Failure::NoBoxes);
        }
        models.dedup();
        found.by = format!("{} ({})", self.version(limits).await?, models.join(", "));
        Ok(found)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command
    }

    async fn look(
        &self,
        folder: &Path,
        model: Option<&str>,
        limits: Limits,
    ) -> Result<Vec<Line>, Failure> {
        let mut command = self.command();
        command.args(["detect", "--score-threshold", SCORE, "--threads", "1"]);
        if let Some(model) = model {
            command.args(["--model", model]);
        }
        command.arg(folder);
        let ended = match child::run(command, b"", limits).await {
            // Not there is not the same as not now: it is told as what the operator must mend.
            Err(Failure::NotRun) => return Err(Failure::NoBoxes),
            other => other?,
        };
        if ended.outcome == Outcome::Failure {
            return Err(Failure::NoBoxes);
        }
        read(&ended.output)
    }

    async fn version(&self, limits: Limits) -> Result<String, Failure> {
        let mut command = Command::new(&self.program);
        command.arg("--version");
        let ended = child::run(command, b"", limits).await?;
        let text = String::from_utf8_lossy(&ended.output).trim().to_owned();
        Ok(text.chars().take(64).collect())
    }
}

fn read(output: &[u8]) -> Result<Vec<Line>, Failure> {
    let lines = output.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    let lines: Result<Vec<Line>, _> = lines.map(serde_json::from_slice).collect();
    let lines = lines.map_err(|_| Failure::NoBoxes)?;
    let is_whole = |line: &Line| line.error.is_none() && line.width > 0.0 && line.height > 0.0;
    if lines.iter().all(is_whole) {
        Ok(lines)
    } else {
        Err(Failure::NoBoxes)
    }
}

/// Adds what a model found; returns the models' names.
fn add(found: &mut Found, lines: Vec<Line>, sort: impl Fn(&str) -> Option<Sort>) -> Vec<String> {
    let mut models = Vec::new();
    for line in lines {
        let Some(name) = line.image.file_name().and_then(OsStr::to_str) else {
            continue;
        };
        let seen = line.detections.iter().filter_map(|one| {
            let [x0, y0, x1, y1] = one.corners;
            let area = Area {
                x0: x0 / line.width,
                y0: y0 / line.height,
                x1: x1 / line.width,
                y1: y1 / line.height,
            };
            sort(&one.class).map(|sort| Seen { sort, area })
        });
        found
            .pictures
            .entry(name.to_owned())
            .or_default()
            .extend(seen);
        models.extend(line.model.filter(|model| !models.contains(model)));
    }
    models
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agent_prints_is_read_and_a_picture_it_did_not_see_is_a_failure() {
        let line = br#"{"image":"/x/000000000000.jpg","width":200,"height":100,"model":"m","milliseconds":7.1,
            "detections":[{"class":"car","score":0.9,"box":[20,10,100,50]},{"class":"smoke","score":0.9,"box":[0,0,1,1]}]}"#;
        let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != b'\n').collect();
        let mut found = Found::default();
        assert_eq!(add(&mut found, read(&line).unwrap(), Sort::of), ["m"]);
        let area = Area {
            x0: 0.1,
            y0: 0.1,
            x1: 0.5,
            y1: 0.5,
        };
        let car = Seen {
            sort: Sort::Vehicle,
            area,
        };
        assert_eq!(found.pictures["000000000000.jpg"], [car]);
        for bad in [
            &br#"{"image":"/x/1.jpg","error":"no picture"}"#[..],
            br#"{"image":"/x/1.jpg","width":0,"height":0,"detections":[]}"#,
            b"a warning",
        ] {
            assert_eq!(read(bad).unwrap_err(), Failure::NoBoxes);
        }
    }
}
