//! The clips of a suite, one after another, each through the stages of its camera.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::camera::{GatePolicy, PictureFolder, Timing};
use crate::config::{Clearance, ClipConfig, DetectConfig, GateMode, ModelConfig, RuleMode, Suite};
use crate::detect::{Classifier, Detector};
use crate::lockstep::{Lockstep, Recording};
use crate::rule::{EventChange, HeldBack};
use crate::scorecard::{Chronicle, ClipScore, Told, judge};
use crate::time::StreamTime;
use crate::verify;

/// What becomes of a clip that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Fails,
    Skipped,
}

impl From<bool> for Missing {
    fn from(skip: bool) -> Self {
        if skip { Self::Skipped } else { Self::Fails }
    }
}

/// One clip, and what became of it.
pub(super) struct Ran<'a> {
    pub(super) clip: &'a ClipConfig,
    pub(super) outcome: Outcome,
}

/// What became of a clip.
pub(super) enum Outcome {
    Watched(Box<Watched>),
    /// Its file is not there, and may be missing.
    Skipped,
    /// It could not be run; the reason with its causes.
    Failed(String),
}

/// A clip that was watched from its beginning to its end.
pub(super) struct Watched {
    pub(super) file: PathBuf,
    /// How long it is.
    pub(super) length: Duration,
    pub(super) pictures: u64,
    pub(super) told: Vec<Told>,
    /// What rules in the shadow of others would have told.
    pub(super) shadow: Vec<Told>,
    pub(super) held_back: Vec<HeldBack>,
    pub(super) score: ClipScore,
}

impl Watched {
    /// What was nearly told, by rule.
    pub(super) fn held_back_by_rule(&self) -> BTreeMap<&'static str, u32> {
        let mut counts = BTreeMap::new();
        let live = |one: &&HeldBack| one.mode == RuleMode::Live;
        for held_back in self.held_back.iter().filter(live) {
            *counts.entry(held_back.detail).or_default() += 1;
        }
        counts
    }
}

/// Models that run, and where clips are looked for.
pub(super) struct Course<'a> {
    detect: &'a DetectConfig,
    folders: Vec<PathBuf>,
    missing: Missing,
    detectors: Vec<(ModelConfig, Detector)>,
    classifier: Option<Option<Classifier>>,
}

impl<'a> Course<'a> {
    pub(super) const fn new(suite: &'a Suite, folders: Vec<PathBuf>, missing: Missing) -> Self {
        Self {
            detect: &suite.detect,
            folders,
            missing,
            detectors: Vec::new(),
            classifier: None,
        }
    }

    /// Runs a clip. What is wrong with the clip is an outcome.
    ///
    /// # Errors
    /// Where a model cannot be used: the clips after it would fare no better.
    pub(super) fn run<'c>(&mut self, clip: &'c ClipConfig) -> anyhow::Result<Ran<'c>> {
        let Some(file) = self.found(&clip.file) else {
            let outcome = match self.missing {
                Missing::Skipped => Outcome::Skipped,
                Missing::Fails => Outcome::Failed(self.not_found(&clip.file)),
            };
            return Ok(Ran { clip, outcome });
        };
        let detector = self.detector(&clip.model)?;
        let classifier = match verify::wanted(&clip.camera) {
            true => self.classifier()?,
            false => None,
        };
        let outcome = match watch(clip, file, detector, classifier) {
            Ok(watched) => Outcome::Watched(Box::new(watched)),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        Ok(Ran { clip, outcome })
    }

    fn found(&self, file: &Path) -> Option<PathBuf> {
        let places = self.folders.iter().map(|folder| folder.join(file));
        let mut places = places.filter(|place| place.exists());
        places.next()
    }

    fn not_found(&self, file: &Path) -> String {
        let folders = self
            .folders
            .iter()
            .map(|folder| match folder.as_os_str().is_empty() {
                true => ".".to_owned(),
                false => folder.display().to_string(),
            });
        let folders: Vec<String> = folders.collect();
        format!(
            "{} is in none of {}; name its folder with --folder DIR, or pass over it with --skip-missing",
            file.display(),
            folders.join(", ")
        )
    }

    fn detector(&mut self, model: &ModelConfig) -> anyhow::Result<Detector> {
        if let Some((_, known)) = self.detectors.iter().find(|(known, _)| known == model) {
            return Ok(known.clone());
        }
        let detector = Detector::start(model, self.detect)
            .with_context(|| format!("model {:?}", model.manifest.name))?;
        self.detectors.push((model.clone(), detector.clone()));
        Ok(detector)
    }

    fn classifier(&mut self) -> anyhow::Result<Option<Classifier>> {
        if let Some(known) = &self.classifier {
            return Ok(known.clone());
        }
        let classifier = verify::classifier(self.detect)?;
        self.classifier = Some(classifier.clone());
        Ok(classifier)
    }
}

