//! A recording read lock-step: every access unit and every picture, in order, none left out.
//!
//! Nothing here waits for a clock: the reader goes as fast as its consumer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use jiff::Timestamp;

use super::access_unit::{AccessUnit, StreamInfo};
use super::address::Carrier;
use super::decoder::{Decoder, launch, named};
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::frame::Frame;
use super::parameter_sets::ParameterSets;
use super::sample;
use super::source::DecoderOptions;
use super::timeline::{Leaps, Timeline};
use crate::time::{ClockAnchor, StreamTime};

/// Longest that a local file may take to give its next unit.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is not there or may not be read.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no stream that can be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CameraError,
    },
}

/// Which times the pictures get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Timing {
    /// Those of the file; the first picture is at zero.
    AsRecorded,
    /// Time-lapse: the n-th picture in order of presentation is at n times this.
    PerPicture(Duration),
}

/// What comes next out of a recording.
#[derive(Debug, Clone)]
pub enum FileItem {
    /// An access unit, in decode order.
    Unit(Arc<AccessUnit>),
    /// A picture, in order of presentation, after the unit it was decoded from.
    Frame(Frame),
}

/// A recording; iterate to read it. After an error it ends.
pub struct FileSource {
    path: PathBuf,
    reader: UnitReader,
    decoder: Decoder,
    anchor: ClockAnchor,
    frames_decoded: u64,
    newest: Option<StreamTime>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Reading,
    Draining,
    Over,
}

impl FileSource {
    /// Opens a recording. `wall` is the wall clock of its first picture.
    ///
    /// # Errors
    /// [`FileError`] where the file is missing or holds no supported video.
    pub fn open(
        path: &Path,
        timing: Timing,
        wall: Timestamp,
        options: DecoderOptions,
    ) -> Result<Self, FileError> {
        std::fs::File::open(path).map_err(|source| FileError::Open {
            path: path.to_owned(),
            source,
        })?;
        let fault = |source| FileError::Read {
            path: path.to_owned(),
            source,
        };
        let reader = UnitReader::open(path, timing).map_err(fault)?;
        let decoder = Decoder::start(&reader.info, options).map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            decoder,
            anchor: ClockAnchor {
                stream: StreamTime::ZERO,
                wall,
            },
            frames_decoded: 0,
            newest: None,
            stage: Stage::Reading,
        })
    }

    /// What the file carries.
    #[must_use]
    pub const fn info(&self) -> &StreamInfo {
        &self.reader.info
    }

    /// Ties the file's time to the wall clock given to [`FileSource::open`].
    #[must_use]
    pub const fn anchor(&self) -> ClockAnchor {
        self.anchor
    }

    /// Pictures decoded so far.
    #[must_use]
    pub const fn frames_decoded(&self) -> u64 {
        self.frames_decoded
    }

    /// The latest moment shown so far.
    #[must_use]
    pub const fn newest(&self) -> Option<StreamTime> {
        self.newest
    }

    fn step(&mut self) -> Result<Option<FileItem>, CameraError> {
        loop {
            if let Some((sample, stated)) = self.decoder.picture() {
                return self.picture(&sample, stated).map(Some);
            }
            match self.stage {
                Stage::Over => return Ok(None),
                Stage::Reading => {
                    if let Some(unit) = self.reader.next()? {
                        self.decoder.push(&unit)?;
                        return Ok(Some(FileItem::Unit(Arc::new(unit))));
                    }
                    self.decoder.drain();
                    self.stage = Stage::Draining;
                }
                Stage::Draining => {
                    self.stage = Stage::Over;
                    if self.frames_decoded == 0 {
                        let fault = self.decoder.fault_or("gave no picture");
                        return Err(CameraError::Undecodable(Some(fault)));
                    }
                }
            }
        }
    }

    fn picture(
        &mut self,
        sample: &gst::SampleRef,
        stated: Option<StreamTime>,
    ) -> Result<FileItem, CameraError> {
        self.frames_decoded += 1;
        let usual = StreamTime::from_nanos(40_000_000);
        let pts = match (stated, self.newest) {
            (Some(pts), Some(newest)) if pts > newest => pts,
            (Some(pts), None) => pts,
            // Recordings with broken timestamps repeat or go back; rules need time to go on.
            (_, Some(newest)) => newest + Duration::from_millis(1),
            (None, None) => usual,
        };
        self.newest = Some(pts);
        let frame = sample::frame(sample, pts, &self.anchor)
            .map_err(|fault| CameraError::Undecodable(Some(fault)))?;
        Ok(FileItem::Frame(frame))
    }
}

impl Iterator for FileSource {
    type Item = Result<FileItem, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step()
            .map_err(|source| {
                self.stage = Stage::Over;
                FileError::Read {
                    path: self.path.clone(),
                    source,
                }
            })
            .transpose()
    }
}

/// `filesrc ! parsebin ! parser ! appsink`: access units of a file.
pub(super) struct UnitReader {
    pipeline: gst::Pipeline,
    units: gst_app::AppSink,
    timeline: Timeline,
    sets: ParameterSets,
    pub(super) info: StreamInfo,
    first: Option<AccessUnit>,
    lapse: Option<Lapse>,
}

impl UnitReader {
    pub(super) fn open(path: &Path, timing: Timing) -> Result<Self, CameraError> {
        let mut reader = Self::start(path)?;
        if let Timing::PerPicture(step) = timing {
            // Decode order is not the order of presentation: a first pass learns the latter.
            let mut shown = Vec::new();
            while let Some(unit) = reader.next()? {
                shown.push(unit.pts);
            }
            reader = Self::start(path)?;
            reader.lapse = Some(Lapse::new(&shown, step));
        }
        Ok(reader)
    }

