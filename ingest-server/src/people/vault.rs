//! Whom to call back, sealed: ChaCha20-Poly1305 (RFC 8439) under keys of one file, each with its id.
//!
//! The first key of the file seals; the others only open what was sealed before, until it is sealed
//! anew (`ingest-server contacts rotate`). What is sealed belongs to its report: put beside another's,
//! it does not open. A key of its own makes pseudonyms (HMAC-SHA-256): the same person is the same
//! pseudonym from report to report, and nobody without the file tells who. It is never rotated, or
//! everybody would become somebody else.
//!
//! What does not belong here: rows, who may open what (`http`), when it is erased (`reception`).

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use citizens::Contact;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

/// The word before the key of pseudonyms.
const PSEUDONYM: &str = "pseudonym";
/// Hexadecimal digits of a pseudonym: enough to tell a city's people apart.
const PSEUDONYM_DIGITS: usize = 16;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file cannot be read or made.
    #[error("the keys of contact data {} cannot be read or made; check the rights of its folder", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("the keys of contact data {} can be read by others; run: chmod 600 {}", file.display(), file.display())]
    Exposed {
        /// The file.
        file: PathBuf,
    },
    /// A line of the file is no key.
    #[error("line {line} of {} is not `ID HEX` with 64 hexadecimal digits, or `pseudonym` is missing; restore the file from a backup", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// The operating system has no randomness.
    #[error("the operating system's random source failed")]
    Random(#[source] rand::rand_core::OsError),
}

/// Why a sealed contact does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file holds no key of this id any more.
    #[error("the key under which the contact is sealed is not in the file of keys")]
    NoKey,
    /// It was changed, or belongs to another report.
    #[error("the sealed contact was altered, or is another report's")]
    Altered,
    /// It could not be sealed.
    #[error("the contact could not be sealed")]
    NotSealed,
}

struct Key {
    id: String,
    key: LessSafeKey,
}

/// The keys of contact data.
pub struct Vault {
    keys: Vec<Key>,
    pseudonym: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// A sealed contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key.
    pub key_id: String,
    /// Nonce and sealed bytes, base64.
    pub text: String,
}

impl Vault {
    /// Reads the keys, or makes a file of them at the first start with mode 0600.
    ///
    /// # Errors
    /// [`VaultError`]. A damaged file is never replaced silently: what it sealed would be lost.
    pub fn load_or_create(file: &Path) -> Result<Self, VaultError> {
        let error = |source| VaultError::File {
            file: file.to_owned(),
            source,
        };
        let text = match std::fs::read_to_string(file) {
            Ok(text) => Zeroizing::new(text),
            Err(missing) if missing.kind() == ErrorKind::NotFound => {
                let text = Zeroizing::new(format!(
                    "{}{PSEUDONYM} {}\n",
                    new_line()?.as_str(),
                    hex::encode(random()?)
                ));
                write(file, &text).map_err(error)?;
                text
            }
            Err(other) => return Err(error(other)),
        };
        let mode = std::fs::metadata(file).map_err(error)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(VaultError::Exposed {
                file: file.to_owned(),
            });
        }
        Self::parse(&text, file)
    }

    /// Puts a new key before the others; from the next start on it seals. Returns its id.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn add_key(file: &Path) -> Result<String, VaultError> {
        let error = |source| VaultError::File {
            file: file.to_owned(),
            source,
        };
        drop(Self::load_or_create(file)?);
        let old = Zeroizing::new(std::fs::read_to_string(file).map_err(error)?);
        let line = new_line()?;
        let id = line.split(' ').next().unwrap_or_default().to_owned();
        let text = Zeroizing::new(format!("{}{}", line.as_str(), old.as_str()));
        write(file, &text).map_err(error)?;
        Ok(id)
    }

    fn parse(text: &str, file: &Path) -> Result<Self, VaultError> {
        let (mut keys, mut pseudonym) = (Vec::new(), None);
        let mut last = 0;
        for (line, content) in (1..).zip(text.lines()) {
            last = line;
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let fault = || VaultError::Content {
                file: file.to_owned(),
                line,
            };
            let (id, digits) = content.split_once(' ').ok_or_else(fault)?;
            let bytes = Zeroizing::new(hex::decode(digits.trim()).map_err(|_| fault())?);
            if bytes.len() != 32 {
                return Err(fault());
            }
            if id == PSEUDONYM {
                pseudonym = Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes));
            } else {
                let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| fault())?;
                keys.push(Key {
                    id: id.to_owned(),
                    key: LessSafeKey::new(key),
                });
            }
        }
        match pseudonym {
            Some(pseudonym) if !keys.is_empty() => Ok(Self { keys, pseudonym }),
            _ => Err(VaultError::Content {
                file: file.to_owned(),
                line: last + 1,
            }),
        }
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.keys.first().map_or("", |key| key.id.as_str())
    }

    /// Seals a report's contact.
    ///
    /// # Errors
    /// [`OpenError::NotSealed`] where the system has no randomness.
    pub fn seal(&self, report: &str, contact: &Contact) -> Result<Sealed, OpenError> {
        let key = self.keys.first().ok_or(OpenError::NotSealed)?;
        let mut nonce = [0_u8; NONCE_LEN];
        OsRng
            .try_fill_bytes(&mut nonce)
            .map_err(|_| OpenError::NotSealed)?;
        let mut bytes = serde_json::to_vec(contact).map_err(|_| OpenError::NotSealed)?;
        key.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(report.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| OpenError::NotSealed)?;
        Ok(Sealed {
            key_id: key.id.clone(),
            text: STANDARD.encode([nonce.as_slice(), &bytes].concat()),
        })
    }

    /// Opens a report's contact.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, report: &str, sealed: &Sealed) -> Result<Contact, OpenError> {
        let key = self.keys.iter().find(|key| key.id == sealed.key_id);
        let key = key.ok_or(OpenError::NoKey)?;
        let bytes = STANDARD
            .decode(&sealed.text)
            .map_err(|_| OpenError::Altered)?;
        let (nonce, rest) = bytes
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(OpenError::Altered)?;
        let mut rest = Zeroizing::new(rest.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key
            .key
            .open_in_place(nonce, Aad::from(report.as_bytes()), &mut rest)
            .map_err(|_| OpenError::Altered)?;
        serde_json::from_slice(opened).map_err(|_| OpenError::Altered)
    }

    /// Fills `out` with bytes that nobody without the file makes of `text`; at most 32.
    pub fn derive(&self, text: &str, out: &mut [u8]) {
        let tag = hmac::sign(&self.pseudonym, text.as_bytes());
        for (to, from) in out.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
    }

    /// The pseudonym of an identity ([`Contact::identity`]).
    #[must_use]
    pub fn pseudonym(&self, identity: &str) -> String {
        let tag = hmac::sign(&self.pseudonym, identity.as_bytes());
        let digits = hex::encode(tag.as_ref());
        digits.chars().take(PSEUDONYM_DIGITS).collect()
    }
}

