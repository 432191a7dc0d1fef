//! `[evidence]`: how long proof stays on this disk, and whether it lies there encrypted.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::fault::Wrong;
use super::secret;
use super::section::Section;
use super::value;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Bytes of the key.
const KEY: usize = 32;

/// `[evidence]`: files that wait for the server.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceConfig {
    /// How long a piece waits for the server before it is given up. Default 30 days.
    pub max_age: Duration,
    /// What new files are encrypted with, read from `key_file`.
    pub key: Option<EvidenceKey>,
}

/// The key of the evidence files. `Debug` does not show it; memory is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct EvidenceKey(Zeroizing<[u8; KEY]>);

impl EvidenceKey {
    /// Takes a key from where it was kept.
    #[must_use]
    pub fn new(bytes: [u8; KEY]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself, for the cipher; never for a log.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY] {
        &self.0
    }
}

impl fmt::Debug for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvidenceKey(…)")
    }
}

pub(super) fn read(section: Section<'_>, base: &Path) -> EvidenceConfig {
    let days = section.or("max_age_days", 30, &value::integer(1..=3650_u32));
    let file = section.optional("key_file", &value::path(base));
    let key = file.and_then(|file| match read_key(&file) {
        Ok(key) => Some(key),
        Err(wrong) => {
            section.note("key_file", wrong);
            None
        }
    });
    section.finish();
    EvidenceConfig {
        max_age: DAY * days,
        key,
    }
}

fn read_key(file: &PathBuf) -> Result<EvidenceKey, Wrong> {
    let text = secret::read(file)?;
    let mode = fs::metadata(file).map_or(0, |file| file.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        return Err(Wrong::new(
            format!("{} may be read by others (mode {mode:03o})", file.display()),
            format!("chmod 600 {}", file.display()),
        ));
    }
    let mut key = [0; KEY];
    hex::decode_to_slice(text.expose().trim(), &mut key).map_err(|_| {
        Wrong::new(
            format!("{} is no key: 64 hexadecimal digits", file.display()),
            format!(
                "make one: (umask 077; openssl rand -hex 32 > {})",
                file.display()
            ),
        )
    })?;
    Ok(EvidenceKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_key_is_read_and_never_shown() {
        let (_dir, path) = file(&format!("{}\n", "0f".repeat(32)), 0o600);
        let key = read_key(&path).unwrap();
        assert_eq!(key.expose(), &[15; KEY]);
        assert_eq!(format!("{key:?}"), "EvidenceKey(…)");
    }

    #[test]
    fn a_key_that_is_short_or_exposed_is_a_fault() {
        for (text, mode) in [("0f0f", 0o600), ("", 0o600), (&"0f".repeat(32), 0o644)] {
            let (_dir, path) = file(text, mode);
            assert!(read_key(&path).is_err(), "{text:?} {mode:o}");
        }
    }
}
