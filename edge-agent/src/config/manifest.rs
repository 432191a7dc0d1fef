//! A model's manifest: what it wants of a picture, what its output means, how it is recognised.

use std::sync::Arc;

use super::catalogue::LabelSet;
use super::fault::{Wrong, suggestion};
use super::section::Section;
use super::value;

/// The words for what a model sees. A manifest maps the model's own classes to these.
pub const OBJECT_CLASSES: [&str; 7] = [
    "person",
    "two_wheeler",
    "car",
    "large_vehicle",
    "cattle",
    "fire",
    "smoke",
];

/// How a model's output is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// YOLOX, raw grid: `[1, Σ(W/s·H/s), 5 + classes]` for strides 8, 16 and 32.
    Yolox,
}

/// The order of the colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColorOrder {
    /// Blue, green, red.
    Bgr,
    /// Red, green, blue.
    Rgb,
}

/// The order of the tensor's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Picture, channel, row, column.
    Nchw,
    /// Picture, row, column, channel.
    Nhwc,
}

/// Where the picture lies in the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// In the top left corner; the padding is right and below.
    TopLeft,
    /// In the middle; the padding is on both sides.
    Centre,
}

/// What a model wants of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct InputSpec {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The order of the colour planes.
    pub color: ColorOrder,
    /// The order of the axes.
    pub layout: Layout,
    /// Where the letterboxed picture lies.
    pub placement: Placement,
    /// The level of the padding before normalisation, 0 to 255.
    pub pad: f32,
    /// Taken from each level (0 to 255), in the order of the colour planes.
    pub mean: [f32; 3],
    /// Divides each level after that, in the order of the colour planes.
    pub std: [f32; 3],
}

/// Which detections leave the detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Least score of a detection at all, 0 to 1. The tracker uses weak ones to keep tracks alive.
    pub score: f32,
    /// Most IoU between two detections of one class that are kept, 0 to 1.
    pub nms_iou: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            score: 0.1,
            nms_iou: 0.5,
        }
    }
}

/// The file a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name in the models' folder.
    pub name: String,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its size, where the catalogue knows it.
    pub bytes: Option<u64>,
    /// Where it can be downloaded, where the catalogue knows it.
    pub url: Option<String>,
    /// Its licence (SPDX), where the catalogue knows it.
    pub licence: Option<String>,
}

/// Everything the agent must know of a model before it loads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Its name.
    pub name: String,
    /// How its output is decoded.
    pub family: Family,
    /// Its file.
    pub file: ModelFile,
    /// What it wants of a picture.
    pub input: InputSpec,
    /// For each of the model's classes, in the order of its output, our word for it, or `None`
    /// where it does not matter to us.
    pub classes: Vec<Option<Arc<str>>>,
    /// Which detections leave the detector.
    pub thresholds: Thresholds,
}

impl Manifest {
    /// Our words for what this model can see, each once, in the order of [`OBJECT_CLASSES`].
    #[must_use]
    pub fn object_classes(&self) -> Vec<&str> {
        let sees = |word: &&str| self.classes.iter().flatten().any(|class| **class == **word);
        OBJECT_CLASSES.iter().copied().filter(sees).collect()
    }
}

/// Reads a manifest's keys, all but its name and thresholds.
pub(super) fn read_body(
    section: &Section<'_>,
    name: String,
    label_sets: &[LabelSet],
) -> Option<Manifest> {
    let family = section.required("family", &value::one_of(&[("yolox", Family::Yolox)]));
    let file = read_file(section, &name);
    let input = read_input(section);
    let classes = read_classes(section, label_sets);
    let thresholds = Thresholds::default();
    Some(Manifest {
        name,
        family: family?,
        file: file?,
        input: input?,
        classes: classes?,
        thresholds,
    })
}

/// Reads the two thresholds over defaults.
pub(super) fn read_thresholds(section: &Section<'_>, default: Thresholds) -> Thresholds {
    Thresholds {
        score: section.or("score_threshold", default.score, &value::share),
        nms_iou: section.or("nms_iou", default.nms_iou, &value::share),
    }
}

