//! What a camera films: access units in memory, from a clip (its own bytes, where they are of a codec
//! that cameras send) or from pictures the project renders.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSrc};
use hex::ToHex as _;
use sha2::{Digest as _, Sha256};

use super::ailment::Ailment;
use super::encoding::{Encoding, FootageCodec};
use crate::rendered_scene::{HEIGHT, PICTURES_PER_SECOND, Renderer, Storyboard, WIDTH};

/// Longest wait for the next access unit while footage is prepared.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(30);

/// Why footage could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum FootageError {
    /// The file is not there.
    #[error("no clip at {0}")]
    Missing(PathBuf),
    /// GStreamer lacks an element; the message names it.
    #[error("a GStreamer element is missing; install gstreamer1.0-plugins-{{base,good,bad}}")]
    Pipeline(#[source] gst::glib::Error),
    /// The file cannot be read as video, or encoding failed.
    #[error("GStreamer cannot make access units of {what}: {message}")]
    Undecodable {
        /// The file, or `the rendered scene`.
        what: String,
        /// GStreamer's own words.
        message: String,
    },
}

/// One access unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its bytes.
    pub data: gst::Buffer,
    /// When it is due, counted from the first unit's due time; never goes back.
    pub due: Duration,
    /// When its picture is shown, counted from the first unit's due time.
    pub shown: Duration,
    /// Whether decoding can begin here.
    pub keyframe: bool,
}

/// Access units that can be played again and again.
#[derive(Debug, Clone)]
pub struct Footage {
    /// Starts with a keyframe.
    pub(super) units: Arc<[Unit]>,
    /// From the first unit's due time to that of the next round's first.
    pub(super) period: Duration,
    /// What the units are.
    pub(super) caps: gst::Caps,
    /// How they are encoded.
    pub(super) codec: FootageCodec,
}

impl Footage {
    /// SHA-256 of all access units' bytes in order: tells whether two machines film the same.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        for unit in self.units.iter() {
            if let Ok(bytes) = unit.data.map_readable() {
                digest.update(bytes.as_slice());
            }
        }
        digest.finalize().encode_hex()
    }

    /// Reads a clip. H.264, H.265 and Motion JPEG are passed through as they are; anything else is
    /// encoded once.
    ///
    /// # Errors
    /// [`FootageError`] where the file is missing or is not video.
    pub fn from_clip(path: &Path) -> Result<Self, FootageError> {
        if !path.is_file() {
            return Err(FootageError::Missing(path.to_owned()));
        }
        let what = path.display().to_string();
        let source = format!("filesrc location=\"{}\"", what.replace('"', "\\\""));
        for codec in [FootageCodec::H264, FootageCodec::H265, FootageCodec::Mjpeg] {
            let as_it_is = launch(&format!("{source} ! parsebin ! {}", codec.units()))?;
            if let Ok(footage) = collect(&as_it_is, &what, codec) {
                return Ok(footage);
            }
        }
        let codec = FootageCodec::H264;
        let (encoder, units) = (codec.encoder(), codec.units());
        let encoded = format!(
            "{source} ! decodebin ! videoconvert ! video/x-raw,format=I420 ! {encoder} ! {units}"
        );
        collect(&launch(&encoded)?, &what, codec)
    }

    /// Renders a storyboard and encodes it as H.264.
    ///
    /// # Errors
    /// [`FootageError`] where the encoder is missing or fails.
    pub fn from_storyboard(storyboard: &Storyboard) -> Result<Self, FootageError> {
        Self::encoded(storyboard, Encoding::default())
    }

    /// Renders a storyboard and encodes it as asked.
    ///
    /// # Errors
    /// As [`Footage::from_storyboard`].
    pub fn encoded(storyboard: &Storyboard, encoding: Encoding) -> Result<Self, FootageError> {
        Self::rendered(storyboard, encoding, Filming::default())
    }

    /// Renders a storyboard as a camera films it that something ails.
    ///
    /// # Errors
    /// As [`Footage::from_storyboard`].
    pub fn ailing(storyboard: &Storyboard, ailment: Ailment) -> Result<Self, FootageError> {
        let filming = Filming {
            ailment,
            ..Filming::default()
        };
        Self::rendered(storyboard, Encoding::default(), filming)
    }

    /// Renders a storyboard whose picture of a time shows the scene of another: what brakes and accelerates in it
    /// may be made to drive evenly.
    ///
    /// # Errors
    /// As [`Footage::from_storyboard`].
    pub fn retimed(
        storyboard: &Storyboard,
        seen_at: fn(Duration) -> Duration,
    ) -> Result<Self, FootageError> {
        let filming = Filming {
            seen_at,
            ..Filming::default()
        };
        Self::rendered(storyboard, Encoding::default(), filming)
    }

    fn rendered(
        storyboard: &Storyboard,
        encoding: Encoding,
        filming: Filming,
    ) -> Result<Self, FootageError> {
        let Encoding { codec, smaller } = encoding;
        let smaller = smaller.max(1);
        let (width, height) = (WIDTH / smaller, HEIGHT / smaller);
        let (encoder, units) = (codec.encoder(), codec.units());
        let pipeline = launch(&format!(
            "appsrc name=pictures format=time block=true ! videoconvert ! videoscale \
             ! video/x-raw,format=I420,width={width},height={height} ! {encoder} ! {units}"
        ))?;
        let source = pipeline.by_name("pictures").and_downcast::<AppSrc>();
        let storyboard = storyboard.clone();
        // Ends by itself: after the last picture, or with the first push that the pipeline refuses.
        let painter =
            std::thread::spawn(move || source.map(|source| paint(&source, &storyboard, filming)));
        let footage = collect(&pipeline, "the rendered scene", codec);
        drop(painter.join());
        footage
    }

    /// How long one round lasts.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }
}

