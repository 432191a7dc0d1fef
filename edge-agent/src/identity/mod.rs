//! Who this agent is: its Ed25519 key, and what the server answered when it enrolled.
//!
//! Both live in the data folder with mode 0600: `agent.key` (the private half, made here, never
//! sent anywhere) and `enrolment.json` (names, addresses, the two passwords). While the key is
//! changed, the new one is `agent.key.next`. What does not belong
//! here: using them. `report` signs, `outbox` connects.

mod enrol;
mod private_file;
mod rotate;
mod tls;

use std::io;
use std::path::{Path, PathBuf};

use contract::v1::{EnrolmentAnswer, SecretKey, SignatureError};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::{Zeroize as _, Zeroizing};

pub use enrol::{EnrolError, Renewal, enrol};
pub use rotate::{RotateError, rotate};
pub use tls::{TlsError, client_config, http_client};

/// File name of the private key within the data folder.
pub const KEY_FILE: &str = "agent.key";
/// File name of a new key whose change was begun and not finished.
pub const NEXT_KEY_FILE: &str = "agent.key.next";
/// File name of the server's answer within the data folder.
pub const ENROLMENT_FILE: &str = "enrolment.json";

/// What the agent knows of itself and its server.
#[derive(Debug)]
pub struct Identity {
    /// The key that signs reports.
    pub key: SecretKey,
    /// What the server answered.
    pub enrolment: Enrolment,
}

/// The server's answer, and the address that gave it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Where the server's HTTP interface is, as given to `enroll`.
    pub server_url: Url,
    /// The answer itself.
    #[serde(flatten)]
    pub answer: EnrolmentAnswer,
}

impl std::fmt::Debug for Enrolment {
    /// Leaves out both passwords: this may reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolment")
            .field("server_url", &self.server_url.as_str())
            .field("agent", &self.answer.agent)
            .field("mqtt_url", &self.answer.mqtt_url)
            .finish_non_exhaustive()
    }
}

/// Why the agent does not know who it is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No key or no answer yet.
    #[error(
        "{} does not exist: this agent is not enrolled; get a one-time token (`ingest-server agent \
         token NAME`) and run `edge-agent enroll --server URL --token TOKEN`",
        .0.display()
    )]
    NotEnrolled(PathBuf),
    /// Others may read a secret.
    #[error("{} can be read by others (mode {mode:03o}); run `chmod 600 {}`", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file cannot be read or written.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The key file holds something else.
    #[error("{} is not an agent key; move it away and enrol again with `--again`", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: SignatureError,
    },
    /// The enrolment file holds something else.
    #[error("{} is damaged; enrol again with `--again`", path.display())]
    Enrolment {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] rand::rand_core::OsError),
}

impl Identity {
    /// Reads key and enrolment from the data folder.
    ///
    /// # Errors
    /// [`IdentityError::NotEnrolled`] where either is missing, [`IdentityError::Exposed`] where
    /// others could read them.
    pub fn load(data_dir: &Path) -> Result<Self, IdentityError> {
        let key_path = data_dir.join(KEY_FILE);
        let key = read_key(&key_path)?.ok_or(IdentityError::NotEnrolled(key_path))?;
        let path = data_dir.join(ENROLMENT_FILE);
        let enrolment = read_enrolment(&path)?.ok_or(IdentityError::NotEnrolled(path))?;
        Ok(Self { key, enrolment })
    }
}

/// Whether a change of the key was begun in this data folder and not finished.
#[must_use]
pub fn rotation_is_open(data_dir: &Path) -> bool {
    data_dir.join(NEXT_KEY_FILE).exists()
}

fn read_enrolment(path: &Path) -> Result<Option<Enrolment>, IdentityError> {
    let Some(text) = private_file::read(path)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|source| IdentityError::Enrolment {
            path: path.to_owned(),
            source,
        })
}

fn read_key(path: &Path) -> Result<Option<SecretKey>, IdentityError> {
    let Some(text) = private_file::read(path)? else {
        return Ok(None);
    };
    SecretKey::from_base64(&text)
        .map(Some)
        .map_err(|source| IdentityError::Key {
            path: path.to_owned(),
            source,
        })
}

/// Reads the key, or makes one from the operating system's randomness and stores it.
fn key_or_new(path: &Path) -> Result<SecretKey, IdentityError> {
    if let Some(key) = read_key(path)? {
        return Ok(key);
    }
    let mut seed = [0_u8; 32];
    rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut seed)
        .map_err(IdentityError::Random)?;
    let key = SecretKey::from_bytes(&seed);
    seed.zeroize();
    private_file::write(path, &Zeroizing::new(key.to_base64()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_new_key_is_private_and_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deeper").join(KEY_FILE);
        let made = key_or_new(&path).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(key_or_new(&path).unwrap().public(), made.public());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(KEY_FILE);
        key_or_new(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = read_key(&path).unwrap_err();
        assert!(
            matches!(error, IdentityError::Exposed { mode: 0o640, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn without_enrolment_the_remedy_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Identity::load(dir.path()).unwrap_err();
        assert!(error.to_string().contains("edge-agent enroll"), "{error}");
    }
}
