//! Reads manifests: the keys that a catalogue, a shipped model and a user's own have in common.

use std::sync::Arc;

use contract::v1::MAX_WORD_BYTES;

use super::{
    ColorOrder, Family, InputSpec, Layout, Manifest, ModelFile, OBJECT_CLASSES, Placement,
    Thresholds, Variant,
};
use crate::config::catalogue::LabelSet;
use crate::config::fault::{Wrong, suggestion};
use crate::config::section::Section;
use crate::config::value;

/// A model's own words for its classes, and for each of them ours.
pub(in crate::config) type Labels = (Vec<Arc<str>>, Vec<Option<Arc<str>>>);

/// A report has room for a model's name with that of its variant.
const MAX_VARIANT_BYTES: usize = 15;
const MAX_NAME_BYTES: usize = MAX_WORD_BYTES - 1 - MAX_VARIANT_BYTES;

/// Reads a manifest that stands alone or in a catalogue: its name, its body, its variants.
pub(in crate::config) fn read_whole(
    section: &Section<'_>,
    label_sets: &[LabelSet],
) -> Option<Manifest> {
    let name = section.required("name", &value::text_up_to(MAX_NAME_BYTES));
    let manifest = read_body(section, name.clone().unwrap_or_default(), label_sets);
    let variants = read_variants(section, manifest.as_ref());
    section.finish();
    name?;
    manifest.map(|manifest| Manifest {
        variants,
        ..manifest
    })
}

/// Reads a manifest's keys, all but its name and variants.
pub(in crate::config) fn read_body(
    section: &Section<'_>,
    name: String,
    label_sets: &[LabelSet],
) -> Option<Manifest> {
    let family = read_family(section);
    let file = read_file(section, &name);
    let input = read_input(section);
    let labels = read_classes(section, label_sets);
    let thresholds = Thresholds::of(family.unwrap_or(Family::Yolox));
    let thresholds = read_thresholds(section, thresholds);
    let confidence = read_confidence(section);
    let (labels, classes) = labels?;
    Some(Manifest {
        name,
        family: family?,
        file: file?,
        input: input?,
        labels,
        classes,
        thresholds,
        confidence,
        variants: Vec::new(),
    })
}

/// Reads what a configuration may say over a model that is known by name.
pub(in crate::config) fn read_overrides(section: &Section<'_>, known: Manifest) -> Manifest {
    let confidence = match section.has("confidence") {
        true => read_confidence(section),
        false => known.confidence,
    };
    Manifest {
        thresholds: read_thresholds(section, known.thresholds),
        confidence,
        ..known
    }
}

/// Reads a list of the model's class names and the `map` from them to ours.
pub(in crate::config) fn read_labels(section: &Section<'_>, names: &'static str) -> Option<Labels> {
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
    let classes = names.iter().map(ours).collect();
    Some((names.into_iter().map(Arc::from).collect(), classes))
}

fn read_family(section: &Section<'_>) -> Option<Family> {
    let family = section.required("family", &value::one_of(&Family::WORDS))?;
    Some(match family {
        Family::Nanodet { reg_max } => Family::Nanodet {
            reg_max: section.or("reg_max", reg_max, &value::integer(1..=64)),
        },
        other => other,
    })
}

fn read_thresholds(section: &Section<'_>, default: Thresholds) -> Thresholds {
    let strong_score = section.optional("strong_score", &value::share);
    Thresholds {
        score: section.or("score_threshold", default.score, &value::share),
        strong_score: strong_score.or(default.strong_score),
        nms_iou: section.or("nms_iou", default.nms_iou, &value::share),
    }
}

fn read_confidence(section: &Section<'_>) -> Vec<(Arc<str>, f32)> {
    let table = section.table("confidence");
    let read = |class: &'static str| {
        let score = table.optional(class, &value::share)?;
        Some((Arc::from(class), score))
    };
    let read: Vec<_> = OBJECT_CLASSES.into_iter().filter_map(read).collect();
    table.finish();
    read
}

