//! Passwords: read from files of their own, never printed.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use super::fault::Wrong;

/// A password. `Debug` does not show it; memory is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a password from where it was kept.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The password itself, for handing it to what needs it; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The first line of a password file; the line break that editors add does not count.
pub(super) fn read(file: &Path) -> Result<Secret, Wrong> {
    let content = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| {
            Wrong::new(
                format!("{} cannot be read: {error}", file.display()),
                "put the password on one line in that file, readable by the agent's user only",
            )
        })?;
    match content.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(Wrong::new(
            format!("{} is empty", file.display()),
            "put the password on its first line",
        )),
    }
}

/// A file of two lines: the user, then the password.
pub(super) fn read_pair(file: &Path) -> Result<(String, Secret), Wrong> {
    const REMEDY: &str = "put the user on its first line and the password on its second, readable by the agent's user only";
    let content = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| {
            Wrong::new(
                format!("{} cannot be read: {error}", file.display()),
                REMEDY,
            )
        })?;
    let mut lines = content.lines();
    match (lines.next(), lines.next()) {
        (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
            Ok((user.to_owned(), Secret::new(password.to_owned())))
        }
        _ => Err(Wrong::new(
            format!("{} lacks a line", file.display()),
            REMEDY,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_and_the_line_break_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "hunter2\r\n").unwrap();
        let secret = read(&file).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn missing_and_empty_files_are_faults() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("none")).is_err());
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "\n").unwrap();
        assert!(read(&empty).is_err());
        assert!(read_pair(&empty).is_err());
        std::fs::write(&empty, "viewer\n").unwrap();
        assert!(read_pair(&empty).is_err(), "no password");
        std::fs::write(&empty, "viewer\r\nhunter2\r\n").unwrap();
        let (user, password) = read_pair(&empty).unwrap();
        assert_eq!((user.as_str(), password.expose()), ("viewer", "hunter2"));
    }
}
