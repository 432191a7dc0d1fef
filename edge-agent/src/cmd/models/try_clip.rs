//! `models try`: what a model sees in a recording, as a video and a sheet to look at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;

use crate::camera::{DecoderOptions, FileItem, FileSource, Frame, Sampler, Timing};
use crate::cmd::say;
use crate::cmd::shelf::Shelf;
use crate::config::{Manifest, ModelConfig};
use crate::detect::{Detection, Detector};
use crate::evidence::{AnnotatedVideo, ContactSheet, Label, Overlay, OverlayBox, annotate};

/// Which model, which recording.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model.
    name: String,
    /// The recording.
    clip: PathBuf,
    /// Folder for CLIP.MODEL.mp4 and CLIP.MODEL.jpg.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Pictures that are looked at and shown in a second.
    #[arg(long, default_value_t = 5.0)]
    fps: f64,
    /// Time-lapse: the seconds from one picture to the next, whatever the file says.
    #[arg(long, value_name = "S")]
    seconds_per_picture: Option<f64>,
    /// Weakest detection that is drawn. Default: what the model's card believes, class by class.
    #[arg(long, value_name = "0..1")]
    score: Option<f32>,
    /// Draw all classes in the model's own words, not in ours.
    #[arg(long)]
    own_classes: bool,
}

/// From which score a detection is drawn where neither the card nor the person says.
const USUAL_CONFIDENCE: f32 = 0.3;
/// Small pictures across and down the sheet.
const SHEET: (u32, u32) = (4, 5);

pub(super) fn run(shelf: &Shelf, args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(
        (0.01..=120.0).contains(&args.fps),
        "--fps {}: give 0.01 to 120",
        args.fps
    );
    let mut model: ModelConfig = shelf.model(Some(&args.name))?.clone();
    if args.own_classes {
        model.manifest = Manifest::in_own_words(model.manifest);
    }
    let timing = match args.seconds_per_picture.map(Duration::try_from_secs_f64) {
        None => Timing::AsRecorded,
        Some(Ok(period)) if !period.is_zero() => Timing::PerPicture(period),
        Some(_) => anyhow::bail!("--seconds-per-picture: give more than 0"),
    };
    let detector = Detector::start(&model, &shelf.detect)?;
    let source = FileSource::open(
        &args.clip,
        timing,
        Timestamp::now(),
        DecoderOptions::default(),
    )?;
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make {}", args.out.display()))?;
    let stem = args.clip.file_stem().unwrap_or_default().to_string_lossy();
    let name = |end: &str| {
        args.out
            .join(format!("{stem}.{}.{end}", detector.manifest().name))
    };
    let mut trial = Trial::new(&detector, args, name("mp4"));
    for item in source {
        if let FileItem::Frame(frame) = item? {
            trial.look(&frame)?;
        }
    }
    trial.finish(&name("jpg"))?;
    Ok(ExitCode::SUCCESS)
}

struct Trial<'a> {
    detector: &'a Detector,
    args: &'a Args,
    file: PathBuf,
    sampler: Sampler,
    video: Option<AnnotatedVideo>,
    sheet: ContactSheet,
    milliseconds: Vec<f64>,
    seen: BTreeMap<String, u64>,
    pictures_with: u64,
}

impl<'a> Trial<'a> {
    fn new(detector: &'a Detector, args: &'a Args, file: PathBuf) -> Self {
        Self {
            detector,
            args,
            file,
            sampler: Sampler::new(args.fps),
            video: None,
            sheet: ContactSheet::new(SHEET.0, SHEET.1),
            milliseconds: Vec::new(),
            seen: BTreeMap::new(),
            pictures_with: 0,
        }
    }

    fn look(&mut self, frame: &Frame) -> anyhow::Result<()> {
        if !self.sampler.wants(frame.pts) {
            return Ok(());
        }
        let began = Instant::now();
        let found = self.detector.detect(frame)?;
        self.milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
        let shown: Vec<&Detection> = found.iter().filter(|found| self.believes(found)).collect();
        self.pictures_with += u64::from(!shown.is_empty());
        for detection in &shown {
            *self.seen.entry(detection.class.to_string()).or_default() += 1;
        }
        let seconds = frame.pts.as_secs_f64();
        let overlay = Overlay {
            caption: format!("{}  {seconds:.1} s", self.detector.manifest().name),
            boxes: shown.into_iter().map(drawn).collect(),
            ..Overlay::default()
        };
        let picture = annotate(frame, &overlay)?;
        self.sheet.offer(&picture);
        let video = match &mut self.video {
            Some(video) => video,
            None => self
                .video
                .insert(AnnotatedVideo::create(&self.file, &picture, self.args.fps)?),
        };
        video.add(&picture, frame.pts)?;
        Ok(())
    }

    fn believes(&self, found: &Detection) -> bool {
        let stated = self.detector.manifest().confidence.iter();
        let mut stated = stated.filter(|(class, _)| *class == found.class);
        let card = stated.next().map_or(USUAL_CONFIDENCE, |(_, score)| *score);
        found.score >= self.args.score.unwrap_or(card)
    }

    fn finish(mut self, sheet: &Path) -> anyhow::Result<()> {
        let jpeg = self.sheet.jpeg()?;
        if let Some(video) = self.video {
            video.finish()?;
        }
        std::fs::write(sheet, jpeg).with_context(|| format!("cannot write {}", sheet.display()))?;
        self.milliseconds.sort_by(f64::total_cmp);
        let median = self.milliseconds[self.milliseconds.len() / 2];
        let seen = self
            .seen
            .iter()
            .map(|(class, count)| format!("{class} {count}"));
        let seen: Vec<String> = seen.collect();
        let seen = match seen.as_slice() {
            [] => "nothing".to_owned(),
            seen => seen.join(", "),
        };
        say(&format!(
            "{}: {} pictures, something in {}; {seen}; {median:.1} ms a picture",
            self.detector.manifest().name,
            self.milliseconds.len(),
            self.pictures_with,
        ))?;
        say(&self.file.display().to_string())?;
        say(&sheet.display().to_string())?;
        Ok(())
    }
}

fn drawn(detection: &Detection) -> OverlayBox {
    OverlayBox {
        bbox: detection.bbox,
        label: Label {
            class: detection.class.to_string(),
            score: detection.score,
            track: None,
        },
    }
}
