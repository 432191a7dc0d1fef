//! What the demo's cameras film, and by which rules: the clips of `config/demo/scenes.toml` that lie
//! in the folder `VONG_DEMO_CLIPS`, or the rendered scenes; and which model looks at each.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use toml::Table;

use crate::harness::{CameraSetup, Model};

const SCENES: &str = include_str!("../../../config/demo/scenes.toml");

/// One camera of the demo.
#[derive(Debug)]
pub(super) struct Scene {
    /// A clip's path, or the simulator's word for a rendered scene.
    pub(super) footage: String,
    /// The model that looks at it.
    pub(super) model: String,
    /// Everything but its URL.
    pub(super) camera: CameraSetup,
}

/// What this machine can show.
#[derive(Debug, Default)]
pub(super) struct Playbill {
    /// What is shown.
    pub(super) scenes: Vec<Scene>,
    /// The names of what is left out, since no model here sees what it is about.
    pub(super) left_out: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    scene: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    clip: PathBuf,
    name: String,
    sees: Vec<String>,
    camera: Table,
}

impl Playbill {
    fn add(&mut self, footage: String, entry: Entry, models: &[Model]) -> anyhow::Result<()> {
        let Some(model) = models.iter().find(|model| model.sees_all(&entry.sees)) else {
            self.left_out.push(entry.name);
            return Ok(());
        };
        let mut rest = entry.camera;
        let id = rest.get("id").and_then(toml::Value::as_str);
        let id = id.with_context(|| format!("config/demo/scenes.toml: {}: no id", entry.name))?;
        let id = id.to_owned();
        rest.insert("model".to_owned(), model.name.as_str().into());
        self.scenes.push(Scene {
            footage,
            model: model.name.clone(),
            camera: CameraSetup {
                id,
                name: entry.name,
                url: String::new(),
                password: None,
                rest,
            },
        });
        Ok(())
    }
}

/// The scenes of this machine, each looked at by the strongest of these models that sees what it is
/// about.
///
/// # Errors
/// Where `config/demo/scenes.toml` is not what is described there.
pub(super) fn load(models: &[Model]) -> anyhow::Result<Playbill> {
    let playbill = match std::env::var_os("VONG_DEMO_CLIPS") {
        Some(folder) => clips_in(Path::new(&folder), models)?,
        None => Playbill::default(),
    };
    if playbill.scenes.is_empty() {
        rendered(models)
    } else {
        Ok(playbill)
    }
}

fn clips_in(folder: &Path, models: &[Model]) -> anyhow::Result<Playbill> {
    let file: File = toml::from_str(SCENES).context("config/demo/scenes.toml")?;
    let mut playbill = Playbill::default();
    for entry in file.scene {
        let clip = folder.join(&entry.clip);
        if clip.is_file() {
            playbill.add(clip.to_string_lossy().into_owned(), entry, models)?;
        }
    }
    Ok(playbill)
}

fn rendered(models: &[Model]) -> anyhow::Result<Playbill> {
    let mut playbill = Playbill::default();
    playbill.add("scene".to_owned(), rendered_street(), models)?;
    playbill.add("fire-scene".to_owned(), rendered_fire(), models)?;
    Ok(playbill)
}

fn rendered_street() -> Entry {
    let camera = toml::toml! {
        id = "rendered-street"
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
    Entry {
        clip: PathBuf::new(),
        name: "Phố dựng hình — rendered street".to_owned(),
        sees: vec!["car".to_owned(), "large_vehicle".to_owned()],
        camera,
    }
}

fn rendered_fire() -> Entry {
    let camera = toml::toml! {
        id = "rendered-fire"
        place = { lat = 16.4655, lon = 107.5875, uncertainty_m = 20.0 }

        [[rule]]
        kind = "fire_smoke"
        clear_after_s = 5.0
        cool_down_s = 5.0
        pre_roll_s = 4.0
        post_roll_s = 3.0
    };
    Entry {
        clip: PathBuf::new(),
        name: "Đám cháy dựng hình — rendered fire".to_owned(),
        sees: vec!["fire".to_owned()],
        camera,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, sees: &[&str]) -> Model {
        Model {
            name: name.to_owned(),
            sees: sees.iter().map(|class| (*class).to_owned()).collect(),
            folder: None,
        }
    }

    #[test]
    fn without_clips_the_rendered_scenes_are_filmed() {
        let starter = [model("starter", &["car", "large_vehicle", "fire"])];
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(clips_in(empty.path(), &starter).unwrap().scenes.len(), 0);
        let footage = |models: &[Model]| -> Vec<String> {
            let scenes = rendered(models).unwrap().scenes;
            scenes.into_iter().map(|scene| scene.footage).collect()
        };
        assert_eq!(footage(&starter), ["scene", "fire-scene"]);
        assert_eq!(
            footage(&[model("nano", &["car", "large_vehicle"])]),
            ["scene"]
        );
    }

    #[test]
    fn each_clip_becomes_a_camera_with_rules_and_the_strongest_model_that_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        let file: File = toml::from_str(SCENES).unwrap();
        for entry in &file.scene {
            std::fs::write(folder.path().join(&entry.clip), "").unwrap();
        }
        let models = [
            model("strong", &["person", "car", "cattle"]),
            model("starter", &["person", "car", "fire"]),
        ];
        let playbill = clips_in(folder.path(), &models).unwrap();
        assert_eq!(playbill.scenes.len(), file.scene.len());
        for Scene { camera, model, .. } in playbill.scenes {
            let id = &camera.id;
            assert!(camera.rest.contains_key("rule"), "{id} has no rule");
            let wanted = if id == "yard" { "starter" } else { "strong" };
            assert_eq!(model, wanted, "{id}");
        }
        let starter_alone = clips_in(folder.path(), &models[1..]).unwrap();
        assert_eq!(starter_alone.left_out, ["Bò trên đường"]);
    }
}
