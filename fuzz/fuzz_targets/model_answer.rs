//! Fuzz target `model_answer`; what it does stands in `bodies.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|data: &[u8]| bodies::run("model_answer", data));
