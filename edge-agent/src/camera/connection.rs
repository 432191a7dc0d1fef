//! One connection of one camera, from the first unit to the error that ends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::v1::CameraState;
use metrics::counter;
use tokio_util::sync::CancellationToken;

use super::access_unit::{AccessUnit, StreamInfo};
use super::address::Carrier;
use super::decoding::{Decoding, Pushed};
use super::fault::CameraError;
use super::receive::Handover;
use super::ring::{Epoch, Kept};
use super::rtsp::{Received, Session};
use super::size::Duty;
use super::supervisor::Outputs;
use crate::time::{ClockAnchor, StreamTime};

/// How a connection ended.
pub(crate) struct ConnectionEnded {
    /// Why; nothing where it was told to stop.
    pub(crate) error: Option<CameraError>,
    /// The last epoch it used.
    pub(crate) epoch: Epoch,
    /// What came of it.
    pub(crate) delivered: Delivered,
}

/// Whether a connection was of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// At least one access unit came.
    Units,
    /// None did.
    Nothing,
}

/// One RTSP session and the stream it carries now.
pub(crate) struct Connection {
    outputs: Outputs,
    epoch: Epoch,
    announced: Option<StreamInfo>,
    stream: Option<Stream>,
    carrier: Carrier,
    /// When the first unit came.
    first_unit: Option<Instant>,
    delivered: Delivered,
}

impl Connection {
    /// Connects and pumps units until something breaks or `stop` is cancelled.
    pub(crate) async fn run_once(
        outputs: Outputs,
        epoch: Epoch,
        carrier: Carrier,
        stop: CancellationToken,
    ) -> ConnectionEnded {
        let patience = outputs.source.patience;
        let mut connection = Self {
            outputs,
            epoch,
            announced: None,
            stream: None,
            carrier,
            first_unit: None,
            delivered: Delivered::Nothing,
        };
        connection.outputs.clock.forget();
        let source = Arc::clone(&connection.outputs.source);
        let handover = match source.duty {
            Duty::Analyse => Handover::AsWanted(connection.outputs.gate.clone()),
            Duty::Keep => Handover::Each,
        };
        let opened = Session::open(&source.address, carrier, source.duty, handover, patience);
        let error = match opened {
            Err(error) => Some(error),
            Ok(mut session) => {
                let error = tokio::select! {
                    biased;
                    () = stop.cancelled() => None,
                    error = connection.pump(&mut session) => Some(error),
                };
                // Open events end now, not after the camera's answer to our good-bye.
                connection.stream = None;
                session.close().await;
                error
            }
        };
        let Self {
            epoch, delivered, ..
        } = connection;
        ConnectionEnded {
            error,
            epoch,
            delivered,
        }
    }

    async fn pump(&mut self, session: &mut Session) -> CameraError {
        let patience = self.outputs.source.patience;
        let mut wait = patience.connect
            + match self.carrier {
                Carrier::Tcp => patience.stall,
                Carrier::Udp => patience.udp,
            };
        let mut since = Instant::now();
        loop {
            let handled = match session.next(wait.saturating_sub(since.elapsed())).await {
                // A camera that tells the time and sends no picture has stalled all the same.
                Ok(Received::Time(report)) => {
                    self.outputs.clock.heard(report);
                    continue;
                }
                Ok(Received::Mishap(what)) => {
                    counter!("vong_camera_mishaps_total",
                        "camera" => self.outputs.source.id.to_string(),
                        "stream" => self.outputs.source.duty.stream(),
                        "kind" => what.word())
                    .increment(1);
                    continue;
                }
                Ok(received) => self.handle(received),
                Err(CameraError::Stalled(_)) => Err(self.silence(wait)),
                Err(error) => Err(error),
            };
            if let Err(error) = handled {
                // The last pictures before the end belong into the ring; the error is told either way.
                let _ = session.rest().try_for_each(|rest| self.handle(rest));
                return error;
            }
            (wait, since) = (patience.stall, Instant::now());
        }
    }

    /// What it means that nothing came for so long.
    fn silence(&self, wait: Duration) -> CameraError {
        match (self.carrier, self.delivered) {
            (Carrier::Udp, Delivered::Nothing) => CameraError::UdpBlocked(wait),
            _ => CameraError::Stalled(wait),
        }
    }

