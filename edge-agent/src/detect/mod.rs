//! Pictures to detections: model files, sessions, preprocessing, output families, NMS.
//!
//! ONNX Runtime is spoken in `session` and nowhere else. What does not belong here: time (a
//! detector knows one picture), tracks, zones. What a model is, its manifest, is in `config`.

mod detection;
mod error;

pub mod library;

mod ledger;
pub mod model_file;

mod request;

mod letterbox;
mod planes;
mod resample;
mod preprocess;
mod session;

mod family;
mod nms;
mod answer;

mod batching;
mod schedule;

mod bare;
mod detector;
mod self_test;

mod classifier;

pub use answer::{Answer, AnswerNumbers, read_answer};
pub use bare::BareModel;
pub use classifier::{Classifier, Probabilities};
pub use detection::Detection;
pub use detector::{Detector, Seat};
pub use error::DetectError;
pub use ledger::{Bench, BenchedModel, Trust, Trusted};
pub use letterbox::Letterbox;
pub use nms::suppress;
pub use preprocess::{Element, Preprocessor, Tensor};
pub use request::{Request, Seen, Window};
pub use self_test::{SelfTest, stated_input};
