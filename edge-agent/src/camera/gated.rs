//! One stream's units through its gate and its decoder: pictures that are due for analysis come out.
//!
//! The same for a live camera (`decoding`, on a thread of its own) and a recording (`gated_file`,
//! lock-step): each call returns when the unit is dealt with, so what is decided about a picture
//! holds for the next unit already.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;

use super::access_unit::{AccessUnit, StreamInfo};
use super::decoder::Decoder;
use super::fault::{CameraError, GstFault};
use super::frame::Frame;
use super::gate::{Feed, Gate, GatePolicy, Looked, LumaGrid, Signal, UnitFacts, Waking};
use super::sample;
use super::sampler::Sampler;
use super::source::DecoderOptions;
use super::thinning::{Thinned, Thinning};
use super::unit_kind::{UnitKind, UnitKinds};
use crate::config::GateMode;
use crate::pose::PoseState;
use crate::time::{ClockAnchor, StreamTime};

/// Keyframes whose pictures may still be inside the decoder: more than any stream reorders.
const MOST_KEYFRAMES: usize = 32;

/// How a picture is to be regarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regard {
    /// It is analysed; a newer one may take its place.
    InTurn,
    /// It is analysed, and none takes its place: the gate fetched it from the past, and what began
    /// there would be missed.
    Recalled,
    /// The camera is quiet and this is a keyframe's picture. Where the detector sees something in it
    /// that a rule may count, the gate is to be told and the picture left: it comes again, after
    /// what lies before it. Else it is analysed.
    Glance,
}

/// What comes out.
#[derive(Debug, Clone)]
pub(crate) enum Decoded {
    /// A picture that is due.
    Due(Frame, Regard),
    /// A due picture that cannot be used.
    Unusable(GstFault),
}

/// Where units that came before are remembered.
pub(crate) trait Recall {
    /// The units from the keyframe at or before `from` to `until`, in decode order, `until` the
    /// last; empty where no keyframe of that time is held any more.
    fn since(&self, from: StreamTime, until: &Arc<AccessUnit>) -> Vec<Arc<AccessUnit>>;
}

/// Decoder and gate of one connection.
pub(crate) struct GatedDecoder<R> {
    decoder: Decoder,
    gate: Gate,
    kinds: UnitKinds,
    thinning: Thinning,
    sampler: Sampler,
    recall: R,
    anchor: ClockAnchor,
    chain: Chain,
    keyframes: VecDeque<StreamTime>,
    delivered: Option<StreamTime>,
    pictures: u64,
}

/// Whether the decoder has everything up to the last unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chain {
    Whole,
    Broken,
}

/// How pictures are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wanted {
    /// Pictures a second to analyse; zero analyses every picture.
    pub(crate) fps: f64,
    pub(crate) gate: GatePolicy,
    pub(crate) decoder: DecoderOptions,
}

impl<R: Recall> GatedDecoder<R> {
    pub(crate) fn start(
        info: &StreamInfo,
        wanted: Wanted,
        anchor: ClockAnchor,
        recall: R,
    ) -> Result<Self, CameraError> {
        Ok(Self {
            decoder: Decoder::start(info, wanted.decoder)?,
            gate: Gate::new(wanted.gate),
            kinds: UnitKinds::new(info.codec),
            thinning: Thinning::new(wanted.thinned_fps()),
            sampler: Sampler::new(wanted.fps),
            recall,
            anchor,
            chain: Chain::Broken,
            keyframes: VecDeque::new(),
            delivered: None,
            pictures: 0,
        })
    }