fn read_file(section: &Section<'_>, name: &str) -> Option<ModelFile> {
    let sha256 = section.required("sha256", &value::sha256);
    let url = section.optional("url", &value::text);
    let bytes = section.optional("bytes", &value::integer(1..=u64::from(u32::MAX)));
    let licence = section.optional("licence", &value::text);
    let last_part = url
        .as_deref()
        .and_then(|url| url.rsplit('/').next())
        .map(str::to_owned);
    let default = last_part.unwrap_or_else(|| format!("{name}.onnx"));
    let name = section.or("file_name", default, &value::text);
    Some(ModelFile {
        name,
        sha256: sha256?,
        bytes,
        url,
        licence,
    })
}

fn read_input(section: &Section<'_>) -> Option<InputSpec> {
    let sides = value::integer(32..=4096_u32);
    let size = section.required("input", &value::array::<2, u32>(sides));
    let color = [("bgr", ColorOrder::Bgr), ("rgb", ColorOrder::Rgb)];
    let layout = [("nchw", Layout::Nchw), ("nhwc", Layout::Nhwc)];
    let placement = [
        ("top-left", Placement::TopLeft),
        ("centre", Placement::Centre),
    ];
    let color = section.or("color", ColorOrder::Bgr, &value::one_of(&color));
    let layout = section.or("layout", Layout::Nchw, &value::one_of(&layout));
    let placement = section.or("placement", Placement::TopLeft, &value::one_of(&placement));
    let pad = section.or("pad", 114.0, &value::real);
    let mean = section.or("mean", [0.0; 3], &value::array::<3, f32>(value::real));
    let std = section.or("std", [1.0; 3], &value::array::<3, f32>(value::real));
    if std.contains(&0.0) {
        section.note(
            "std",
            Wrong::new("divides by 0", "give three numbers other than 0"),
        );
    }
    let [width, height] = size?;
    Some(InputSpec {
        width,
        height,
        color,
        layout,
        placement,
        pad,
        mean,
        std,
    })
}

fn read_classes(section: &Section<'_>, label_sets: &[LabelSet]) -> Option<Vec<Option<Arc<str>>>> {
    if !section.has("classes") {
        let name = section.required("labels", &value::text)?;
        let Some(set) = label_sets.iter().find(|set| set.name == name) else {
            let known: Vec<&str> = label_sets.iter().map(|set| set.name.as_str()).collect();
            let wrong = Wrong::new(format!("no label set {name:?}"), suggestion(&name, &known));
            section.note("labels", wrong);
            return None;
        };
        return Some(set.classes.clone());
    }
    read_labels(section, "classes")
}

/// Reads a list of the model's class names and the `map` from them to ours.
pub(super) fn read_labels(
    section: &Section<'_>,
    names: &'static str,
) -> Option<Vec<Option<Arc<str>>>> {
    let names = section.required(names, &value::list(value::text))?;
    let map = section.or("map", Vec::new(), &value::word_map);
    for (theirs, ours) in &map {
        if !names.contains(theirs) {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let wrong = Wrong::new(
                format!("maps {theirs:?}, which is no class of the model"),
                suggestion(theirs, &known),
            );
            section.note("map", wrong);
        }
        if !OBJECT_CLASSES.contains(&ours.as_str()) {
            let wrong = Wrong::new(
                format!("maps to {ours:?}, which is no class of ours"),
                suggestion(ours, &OBJECT_CLASSES),
            );
            section.note("map", wrong);
        }
    }
    let ours = |name: &String| {
        let mapped = map
            .iter()
            .find(|(theirs, _)| theirs == name)
            .map(|(_, ours)| ours);
        // A model that already speaks our words needs no map.
        let own = OBJECT_CLASSES.contains(&name.as_str()).then_some(name);
        mapped.or(own).map(|word| Arc::from(word.as_str()))
    };
    Some(names.iter().map(ours).collect())
}
