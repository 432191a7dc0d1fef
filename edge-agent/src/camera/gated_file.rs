//! A recording through the gate, lock-step: what the analysis of a live camera would get of it if
//! it were never too slow.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::access_unit::{AccessUnit, StreamInfo};
use super::decoding::RingRecall;
use super::fault::CameraError;
use super::file::{FileError, Timing, UnitReader};
use super::frame::Frame;
use super::gate::{Cause, GateHandle, GatePolicy, GateReport, Signal};
use super::gated::{Decoded, GatedDecoder, Regard, Wanted};
use super::ring::{Epoch, RingLimits};
use super::shared_ring::SharedRing;
use super::source::DecoderOptions;
use crate::time::{ClockAnchor, StreamTime};

/// The only connection of a recording.
const EPOCH: Epoch = Epoch(1);
/// What a lock-step reader remembers: as much as a camera by default.
const RING: RingLimits = RingLimits {
    span: Duration::from_secs(30),
    bytes: 64 << 20,
};

/// A picture that is due.
#[derive(Debug, Clone)]
pub struct GatedItem {
    /// The picture.
    pub frame: Frame,
    /// How to regard it.
    pub regard: Regard,
}

/// A recording read through the gate; call [`GatedFile::next_due`] until it gives nothing more.
pub struct GatedFile {
    path: PathBuf,
    reader: UnitReader,
    stream: GatedStream,
    due: VecDeque<GatedItem>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Reading,
    Over,
}

impl GatedFile {
    /// Opens a recording whose pictures are analysed `fps` times a second. `wall` is the wall clock
    /// of its first picture.
    ///
    /// # Errors
    /// [`FileError`] where the file is missing or holds no supported video.
    pub fn open(
        path: &Path,
        timing: Timing,
        wall: Timestamp,
        fps: f64,
        gate: GatePolicy,
    ) -> Result<Self, FileError> {
        let file = std::fs::File::open(path);
        drop(file.map_err(|source| FileError::Open {
            path: path.to_owned(),
            source,
        })?);
        let fault = |source| FileError::Read {
            path: path.to_owned(),
            source,
        };
        let reader = UnitReader::open(path, timing).map_err(fault)?;
        let anchor = ClockAnchor {
            stream: StreamTime::ZERO,
            wall,
        };
        let stream = GatedStream::start(&reader.info, fps, gate, anchor).map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            stream,
            due: VecDeque::new(),
            stage: Stage::Reading,
        })
    }

    /// The next picture that is due; nothing at the end, or after an error.
    ///
    /// # Errors
    /// [`FileError`] where the recording breaks.
    pub fn next_due(&mut self) -> Result<Option<GatedItem>, FileError> {
        let next = self.step().map_err(|source| FileError::Read {
            path: self.path.clone(),
            source,
        });
        if next.is_err() {
            self.stage = Stage::Over;
        }
        next
    }

    fn step(&mut self) -> Result<Option<GatedItem>, CameraError> {
        loop {
            if let Some(item) = self.due.pop_front() {
                return Ok(Some(item));
            }
            if self.stage == Stage::Over {
                return Ok(None);
            }
            match self.reader.next()? {
                Some(unit) => self.stream.take(&Arc::new(unit), &mut self.due)?,
                None => {
                    self.stage = Stage::Over;
                    self.stream.finish(&mut self.due)?;
                }
            }
        }
    }

    /// The analysis saw something in the picture of that moment that keeps the gate open, or wakes
    /// it; see [`GateHandle::hold`].
    pub fn hold(&mut self, at: StreamTime, cause: Cause) {
        self.stream.hold(at, cause);
    }

    /// Access units so far.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.stream.received()
    }

    /// Pictures decoded so far; those decoded twice count twice.
    #[must_use]
    pub const fn decoded(&self) -> u64 {
        self.stream.decoded()
    }

    /// The latest moment so far.
    #[must_use]
    pub const fn newest(&self) -> Option<StreamTime> {
        self.stream.newest
    }

    /// How the gate stood.
    #[must_use]
    pub fn report(&self) -> GateReport {
        self.stream.report()
    }
}

/// Units in, due pictures out, with a ring of their own.
pub(crate) struct GatedStream {
    ring: SharedRing,
    decoder: GatedDecoder<RingRecall>,
    gate: GateHandle,
    received: u64,
    newest: Option<StreamTime>,
}

impl GatedStream {
    pub(crate) fn start(
        info: &StreamInfo,
        fps: f64,
        gate: GatePolicy,
        anchor: ClockAnchor,
    ) -> Result<Self, CameraError> {
        let ring = SharedRing::new(RING);
        ring.begin(EPOCH, info.clone(), anchor);
        let wanted = Wanted {
            fps,
            gate,
            decoder: DecoderOptions::default(),
        };
        let recall = RingRecall {
            ring: ring.clone(),
            epoch: EPOCH,
        };
        Ok(Self {
            ring,
            decoder: GatedDecoder::start(info, wanted, anchor, recall)?,
            gate: GateHandle::default(),
            received: 0,
            newest: None,
        })
    }

    pub(crate) fn take(
        &mut self,
        unit: &Arc<AccessUnit>,
        due: &mut VecDeque<GatedItem>,
    ) -> Result<(), CameraError> {
        self.ring.push(Arc::clone(unit));
        self.received += 1;
        self.decoder.take(unit, &mut |decoded| keep(due, decoded))?;
        let passed = self.newest.map(|newest| unit.pts.since(newest));
        self.gate
            .note(self.decoder.waking(), passed.unwrap_or_default());
        self.newest = self.newest.max(Some(unit.pts));
        Ok(())
    }

    pub(crate) fn finish(&mut self, due: &mut VecDeque<GatedItem>) -> Result<(), CameraError> {
        self.decoder.finish(&mut |decoded| keep(due, decoded))
    }

    pub(crate) fn hold(&mut self, at: StreamTime, cause: Cause) {
        self.decoder.hold(Signal {
            epoch: EPOCH,
            at,
            cause,
        });
    }

    pub(crate) fn report(&self) -> GateReport {
        self.gate.report()
    }

    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    pub(crate) const fn decoded(&self) -> u64 {
        self.decoder.pictures()
    }
}

fn keep(due: &mut VecDeque<GatedItem>, decoded: Decoded) {
    // A picture that cannot be used is none; a live camera counts it.
    if let Decoded::Due(frame, regard) = decoded {
        due.push_back(GatedItem { frame, regard });
    }
}
