//! Models whose bytes are in the program: they run on a machine that has nothing but it.

/// The detector that runs where no other is configured.
pub const STARTER: &str = "vong-starter";

/// A model in the program.
pub(super) struct BuiltIn {
    /// Its manifest, as it stands in the repository.
    pub(super) manifest: &'static str,
    /// Where that is, for messages.
    pub(super) origin: &'static str,
}

/// The detectors in the program.
pub(super) const DETECTORS: &[BuiltIn] = &[BuiltIn {
    manifest: include_str!("../../../models/vong-starter/manifest.toml"),
    origin: "models/vong-starter/manifest.toml",
}];

/// The fire and smoke verifier in the program.
pub(super) const FIRE_VERIFIER: Option<BuiltIn> = Some(BuiltIn {
    manifest: include_str!("../../../models/fire-verifier/manifest.toml"),
    origin: "models/fire-verifier/manifest.toml",
});

/// Their files by name.
const FILES: &[(&str, &[u8])] = &[
    (
        "vong-starter.onnx",
        include_bytes!("../../../models/vong-starter/vong-starter.onnx"),
    ),
    (
        "vong-starter-int8.onnx",
        include_bytes!("../../../models/vong-starter/vong-starter-int8.onnx"),
    ),
    (
        "fire-verifier.onnx",
        include_bytes!("../../../models/fire-verifier/fire-verifier.onnx"),
    ),
];

/// A file that is in the program: its name and its bytes.
#[must_use]
pub fn built_in_file(name: &str) -> Option<(&'static str, &'static [u8])> {
    FILES.iter().copied().find(|(known, _)| *known == name)
}