    fn start(path: &Path) -> Result<Self, CameraError> {
        let what = "the file reader";
        // appsink holds 4 units and then makes the file wait.
        let pipeline = launch("filesrc name=file ! parsebin name=parse", what)?;
        let file: gst::Element = named(&pipeline, "file", what)?;
        file.set_property("location", path);
        let parse: gst::Element = named(&pipeline, "parse", what)?;
        let (found_tx, found) = std::sync::mpsc::sync_channel(1);
        attach_first_video(&parse, &pipeline, found_tx);
        let mut reader = Self {
            pipeline,
            units: gst_app::AppSink::builder().build(),
            timeline: Timeline::new(Leaps::Keep),
            sets: ParameterSets::default(),
            info: StreamInfo {
                codec: super::Codec::H264,
                caps: String::new(),
                size: None,
            },
            first: None,
            lapse: None,
        };
        let _ = reader.pipeline.set_state(gst::State::Playing);
        reader.units = reader.video(&found)?;
        let sample = reader.pull()?.ok_or(CameraError::NoVideo)?;
        let caps = sample.caps().ok_or(CameraError::NoVideo)?;
        reader.info = sample::stream_info(caps)?;
        reader.first = sample::access_unit(&sample, &mut reader.timeline, Duration::ZERO);
        Ok(reader)
    }

    /// Waits for the parser to find the video, or to say why it cannot.
    fn video(
        &self,
        found: &std::sync::mpsc::Receiver<Found>,
    ) -> Result<gst_app::AppSink, CameraError> {
        let deadline = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < deadline {
            if let Ok(found) = found.recv_timeout(Duration::from_millis(20)) {
                return found;
            }
            if let Some(error) = self.fault() {
                return Err(error);
            }
        }
        Err(CameraError::NoVideo)
    }

    fn pull(&self) -> Result<Option<gst::Sample>, CameraError> {
        match self.units.try_pull_sample(clock_time(PATIENCE)) {
            Some(sample) => Ok(Some(sample)),
            None => match self.fault() {
                Some(error) => Err(error),
                None if self.units.is_eos() => Ok(None),
                None => Err(CameraError::Stalled(PATIENCE)),
            },
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<AccessUnit>, CameraError> {
        loop {
            let unit = match self.first.take() {
                Some(first) => Some(first),
                None => match self.pull()? {
                    Some(sample) => {
                        sample::access_unit(&sample, &mut self.timeline, Duration::ZERO)
                    }
                    None => return Ok(None),
                },
            };
            if let Some(unit) = unit {
                let unit = self.sets.complete(self.info.codec, unit);
                return Ok(Some(match &mut self.lapse {
                    Some(lapse) => lapse.stretched(unit),
                    None => unit,
                }));
            }
        }
    }

    fn fault(&self) -> Option<CameraError> {
        let message = self
            .pipeline
            .bus()?
            .pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(CameraError::from_receive(error, Carrier::Tcp)),
            _ => None,
        }
    }
}

impl Drop for UnitReader {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// The video's sink, or why there is none.
type Found = Result<gst_app::AppSink, CameraError>;

fn attach_first_video(
    parse: &gst::Element,
    pipeline: &gst::Pipeline,
    found: std::sync::mpsc::SyncSender<Found>,
) {
    let weak = pipeline.downgrade();
    parse.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let media_type = caps.structure(0).map_or("", |s| s.name().as_str());
        if !media_type.starts_with("video/") && !media_type.starts_with("image/") {
            return;
        }
        // Full: an earlier video was found, and one is enough.
        let attached = sample::format_of(&caps).and_then(|format| attach(&pipeline, pad, format));
        drop(found.try_send(attached));
    });
}

fn attach(pipeline: &gst::Pipeline, pad: &gst::Pad, format: &Format) -> Found {
    let what = "the file's parser";
    let fault = |text: String| CameraError::Pipeline {
        what,
        source: GstFault::new(what, text),
    };
    let description = format!(
        "{} ! {} ! appsink name=units sync=false async=false max-buffers=4",
        format.parser, format.unit_caps
    );
    let bin = gst::parse::bin_from_description(&description, true)
        .map_err(|error| fault(error.to_string()))?;
    let units: gst_app::AppSink = named(&bin, "units", what)?;
    pipeline
        .add(&bin)
        .map_err(|error| fault(error.to_string()))?;
    bin.sync_state_with_parent()
        .map_err(|error| fault(error.to_string()))?;
    let input = bin
        .static_pad("sink")
        .ok_or_else(|| fault("no input".to_owned()))?;
    pad.link(&input).map_err(|error| fault(error.to_string()))?;
    Ok(units)
}

fn clock_time(wait: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
}

/// Gives each unit the time of its place in the order of presentation.
struct Lapse {
    step: Duration,
    /// Place in the order of presentation, by place in decode order.
    places: std::vec::IntoIter<u32>,
}

impl Lapse {
    fn new(shown: &[StreamTime], step: Duration) -> Self {
        let mut order: Vec<usize> = (0..shown.len()).collect();
        order.sort_by_key(|index| shown.get(*index).copied());
        let mut places = vec![0; shown.len()];
        for (place, decoded) in (0..).zip(order) {
            if let Some(slot) = places.get_mut(decoded) {
                *slot = place;
            }
        }
        Self {
            step,
            places: places.into_iter(),
        }
    }

    fn stretched(&mut self, unit: AccessUnit) -> AccessUnit {
        let place = self.places.next().unwrap_or_default();
        let pts = StreamTime::ZERO + self.step.saturating_mul(place);
        AccessUnit {
            pts,
            duration: Some(self.step),
            ..unit
        }
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
