//! A second look at what a detector takes for flame or smoke: a small classifier sees the place in
//! the last few pictures, and may refute it.
//!
//! What does not belong here: deciding what becomes of a refuted place; the rule does.

mod shelf;
mod verdict;

pub use verdict::Verdict;

use shelf::Shelf;

use crate::camera::Frame;
use crate::config::{
    CameraConfig, ClassifierManifest, Config, ConfigError, DetectConfig, RuleKind, Verify,
};
use crate::detect::{Classifier, DetectError, Detection, Probabilities};

/// Smallest side of a box in pixels that says enough to a classifier: a far plume does not.
const LEAST_SIDE: f32 = 24.0;
/// Most places a picture that are looked at again, the surest first: each takes about a millisecond.
const MOST_LOOKS: usize = 8;

/// Why there is no second look although one is wanted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its manifest cannot be used.
    #[error("[detect] fire_verifier: its manifest cannot be used")]
    Manifest(#[source] ConfigError),
    /// It does not load.
    #[error("the fire verifier does not load")]
    Model(#[source] DetectError),
}

/// Whether a camera has a rule that asks for a second look.
#[must_use]
pub fn wanted(camera: &CameraConfig) -> bool {
    camera
        .rules
        .iter()
        .any(|rule| matches!(&rule.kind, RuleKind::FireSmoke(own) if own.verify == Verify::Auto))
}

fn watches_fire(camera: &CameraConfig) -> bool {
    let mut kinds = camera.rules.iter().map(|rule| &rule.kind);
    kinds.any(|kind| matches!(kind, RuleKind::FireSmoke(_)))
}

/// The same as [`classifier`]; none where no camera watches for fire.
///
/// # Errors
/// [`VerifyError`] where there is one that cannot be used.
pub fn start(config: &Config) -> Result<Option<Classifier>, VerifyError> {
    // Whether it looks is a parameter that the server may change; whether there is fire to look at is
    // not.
    if !config.cameras.iter().any(watches_fire) {
        return Ok(None);
    }
    classifier(&config.detect)
}

/// The classifier for the second look: the configured one, else the one in the program; none where
/// this build has none.
///
/// # Errors
/// [`VerifyError`] where there is one that cannot be used.
pub fn classifier(detect: &DetectConfig) -> Result<Option<Classifier>, VerifyError> {
    let manifest = match &detect.fire_verifier {
        Some(file) => ClassifierManifest::load(file).map(Some),
        None => ClassifierManifest::fire_verifier(),
    };
    let Some(manifest) = manifest.map_err(VerifyError::Manifest)? else {
        return Ok(None);
    };
    Classifier::start(&manifest, detect)
        .map(Some)
        .map_err(VerifyError::Model)
}

/// One camera's second look.
#[derive(Debug)]
pub struct FireVerifier {
    classifier: Classifier,
    shelf: Shelf,
}

impl FireVerifier {
    /// A verifier that has seen nothing yet.
    #[must_use]
    pub fn new(classifier: Classifier) -> Self {
        let manifest = classifier.manifest();
        Self {
            shelf: Shelf::new(manifest.crops, manifest.spacing),
            classifier,
        }
    }

    /// The classifier's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.classifier.manifest().name
    }

    /// Looks again at what burns in this picture. Gives nothing until enough pictures came, where they
    /// come too slowly to show movement, and for boxes too small to say anything.
    ///
    /// # Errors
    /// [`DetectError`] where the inference fails; what was seen stands unrefuted then.
    pub fn look(
        &mut self,
        frame: &Frame,
        detections: &[Detection],
    ) -> Result<Vec<Verdict>, DetectError> {
        let Some(stack) = self.shelf.stack(frame) else {
            return Ok(Vec::new());
        };
        let mut doubtful: Vec<&Detection> = detections.iter().filter(|it| burns(it)).collect();
        doubtful.sort_by(|a, b| b.score.total_cmp(&a.score));
        doubtful
            .into_iter()
            .take(MOST_LOOKS)
            .map(|detection| {
                let probabilities = self.classifier.judge(&stack, &detection.bbox)?;
                Ok(Verdict {
                    bbox: detection.bbox,
                    burning: burning(&probabilities),
                    refutes_below: self.classifier.manifest().veto_below,
                })
            })
            .collect()
    }

    /// The stream ended or broke: what comes next is another time line.
    pub fn forget(&mut self) {
        self.shelf.forget();
    }
}

fn burns(detection: &Detection) -> bool {
    matches!(&*detection.class, "fire" | "smoke")
        && detection.bbox.w.min(detection.bbox.h) >= LEAST_SIDE
}

/// The share of all labels but the first, which means none of the others.
fn burning(probabilities: &Probabilities) -> f32 {
    let of_labels = probabilities.iter().skip(1);
    of_labels
        .map(|(_, share)| share)
        .sum::<f32>()
        .clamp(0.0, 1.0)
}
