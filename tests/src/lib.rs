//! Drives Vọng from outside: a camera simulator, a scene to film, a harness that owns a whole
//! installation (broker, server, agent, ports, folders), and the checks of the sources themselves.
//!
//! What does not belong here: anything `edge-agent` or `ingest-server` exports. The two programs are
//! started as processes and spoken to over RTSP, MQTT and HTTP, as their users do.

pub mod bench;
pub mod camera_simulator;
pub mod demo;
pub mod faults;
pub mod harness;
pub mod rendered_scene;
pub mod source_rules;
