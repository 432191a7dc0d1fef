//! The server's own Ed25519 key: it signs acks, desired state and commands.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use contract::v1::SecretKey;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

/// Why the server has no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    /// The file cannot be read or made.
    #[error("the server's key {} cannot be read or made; check the rights of its folder", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("the server's key {} can be read by others; run: chmod 600 {}", file.display(), file.display())]
    Exposed {
        /// The file.
        file: PathBuf,
    },
    /// The file holds something else.
    #[error("{} does not hold an Ed25519 key in base64; restore it from a backup, or remove it and enrol every agent again", file.display())]
    Content {
        /// The file.
        file: PathBuf,
    },
    /// The operating system has no randomness.
    #[error("the operating system's random source failed")]
    Random(#[source] rand::rand_core::OsError),
}

/// Reads the key, or makes one at the first start with mode 0600.
///
/// # Errors
/// [`ServerKeyError`]; a damaged key is never replaced silently, since every agent pins it.
pub fn load_or_create(file: &Path) -> Result<SecretKey, ServerKeyError> {
    let error = |source| ServerKeyError::File {
        file: file.to_owned(),
        source,
    };
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            let mode = std::fs::metadata(file).map_err(error)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(ServerKeyError::Exposed {
                    file: file.to_owned(),
                });
            }
            SecretKey::from_base64(&text).map_err(|_| ServerKeyError::Content {
                file: file.to_owned(),
            })
        }
        Err(missing) if missing.kind() == ErrorKind::NotFound => create(file),
        Err(other) => Err(error(other)),
    }
}

fn create(file: &Path) -> Result<SecretKey, ServerKeyError> {
    let error = |source| ServerKeyError::File {
        file: file.to_owned(),
        source,
    };
    let mut bytes = Zeroizing::new([0_u8; 32]);
    OsRng
        .try_fill_bytes(bytes.as_mut_slice())
        .map_err(ServerKeyError::Random)?;
    let key = SecretKey::from_bytes(&bytes);
    // Written aside and renamed: a crash leaves a whole key or none.
    let aside = file.with_extension("key.new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)
        .map_err(error)?;
    writeln!(out, "{}", key.to_base64())
        .and_then(|()| out.sync_all())
        .map_err(error)?;
    std::fs::rename(&aside, file).map_err(error)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_survives_a_restart_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("server.key");
        let made = load_or_create(&file).unwrap();
        let read = load_or_create(&file).unwrap();
        assert_eq!(made.public(), read.public());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_or_exposed_key_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("server.key");
        load_or_create(&file).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            load_or_create(&file),
            Err(ServerKeyError::Exposed { .. })
        ));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, "torn").unwrap();
        assert!(matches!(
            load_or_create(&file),
            Err(ServerKeyError::Content { .. })
        ));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "torn");
    }
}