/// How a storyboard is filmed.
#[derive(Debug, Clone, Copy)]
struct Filming {
    ailment: Ailment,
    /// When the scene is seen that the picture of a time shows.
    seen_at: fn(Duration) -> Duration,
}

impl Default for Filming {
    fn default() -> Self {
        Self {
            ailment: Ailment::None,
            seen_at: |at| at,
        }
    }
}

fn launch(description: &str) -> Result<gst::Pipeline, FootageError> {
    gst::init().map_err(FootageError::Pipeline)?;
    let element = gst::parse::launch(description).map_err(FootageError::Pipeline)?;
    element
        .downcast::<gst::Pipeline>()
        .map_err(|_| FootageError::Undecodable {
            what: description.to_owned(),
            message: "not a pipeline".to_owned(),
        })
}

fn paint(source: &AppSrc, storyboard: &Storyboard, filming: Filming) -> Result<(), gst::FlowError> {
    let caps = format!(
        "video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},framerate={PICTURES_PER_SECOND}/1"
    );
    source.set_caps(caps.parse::<gst::Caps>().ok().as_ref());
    let renderer = Renderer::of(storyboard);
    let interval = gst::ClockTime::SECOND / u64::from(PICTURES_PER_SECOND);
    let Filming { ailment, seen_at } = filming;
    let seen = |at| ailment.suffered(renderer.picture(ailment.seen_at(seen_at(at))));
    for (index, at) in (0_u64..).zip(renderer.times()) {
        if !ailment.sends(index) {
            continue;
        }
        let picture = seen(at);
        let mut buffer = gst::Buffer::from_mut_slice(picture.rgba);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(interval * index);
            buffer.set_duration(interval);
        }
        source.push_buffer(buffer)?;
    }
    source.end_of_stream().map(|_| ())
}

/// Runs the pipeline to its end and keeps every access unit from the first keyframe on.
fn collect(
    pipeline: &gst::Pipeline,
    what: &str,
    codec: FootageCodec,
) -> Result<Footage, FootageError> {
    let fault = |message: String| FootageError::Undecodable {
        what: what.to_owned(),
        message,
    };
    let sink = pipeline
        .by_name("units")
        .and_downcast::<AppSink>()
        .ok_or_else(|| fault("no sink in the pipeline".to_owned()))?;
    let started = pipeline.set_state(gst::State::Playing);
    let mut samples = Vec::new();
    if started.is_ok() {
        while let Some(sample) = sink.try_pull_sample(PATIENCE) {
            samples.push(sample);
        }
    }
    let at_end = sink.is_eos();
    let error = pipeline
        .bus()
        .and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]))
        .map(|message| {
            message
                .structure()
                .map(ToString::to_string)
                .unwrap_or_default()
        });
    let _ = pipeline.set_state(gst::State::Null);
    if !at_end || samples.is_empty() {
        return Err(fault(
            error.unwrap_or_else(|| "it gave no access unit".to_owned()),
        ));
    }
    from_samples(&samples, codec)
        .ok_or_else(|| fault("it holds no keyframe with a time".to_owned()))
}

fn from_samples(samples: &[gst::Sample], codec: FootageCodec) -> Option<Footage> {
    let caps = samples.first()?.caps_owned()?;
    let buffers: Vec<gst::Buffer> = samples
        .iter()
        .filter_map(|sample| sample.buffer_owned())
        .skip_while(|buffer| !is_keyframe(buffer))
        .collect();
    let first = buffers.first()?;
    let origin = first.dts().or(first.pts())?;
    let since_origin =
        |time: Option<gst::ClockTime>| time.map(|time| Duration::from(time.saturating_sub(origin)));
    let mut units: Vec<Unit> = Vec::with_capacity(buffers.len());
    for data in buffers {
        let due = since_origin(data.dts_or_pts())?;
        let due = units.last().map_or(due, |last| due.max(last.due));
        let shown = since_origin(data.pts()).unwrap_or(due);
        units.push(Unit {
            due,
            shown,
            keyframe: is_keyframe(&data),
            data,
        });
    }
    let period = period(&units)?;
    Some(Footage {
        units: units.into(),
        period,
        caps,
        codec,
    })
}

fn is_keyframe(buffer: &gst::Buffer) -> bool {
    !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT)
}

/// The last unit lasts as long as units do on average, so that the loop has no seam.
fn period(units: &[Unit]) -> Option<Duration> {
    let last = units.last()?.due;
    let gaps = u32::try_from(units.len()).ok()?.saturating_sub(1);
    Some(if gaps == 0 {
        Duration::from_secs(1)
    } else {
        last + last / gaps
    })
}
