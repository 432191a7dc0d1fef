//! A second opinion: a small classifier that looks at a few crops of one place over time.
//!
//! What does not belong here: when it is asked and what its answer means for an event (`rule`), and
//! keeping the pictures until it is.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::DetectError;
use super::family::{Misfit, Outlet, Output};
use super::model_file;
use super::preprocess::Tensor;
use super::resample::{Place, Resampler};
use super::session::{Bytes, Session, Wanted};
use crate::camera::Frame;
use crate::config::{ClassifierManifest, ColorOrder, DetectConfig, Provider};
use crate::geometry::{PictureSize, PixelBox};

/// A classifier that is loaded. Clones share it; one judges at a time.
#[derive(Debug, Clone)]
pub struct Classifier {
    manifest: Arc<ClassifierManifest>,
    session: Arc<Mutex<Session>>,
}

/// How likely each label is, adding up to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Probabilities {
    manifest: Arc<ClassifierManifest>,
    shares: Vec<f32>,
}

/// The square of the picture that a classifier looks at, in pixels; inside the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Square {
    left: f32,
    top: f32,
    side: f32,
}

/// The least side of a square, in pixels of the picture.
const LEAST_SIDE: f32 = 32.0;

impl Classifier {
    /// Finds, verifies and loads a classifier.
    ///
    /// # Errors
    /// [`DetectError`] where the runtime or the model is missing or wrong.
    pub fn start(
        manifest: &ClassifierManifest,
        detect: &DetectConfig,
    ) -> Result<Self, DetectError> {
        let origin = model_file::find(&manifest.name, &manifest.file, None, detect)?;
        let bytes = model_file::read_verified(&manifest.name, &manifest.file, &origin)?;
        let side = manifest.size as usize;
        let wanted = Wanted {
            model: &manifest.name,
            input: [1, 3 * manifest.crops, side, side],
            bytes: Bytes::DoNotFit,
            target: None,
            // A stack takes less than a millisecond: threads would cost more than they bring.
            threads: 1,
            provider: Provider::Cpu,
            runtime: detect.onnxruntime.as_deref(),
        };
        let session = Session::load(&bytes, &wanted, |outlets| check(manifest, outlets))?;
        tracing::info!(model = manifest.name, %origin, "model loaded");
        Ok(Self {
            manifest: Arc::new(manifest.clone()),
            session: Arc::new(Mutex::new(session)),
        })
    }

    /// What it is.
    #[must_use]
    pub fn manifest(&self) -> &ClassifierManifest {
        &self.manifest
    }

    /// Judges what stands at `bbox`, in pixels of the picture, over `frames`: as many pictures of one
    /// camera as the manifest says, all of one size, oldest first.
    ///
    /// # Errors
    /// [`DetectError::Stack`] where these are no such pictures or the box is empty;
    /// [`DetectError::Inference`].
    pub fn judge(&self, frames: &[Frame], bbox: &PixelBox) -> Result<Probabilities, DetectError> {
        let tensor = stack(&self.manifest, frames, bbox)?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |_, outputs: &[Output<'_>]| read(&self.manifest, outputs);
        let shares = session.run(Tensor::F32(&tensor), 1, read)?;
        Ok(Probabilities {
            manifest: Arc::clone(&self.manifest),
            shares: shares.into_iter().flatten().collect(),
        })
    }
}

impl Probabilities {
    /// The share of one label, 0 to 1; `None` where the classifier has no such label.
    #[must_use]
    pub fn of(&self, label: &str) -> Option<f32> {
        self.iter()
            .find(|(known, _)| *known == label)
            .map(|(_, share)| share)
    }

    /// Every label with its share, in the order of the manifest.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f32)> {
        let labels = self.manifest.labels.iter().map(AsRef::as_ref);
        labels.zip(self.shares.iter().copied())
    }
}

