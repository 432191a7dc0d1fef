//! Why detection cannot start or go on. Each sentence names the thing and the remedy.

use std::path::PathBuf;

/// Why detection cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// No ONNX Runtime anywhere.
    #[error(
        "no ONNX Runtime library found (looked at {looked}); run `make setup`, or name one in \
         [detect] onnxruntime"
    )]
    NoRuntime {
        /// Where it was looked for.
        looked: String,
    },
    /// The library is there and does not load.
    #[error("ONNX Runtime {} does not load; run `make setup` for one that does", file.display())]
    Runtime {
        /// The library.
        file: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model's file is nowhere.
    #[error(
        "model {model}: file {file} not found (looked in {looked}); download {url} into {folder}, \
         or run `edge-agent models pull {model}`"
    )]
    NoModel {
        /// The model.
        model: String,
        /// The file's name.
        file: String,
        /// Where it was looked for.
        looked: String,
        /// Where it comes from.
        url: String,
        /// Where it belongs.
        folder: String,
    },
    /// The model's file cannot be read.
    #[error("model {model}: {} cannot be read", file.display())]
    Unreadable {
        /// The model.
        model: String,
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not the one the catalogue means. It is never run.
    #[error(
        "model {model}: {} has sha256 {found}, expected {expected}; delete it and run `edge-agent \
         models pull {model}`", file.display()
    )]
    Hash {
        /// The model.
        model: String,
        /// The file.
        file: PathBuf,
        /// Its hash.
        found: String,
        /// The manifest's.
        expected: String,
    },
    /// Nobody has said which file is meant.
    #[error(
        "model {model}: the SHA-256 of {file} is not known, so it is not run; look at it and trust it \
         with `edge-agent models pull {model} --trust-first`"
    )]
    Untrusted {
        /// The model.
        model: String,
        /// The file's name.
        file: String,
    },
    /// What earlier commands left in the models' folder cannot be read.
    #[error("{} cannot be read; correct it, or delete it and run the command that wrote it", file.display())]
    Ledger {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// ONNX Runtime refuses the file.
    #[error("model {model}: ONNX Runtime cannot load it")]
    Load {
        /// The model.
        model: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model is not of the shape its manifest says.
    #[error(
        "model {model}: {end} has shape {found}, its manifest (family, input and classes) needs \
         {expected}; correct the [[model]]"
    )]
    Shape {
        /// The model.
        model: String,
        /// `input` or `output`.
        end: &'static str,
        /// What the file has.
        found: String,
        /// What the manifest needs.
        expected: String,
    },
    /// An inference failed.
    #[error("model {model}: inference failed")]
    Inference {
        /// The model.
        model: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The picture is not what its header says.
    #[error("picture of {width}×{height} has too few bytes in plane {plane}")]
    Picture {
        /// The header's width.
        width: u32,
        /// The header's height.
        height: u32,
        /// The plane's index.
        plane: usize,
    },
    /// The crops that a classifier was to judge are none.
    #[error("model {model}: {problem}")]
    Stack {
        /// The model.
        model: String,
        /// What is wrong.
        problem: String,
    },
    /// The detector's thread is gone.
    #[error("model {model}: its detector has stopped")]
    Stopped {
        /// The model.
        model: String,
    },
}