    fn handle(&mut self, received: Received) -> Result<(), CameraError> {
        match received {
            Received::Stream(info) => {
                // Another size is another stream: tracks in pixels and clips cannot cross it.
                if self.stream.take().is_some() {
                    self.epoch.0 += 1;
                    self.first_unit = None;
                }
                self.announced = Some(info);
                Ok(())
            }
            Received::Unit(unit) => self.unit(Arc::new(unit)),
            Received::Time(_) | Received::Mishap(_) => Ok(()),
        }
    }

    fn unit(&mut self, unit: Arc<AccessUnit>) -> Result<(), CameraError> {
        self.delivered = Delivered::Units;
        self.outputs.counters.received(unit.arrival);
        count(&self.outputs, "vong_camera_access_units_total");
        if self.stream.is_none() {
            // What comes before the first keyframe cannot be shown.
            let Some(info) = self.announced.clone().filter(|_| unit.keyframe) else {
                return self.wait_for_keyframe();
            };
            let stream = Stream::begin(self.outputs.clone(), self.epoch, info, &unit)?;
            self.stream = Some(stream);
            self.outputs.set(CameraState::Running, None);
        }
        self.stream
            .as_mut()
            .map_or(Ok(()), |stream| stream.unit(unit))
    }

    fn wait_for_keyframe(&mut self) -> Result<(), CameraError> {
        let waited = self.first_unit.get_or_insert_with(Instant::now).elapsed();
        match self.outputs.source.patience.keyframe {
            patience if waited > patience => Err(CameraError::NoKeyframe(patience)),
            _ => Ok(()),
        }
    }
}

/// One epoch: units of one size on one time line. Its end is told when it is dropped.
struct Stream {
    outputs: Outputs,
    epoch: Epoch,
    anchor: ClockAnchor,
    decoding: Option<Decoding>,
    newest: StreamTime,
}

impl Stream {
    fn begin(
        outputs: Outputs,
        epoch: Epoch,
        info: StreamInfo,
        first: &AccessUnit,
    ) -> Result<Self, CameraError> {
        let anchor = ClockAnchor {
            stream: first.pts,
            wall: first.arrival,
        };
        let decoding = match outputs.source.duty {
            Duty::Analyse => Some(Decoding::start(&outputs, epoch, anchor, &info)?),
            Duty::Keep => None,
        };
        tracing::info!(
            camera.id = %outputs.source.id,
            camera.name = outputs.source.name,
            stream = outputs.source.duty.stream(),
            codec = %info.codec,
            width = info.size.map(|size| size.width),
            height = info.size.map(|size| size.height),
            "camera connected",
        );
        outputs.ring.begin(epoch, info, anchor);
        Ok(Self {
            outputs,
            epoch,
            anchor,
            decoding,
            newest: first.pts,
        })
    }

    fn unit(&mut self, unit: Arc<AccessUnit>) -> Result<(), CameraError> {
        self.newest = self.newest.max(unit.pts);
        // The ring first: the decoder may want it from there.
        if self.outputs.ring.push(Arc::clone(&unit)) == Kept::GopTooLarge {
            count(&self.outputs, "vong_camera_ring_overflow_total");
            tracing::warn!(
                camera.id = %self.outputs.source.id,
                camera.name = self.outputs.source.name,
                max_bytes = self.outputs.source.ring.bytes,
                "packet ring too small for one GOP: clips will miss their beginning. \
                 Raise max_bytes in [camera.ring] or shorten the camera's keyframe interval.",
            );
        }
        let Some(decoding) = &mut self.decoding else {
            return Ok(());
        };
        if decoding.push(&unit)? == Pushed::LeftOut {
            count(&self.outputs, "vong_camera_decoder_left_out_total");
        }
        // Units that go in while no picture comes out for as long as a stall are no video.
        match decoding.is_silent_for(self.outputs.source.patience.stall) {
            true => Err(CameraError::Undecodable(None)),
            false => Ok(()),
        }
    }
}

fn count(outputs: &Outputs, name: &'static str) {
    let (camera, stream) = (outputs.source.id.to_string(), outputs.source.duty.stream());
    counter!(name, "camera" => camera, "stream" => stream).increment(1);
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The decoder first, so that none of its pictures comes after the end.
        self.decoding = None;
        self.outputs.ring.end();
        if self.outputs.source.duty == Duty::Analyse {
            self.outputs
                .frames
                .end(self.epoch, self.newest, self.anchor);
        }
    }
}
