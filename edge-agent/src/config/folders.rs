//! The project's cache folder, and paths from the environment.

use std::path::PathBuf;

/// The project's cache folder: `$XDG_CACHE_HOME/vong`, by default `~/.cache/vong`.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let home = || {
        env_path("HOME")
            .unwrap_or_else(|| PathBuf::from("/var/cache"))
            .join(".cache")
    };
    env_path("XDG_CACHE_HOME").unwrap_or_else(home).join("vong")
}

/// A path from the environment; a variable that is set to nothing is not set.
#[must_use]
pub fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
