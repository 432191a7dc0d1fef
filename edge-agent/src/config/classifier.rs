//! The manifest of a classifier that looks at a few crops of one place, e.g. the fire verifier.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::built_in;
use super::fault::{ConfigError, Wrong};
use super::manifest::{ColorOrder, ModelFile, read_color, read_file};
use super::section::{Section, read_document};
use super::value;

/// What a classifier wants of the pictures, and what its output means.
///
/// Its input is f32 `[1, 3 · crops, size, size]`, oldest crop first, levels 0 to 255; its output f32
/// `[1, labels]`, the share of each label, adding up to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierManifest {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: ModelFile,
    /// Crops in one stack.
    pub crops: usize,
    /// Columns and rows of a crop.
    pub size: u32,
    /// The time from one crop to the next that it was trained with.
    pub spacing: Duration,
    /// Side of the square crop, as a multiple of the box's longer side.
    pub context: f32,
    /// The order of the colour planes.
    pub color: ColorOrder,
    /// What it tells apart, in the order of its output. The first one means "none of the others".
    pub labels: Vec<Arc<str>>,
    /// Below this share of all labels but the first it speaks against the event.
    pub veto_below: f32,
}

impl ClassifierManifest {
    /// The fire and smoke verifier that is in the program, where this build has one.
    ///
    /// # Errors
    /// Never in a build whose tests passed; the type says what would be wrong.
    pub fn fire_verifier() -> Result<Option<Self>, ConfigError> {
        let Some(model) = built_in::FIRE_VERIFIER else {
            return Ok(None);
        };
        parse(model.manifest, Path::new(model.origin)).map(Some)
    }

    /// Reads a manifest file.
    ///
    /// # Errors
    /// [`ConfigError`] where it cannot be read or has faults.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        parse(&text, file)
    }
}

fn parse(text: &str, file: &Path) -> Result<ClassifierManifest, ConfigError> {
    // Where every key was there and right, there is a manifest.
    read_document(text, file, read)
}

fn read(root: &Section<'_>) -> Option<ClassifierManifest> {
    let name = root.required("name", &value::text);
    let family = root.required("family", &value::text);
    if family
        .as_deref()
        .is_some_and(|family| family != "fire_verifier")
    {
        root.note(
            "family",
            Wrong::new("is no classifier's", "give \"fire_verifier\""),
        );
    }
    let file = read_file(root, name.as_deref().unwrap_or_default());
    let crops = root.required("crops", &value::integer(1..=16));
    let size = root.required("size", &value::integer(16..=512_u32));
    let spacing = root.required("spacing_s", &value::seconds(0.01..=60.0));
    let context = root.required("context", &value::number(1.0..=10.0));
    let color = read_color(root);
    let labels = root.required("labels", &value::list(value::text));
    let veto_below = root.required("veto_below", &value::share);
    root.finish();
    #[expect(clippy::cast_possible_truncation, reason = "a factor of 1 to 10")]
    let context = context? as f32;
    Some(ClassifierManifest {
        name: name?,
        file: file?,
        crops: crops?,
        size: size?,
        spacing: spacing?,
        context,
        color,
        labels: labels?.into_iter().map(Arc::from).collect(),
        veto_below: veto_below?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
name = "fire-verifier"
family = "fire_verifier"
file_name = "fire-verifier.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
bytes = 300000
licence = "Apache-2.0"
crops = 4
size = 64
spacing_s = 0.5
context = 1.5
color = "rgb"
labels = ["neither", "fire", "smoke"]
veto_below = 0.30
"#;

    #[test]
    fn a_whole_manifest_is_read() {
        let manifest = parse(WHOLE, Path::new("manifest.toml")).unwrap();
        assert_eq!((manifest.crops, manifest.size), (4, 64));
        assert_eq!(manifest.spacing, Duration::from_millis(500));
        assert_eq!(manifest.color, ColorOrder::Rgb);
        assert_eq!(&*manifest.labels[1], "fire");
    }

    #[test]
    fn every_fault_is_listed() {
        let text = WHOLE.replace("crops = 4", "crop = 4").replace("0.30", "3");
        let message = parse(&text, Path::new("m.toml")).unwrap_err().to_string();
        for part in ["crop: unknown key", "crops: missing", "veto_below: 3"] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
}
