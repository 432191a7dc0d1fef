//! Reads source text and says which of the project's rules it breaks: import direction, one home for
//! each foreign library, file length, a purpose at the head of each file.
//!
//! Pure: takes paths and texts, returns sentences. What does not belong here: reading the disk (the
//! test does), judging style that rustfmt, clippy or the console's linter already judge.

mod imports;
mod rust_tokens;
mod typescript;

pub use imports::{Crate, ForeignLibrary, broken_rules};
pub use typescript::{Layers, broken_layers};

/// One source file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path below the crate's (or the console's) `src/`, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Longest file that anybody should have to read.
pub const MAX_LINES: usize = 800;

/// What is wrong with the shape of one Rust file.
#[must_use]
pub fn broken_shape(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        faults.push(format!(
            "{}: {lines} lines, split it at {MAX_LINES}",
            source.path
        ));
    }
    if !source.text.starts_with("//!") {
        faults.push(format!(
            "{}: does not open with `//!` and its purpose",
            source.path
        ));
    }
    faults
}
