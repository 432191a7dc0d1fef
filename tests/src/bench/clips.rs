//! The bench's clips: the rendered street at 1080p25, busy or empty, clean or noisy, at a given
//! distance of keyframes. The same seed gives the same bytes with the same encoder.
//!
//! They are made once and kept in a folder, and named by what they are; `bench clips` makes them all
//! and prints each with its SHA-256.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use sha2::{Digest as _, Sha256};

use crate::rendered_scene::{Backdrop, HEIGHT, Renderer, Storyboard, WIDTH};

/// Pictures a second.
pub const PICTURES_PER_SECOND: u32 = 25;
/// Seconds of a clip: two of the longest groups of pictures.
const LENGTH_S: u32 = 20;
/// Seconds of a clip with a visit: the gate has learned the street long before the car comes.
const VISITED_LENGTH_S: u32 = 60;
/// The busy street's first cars come in during its first seconds.
const BEGINS: Duration = Duration::from_secs(10);
/// Largest change of a pixel's luma in a noisy clip, in levels, before the encoder.
const NOISE: i8 = 9;
/// Longest wait for the encoder.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(600);

/// What happens in a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Street {
    /// Cars and buses come, stand and go, all the time.
    Busy,
    /// Nobody comes.
    Quiet,
    /// Nobody is there; then a car comes, stands and leaves.
    Visited,
}

/// How a clip looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// A good camera by day: at most 1.5 Mbit/s.
    Easy,
    /// Sensor noise all over: 4 Mbit/s.
    Noisy,
}

/// One clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Clip {
    /// What happens.
    pub street: Street,
    /// How it looks.
    pub picture: Picture,
    /// Pictures from one keyframe to the next.
    pub gop: u32,
    /// Of the street and of the noise.
    pub seed: u64,
}

impl Clip {
    /// Its name, without a folder.
    #[must_use]
    pub fn name(&self) -> String {
        let street = match self.street {
            Street::Busy => "busy",
            Street::Quiet => "quiet",
            Street::Visited => "visited",
        };
        let picture = match self.picture {
            Picture::Easy => "easy",
            Picture::Noisy => "noisy",
        };
        let Self { gop, seed, .. } = self;
        format!("{street}-{picture}-gop{gop}-seed{seed}.mp4")
    }

    /// The clip's file in a folder; made first where it is not there.
    ///
    /// # Errors
    /// Where it cannot be encoded or written.
    pub fn file(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let file = folder.join(self.name());
        if file.is_file() {
            return Ok(file);
        }
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let unfinished = file.with_extension("part");
        self.encode(&unfinished)
            .with_context(|| format!("the clip {}", self.name()))?;
        std::fs::rename(&unfinished, &file)?;
        Ok(file)
    }

    fn encode(&self, file: &Path) -> anyhow::Result<()> {
        let bitrate = match self.picture {
            Picture::Easy => 1_500_000,
            Picture::Noisy => 4_000_000,
        };
        gst::init()?;
        let pipeline = gst::parse::launch(&format!(
            "appsrc name=pictures format=time block=true ! videoconvert ! videoscale \
             ! video/x-raw,format=I420,width=1920,height=1080 \
             ! openh264enc name=encoder gop-size={gop} bitrate={bitrate} max-bitrate={bitrate} \
               rate-control=bitrate complexity=low multi-thread=1 scene-change-detection=false \
             ! h264parse ! mp4mux ! filesink location=\"{file}\"",
            gop = self.gop,
            file = file.display()
        ))?;
        let pipeline = pipeline
            .downcast::<gst::Pipeline>()
            .map_err(|_| anyhow::anyhow!("not a pipeline"))?;
        let source = pipeline
            .by_name("pictures")
            .and_downcast::<AppSrc>()
            .context("no source")?;
        if self.picture == Picture::Noisy {
            let encoder = pipeline.by_name("encoder").context("no encoder")?;
            let pad = encoder.static_pad("sink").context("no pad")?;
            make_noise(&pad, self.seed);
        }
        pipeline.set_state(gst::State::Playing)?;
        let pushed = self.paint(&source);
        let bus = pipeline.bus().context("no bus")?;
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(PATIENCE, &wanted);
        let _ = pipeline.set_state(gst::State::Null);
        pushed?;
        match message.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(error)) => Err(error.error().into()),
            _ => anyhow::bail!("the encoder did not end"),
        }
    }

    fn paint(&self, source: &AppSrc) -> anyhow::Result<()> {
        let caps = format!(
            "video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},\
             framerate={PICTURES_PER_SECOND}/1"
        );
        source.set_caps(Some(&caps.parse::<gst::Caps>()?));
        let storyboard = match self.street {
            Street::Busy => Storyboard::busy(self.seed),
            Street::Quiet => Storyboard {
                length: Duration::from_secs(60),
                backdrop: Backdrop::Street(0),
                visits: Vec::new(),
            },
            // 35 seconds after the clip begins, which is at ten.
            Street::Visited => Storyboard::parked_car(
                Duration::from_secs(45),
                Duration::from_secs(56),
                Duration::from_secs(90),
            ),
        };
        let renderer = Renderer::of(&storyboard);
        let interval = gst::ClockTime::SECOND / u64::from(PICTURES_PER_SECOND);
        let length = match self.street {
            Street::Visited => VISITED_LENGTH_S,
            Street::Busy | Street::Quiet => LENGTH_S,
        };
        for index in 0..length * PICTURES_PER_SECOND {
            let at = BEGINS + Duration::from_secs(1) * index / PICTURES_PER_SECOND;
            let mut buffer = gst::Buffer::from_mut_slice(renderer.picture(at).rgba);
            if let Some(buffer) = buffer.get_mut() {
                buffer.set_pts(interval * u64::from(index));
                buffer.set_duration(interval);
            }
            source.push_buffer(buffer)?;
        }
        source.end_of_stream()?;
        Ok(())
    }
}

/// Adds noise to the luma of each picture that passes: a sheet of dice, laid elsewhere each time.
fn make_noise(pad: &gst::Pad, seed: u64) {
    const PIXELS: usize = 1920 * 1080;
    let mut state = seed | 1;
    let mut throw = move || {
        // xorshift64 (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let span = u64::from(NOISE.unsigned_abs()) + 1;
    // Two dice: small changes are the most frequent ones.
    let mut change = || {
        let sum = throw() % span + throw() % span;
        i16::try_from(sum).unwrap_or(0) - i16::from(NOISE)
    };
    let sheet: Vec<i16> = (0..2 * PIXELS).map(|_| change()).collect();
    let places = AtomicU64::new(seed | 1);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data
            && let Ok(mut picture) = buffer.make_mut().map_writable()
        {
            let step = |place: u64| Some(place.wrapping_mul(6_364_136_223_846_793_005) | 1);
            let place = places
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
                .unwrap_or_default();
            let from = usize::try_from(place >> 33).unwrap_or(0) % PIXELS;
            let luma = picture.as_mut_slice().iter_mut().take(PIXELS);
            for (level, change) in luma.zip(sheet.iter().skip(from)) {
                let noisy = (i16::from(*level) + change).clamp(16, 235);
                *level = u8::try_from(noisy).unwrap_or(*level);
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// SHA-256 of a file, hexadecimal.
///
/// # Errors
/// Where it cannot be read.
pub fn sha256(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    ensure!(!bytes.is_empty(), "{} is empty", file.display());
    let mut text = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
