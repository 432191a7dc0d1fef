//! The receiving end of a session: packets of the camera's video to access units that are whole, timed
//! and of a size that is handled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tokio::sync::mpsc;

use super::access_unit::{AccessUnit, StreamInfo};
use super::decoder::named;
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::gate::GateHandle;
use super::header::stated_size;
use super::parameter_sets::ParameterSets;
use super::rtsp::{Mishap, Received};
use super::sample;
use super::size::{Duty, StatedSize};
use super::timeline::{Leaps, Timeline};
use crate::geometry::PictureSize;

/// Predicted units nobody waits for that are let lie before they are handed over together,
const MOST_HELD: usize = 8;
/// and for how long. Waking two threads for each of them cost a quarter of a quiet agent; decoding them
/// together with the one that is due spares a busy one most of its changes from camera to camera.
const LONGEST_HELD: Duration = Duration::from_millis(400);

/// When units are handed over.
#[derive(Debug, Clone)]
pub(crate) enum Handover {
    /// Each as it comes.
    Each,
    /// Keyframes and what is due for analysis at once; what can wait, by this gate, some at a time.
    AsWanted(GateHandle),
}

/// Where the units of a session go, and which are taken.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    /// When full, GStreamer's thread waits.
    pub(crate) units: mpsc::Sender<Received>,
    /// When full, earlier faults already end the session.
    pub(crate) faults: mpsc::Sender<CameraError>,
    /// A leap of the camera's timestamps that is longer than this is closed.
    pub(crate) longest_leap: Duration,
    /// What becomes of the pictures.
    pub(crate) duty: Duty,
    /// When they are handed over.
    pub(crate) handover: Handover,
    /// What waits to be.
    pub(crate) held: Held,
}

impl Sink {
    fn fail(&self, fault: CameraError) {
        // Full: see there. Closed: the session is being dropped.
        drop(self.faults.try_send(fault));
    }

    /// Hands over; waits while there is no room.
    fn send(&self, received: Received) -> Result<(), gst::FlowError> {
        let sent = self.units.blocking_send(received);
        sent.map_err(|_| gst::FlowError::Flushing)
    }
}

/// Attaches a depayloader to the video that the receiver chose, once it is there.
pub(crate) fn video(camera: &gst::Element, pipeline: &gst::Pipeline, sink: Sink) {
    let pipeline = pipeline.downgrade();
    camera.connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else {
            return;
        };
        if let Err(error) = attach(&pipeline, pad, &sink) {
            sink.fail(error);
        }
    });
}

fn attach(pipeline: &gst::Pipeline, pad: &gst::Pad, sink: &Sink) -> Result<(), CameraError> {
    let encoding = pad
        .current_caps()
        .and_then(|caps| caps.structure(0)?.get::<String>("encoding-name").ok())
        .unwrap_or_default();
    let format = Format::of_rtp(&encoding).ok_or_else(|| CameraError::unsupported(&encoding))?;
    let what = "the depayloader";
    let broken = |error: glib::BoolError| CameraError::Pipeline {
        what,
        source: GstFault::new(what, error.message),
    };
    // appsink holds 8 units and then makes the depayloader wait, as the channel behind it does.
    let description = format!(
        "{} ! {} ! {} ! appsink name=units sync=false async=false max-buffers=8",
        format.depayloader, format.parser, format.unit_caps
    );
    let bin = gst::parse::bin_from_description(&description, true).map_err(|error| {
        CameraError::Pipeline {
            what,
            source: GstFault::new(what, error.to_string()),
        }
    })?;
    let units: gst_app::AppSink = named(&bin, "units", what)?;
    deliver(&units, sink.clone());
    pipeline.add(&bin).map_err(broken)?;
    bin.sync_state_with_parent().map_err(broken)?;
    let input = bin
        .static_pad("sink")
        .ok_or_else(|| CameraError::Pipeline {
            what,
            source: GstFault::new(what, "no input"),
        })?;
    pad.link(&input)
        .map(drop)
        .map_err(|error| CameraError::Pipeline {
            what,
            source: GstFault::new(what, error.to_string()),
        })
}

