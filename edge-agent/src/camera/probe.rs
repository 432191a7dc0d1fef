//! Looks at a camera once: what it sends, or why it does not. For `check --probe`.

use std::time::{Duration, Instant};

use super::access_unit::{Codec, StreamInfo};
use super::address::{Carrier, CarrierChoice, StreamAddress};
use super::fault::CameraError;
use super::receive::Handover;
use super::rtsp::{Received, Session};
use super::size::Duty;
use super::source::Patience;
use crate::config::Transport;
use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// What a camera sends.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeReport {
    /// How its pictures are encoded.
    pub codec: Codec,
    /// Their size, where the stream says it.
    pub size: Option<PictureSize>,
    /// Pictures a second, measured; absent where too few came.
    pub fps: Option<f64>,
    /// Pictures from keyframe to keyframe, measured; absent where only one keyframe came in time.
    pub gop: Option<u32>,
    /// From the first attempt to connect to the first keyframe.
    pub first_keyframe: Duration,
    /// Mean bit rate over what was seen, bits a second; absent where too little came.
    pub bit_rate: Option<f64>,
    /// What carried it.
    pub carrier: Carrier,
    /// Whether the camera told the time.
    pub clock: Told,
}

/// Whether a camera told the time while it was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// A sender report came.
    Yes,
    /// None came; some cameras send the first only after some seconds.
    #[default]
    NotYet,
}

/// Connects and watches until a second keyframe came, for `timeout` at most; over TCP as well where
/// UDP brings nothing and both are allowed.
///
/// # Errors
/// [`CameraError`] where no keyframe came in time; it has a reason and a remedy.
pub async fn probe(
    address: &StreamAddress,
    duty: Duty,
    timeout: Duration,
) -> Result<ProbeReport, CameraError> {
    let mut carriers = CarrierChoice::new(address.transport);
    loop {
        let carrier = carriers.next();
        match look(address, carrier, duty, timeout).await {
            Err(error) if carriers.falls_back(&error) => {}
            other => return other,
        }
    }
}

async fn look(
    address: &StreamAddress,
    carrier: Carrier,
    duty: Duty,
    timeout: Duration,
) -> Result<ProbeReport, CameraError> {
    let usual = Patience::default();
    let patience = Patience {
        connect: timeout.min(usual.connect),
        stall: timeout,
        ..usual
    };
    // A second carrier may have to be tried within the time that the first was given.
    let silence = match address.transport {
        Transport::Auto if carrier == Carrier::Udp => timeout.min(usual.connect + usual.udp) / 2,
        _ => timeout,
    };
    let mut session = Session::open(address, carrier, duty, Handover::Each, patience)?;
    let begun = Instant::now();
    let mut seen = Seen::default();
    let error = loop {
        let patience = if seen.units == 0 { silence } else { timeout };
        let left = patience.saturating_sub(begun.elapsed());
        match session.next(left).await {
            Ok(received) => seen.note(received, begun),
            Err(error) => break Some(error),
        }
        if seen.gop.is_some() {
            break None;
        }
    };
    session.close().await;
    let units = seen.units;
    match (seen.report(carrier), error) {
        (Some(report), _) => Ok(report),
        (None, Some(CameraError::Stalled(_)) | None) => Err(match carrier {
            _ if units > 0 => CameraError::NoKeyframe(timeout),
            Carrier::Udp => CameraError::UdpBlocked(silence),
            Carrier::Tcp => CameraError::Stalled(timeout),
        }),
        (None, Some(error)) => Err(error),
    }
}

/// What came so far.
#[derive(Debug, Default)]
struct Seen {
    info: Option<StreamInfo>,
    first_keyframe: Option<Duration>,
    span: Option<(StreamTime, StreamTime)>,
    /// All units, those before the first keyframe too.
    units: u32,
    clock: Told,
    pictures: u32,
    bytes: usize,
    gop: Option<u32>,
}

impl Seen {
    fn note(&mut self, received: Received, begun: Instant) {
        match received {
            Received::Stream(info) => {
                *self = Self {
                    info: Some(info),
                    units: self.units,
                    clock: self.clock,
                    ..Self::default()
                }
            }
            Received::Unit(unit) => {
                self.units += 1;
                if self.first_keyframe.is_none() && !unit.keyframe {
                    return;
                }
                if self.first_keyframe.is_some() && unit.keyframe {
                    self.gop.get_or_insert(self.pictures);
                }
                self.first_keyframe.get_or_insert_with(|| begun.elapsed());
                let (first, last) = self.span.unwrap_or((unit.pts, unit.pts));
                self.span = Some((first.min(unit.pts), last.max(unit.pts)));
                self.pictures += 1;
                self.bytes += unit.data.len();
            }
            Received::Time(_) => self.clock = Told::Yes,
            Received::Mishap(_) => {}
        }
    }

    fn report(self, carrier: Carrier) -> Option<ProbeReport> {
        let info = self.info?;
        let seconds = self
            .span
            .map(|(first, last)| last.since(first).as_secs_f64());
        let seconds = seconds.filter(|seconds| *seconds > 0.0);
        let fps = seconds.map(|seconds| f64::from(self.pictures.saturating_sub(1)) / seconds);
        // A rate needs no more precision than a double has.
        let bits = u32::try_from(self.bytes).map_or(f64::from(u32::MAX), f64::from) * 8.0;
        Some(ProbeReport {
            codec: info.codec,
            size: info.size,
            fps,
            gop: self.gop,
            first_keyframe: self.first_keyframe?,
            bit_rate: seconds.map(|seconds| bits / seconds),
            carrier,
            clock: self.clock,
        })
    }
}