fn random() -> Result<[u8; 32], VaultError> {
    let mut bytes = [0_u8; 32];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(VaultError::Random)?;
    Ok(bytes)
}

/// A key's line: its id tells when it was made, and apart from others of that day.
fn new_line() -> Result<Zeroizing<String>, VaultError> {
    let bytes = Zeroizing::new(random()?);
    let day = jiff::Timestamp::now().strftime("%Y%m%d");
    let apart = hex::encode(random()?.get(..3).unwrap_or_default());
    Ok(Zeroizing::new(format!(
        "k{day}-{apart} {}\n",
        hex::encode(bytes.as_slice())
    )))
}

/// Written aside and renamed: a crash leaves the whole file or the former one.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let aside = file.with_extension("keys.new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&aside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Contact {
        Contact {
            name: Some("Nguyễn Thị Lan".to_owned()),
            phone: Some("+84905123456".to_owned()),
            ..Contact::default()
        }
    }

    #[test]
    fn what_is_sealed_opens_for_its_report_alone_and_after_a_rotation() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contact.keys");
        let vault = Vault::load_or_create(&file).unwrap();
        let sealed = vault.seal("r1", &contact()).unwrap();
        assert!(!sealed.text.contains("0905"));
        assert_ne!(
            sealed,
            vault.seal("r1", &contact()).unwrap(),
            "a nonce is used once"
        );
        assert_eq!(vault.open("r1", &sealed), Ok(contact()));
        assert_eq!(vault.open("r2", &sealed), Err(OpenError::Altered));
        let mut altered = sealed.clone();
        altered.text.replace_range(
            20..21,
            if sealed.text.as_bytes()[20] == b'A' {
                "B"
            } else {
                "A"
            },
        );
        assert_eq!(vault.open("r1", &altered), Err(OpenError::Altered));
        let new = Vault::add_key(&file).unwrap();
        let rotated = Vault::load_or_create(&file).unwrap();
        assert_eq!(rotated.key_id(), new);
        assert_ne!(rotated.key_id(), vault.key_id());
        assert_eq!(rotated.open("r1", &sealed), Ok(contact()));
        assert_eq!(rotated.seal("r1", &contact()).unwrap().key_id, new);
        assert_eq!(
            rotated.pseudonym("phone:+84905123456"),
            vault.pseudonym("phone:+84905123456")
        );
        let later = rotated.seal("r1", &contact()).unwrap();
        assert_eq!(vault.open("r1", &later), Err(OpenError::NoKey));
    }

    #[test]
    fn pseudonyms_tell_people_apart_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::load_or_create(&folder.path().join("a.keys")).unwrap();
        let other = Vault::load_or_create(&folder.path().join("b.keys")).unwrap();
        let lan = vault.pseudonym("phone:+84905123456");
        assert_eq!(lan.len(), PSEUDONYM_DIGITS);
        assert_eq!(lan, vault.pseudonym("phone:+84905123456"));
        assert_ne!(lan, vault.pseudonym("phone:+84905123457"));
        assert_ne!(lan, other.pseudonym("phone:+84905123456"));
    }

    #[test]
    fn a_file_that_is_open_to_others_or_damaged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contact.keys");
        drop(Vault::load_or_create(&file).unwrap());
        let whole = std::fs::read_to_string(&file).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Vault::load_or_create(&file),
            Err(VaultError::Exposed { .. })
        ));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let cut = whole.lines().next().unwrap().to_owned();
        for (text, line) in [
            (cut.as_str(), 2),
            ("", 1),
            ("k1 zz", 1),
            ("# c\nk1 aabb", 2),
        ] {
            std::fs::write(&file, text).unwrap();
            let refused = Vault::load_or_create(&file);
            assert!(
                matches!(refused, Err(VaultError::Content { line: found, .. }) if found == line),
                "{text:?}: {refused:?}"
            );
        }
    }
}
