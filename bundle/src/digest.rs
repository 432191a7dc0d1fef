//! Hashes as values.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of some bytes.
///
/// Invariant: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(String);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hexadecimal digits")]
pub struct NotSha256;

impl Sha256Hex {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sha256Hex {
    type Err = NotSha256;
    fn from_str(text: &str) -> Result<Self, NotSha256> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned())).ok_or(NotSha256)
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = NotSha256;
    fn try_from(text: String) -> Result<Self, NotSha256> {
        text.parse()
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        hash.0
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Sha256Hex {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sha256".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

/// What an archive must know of bytes before it holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Their SHA-256.
    pub sha256: Sha256Hex,
    /// Their CRC-32, as ZIP files have it.
    pub crc32: u32,
    /// How many they are.
    pub bytes: u64,
}

impl Fingerprint {
    /// Of bytes at hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut digest = Digest::default();
        digest.update(bytes);
        digest.finish()
    }

    /// Of all that a reader gives.
    ///
    /// # Errors
    /// The reader's.
    pub fn read(reader: &mut impl Read) -> io::Result<Self> {
        let mut digest = Digest::default();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = reader.read(&mut buffer)?;
            match buffer.get(..read) {
                Some([]) | None => return Ok(digest.finish()),
                Some(bytes) => digest.update(bytes),
            }
        }
    }
}

/// A fingerprint in the making, for bytes that come piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Digest {
    sha256: Sha256,
    crc32: crc32fast::Hasher,
    bytes: u64,
}

impl Digest {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.crc32.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// The fingerprint of all that came.
    #[must_use]
    pub fn finish(self) -> Fingerprint {
        Fingerprint {
            sha256: Sha256Hex(hex::encode(self.sha256.finalize())),
            crc32: self.crc32.finalize(),
            bytes: self.bytes,
        }
    }
}
