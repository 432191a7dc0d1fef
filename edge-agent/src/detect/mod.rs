//! Pictures to detections: manifests, sessions, preprocessing, output families, NMS.
//!
//! ONNX Runtime is spoken in `session` and nowhere else. What does not belong here: time (a
//! detector knows one picture), tracks, zones.

mod detection;

pub use detection::Detection;
