//! What the supervisor must know of a camera.

use std::time::Duration;

use contract::v1::CameraId;

use super::address::StreamAddress;
use super::gate::GatePolicy;
use super::ring::RingLimits;
use super::size::Duty;

/// A camera to watch.
#[derive(Debug, Clone)]
pub struct CameraSource {
    /// Its id.
    pub id: CameraId,
    /// Its name for people.
    pub name: String,
    /// Where its stream is.
    pub address: StreamAddress,
    /// What becomes of the pictures.
    pub duty: Duty,
    /// Pictures a second to analyse; zero analyses every picture.
    pub analyse_fps: f64,
    /// When its keyframes are enough.
    pub gate: GatePolicy,
    /// How much of the stream stays in memory.
    pub ring: RingLimits,
    /// How long to wait for it.
    pub patience: Patience,
    /// How to decode it.
    pub decoder: DecoderOptions,
}

/// How long to wait for a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a TCP connection and each answer on it.
    pub connect: Duration,
    /// For the next access unit; after it the stream counts as stalled.
    pub stall: Duration,
    /// For the first packet over UDP, beyond what connecting may take.
    pub udp: Duration,
    /// For the first keyframe, while units come.
    pub keyframe: Duration,
}

impl Default for Patience {
    /// 5 s to connect, 10 s without an access unit, 5 s for UDP to bring the first, 30 s without a
    /// keyframe at the beginning.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(10),
            udp: Duration::from_secs(5),
            keyframe: Duration::from_secs(30),
        }
    }
}

/// How to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecoderOptions {
    /// Threads of one software decoder, at least 1.
    pub threads: u32,
}

impl Default for DecoderOptions {
    /// One thread: cameras run beside one another, and frame threads add latency.
    fn default() -> Self {
        Self { threads: 1 }
    }
}
