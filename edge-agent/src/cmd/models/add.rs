//! `models add`: a user's own model, described by options, tested, and put into the models' folder.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use image::{Rgb, RgbImage};
use serde::Serialize;

use crate::camera::{Frame, frame_of, read_picture};
use crate::cmd::say;
use crate::cmd::shelf::Shelf;
use crate::config::{Catalogue, Family, Layout, Manifest, ModelConfig};
use crate::detect::{SelfTest, model_file, stated_input};

/// A model and what it wants. What is not said is what the family's own exporter does.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The ONNX file.
    file: PathBuf,
    /// How its output is decoded: vong, yolox, yolov5, yolov8 (also 9 to 11), nanodet, fastestdet,
    /// detr.
    #[arg(long, value_parser = family)]
    family: Family,
    /// Its classes in the order of its output, separated by commas.
    #[arg(long, value_delimiter = ',', required_unless_present = "labels")]
    classes: Vec<String>,
    /// Or the name of a list of classes, e.g. coco-80.
    #[arg(long, conflicts_with = "classes")]
    labels: Option<String>,
    /// One of its classes is one of ours: THEIRS=OURS. May be given often.
    #[arg(long, value_name = "THEIRS=OURS", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Its name here. Default: the file's, without its ending.
    #[arg(long)]
    name: Option<String>,
    /// Columns and rows of its input, where the file leaves them open.
    #[arg(long, value_name = "WxH", value_parser = size)]
    input: Option<[u32; 2]>,
    /// The order of the colour planes: rgb or bgr.
    #[arg(long)]
    color: Option<String>,
    /// Where the picture lies: top-left, centre or stretch.
    #[arg(long)]
    placement: Option<String>,
    /// The scale of the levels: 0-255 or 0-1. Mean and divisor are in it.
    #[arg(long)]
    levels: Option<String>,
    /// Taken from each level: three numbers, separated by commas.
    #[arg(long, value_delimiter = ',')]
    mean: Vec<f32>,
    /// Divides each level after that.
    #[arg(long, value_delimiter = ',')]
    std: Vec<f32>,
    /// Weakest detection that leaves the detector.
    #[arg(long, value_name = "0..1")]
    score_threshold: Option<f32>,
    /// Its licence (SPDX).
    #[arg(long)]
    licence: Option<String>,
    /// A JPEG or PNG for the self-test. Default: a drawn one.
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Print and test, but put nothing into the models' folder.
    #[arg(long)]
    dry_run: bool,
    /// Put it in place of a model that has this name.
    #[arg(long)]
    replace: bool,
}

/// A manifest as it is written; the order is the one to read it in.
#[derive(Debug, Serialize)]
struct Written<'a> {
    name: &'a str,
    family: &'a str,
    file_name: String,
    bytes: usize,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<&'a str>,
    input: [u32; 2],
    color: &'a str,
    layout: &'a str,
    placement: &'a str,
    levels: &'a str,
    #[serde(skip_serializing_if = "<[f32]>::is_empty")]
    mean: &'a [f32],
    #[serde(skip_serializing_if = "<[f32]>::is_empty")]
    std: &'a [f32],
    #[serde(skip_serializing_if = "Option::is_none")]
    score_threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    classes: &'a [String],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    map: std::collections::BTreeMap<&'a str, &'a str>,
}