    /// Deals with the next unit, in decode order; `due` gets the pictures that it makes due.
    pub(crate) fn take(
        &mut self,
        unit: &Arc<AccessUnit>,
        due: &mut impl FnMut(Decoded),
    ) -> Result<Fed, CameraError> {
        let before = self.pictures;
        let kind = self.kinds.of(unit);
        let facts = UnitFacts {
            pts: unit.pts,
            kind,
            bytes: unit.data.len(),
        };
        let fed = match self.gate.unit(&facts) {
            Feed::Leave => {
                self.break_chain();
                return Ok(Fed::Nothing);
            }
            Feed::Look => self.look(unit, due)?,
            Feed::Peek => self.peek(unit, due)?,
            Feed::Next => self.next(unit, kind, due)?,
            Feed::From(from) => self.start_from(from, unit, due)?,
        };
        Ok(match fed {
            0 => Fed::Nothing,
            units => Fed::Units {
                units,
                pictures: self.pictures - before,
            },
        })
    }

    /// The stream is over: what the decoder still holds comes out.
    pub(crate) fn finish(&mut self, due: &mut impl FnMut(Decoded)) -> Result<(), CameraError> {
        self.decoder.drain();
        self.deliver_all(due)
    }

    /// Takes the analysis's word.
    pub(crate) fn hold(&mut self, signal: Signal) {
        if let Some(again_after) = self.gate.hold(signal.at, signal.cause) {
            self.delivered = Some(again_after);
            self.sampler.go_back_to(again_after);
        }
    }

    /// The rules are others now.
    pub(crate) fn set_shortest_event(&mut self, shortest: Option<Duration>) {
        self.gate.set_shortest_event(shortest);
    }

    /// Where the camera stands.
    pub(crate) fn turn(&mut self, state: PoseState) {
        self.gate.turn(state);
    }

    /// Why the gate is open.
    pub(crate) fn waking(&self) -> Option<Waking> {
        self.gate.waking()
    }

    /// From when on the next picture is due.
    pub(crate) fn next_due(&self) -> Option<StreamTime> {
        self.sampler.next_due()
    }

    /// Pictures decoded so far.
    pub(crate) const fn pictures(&self) -> u64 {
        self.pictures
    }

    /// Decodes a keyframe by itself.
    fn look(
        &mut self,
        unit: &Arc<AccessUnit>,
        due: &mut impl FnMut(Decoded),
    ) -> Result<usize, CameraError> {
        self.break_chain();
        self.decoder.push(unit)?;
        self.decoder.drain();
        while let Some((picture, at)) = self.next_picture() {
            let frame = match sample::frame(&picture, at, &self.anchor) {
                Ok(frame) => frame,
                Err(fault) => {
                    due(Decoded::Unusable(fault));
                    continue;
                }
            };
            match self.gate.look(at, &LumaGrid::of(&frame)) {
                Looked::Quiet => {}
                Looked::InTurn => self.deliver(frame, Regard::InTurn, due),
                Looked::Glance => self.deliver(frame, Regard::Glance, due),
                Looked::Woken(from) => return Ok(1 + self.start_from(from, unit, due)?),
            }
        }
        Ok(1)
    }

    /// Decodes what came since the last keyframe, only to compare the newest picture.
    fn peek(
        &mut self,
        unit: &Arc<AccessUnit>,
        due: &mut impl FnMut(Decoded),
    ) -> Result<usize, CameraError> {
        let units = self.recall.since(unit.pts, unit);
        self.break_chain();
        self.decoder.restart();
        for unit in &units {
            self.decoder.push(unit)?;
        }
        self.decoder.drain();
        let mut newest = None;
        while let Some((picture, at)) = self.next_picture() {
            newest = Some((picture, at));
        }
        let frame = newest.and_then(|(picture, at)| sample::frame(&picture, at, &self.anchor).ok());
        let woken = frame.and_then(|frame| self.gate.peek(&LumaGrid::of(&frame)));
        let again = match woken {
            Some(from) => self.start_from(from, unit, due)?,
            None => {
                self.decoder.restart();
                0
            }
        };
        Ok(units.len() + again)
    }