fn read_variants(section: &Section<'_>, of: Option<&Manifest>) -> Vec<Variant> {
    let licence = of.and_then(|manifest| manifest.file.licence.clone());
    let mut variants = Vec::new();
    for section in section.tables("variant") {
        let name = section.required("name", &value::text_up_to(MAX_VARIANT_BYTES));
        let shown = format!("variant-{}", name.as_deref().unwrap_or_default());
        let file = read_file(&section, &shown);
        section.finish();
        if let (Some(name), Some(file)) = (name, file) {
            let file = ModelFile {
                licence: file.licence.or_else(|| licence.clone()),
                ..file
            };
            variants.push(Variant { name, file });
        }
    }
    variants
}

/// Reads the keys of a model's file; `name` is its name where neither `file_name` nor `url` says it.
pub(in crate::config) fn read_file(section: &Section<'_>, name: &str) -> Option<ModelFile> {
    let sha256 = section.optional("sha256", &value::sha256);
    let url = section.optional("url", &value::text);
    let bytes = section.optional("bytes", &value::integer(1..=u64::from(u32::MAX)));
    let licence = section.optional("licence", &value::text);
    let note = section.optional("note", &value::text);
    let last_part = url
        .as_deref()
        .and_then(|url| url.rsplit('/').next())
        .map(str::to_owned);
    let default = last_part.unwrap_or_else(|| format!("{name}.onnx"));
    let name = section.or("file_name", default, &value::file_name);
    let broken = section.has("sha256") && sha256.is_none();
    (!broken).then_some(ModelFile {
        name,
        sha256,
        bytes,
        url,
        licence,
        note,
    })
}

fn read_input(section: &Section<'_>) -> Option<InputSpec> {
    let sides = value::integer(32..=4096_u32);
    let size = section.required("input", &value::array::<2, u32>(sides));
    let layout = [("nchw", Layout::Nchw), ("nhwc", Layout::Nhwc)];
    let placement = [
        ("top-left", Placement::TopLeft),
        ("centre", Placement::Centre),
        ("stretch", Placement::Stretch),
    ];
    let color = read_color(section);
    let layout = section.or("layout", Layout::Nchw, &value::one_of(&layout));
    let placement = section.or("placement", Placement::TopLeft, &value::one_of(&placement));
    let pad = section.or("pad", 114.0, &value::real);
    let (mean, std) = read_levels(section);
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

pub(in crate::config) fn read_color(section: &Section<'_>) -> ColorOrder {
    let words = [("bgr", ColorOrder::Bgr), ("rgb", ColorOrder::Rgb)];
    section.or("color", ColorOrder::Bgr, &value::one_of(&words))
}

/// Mean and divisor in levels of 255, whichever scale `levels` says that they are written in.
fn read_levels(section: &Section<'_>) -> ([f32; 3], [f32; 3]) {
    let scales = [("0-255", 1.0_f32), ("0-1", 255.0)];
    let scale = section.or("levels", 1.0, &value::one_of(&scales));
    let mean = section.or("mean", [0.0; 3], &value::array::<3, f32>(value::real));
    let std = section.or("std", [1.0; 3], &value::array::<3, f32>(value::real));
    if std.contains(&0.0) {
        section.note(
            "std",
            Wrong::new("divides by 0", "give three numbers other than 0"),
        );
    }
    (
        mean.map(|level| level * scale),
        std.map(|level| level * scale),
    )
}

fn read_classes(section: &Section<'_>, label_sets: &[LabelSet]) -> Option<Labels> {
    if section.has("classes") {
        return read_labels(section, "classes");
    }
    let name = section.required("labels", &value::text)?;
    let Some(set) = label_sets.iter().find(|set| set.name == name) else {
        let known: Vec<&str> = label_sets.iter().map(|set| set.name.as_str()).collect();
        let wrong = Wrong::new(format!("no label set {name:?}"), suggestion(&name, &known));
        section.note("labels", wrong);
        return None;
    };
    Some((set.labels.clone(), set.classes.clone()))
}
