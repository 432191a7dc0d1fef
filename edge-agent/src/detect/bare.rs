//! A model with nothing around it: what an inference costs at the least, for the bench.

use super::batching::picture;
use super::detector::load;
use super::error::DetectError;
use super::model_file;
use super::preprocess::Preprocessor;
use super::request::Window;
use super::session::Session;
use crate::config::{DetectConfig, ModelConfig};

/// A model and a tensor that was filled once.
#[derive(Debug)]
pub struct BareModel {
    session: Session,
    preprocessor: Preprocessor,
}

impl BareModel {
    /// Finds, verifies and loads a model.
    ///
    /// # Errors
    /// [`DetectError`] where the runtime or the model is missing or wrong.
    pub fn load(model: &ModelConfig, detect: &DetectConfig) -> Result<Self, DetectError> {
        let chosen = model_file::choose(model, detect)?;
        let session = load(&chosen.manifest, &chosen.read()?, detect)?;
        let input = chosen.manifest.input.clone();
        let mut preprocessor = Preprocessor::new(input, session.element());
        preprocessor.fill(0, &picture(1, 255), Window::Whole)?;
        Ok(Self {
            session,
            preprocessor,
        })
    }

    /// One inference; what comes of it is not read.
    ///
    /// # Errors
    /// [`DetectError::Inference`].
    pub fn run(&mut self) -> Result<(), DetectError> {
        let tensor = self.preprocessor.tensor(1);
        self.session.run(tensor, 1, |_, _| Ok(())).map(drop)
    }
}
