//! A model's manifest: what it wants of a picture, what its output means, how it is recognised.

mod file;
mod read;

use std::sync::Arc;

pub use file::{ModelFile, Variant};
pub(super) use read::{read_body, read_color, read_file, read_labels, read_overrides, read_whole};

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

/// How a model's output is decoded. `A` counts places in the picture, `C` classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Ours: `[1, A, 4 + C]`, box middle and size in pixels of the input, then class scores.
    Vong,
    /// YOLOX, raw grid: `[1, A, 5 + C]` for strides 8, 16 and 32.
    Yolox,
    /// `YOLOv5`: `[1, A, 5 + C]`, boxes in pixels of the input, objectness, class scores.
    Yolov5,
    /// `YOLOv8` to 11: `[1, 4 + C, A]`, or with suppression inside `[1, K, 6]`.
    Yolov8,
    /// `NanoDet`: `[1, A, C + 4 · (reg_max + 1)]`, or two outputs a stride.
    Nanodet {
        /// The greatest distance of a side, in strides.
        reg_max: u32,
    },
    /// `FastestDet`: `[1, 5 + C, H / 16, W / 16]`.
    Fastestdet,
    /// DETR-style: class scores and boxes of `Q` queries, or labels, boxes and scores.
    Detr,
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
    /// Over all of it, its sides stretched; there is no padding.
    Stretch,
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
    /// Where the picture lies.
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
    /// Least score of a detection that may begin a track, 0 to 1, where the user says one; else
    /// [`Manifest::strong_score`] goes by the card.
    pub strong_score: Option<f32>,
    /// Most `IoU` between two detections of one class that are kept, 0 to 1; 1 keeps all.
    pub nms_iou: f32,
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
    /// The model's own words for its classes, in the order of its output.
    pub labels: Vec<Arc<str>>,
    /// For each of `labels` our word for it, or `None` where it does not matter to us.
    pub classes: Vec<Option<Arc<str>>>,
    /// Which detections leave the detector.
    pub thresholds: Thresholds,
    /// From which score its card believes a detection, by our word; not every class has one.
    pub confidence: Vec<(Arc<str>, f32)>,
    /// The same model in other files, e.g. quantised.
    pub variants: Vec<Variant>,
}

/// A detection of this score is strong, whatever the model.
const STRONG: f32 = 0.4;

impl Manifest {
    /// Our words for what this model can see, each once, in the order of [`OBJECT_CLASSES`].
    #[must_use]
    pub fn object_classes(&self) -> Vec<&str> {
        let sees = |word: &&str| self.classes.iter().flatten().any(|class| **class == **word);
        OBJECT_CLASSES.iter().copied().filter(sees).collect()
    }

    /// The least score of a detection of a class that may begin a track. Models score on scales of
    /// their own: where the card believes a class from less than 0.4 on, so does the tracker.
    #[must_use]
    pub fn strong_score(&self, class: &str) -> f32 {
        let card = self.confidence.iter().find(|(word, _)| **word == *class);
        let card = card.map_or(STRONG, |(_, score)| score.min(STRONG));
        let wanted = self.thresholds.strong_score.unwrap_or(card);
        wanted.max(self.thresholds.score)
    }

    /// The same model, saying the classes in its own words, all of them.
    #[must_use]
    pub fn in_own_words(mut self) -> Self {
        self.classes = self.labels.iter().cloned().map(Some).collect();
        self
    }

    /// The same model in another of its files, named `NAME-VARIANT`.
    #[must_use]
    pub fn as_variant(&self, variant: &Variant) -> Self {
        Self {
            name: format!("{}-{}", self.name, variant.name),
            file: variant.file.clone(),
            variants: Vec::new(),
            ..self.clone()
        }
    }
}

impl Family {
    /// Every family under its word in a manifest.
    pub const WORDS: [(&str, Self); 7] = [
        ("vong", Self::Vong),
        ("yolox", Self::Yolox),
        ("yolov5", Self::Yolov5),
        ("yolov8", Self::Yolov8),
        ("nanodet", Self::Nanodet { reg_max: 7 }),
        ("fastestdet", Self::Fastestdet),
        ("detr", Self::Detr),
    ];

    /// Its word in a manifest.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vong => "vong",
            Self::Yolox => "yolox",
            Self::Yolov5 => "yolov5",
            Self::Yolov8 => "yolov8",
            Self::Nanodet { .. } => "nanodet",
            Self::Fastestdet => "fastestdet",
            Self::Detr => "detr",
        }
    }
}

impl Thresholds {
    /// What applies where nothing else is said. DETR-style models see each thing once: none of
    /// their detections is suppressed.
    #[must_use]
    pub const fn of(family: Family) -> Self {
        Self {
            score: 0.1,
            strong_score: None,
            nms_iou: match family {
                Family::Detr => 1.0,
                _ => 0.5,
            },
        }
    }
}