fn deliver(units: &gst_app::AppSink, sink: Sink) {
    let ended = sink.clone();
    let mut intake = Intake::new(&sink);
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |units| {
            let sample = units.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            match intake.take(&sample) {
                Ok(received) => {
                    let ready = sink.held.add(received, &sink.handover);
                    ready.into_iter().try_for_each(|next| sink.send(next))?;
                }
                Err(error) => {
                    sink.fail(error);
                    return Err(gst::FlowError::NotNegotiated);
                }
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .eos(move |_| ended.fail(CameraError::EndOfStream));
    units.set_callbacks(callbacks.build());
}

/// What waits to be handed over together; clones share it, so that nothing of it is lost with the session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    units: Vec<Received>,
    since: Option<Instant>,
}

impl Held {
    /// Everything that waits.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.lock()).units
    }

    /// Adds what came, and gives what is to go now, in order.
    fn add(&self, received: Vec<Received>, handover: &Handover) -> Vec<Received> {
        let patient = match handover {
            Handover::Each => false,
            Handover::AsWanted(gate) => received.iter().all(|next| {
                matches!(next, Received::Unit(unit) if !unit.keyframe && gate.can_wait(unit.pts))
            }),
        };
        let mut waiting = self.lock();
        waiting.units.extend(received);
        let since = *waiting.since.get_or_insert_with(Instant::now);
        if patient && waiting.units.len() < MOST_HELD && since.elapsed() < LONGEST_HELD {
            return Vec::new();
        }
        std::mem::take(&mut *waiting).units
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every critical section leaves it whole, so a poisoned lock is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one session knows of its stream.
struct Intake {
    began: Instant,
    timeline: Timeline,
    sets: ParameterSets,
    duty: Duty,
    current: Option<StreamInfo>,
    /// The size in the newest keyframe's own header.
    stated: Option<PictureSize>,
}

impl Intake {
    fn new(sink: &Sink) -> Self {
        Self {
            began: Instant::now(),
            timeline: Timeline::new(Leaps::Close(sink.longest_leap)),
            sets: ParameterSets::default(),
            duty: sink.duty,
            current: None,
            stated: None,
        }
    }

    /// The sample as a unit, behind what it belongs to where that is new.
    fn take(&mut self, sample: &gst::SampleRef) -> Result<Vec<Received>, CameraError> {
        let caps = sample.caps().ok_or(CameraError::NoVideo)?;
        let info = sample::stream_info(caps)?;
        let mended = self.timeline.mended();
        let arrival = self.began.elapsed();
        let Some(unit) = sample::access_unit(sample, &mut self.timeline, arrival) else {
            return Ok(vec![]);
        };
        let leapt = self.timeline.mended() > mended;
        let lost = self.current.is_some() && sample::follows_a_loss(sample);
        let unit = self.sets.complete(info.codec, unit);
        let info = self.sized(info, &unit)?;
        let mishaps = [(leapt, Mishap::Leap), (lost, Mishap::Loss)];
        let happened = mishaps.iter().filter(|(happened, _)| *happened);
        let mut received: Vec<_> = happened.map(|(_, what)| Received::Mishap(*what)).collect();
        if self.current.as_ref().is_none_or(|c| c.is_other(&info)) {
            self.current = Some(info.clone());
            received.push(Received::Stream(info));
        }
        received.push(Received::Unit(unit));
        Ok(received)
    }

    /// The stream with its size: that of the picture's header before that of the caps, where it can
    /// be handled.
    fn sized(&mut self, info: StreamInfo, unit: &AccessUnit) -> Result<StreamInfo, CameraError> {
        let of_caps = |size: PictureSize| StatedSize {
            width: size.width,
            height: size.height,
        };
        let read = unit.keyframe.then(|| stated_size(info.codec, &unit.data));
        match (read.flatten(), info.size) {
            (Some(stated), _) => self.stated = Some(stated.taken(self.duty)?),
            (None, Some(size)) if self.stated.is_none() => {
                of_caps(size).taken(self.duty)?;
            }
            _ => {}
        }
        let size = self.stated.or(info.size);
        Ok(StreamInfo { size, ..info })
    }
}

#[cfg(test)]
mod tests {
    use super::super::gate::{Cause, Signal, Waking};
    use super::super::ring::Epoch;
    use super::super::ring_fixture::unit;
    use super::*;
    use crate::time::StreamTime;

    fn came(held: &Held, handover: &Handover, at: f64, keyframe: bool) -> usize {
        let unit = Received::Unit(AccessUnit::clone(&unit(at, keyframe, 1)));
        held.add(vec![unit], handover).len()
    }

    #[test]
    fn a_sleeping_gate_gets_keyframes_at_once_and_the_rest_some_at_a_time() {
        let gate = GateHandle::default();
        let handover = Handover::AsWanted(gate.clone());
        let held = Held::default();
        let kinds = [true, false, false, true, false];
        let went = kinds.map(|keyframe| came(&held, &handover, 0.0, keyframe));
        assert_eq!(went, [1, 0, 0, 3, 0]);
        let went: usize = (1..MOST_HELD)
            .map(|_| came(&held, &handover, 0.0, false))
            .sum();
        assert_eq!(went, MOST_HELD);
        assert_eq!(came(&held, &handover, 0.0, false), 0);
        gate.hold(Signal {
            epoch: Epoch(0),
            at: StreamTime::ZERO,
            cause: Cause::Hit,
        });
        let went = came(&held, &handover, 0.0, false);
        assert_eq!(went, 2, "it is about to wake");
        assert_eq!(came(&held, &Handover::Each, 0.0, false), 1);
    }

    #[test]
    fn an_open_gate_gets_what_is_due_at_once_with_what_it_is_predicted_from() {
        let gate = GateHandle::default();
        let _ = gate.note(Some(Waking::Off), Duration::ZERO);
        let handover = Handover::AsWanted(gate.clone());
        let held = Held::default();
        let came = |at: f64, keyframe| came(&held, &handover, at, keyframe);
        assert_eq!(came(0.0, true), 1);
        assert_eq!(came(0.04, false), 1, "nobody knows yet what is due");
        gate.set_next_due(Some(StreamTime::from_secs_f64(0.2)));
        assert_eq!([0.08, 0.12, 0.16].map(|at| came(at, false)), [0, 0, 0]);
        assert_eq!(came(0.2, false), 4);
        assert_eq!(came(0.24, false), 1, "its picture has not come out yet");
        gate.set_next_due(Some(StreamTime::from_secs_f64(0.4)));
        assert_eq!(came(0.28, false), 0);
        assert_eq!(came(0.32, true), 2, "a keyframe waits for nothing");
        assert_eq!(came(0.36, false), 0);
        assert_eq!(held.take().len(), 1, "the session ends");
        assert_eq!(held.take().len(), 0);
    }
}
