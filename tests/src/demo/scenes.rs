//! What the demo's cameras film, and by which rules: the clips of `config/demo/scenes.toml` that lie
//! in the folder `VONG_DEMO_CLIPS`, or the rendered street.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use toml::Table;

use crate::harness::CameraSetup;

const SCENES: &str = include_str!("../../../config/demo/scenes.toml");

/// One camera of the demo.
#[derive(Debug)]
pub(super) struct Scene {
    /// A clip's path, or `scene` for the rendered street.
    pub(super) footage: String,
    /// Everything but its URL.
    pub(super) camera: CameraSetup,
}

#[derive(Deserialize)]
struct File {
    scene: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    clip: PathBuf,
    name: String,
    camera: Table,
}

/// The scenes of this machine.
///
/// # Errors
/// Where `config/demo/scenes.toml` is not what is described there.
pub(super) fn load() -> anyhow::Result<Vec<Scene>> {
    let scenes = match std::env::var_os("VONG_DEMO_CLIPS") {
        Some(folder) => clips_in(Path::new(&folder))?,
        None => Vec::new(),
    };
    Ok(if scenes.is_empty() {
        vec![rendered_street()]
    } else {
        scenes
    })
}

fn clips_in(folder: &Path) -> anyhow::Result<Vec<Scene>> {
    let file: File = toml::from_str(SCENES).context("config/demo/scenes.toml")?;
    file.scene
        .into_iter()
        .filter(|entry| folder.join(&entry.clip).is_file())
        .map(|entry| {
            let id = entry.camera.get("id").and_then(toml::Value::as_str);
            let id =
                id.with_context(|| format!("config/demo/scenes.toml: {}: no id", entry.name))?;
            Ok(Scene {
                footage: folder.join(&entry.clip).to_string_lossy().into_owned(),
                camera: CameraSetup {
                    id: id.to_owned(),
                    name: entry.name,
                    url: String::new(),
                    password: None,
                    rest: entry.camera,
                },
            })
        })
        .collect()
}

fn rendered_street() -> Scene {
    let rest = toml::toml! {
        place = { lat = 16.4637, lon = 107.5909, uncertainty_m = 20.0 }

        [[zone]]
        id = "carriageway"
        polygon = [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]

        [[rule]]
        kind = "illegal_parking"
        zone = "carriageway"
        dwell_s = 5.0
        clear_after_s = 2.0
        cool_down_s = 5.0
        pre_roll_s = 4.0
        post_roll_s = 3.0
    };
    Scene {
        footage: "scene".to_owned(),
        camera: CameraSetup {
            id: "rendered-street".to_owned(),
            name: "Phố dựng hình — rendered street".to_owned(),
            url: String::new(),
            password: None,
            rest,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_clips_the_rendered_street_is_filmed() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(clips_in(empty.path()).unwrap().len(), 0);
        assert_eq!(rendered_street().footage, "scene");
    }

    #[test]
    fn each_clip_that_is_there_becomes_a_camera_with_rules() {
        let folder = tempfile::tempdir().unwrap();
        let file: File = toml::from_str(SCENES).unwrap();
        for entry in &file.scene {
            std::fs::write(folder.path().join(&entry.clip), "").unwrap();
        }
        let scenes = clips_in(folder.path()).unwrap();
        assert_eq!(scenes.len(), file.scene.len());
        for Scene { camera, .. } in scenes {
            assert!(
                camera.rest.contains_key("rule"),
                "{} has no rule",
                camera.id
            );
        }
    }
}
