//! Pictures to detections: model files, sessions, preprocessing, output families, NMS.
//!
//! ONNX Runtime is spoken in `session` and nowhere else. What does not belong here: time (a
//! detector knows one picture), tracks, zones. What a model is, its manifest, is in `config`.

mod detection;
mod error;

pub mod library;

mod ledger;
pub mod model_file;

mod letterbox;
mod planes;
mod preprocess;
mod session;

mod family;
mod nms;

mod detector;
mod self_test;

mod classifier;

pub use classifier::{Classifier, Probabilities};
pub use detection::Detection;
pub use detector::Detector;
pub use error::DetectError;
pub use ledger::{Bench, BenchedModel, Trust, Trusted};
pub use letterbox::Letterbox;
pub use nms::suppress;
pub use preprocess::Preprocessor;
pub use self_test::{SelfTest, stated_input};
