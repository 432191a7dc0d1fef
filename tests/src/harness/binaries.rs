//! Where the two programs lie: beside the test that runs them.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};

/// One of the programs under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `edge-agent`
    EdgeAgent,
    /// `ingest-server`
    IngestServer,
}

impl Program {
    /// The file's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdgeAgent => "edge-agent",
            Self::IngestServer => "ingest-server",
        }
    }

    /// Names the program's file where it is not the one beside the running executable: a bench runs
    /// an optimised one.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::EdgeAgent => "VONG_EDGE_AGENT",
            Self::IngestServer => "VONG_INGEST_SERVER",
        }
    }
}

/// The path of a program under test.
///
/// # Errors
/// Where it was not built; the message says how.
pub fn path_of(program: Program) -> anyhow::Result<PathBuf> {
    let Some(path) = std::env::var_os(program.variable()) else {
        return sibling(program.name());
    };
    let path = PathBuf::from(path);
    ensure!(
        path.is_file(),
        "{}: there is no {}",
        program.variable(),
        path.display()
    );
    Ok(path)
}

/// The path of an executable in the target folder of the running one.
///
/// # Errors
/// Where it was not built; the message says how.
pub fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("the path of the running executable")?;
    let mut folder = own
        .parent()
        .context("the folder of the running executable")?;
    if folder.ends_with("deps") {
        folder = folder.parent().context("the folder above `deps`")?;
    }
    let path = folder.join(name);
    ensure!(
        path.is_file(),
        "{name} is not built; run `cargo build --workspace` first (looked at {})",
        path.display()
    );
    Ok(path)
}
