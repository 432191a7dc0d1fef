//! Pictures to detections: model files, sessions, preprocessing, output families, NMS.
//!
//! ONNX Runtime is spoken in `session` and nowhere else. What does not belong here: time (a
//! detector knows one picture), tracks, zones. What a model is, its manifest, is in `config`.

mod detection;
mod error;

pub mod library;
pub mod model_file;

mod letterbox;
mod preprocess;
mod session;

mod family;
mod yolox;

mod nms;

mod detector;

pub use detection::Detection;
pub use detector::Detector;
pub use error::DetectError;
pub use letterbox::Letterbox;
pub use nms::suppress;
pub use preprocess::Preprocessor;
pub use session::Session;
