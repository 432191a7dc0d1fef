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
}

/// Names the folder of the programs where it is not the one of the running executable: a bench runs
/// optimised ones.
pub const PROGRAMS_VARIABLE: &str = "VONG_PROGRAMS";

/// The path of a program under test.
///
/// # Errors
/// Where it was not built; the message says how.
pub fn path_of(program: Program) -> anyhow::Result<PathBuf> {
    let Some(folder) = std::env::var_os(PROGRAMS_VARIABLE) else {
        return sibling(program.name());
    };
    let path = PathBuf::from(folder).join(program.name());
    ensure!(
        path.is_file(),
        "{PROGRAMS_VARIABLE}: there is no {}",
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
