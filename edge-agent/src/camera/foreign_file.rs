//! A recording in a codec that no camera here may send (MPEG-4 Part 2, MPEG-2, VP8 …): its pictures, by
//! whatever decoder GStreamer has for it.
//!
//! For trying rules on clips that people have. What does not belong here: access units, the gate; evidence
//! is cut from the camera's own bytes, and a recording of these codecs is nobody's evidence.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use jiff::Timestamp;

use super::decoder::{accept_strides, launch, named};
use super::fault::{CameraError, GstFault};
use super::file::{FileError, Timing};
use super::frame::Frame;
use super::sample;
use super::sampler::Sampler;
use crate::time::{ClockAnchor, StreamTime};

const WHAT: &str = "the file's decoder";
/// Longest that a local file may take to give its next picture.
const PATIENCE: Duration = Duration::from_secs(20);
/// The period of pictures that carry no time.
const USUAL_PERIOD: Duration = Duration::from_millis(40);
/// What is between two pictures of which the second is not later.
const LEAST_PERIOD: Duration = Duration::from_millis(1);

/// A recording's pictures, in order.
pub struct ForeignFile {
    path: PathBuf,
    pipeline: gst::Pipeline,
    pictures: gst_app::AppSink,
    timing: Timing,
    anchor: ClockAnchor,
    sampler: Sampler,
    first: Option<StreamTime>,
    newest: Option<StreamTime>,
    read: u64,
}

impl ForeignFile {
    /// Opens a recording whose pictures are analysed `fps` times a second. `wall` is the wall clock
    /// of its first picture.
    ///
    /// # Errors
    /// [`FileError`] where GStreamer has no decoder for it, or it holds no video.
    pub fn open(path: &Path, timing: Timing, wall: Timestamp, fps: f64) -> Result<Self, FileError> {
        let fault = |source| FileError::Read {
            path: path.to_owned(),
            source,
        };
        let (pipeline, found) = start(path).map_err(fault)?;
        let pictures = video(&pipeline, &found).map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            pipeline,
            pictures,
            timing,
            anchor: ClockAnchor {
                stream: StreamTime::ZERO,
                wall,
            },
            sampler: Sampler::new(fps),
            first: None,
            newest: None,
            read: 0,
        })
    }

    /// The next picture that is due; nothing after the last.
    ///
    /// # Errors
    /// [`FileError`] where the recording breaks.
    pub fn next_due(&mut self) -> Result<Option<Frame>, FileError> {
        self.step().map_err(|source| FileError::Read {
            path: self.path.clone(),
            source,
        })
    }

    /// Pictures so far.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// The latest moment so far.
    #[must_use]
    pub const fn newest(&self) -> Option<StreamTime> {
        self.newest
    }

    fn step(&mut self) -> Result<Option<Frame>, CameraError> {
        while let Some(sample) = self.pull()? {
            let at = self.time_of(&sample);
            self.newest = Some(at);
            self.read += 1;
            if self.sampler.wants(at) {
                let frame = sample::frame(&sample, at, &self.anchor)
                    .map_err(|fault| CameraError::Undecodable(Some(fault)))?;
                return Ok(Some(frame));
            }
        }
        if self.read == 0 {
            let fault = GstFault::new(WHAT, "gave no picture");
            return Err(CameraError::Undecodable(Some(fault)));
        }
        Ok(None)
    }

    fn pull(&self) -> Result<Option<gst::Sample>, CameraError> {
        let patience = u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX);
        let patience = gst::ClockTime::from_nseconds(patience);
        match self.pictures.try_pull_sample(patience) {
            Some(sample) => Ok(Some(sample)),
            None => match fault_of(&self.pipeline) {
                Some(fault) => Err(CameraError::Undecodable(Some(fault))),
                None if self.pictures.is_eos() => Ok(None),
                None => Err(CameraError::Stalled(PATIENCE)),
            },
        }
    }

    /// Times of recordings repeat and go back; rules need time to go on.
    fn time_of(&mut self, sample: &gst::SampleRef) -> StreamTime {
        if let Timing::PerPicture(step) = self.timing {
            let number = u32::try_from(self.read).unwrap_or(u32::MAX);
            return StreamTime::ZERO + step.saturating_mul(number);
        }
        let stated = sample::picture_time(sample);
        let stated = stated.map(|at| {
            let first = *self.first.get_or_insert(at);
            StreamTime::ZERO + at.since(first)
        });
        match (stated, self.newest) {
            (Some(at), None) => at,
            (None, None) => StreamTime::ZERO,
            (Some(at), Some(newest)) => at.max(newest + LEAST_PERIOD),
            (None, Some(newest)) => newest + USUAL_PERIOD,
        }
    }
}