/// Opens a video file, or a folder of pictures.
fn open(clip: &ClipConfig, file: &Path) -> anyhow::Result<Recording> {
    let (fps, start) = (clip.camera.analyse_fps, clip.starts_at);
    if PictureFolder::is_one(file) {
        let period = clip.seconds_per_picture.with_context(|| {
            let what = match file.is_dir() {
                true => "a folder of pictures",
                false => "a picture",
            };
            let file = file.display();
            format!("{file} is {what}: give the clip `seconds_per_picture`")
        })?;
        let pictures = PictureFolder::open(file, period, start, fps)?;
        return Ok(Recording::Pictures(pictures));
    }
    let timing = clip
        .seconds_per_picture
        .map_or(Timing::AsRecorded, Timing::PerPicture);
    let gate = GatePolicy {
        mode: GateMode::Off,
        ..GatePolicy::of(&clip.camera)
    };
    Ok(Recording::open(file, timing, start, fps, gate)?)
}

fn watch(
    clip: &ClipConfig,
    file: PathBuf,
    detector: Detector,
    classifier: Option<Classifier>,
) -> anyhow::Result<Watched> {
    let source = open(clip, &file)?;
    let mut steps = Lockstep::new(&clip.camera, detector, classifier, source);
    let (mut chronicle, mut shadow) = (Chronicle::default(), Chronicle::default());
    let mut note = |change: &EventChange| match change.mode {
        RuleMode::Live => chronicle.note(change, &clip.camera),
        RuleMode::Shadow => shadow.note(change, &clip.camera),
    };
    let mut held_back = Vec::new();
    while let Some(analysed) = steps.next_analysed()? {
        held_back.extend(analysed.step.held_back);
        for change in &analysed.step.changes {
            note(change);
        }
    }
    for change in steps.end() {
        note(&change);
    }
    let told = chronicle.into_told();
    let last = steps.newest().since(StreamTime::ZERO);
    // The last picture is shown for as long as the others.
    let length = last + clip.seconds_per_picture.unwrap_or_default();
    within(clip, length)?;
    Ok(Watched {
        file,
        length,
        pictures: steps.analysed(),
        score: judge(told.clone(), &clip.expect, &clip.tolerate),
        told,
        shadow: shadow.into_told(),
        held_back,
    })
}

/// Refuses what is expected after the end of the recording: it could only be missed.
fn within(clip: &ClipConfig, length: Duration) -> anyhow::Result<()> {
    for (index, expected) in clip.expect.iter().enumerate() {
        let cleared = expected.cleared.map(|Clearance(span)| span.after);
        for (key, from) in [
            ("after_s", Some(expected.raised.after)),
            ("begins_s", Some(expected.begins)),
            ("cleared_after_s", cleared),
        ] {
            let Some(from) = from.filter(|from| *from > length) else {
                continue;
            };
            anyhow::bail!(
                "expect[{index}] ({}): {key} (or its number of pictures) is {:.1} s, and the clip ends at {:.1} s; \
                 correct it, or `seconds_per_picture`",
                expected.pattern.rule,
                from.as_secs_f64(),
                length.as_secs_f64()
            );
        }
    }
    Ok(())
}