pub(super) fn run(shelf: &Shelf, args: &Args) -> anyhow::Result<ExitCode> {
    let name = args.name()?;
    if shelf.catalogue.model(&name).is_some() && !args.replace {
        bail!("there is a model {name:?} already; give another --name, or --replace it");
    }
    let bytes =
        fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let text = args.manifest(&name, &bytes, shelf)?;
    say(&text)?;
    let folder = shelf.detect.models_folder();
    let place = Catalogue::added_manifest(&folder, &name);
    let manifest = shelf.catalogue.parse_manifest(&text, &place)?;
    if manifest.object_classes().is_empty() {
        bail!(
            "none of its classes is one of ours ({}): say which one is with --map THEIRS=OURS",
            crate::config::OBJECT_CLASSES.join(", ")
        );
    }
    args.test(shelf, &manifest)?;
    if args.dry_run {
        say("nothing was put into the models' folder")?;
        return Ok(ExitCode::SUCCESS);
    }
    let target = folder.join(&manifest.file.name);
    install(&bytes, &target).with_context(|| format!("cannot write {}", target.display()))?;
    install(text.as_bytes(), &place)
        .with_context(|| format!("cannot write {}", place.display()))?;
    say(&format!(
        "{name}: {}, described in {}",
        target.display(),
        place.display()
    ))?;
    say(&format!(
        "use it: [[model]] name = {name:?}; look at it: edge-agent models try {name} CLIP"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Written beside and renamed: an agent that starts meanwhile sees the old file or the new one.
fn install(bytes: &[u8], file: &std::path::Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, bytes)?;
    fs::rename(&part, file)
}

impl Args {
    fn name(&self) -> anyhow::Result<String> {
        let stem = || {
            self.file
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        let name = self.name.clone().or_else(stem).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        ensure!(
            !name.is_empty() && !name.starts_with('.') && name.chars().all(plain),
            "{name:?} is no name for a model: give --name with letters, digits, '-', '_' and '.'"
        );
        Ok(name)
    }

    fn manifest(&self, name: &str, bytes: &[u8], shelf: &Shelf) -> anyhow::Result<String> {
        let stated = stated_input(name, bytes, &shelf.detect)?;
        let input = self
            .input
            .or(stated.map(|(width, height, _)| [width, height]));
        let input = input.context("the file leaves its input's size open: give --input WxH")?;
        let usual = Usual::of(self.family);
        let own_levels = self.levels.is_some() || !self.mean.is_empty() || !self.std.is_empty();
        let (mean, std) = match own_levels {
            true => (self.mean.as_slice(), self.std.as_slice()),
            false => (usual.mean, usual.std),
        };
        let written = Written {
            name,
            family: self.family.word(),
            file_name: format!("{name}.onnx"),
            bytes: bytes.len(),
            sha256: model_file::hash_of(bytes),
            licence: self.licence.as_deref(),
            input,
            color: self.color.as_deref().unwrap_or(usual.color),
            layout: match stated {
                Some((_, _, Layout::Nhwc)) => "nhwc",
                _ => "nchw",
            },
            placement: self.placement.as_deref().unwrap_or(usual.placement),
            levels: self.levels.as_deref().unwrap_or(usual.levels),
            mean,
            std,
            score_threshold: self.score_threshold,
            labels: self.labels.as_deref(),
            classes: &self.classes,
            map: self
                .map
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str()))
                .collect(),
        };
        toml::to_string(&written).context("the manifest cannot be written as TOML")
    }

    fn test(&self, shelf: &Shelf, manifest: &Manifest) -> anyhow::Result<()> {
        let picture = match &self.picture {
            Some(file) => read_picture(file)?,
            None => drawn(),
        };
        let model = ModelConfig {
            file: Some(self.file.clone()),
            ..ModelConfig::of(manifest.clone())
        };
        let test = SelfTest::run(&model, &shelf.detect, &picture)?;
        if test.not_finite > 0 {
            bail!(
                "self-test failed: {} of the numbers in {} are infinite or none; check --levels, \
                 --mean, --std and --color, or the export",
                test.not_finite,
                test.outputs
            );
        }
        say(&format!(
            "self-test: loaded in {} ms, outputs {}, all finite, {} detections, {:.1} ms a picture",
            test.loaded_in.as_millis(),
            test.outputs,
            test.detections.len(),
            test.looked_in.as_secs_f64() * 1e3
        ))?;
        let best = test.detections.iter().take(5);
        for found in best {
            say(&format!("  {} {:.2}", found.class, found.score))?;
        }
        Ok(())
    }
}

/// What a family's own exporter wants of a picture.
struct Usual {
    color: &'static str,
    placement: &'static str,
    levels: &'static str,
    mean: &'static [f32],
    std: &'static [f32],
}

impl Usual {
    fn of(family: Family) -> Self {
        let (color, placement, levels) = match family {
            Family::Vong => ("rgb", "top-left", "0-255"),
            Family::Yolox => ("bgr", "top-left", "0-255"),
            Family::Yolov5 | Family::Yolov8 => ("rgb", "centre", "0-1"),
            Family::Nanodet { .. } => ("bgr", "stretch", "0-255"),
            Family::Fastestdet => ("bgr", "stretch", "0-1"),
            Family::Detr => ("rgb", "stretch", "0-1"),
        };
        let (mean, std): (&[f32], &[f32]) = match family {
            Family::Nanodet { .. } => (&[103.53, 116.28, 123.675], &[57.375, 57.12, 58.395]),
            _ => (&[], &[]),
        };
        Self {
            color,
            placement,
            levels,
            mean,
            std,
        }
    }
}

fn family(word: &str) -> Result<Family, String> {
    let known = Family::WORDS.iter().find(|(known, _)| *known == word);
    let words = || Family::WORDS.map(|(word, _)| word).join(", ");
    known
        .map(|(_, family)| *family)
        .ok_or_else(|| format!("known: {}", words()))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (theirs, ours) = text.split_once('=').ok_or("write THEIRS=OURS")?;
    Ok((theirs.to_owned(), ours.to_owned()))
}

fn size(text: &str) -> Result<[u32; 2], String> {
    let wrong = || "write WIDTHxHEIGHT, e.g. 640x384".to_owned();
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    match (width.parse(), height.parse()) {
        (Ok(width), Ok(height)) => Ok([width, height]),
        _ => Err(wrong()),
    }
}

/// A picture with a sky, a ground and a few shapes: nothing to be seen, everything to be computed.
fn drawn() -> Frame {
    let picture = RgbImage::from_fn(640, 480, |x, y| {
        let shade = |of: u32, most: u32| u8::try_from(of * 255 / most).unwrap_or(u8::MAX);
        if (200..330).contains(&x) && (220..360).contains(&y) {
            return Rgb([shade(x - 200, 130), 60, 40]);
        }
        match y < 200 {
            true => Rgb([90, 140, shade(y, 200)]),
            false => Rgb([shade(y - 200, 280) / 2, 90, shade(x, 640) / 2]),
        }
    });
    frame_of(&picture)
}

#[cfg(test)]
#[path = "add_tests.rs"]
mod tests;