impl Drop for ForeignFile {
    fn drop(&mut self) {
        // Going to NULL cannot fail in a way that leaves anything to do.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// The video's sink, or why there is none.
type Found = Result<gst_app::AppSink, CameraError>;

fn start(path: &Path) -> Result<(gst::Pipeline, Receiver<Found>), CameraError> {
    let pipeline = launch("filesrc name=file ! decodebin name=decode", WHAT)?;
    let file: gst::Element = named(&pipeline, "file", WHAT)?;
    file.set_property("location", path);
    let decode: gst::Element = named(&pipeline, "decode", WHAT)?;
    let (found_tx, found) = sync_channel(1);
    attach_first_video(&decode, &pipeline, found_tx.clone());
    // Full: a video was found.
    decode.connect_no_more_pads(move |_| drop(found_tx.try_send(Err(CameraError::NoVideo))));
    let _ = pipeline.set_state(gst::State::Playing);
    Ok((pipeline, found))
}

fn attach_first_video(decode: &gst::Element, pipeline: &gst::Pipeline, found: SyncSender<Found>) {
    let weak = pipeline.downgrade();
    let taken = AtomicBool::new(false);
    decode.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let media_type = caps.structure(0).map_or("", |s| s.name().as_str());
        // One is enough: nobody takes the pictures of another.
        if media_type == "video/x-raw" && !taken.swap(true, Ordering::Relaxed) {
            drop(found.try_send(attach(&pipeline, pad)));
        }
    });
}

fn attach(pipeline: &gst::Pipeline, pad: &gst::Pad) -> Found {
    let fault = |text: String| CameraError::Pipeline {
        what: WHAT,
        source: GstFault::new(WHAT, text),
    };
    let description = "videoconvert ! video/x-raw,format=(string){I420,NV12} \
                       ! appsink name=pictures sync=false async=false max-buffers=4";
    let bin = gst::parse::bin_from_description(description, true)
        .map_err(|error| fault(error.to_string()))?;
    let pictures: gst_app::AppSink = named(&bin, "pictures", WHAT)?;
    accept_strides(&pictures);
    pipeline
        .add(&bin)
        .map_err(|error| fault(error.to_string()))?;
    bin.sync_state_with_parent()
        .map_err(|error| fault(error.to_string()))?;
    let input = bin
        .static_pad("sink")
        .ok_or_else(|| fault("no input".to_owned()))?;
    pad.link(&input).map_err(|error| fault(error.to_string()))?;
    Ok(pictures)
}

/// Waits for the video, or for the reason why there is none.
fn video(pipeline: &gst::Pipeline, found: &Receiver<Found>) -> Found {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Ok(found) = found.recv_timeout(Duration::from_millis(20)) {
            return found;
        }
        if let Some(fault) = fault_of(pipeline) {
            return Err(CameraError::Undecodable(Some(fault)));
        }
    }
    Err(CameraError::NoVideo)
}

fn fault_of(pipeline: &gst::Pipeline) -> Option<GstFault> {
    let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(GstFault::from_message(error)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds of a test picture at ten a second, in some codec and container.
    fn encoded(folder: &Path, name: &str, codec: &[&str]) -> PathBuf {
        let file = folder.join(name);
        let status = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi"])
            .args(["-i", "testsrc2=size=160x120:rate=10:duration=2"])
            .args(["-pix_fmt", "yuv420p"])
            .args(codec)
            .arg(&file)
            .status()
            .unwrap();
        assert!(status.success(), "{name}");
        file
    }

    fn times(file: &Path, timing: Timing, fps: f64) -> Vec<f64> {
        let mut file = ForeignFile::open(file, timing, Timestamp::UNIX_EPOCH, fps).unwrap();
        let mut times = Vec::new();
        while let Some(frame) = file.next_due().unwrap() {
            assert_eq!((frame.size.width, frame.size.height), (160, 120));
            times.push(frame.pts.as_secs_f64());
        }
        assert_eq!(file.read(), 20);
        times
    }

    #[test]
    fn pictures_of_codecs_that_no_camera_sends_come_in_order_and_in_time() {
        let folder = tempfile::tempdir().unwrap();
        for (name, codec) in [
            ("part2.mp4", &["-c:v", "mpeg4", "-bf", "2"][..]),
            ("part2.avi", &["-c:v", "mpeg4"]),
        ] {
            let file = encoded(folder.path(), name, codec);
            let all = times(&file, Timing::AsRecorded, 0.0);
            let wanted: Vec<f64> = (0..20).map(|number| f64::from(number) / 10.0).collect();
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 0.005;
            assert_eq!(all.len(), 20, "{name}");
            assert!(all.iter().zip(&wanted).all(near), "{name}: {all:?}");
            assert_eq!(times(&file, Timing::AsRecorded, 5.0).len(), 10, "{name}");
            let lapse = times(&file, Timing::PerPicture(Duration::from_secs(60)), 5.0);
            assert_eq!(lapse.last(), Some(&1140.0), "{name}");
        }
    }

    #[test]
    fn what_is_no_video_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("words.avi");
        std::fs::write(&file, "not a video at all, only words, and more words").unwrap();
        let refused = ForeignFile::open(&file, Timing::AsRecorded, Timestamp::UNIX_EPOCH, 5.0);
        let Err(error) = refused else {
            panic!("should not open")
        };
        assert!(error.to_string().contains("words.avi"), "{error}");
    }
}
