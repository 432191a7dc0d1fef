//! A live camera's decoding: a thread that takes units, and puts pictures into the mailbox.
//!
//! Units wait in a channel. In step with the camera at most [`MOST_WAITING`] wait; where the gate
//! woke and the thread is still at what came before, as many as [`MOST_CATCHING_UP`] may. Beyond
//! that, units are left out up to the next keyframe, and counted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use metrics::counter;

use super::access_unit::{AccessUnit, StreamInfo};
use super::counters::Dropped;
use super::fault::{CameraError, GstFault};
use super::frame::Frame;
use super::gate::{Transition, Waking};
use super::gated::{Decoded, Fed, GatedDecoder, Recall, Regard, Wanted};
use super::mailbox::Picture;
use super::ring::Epoch;
use super::shared_ring::SharedRing;
use super::supervisor::Outputs;
use crate::time::{ClockAnchor, StreamTime};

/// Units that may wait for the decoder: two seconds of a usual camera.
const MOST_WAITING: usize = 50;
/// Units that may wait while the decoder is at what came before the gate woke: half a minute.
const MOST_CATCHING_UP: usize = 750;
/// With no more than so many units waiting the decoder has caught up.
const CAUGHT_UP: usize = 2;
/// A picture that is so much older than the newest unit comes from before the gate woke: no stream
/// reorders pictures over a second.
const BEHIND: Duration = Duration::from_secs(1);
/// How long such a picture waits for the analysis to take the one before it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Units without a picture that are no accident: streams reorder by less.
const SUSPICIOUS: usize = 20;

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It will be dealt with.
    Queued,
    /// The decoder is too far behind: this unit and all up to the next keyframe are left out.
    LeftOut,
}

/// The decoding of one connection. Dropped, it ends before the drop returns.
pub(crate) struct Decoding {
    units: Option<SyncSender<Arc<AccessUnit>>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    leaving_out: bool,
}

#[derive(Default)]
struct Shared {
    waiting: AtomicUsize,
    catching_up: AtomicBool,
    stop: AtomicBool,
    progress: Mutex<Progress>,
}

/// Whether what goes in comes out.
#[derive(Default)]
struct Progress {
    fault: Option<CameraError>,
    /// Units that went into the decoder since the last picture came out, and when the first did.
    silent: Option<(usize, Instant)>,
}

/// The ring, as one connection's decoder remembers it.
pub(crate) struct RingRecall {
    pub(crate) ring: SharedRing,
    pub(crate) epoch: Epoch,
}

impl Recall for RingRecall {
    fn since(&self, from: StreamTime, until: &Arc<AccessUnit>) -> Vec<Arc<AccessUnit>> {
        let held = self
            .ring
            .passage(self.epoch, from, StreamTime::from_nanos(i64::MAX));
        let mut units = held.map_or(Vec::new(), |passage| passage.units);
        // The camera may be ahead of the decoder.
        let end = units.iter().rposition(|unit| Arc::ptr_eq(unit, until));
        units.truncate(end.map_or(0, |last| last + 1));
        units
    }
}

impl Decoding {
    /// Starts a connection's decoding.
    pub(crate) fn start(
        outputs: &Outputs,
        epoch: Epoch,
        anchor: ClockAnchor,
        info: &StreamInfo,
    ) -> Result<Self, CameraError> {
        let source = &outputs.source;
        let mut gate = source.gate;
        if let Some(shortest) = outputs.gate.shortest_event() {
            gate.shortest_event = shortest;
        }
        let wanted = Wanted {
            fps: source.analyse_fps,
            gate,
            decoder: source.decoder,
        };
        let recall = RingRecall {
            ring: outputs.ring.clone(),
            epoch,
        };
        let decoder = GatedDecoder::start(info, wanted, anchor, recall)?;
        // What was due in another connection is of another time line.
        outputs.gate.set_next_due(None);
        let (units, inbox) = sync_channel(MOST_CATCHING_UP);
        let shared = Arc::new(Shared::default());
        let worker = Worker {
            outputs: outputs.clone(),
            epoch,
            anchor,
            shared: Arc::clone(&shared),
            newest: None,
        };
        let thread = std::thread::Builder::new()
            .name(format!("decode {}", source.id))
            .spawn(move || worker.run(decoder, &inbox))
            .map_err(|error| CameraError::Pipeline {
                what: "a thread for the decoder",
                source: GstFault::new("thread", error.to_string()),
            })?;
        Ok(Self {
            units: Some(units),
            shared,
            thread: Some(thread),
            leaving_out: false,
        })
    }

    /// Hands over the next unit, which the ring holds already; never blocks.
    ///
    /// # Errors
    /// What stopped the decoder.
    pub(crate) fn push(&mut self, unit: &Arc<AccessUnit>) -> Result<Pushed, CameraError> {
        // Leaving out single units would smear every picture up to the next keyframe; so when too
        // many wait everything up to there goes.
        let most = match self.shared.catching_up.load(Ordering::Relaxed) {
            true => MOST_CATCHING_UP,
            false => MOST_WAITING,
        };
        let behind = self.shared.waiting.load(Ordering::Relaxed) >= most;
        self.leaving_out = behind || (self.leaving_out && !unit.keyframe);
        if self.leaving_out {
            // From here on the newest wins, so that it gets back into step.
            self.shared.catching_up.store(false, Ordering::Relaxed);
            return Ok(Pushed::LeftOut);
        }
        let Some(units) = &self.units else {
            return Ok(Pushed::LeftOut);
        };
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        match units.try_send(Arc::clone(unit)) {
            Ok(()) => Ok(Pushed::Queued),
            Err(TrySendError::Full(_)) => {
                self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
                self.leaving_out = true;
                Ok(Pushed::LeftOut)
            }
            Err(TrySendError::Disconnected(_)) => Err(self.shared.fault()),
        }
    }