    fn next(
        &mut self,
        unit: &Arc<AccessUnit>,
        kind: UnitKind,
        due: &mut impl FnMut(Decoded),
    ) -> Result<usize, CameraError> {
        match (self.chain, kind) {
            (Chain::Broken, UnitKind::Keyframe) => self.chain = Chain::Whole,
            (Chain::Broken, _) => return self.start_from(unit.pts, unit, due),
            (Chain::Whole, _) => {}
        }
        self.decode(unit, kind, due)
    }

    fn start_from(
        &mut self,
        from: StreamTime,
        unit: &Arc<AccessUnit>,
        due: &mut impl FnMut(Decoded),
    ) -> Result<usize, CameraError> {
        let mut units = self.recall.since(from, unit);
        if units.is_empty() && unit.keyframe {
            units.push(Arc::clone(unit));
        }
        self.decoder.restart();
        self.keyframes.clear();
        self.chain = match units.is_empty() {
            true => Chain::Broken,
            false => Chain::Whole,
        };
        let mut fed = 0;
        for unit in &units {
            let kind = self.kinds.of(unit);
            fed += self.decode(unit, kind, due)?;
        }
        Ok(fed)
    }

    fn decode(
        &mut self,
        unit: &Arc<AccessUnit>,
        kind: UnitKind,
        due: &mut impl FnMut(Decoded),
    ) -> Result<usize, CameraError> {
        if self.thinning.unit(unit.pts, kind) == Thinned::LeaveOut {
            return Ok(0);
        }
        if kind == UnitKind::Keyframe {
            if self.keyframes.len() == MOST_KEYFRAMES {
                self.keyframes.pop_front();
            }
            self.keyframes.push_back(unit.pts);
        }
        self.decoder.push(unit)?;
        self.deliver_all(due)?;
        Ok(1)
    }

    fn deliver_all(&mut self, due: &mut impl FnMut(Decoded)) -> Result<(), CameraError> {
        while let Some((picture, at)) = self.next_picture() {
            if self.delivered.is_some_and(|delivered| at <= delivered) {
                continue;
            }
            let compared = self.keyframes.contains(&at) && self.gate.wants_comparison(at);
            let wanted = self.sampler.wants(at);
            if !compared && !wanted {
                continue;
            }
            match sample::frame(&picture, at, &self.anchor) {
                Ok(frame) => {
                    if compared {
                        self.gate.compare(at, &LumaGrid::of(&frame));
                    }
                    if wanted {
                        self.delivered = Some(at);
                        due(Decoded::Due(frame, Regard::InTurn));
                    }
                }
                Err(fault) => due(Decoded::Unusable(fault)),
            }
        }
        Ok(())
    }

    fn deliver(&mut self, frame: Frame, regard: Regard, due: &mut impl FnMut(Decoded)) {
        let at = frame.pts;
        let wanted = self.sampler.wants(at) || regard == Regard::Glance;
        if wanted && self.delivered.is_none_or(|delivered| at > delivered) {
            self.delivered = Some(at);
            due(Decoded::Due(frame, regard));
        }
    }

    fn next_picture(&mut self) -> Option<(gst::Sample, StreamTime)> {
        loop {
            let (picture, at) = self.decoder.picture()?;
            self.pictures += 1;
            // A picture without a time hangs on no unit that was pushed.
            if let Some(at) = at {
                return Some((picture, at));
            }
        }
    }

    /// The next unit that is decoded must be a keyframe.
    fn break_chain(&mut self) {
        if self.chain == Chain::Whole {
            self.decoder.restart();
            self.keyframes.clear();
            self.chain = Chain::Broken;
        }
    }
}

impl Wanted {
    /// A camera whose gate is off is decoded whole.
    fn thinned_fps(&self) -> f64 {
        match self.gate.mode {
            GateMode::Off => 0.0,
            GateMode::Auto | GateMode::Keyframes => self.fps,
        }
    }
}

/// What one unit led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fed {
    /// Nothing was decoded.
    Nothing,
    /// So many units went into the decoder, so many pictures came out.
    Units { units: usize, pictures: u64 },
}