fn check(manifest: &ClassifierManifest, outlets: &[Outlet<'_>]) -> Result<(), Misfit> {
    let wanted = [Some(1), Some(manifest.labels.len())];
    match outlets.first().is_some_and(|outlet| outlet.is_f32(&wanted)) {
        true => Ok(()),
        false => Err(misfit(manifest, outlets)),
    }
}

/// A share that is no number speaks for nothing: it counts as 0.
fn read(manifest: &ClassifierManifest, outputs: &[Output<'_>]) -> Result<Vec<f32>, Misfit> {
    let shares = outputs.first().and_then(Output::floats);
    let shares = shares.filter(|shares| shares.len() == manifest.labels.len());
    let clean = |share: &f32| match share.is_finite() {
        true => share.clamp(0.0, 1.0),
        false => 0.0,
    };
    let shares = shares.map(|shares| shares.iter().map(clean).collect());
    shares.ok_or_else(|| {
        let outlets: Vec<_> = outputs.iter().map(Output::outlet).collect();
        misfit(manifest, &outlets)
    })
}

fn misfit(manifest: &ClassifierManifest, outlets: &[Outlet<'_>]) -> Misfit {
    Misfit {
        found: Outlet::shown(outlets),
        expected: format!("f32[1, {}]", manifest.labels.len()),
    }
}

/// The crops as one tensor: crop after crop, in each one plane after plane, levels 0 to 255.
fn stack(
    manifest: &ClassifierManifest,
    frames: &[Frame],
    bbox: &PixelBox,
) -> Result<Vec<f32>, DetectError> {
    let wrong = |problem: String| DetectError::Stack {
        model: manifest.name.clone(),
        problem,
    };
    let newest = frames.last().filter(|_| frames.len() == manifest.crops);
    let Some(newest) = newest else {
        let (wanted, got) = (manifest.crops, frames.len());
        return Err(wrong(format!("wants {wanted} pictures, was given {got}")));
    };
    if let Some(other) = frames.iter().find(|frame| frame.size != newest.size) {
        let (a, b) = (other.size.width, newest.size.width);
        return Err(wrong(format!(
            "pictures of {a} and {b} columns are not one place"
        )));
    }
    let square = Square::around(bbox, manifest.context, newest.size)
        .ok_or_else(|| wrong("the box is empty or outside the picture".to_owned()))?;
    let mut tensor = Vec::with_capacity(frames.len() * 3 * (manifest.size as usize).pow(2));
    let mut resampler = Resampler::default();
    for frame in frames {
        append_crop(manifest, frame, square, &mut resampler, &mut tensor)?;
    }
    Ok(tensor)
}

impl Square {
    fn around(bbox: &PixelBox, context: f32, picture: PictureSize) -> Option<Self> {
        let inside = bbox.clipped(picture);
        let sides = [inside.x, inside.y, inside.w, inside.h];
        if !sides.iter().all(|side| side.is_finite()) || inside.area() <= 0.0 {
            return None;
        }
        let (width, height) = picture.as_f32();
        let most = width.min(height);
        let side = (context * bbox.w.max(bbox.h)).max(LEAST_SIDE).min(most);
        let centre = bbox.centre();
        Some(Self {
            left: (centre.x - side / 2.0).clamp(0.0, width - side),
            top: (centre.y - side / 2.0).clamp(0.0, height - side),
            side,
        })
    }

    const fn window(self) -> PixelBox {
        PixelBox {
            x: self.left,
            y: self.top,
            w: self.side,
            h: self.side,
        }
    }
}

fn append_crop(
    manifest: &ClassifierManifest,
    frame: &Frame,
    square: Square,
    resampler: &mut Resampler,
    tensor: &mut Vec<f32>,
) -> Result<(), DetectError> {
    let side = manifest.size as usize;
    let start = tensor.len();
    tensor.resize(start + 3 * side * side, 0.0);
    let order = match manifest.color {
        ColorOrder::Rgb => [0, 1, 2],
        ColorOrder::Bgr => [2, 1, 0],
    };
    let place = Place {
        picture: frame.size,
        window: square.window(),
        columns: manifest.size,
        rows: manifest.size,
    };
    resampler.rows(frame, place, |row, rgb| {
        for (plane, source) in order.into_iter().enumerate() {
            let at = start + plane * side * side + row as usize * side;
            tensor[at..at + side].copy_from_slice(rgb[source]);
        }
    })
}

#[cfg(test)]
#[path = "classifier_tests.rs"]
mod tests;
