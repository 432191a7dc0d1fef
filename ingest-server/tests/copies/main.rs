//! Copies of evidence as they are really made: the program itself as the process that makes them,
//! GStreamer, openh264; a stand-in for the agent's eyes that knows where everything was drawn.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod citizens;
mod plates;
mod redaction;
mod viewing;