    /// Whether so many units went in without a picture coming out, for so long, that the stream is
    /// no video.
    pub(crate) fn is_silent_for(&self, stall: Duration) -> bool {
        let silent = self.shared.progress().silent;
        silent.is_some_and(|(units, since)| units >= SUSPICIOUS && since.elapsed() > stall)
    }
}

impl Drop for Decoding {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.units = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there was already printed, and ended the connection.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        // Every critical section leaves it whole, so a poisoned lock is still good.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self) -> CameraError {
        let fault = self.progress().fault.take();
        fault.unwrap_or_else(|| CameraError::Panicked("its decoder's thread is gone".to_owned()))
    }

    fn note(&self, fed: Fed) {
        let Fed::Units { units, pictures } = fed else {
            return;
        };
        let mut progress = self.progress();
        progress.silent = match (pictures, progress.silent) {
            (0, Some((before, since))) => Some((before + units, since)),
            (0, None) => Some((units, Instant::now())),
            _ => None,
        };
    }
}

/// The thread.
struct Worker {
    outputs: Outputs,
    epoch: Epoch,
    anchor: ClockAnchor,
    shared: Arc<Shared>,
    newest: Option<StreamTime>,
}

impl Worker {
    fn run(mut self, mut decoder: GatedDecoder<RingRecall>, inbox: &Receiver<Arc<AccessUnit>>) {
        while let Ok(unit) = inbox.recv() {
            let waiting = self.shared.waiting.fetch_sub(1, Ordering::Relaxed) - 1;
            if self.shared.stop.load(Ordering::Relaxed) {
                return;
            }
            if let Err(fault) = self.unit(&mut decoder, &unit) {
                self.shared.progress().fault = Some(fault);
                return;
            }
            if waiting <= CAUGHT_UP {
                self.shared.catching_up.store(false, Ordering::Relaxed);
            }
        }
    }

    fn unit(
        &mut self,
        decoder: &mut GatedDecoder<RingRecall>,
        unit: &Arc<AccessUnit>,
    ) -> Result<(), CameraError> {
        let gate = &self.outputs.gate;
        if let Some(shortest) = gate.shortest_event() {
            decoder.set_shortest_event(shortest);
        }
        if let Some(state) = gate.pose() {
            decoder.turn(state);
        }
        if let Some(signal) = gate.take_signal(self.epoch) {
            decoder.hold(signal);
        }
        let mut put = |decoded| match decoded {
            Decoded::Due(frame, regard) => self.put(unit, frame, regard),
            Decoded::Unusable(fault) => self.unusable(&fault),
        };
        let fed = decoder.take(unit, &mut put)?;
        self.shared.note(fed);
        self.outputs.gate.set_next_due(decoder.next_due());
        self.tell(fed, decoder.waking(), unit.pts);
        Ok(())
    }

    /// Pictures from before the gate woke are old news that nobody has seen: each waits until the
    /// one before it was taken. Else the newest wins.
    fn put(&self, unit: &AccessUnit, frame: Frame, regard: Regard) {
        if unit.pts.since(frame.pts) > BEHIND {
            self.shared.catching_up.store(true, Ordering::Relaxed);
        }
        let picture = Picture {
            epoch: self.epoch,
            anchor: self.anchor,
            frame,
            regard,
        };
        let frames = &self.outputs.frames;
        if !self.shared.catching_up.load(Ordering::Relaxed) {
            frames.put(picture);
            return;
        }
        let regard = match regard {
            Regard::InTurn | Regard::Recalled => Regard::Recalled,
            Regard::Glance => Regard::Glance,
        };
        let picture = Picture { regard, ..picture };
        frames.put_in_turn(picture, PATIENCE, &self.shared.stop);
    }

    fn unusable(&self, fault: &GstFault) {
        let camera = self.outputs.source.id.to_string();
        self.outputs.counters.dropped(Dropped::Unusable);
        counter!("vong_camera_bad_pictures_total", "camera" => camera).increment(1);
        tracing::debug!(
            camera.id = %self.outputs.source.id,
            cause = %fault,
            "decoded picture not usable"
        );
    }

    fn tell(&mut self, fed: Fed, waking: Option<Waking>, pts: StreamTime) {
        let camera = || self.outputs.source.id.to_string();
        if let Fed::Units { pictures, .. } = fed {
            self.outputs.counters.decoded(pictures);
            counter!("vong_camera_pictures_decoded_total", "camera" => camera())
                .increment(pictures);
        }
        let passed = self
            .newest
            .map_or(Duration::ZERO, |newest| pts.since(newest));
        self.newest = self.newest.max(Some(pts));
        if let Transition::Woke(waking) = self.outputs.gate.note(waking, passed) {
            counter!(
                "vong_camera_wakes_total",
                "camera" => camera(),
                "reason" => waking.word()
            )
            .increment(1);
            tracing::debug!(
                camera.id = %self.outputs.source.id,
                reason = waking.word(),
                "the camera's gate woke"
            );
        }
    }
}
