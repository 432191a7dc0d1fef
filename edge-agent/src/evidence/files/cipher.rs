//! How a file is encrypted: in chunks, each sealed by itself, so that any can be opened alone.
//!
//! ```text
//! file  = "VONGEV1\n" ‖ salt (32 random bytes) ‖ chunk 0 ‖ … ‖ chunk n
//! key   = HKDF-SHA-256(salt, key file, "vong evidence chunk v1")
//! chunk = ChaCha20-Poly1305(key, nonce, ≤ 64 KiB of plain bytes), tag appended
//! nonce = chunk's number (11 bytes, big endian) ‖ 1 for the last chunk, else 0
//! ```
//! This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) as the age format
//! uses it: every chunk but the last is full, only the last may be empty and only in an empty file.
//! The salt gives each file a key of its own, so that no nonce is ever used twice; number and mark
//! of the last chunk in the nonce make a swapped, repeated or cut-off chunk fail.

use std::io::{self, Write};

use rand::RngCore as _;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use crate::config::EvidenceKey;

pub(super) const MAGIC: &[u8; 8] = b"VONGEV1\n";
const SALT: usize = 32;
const INFO: &[u8] = b"vong evidence chunk v1";
/// Bytes before the first chunk.
pub(super) const HEADER: usize = MAGIC.len() + SALT;
/// Plain bytes of every chunk but the last.
pub(super) const CHUNK: usize = 64 * 1024;
/// Bytes that sealing adds to a chunk.
pub(super) const TAG: usize = 16;

/// Whether a chunk is the file's last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inner,
    Last,
}

/// The key of one file.
pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    /// Writes `plain` encrypted.
    pub(super) fn seal(key: &EvidenceKey, plain: &[u8], to: &mut impl Write) -> io::Result<()> {
        let mut header = [0; HEADER];
        let (magic, salt) = header.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        rand::rng().fill_bytes(salt);
        let cipher = Self::of(key, salt)?;
        to.write_all(&header)?;
        let chunks = chunk_count(plain.len() as u64);
        let mut rest = plain;
        for number in 0..chunks {
            let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
            rest = after;
            let place = match number + 1 == chunks {
                true => Place::Last,
                false => Place::Inner,
            };
            let mut sealed = chunk.to_vec();
            cipher
                .0
                .seal_in_place_append_tag(nonce(number, place), Aad::empty(), &mut sealed)
                .map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
            to.write_all(&sealed)?;
        }
        Ok(())
    }

    /// The key of the file that begins with `header`; `None` where the header is not one.
    pub(super) fn of_header(key: &EvidenceKey, header: &[u8]) -> Option<Self> {
        let salt = header.strip_prefix(MAGIC)?;
        if salt.len() == SALT {
            Self::of(key, salt).ok()
        } else {
            None
        }
    }

    fn of(key: &EvidenceKey, salt: &[u8]) -> io::Result<Self> {
        let unusable = |_| io::Error::other("the key cannot be derived");
        let secret = Salt::new(HKDF_SHA256, salt).extract(key.expose());
        let derived = secret
            .expand(&[INFO], &CHACHA20_POLY1305)
            .map_err(unusable)?;
        Ok(Self(LessSafeKey::new(UnboundKey::from(derived))))
    }

    /// Opens one chunk; `None` where it is not the one that was sealed at this place.
    pub(super) fn open(&self, number: u64, place: Place, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let plain = self
            .0
            .open_in_place(nonce(number, place), Aad::empty(), &mut sealed)
            .ok()?
            .len();
        sealed.truncate(plain);
        Some(sealed)
    }
}

/// How many chunks so many plain bytes make; one even of none, so that there is a last chunk.
pub(super) fn chunk_count(plain: u64) -> u64 {
    plain.div_ceil(CHUNK as u64).max(1)
}

fn nonce(number: u64, place: Place) -> Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = match place {
        Place::Inner => 0,
        Place::Last => 1,
    };
    Nonce::assume_unique_for_key(bytes)
}
