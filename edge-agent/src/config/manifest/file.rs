//! The file a model is: its name, hash, size, address and licence.

/// The file a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name in the models' folder.
    pub name: String,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits, where it is known. A file whose
    /// hash nobody knows runs only once a person has trusted it.
    pub sha256: Option<String>,
    /// Its size, where it is known.
    pub bytes: Option<u64>,
    /// Where it can be downloaded, where that is known.
    pub url: Option<String>,
    /// Its licence (SPDX), where it is known.
    pub licence: Option<String>,
    /// What else should be known of its licence or origin.
    pub note: Option<String>,
}

/// A model in another file: same input, same classes, other numbers inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name, e.g. `int8`.
    pub name: String,
    /// Its file.
    pub file: ModelFile,
}

impl ModelFile {
    /// What a person must hear before using the file, where there is something.
    #[must_use]
    pub fn licence_warning(&self) -> Option<&'static str> {
        let said = [self.licence.as_deref(), self.note.as_deref()];
        let agpl = said.into_iter().flatten().any(|text| text.contains("AGPL"));
        agpl.then_some(
            "AGPL-3.0: whoever lets others use a program with these weights over a network must \
             offer them its whole source; ask a lawyer before a product runs them",
        )
    }
}
