//! What every report of a camera says of it, in each of its poses.

use std::collections::HashMap;
use std::sync::Arc;

use contract::v1::{CameraId, ModelRef};

use crate::config::{CameraConfig, Config, PoseId};
use crate::detect::Detector;
use crate::report::{CameraFacts, Grounds, Proposal};

/// One camera's facts.
#[derive(Debug, Clone)]
pub(super) struct PosedFacts {
    /// Whatever its pose.
    general: Arc<CameraFacts>,
    /// By pose; empty for a camera that does not turn.
    posed: Vec<Arc<CameraFacts>>,
}

impl PosedFacts {
    /// Of a camera as it is planned.
    pub(super) fn of(general: &CameraFacts, version: &str, camera: &CameraConfig) -> Self {
        let with = |here: &CameraConfig, pose: Option<&str>| {
            Arc::new(CameraFacts {
                pose: pose.map(str::to_owned),
                grounds: Some(grounds(version, here)),
                ..general.clone()
            })
        };
        let poses = &camera.poses;
        let one = |pose: PoseId| Some(with(&camera.in_pose(pose), Some(poses.name(pose)?)));
        Self {
            general: with(camera, None),
            posed: poses.all().into_iter().filter_map(one).collect(),
        }
    }

    /// The camera.
    pub(super) fn camera(&self) -> &CameraId {
        &self.general.id
    }

    /// What is said of it whatever its pose.
    pub(super) fn general(&self) -> &Arc<CameraFacts> {
        &self.general
    }

    /// What is said of it in a pose.
    pub(super) fn at(&self, pose: Option<PoseId>) -> &Arc<CameraFacts> {
        let posed = pose.and_then(|pose| self.posed.get(usize::from(pose.0)));
        posed.unwrap_or(&self.general)
    }
}

/// The facts of every camera that has a model.
pub(super) fn all_facts(
    config: &Config,
    detectors: &HashMap<String, Detector>,
) -> HashMap<CameraId, Arc<CameraFacts>> {
    let with_model = |camera: &CameraConfig| {
        let detector = detectors.get(&camera.model)?;
        let facts = facts(&config.version, camera, detector);
        Some((camera.id.clone(), Arc::new(facts)))
    };
    config.cameras.iter().filter_map(with_model).collect()
}

fn facts(version: &str, config: &CameraConfig, detector: &Detector) -> CameraFacts {
    let manifest = detector.manifest();
    CameraFacts {
        id: config.id.clone(),
        name: Some(config.name.clone()),
        place: config.place,
        model: Some(ModelRef {
            name: manifest.name.clone(),
            sha256: detector.sha256().to_owned(),
        }),
        pose: None,
        grounds: Some(grounds(version, config)),
    }
}

fn grounds(version: &str, config: &CameraConfig) -> Grounds {
    let zone_versions = config
        .zones
        .iter()
        .map(|zone| (zone.id.clone(), zone.polygon.version()));
    let line_versions = config
        .lines
        .iter()
        .map(|line| (line.id.clone(), line.version()));
    let proposals = config.rules.iter().filter_map(|rule| {
        Some(Proposal {
            detail: rule.kind.detail(),
            zone: rule.zone.clone(),
            offence: rule.proposed_offence.clone()?,
        })
    });
    let calibration = config.calibration.as_ref();
    Grounds {
        config_version: version.to_owned(),
        calibration_version: calibration
            .map(|calibration| calibration.version(config.elevation.as_ref())),
        zone_versions: zone_versions.chain(line_versions).collect(),
        proposals: proposals.collect(),
    }
}
