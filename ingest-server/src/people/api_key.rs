//! Keys for programs: a random text that is shown once, and what a program may do with it.
//!
//! A key belongs to an account and never reaches farther: it has some of the account's rights, within
//! the account's scope and its own, until it expires, is revoked, or the account is disabled.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::session::NoRandomness;
use super::{Right, Scope};

/// How every key begins, so that one that leaked into a file is found by its looks.
pub const PREFIX: &str = "vongkey_";
/// Longest life of a key: two years. Nothing is for ever.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 731);
/// Use is written down at most this often, so that reading does not become writing.
pub const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Characters of a key's name.
pub const MAX_NAME_CHARS: usize = 100;
const SECRET_BYTES: usize = 32;

/// The text of a key. Never printed, never stored.
pub struct ApiKeySecret(Zeroizing<String>);

impl ApiKeySecret {
    /// Mints one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn mint() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
        OsRng
            .try_fill_bytes(bytes.as_mut_slice())
            .map_err(NoRandomness::from)?;
        let text = URL_SAFE_NO_PAD.encode(bytes.as_slice());
        Ok(Self(Zeroizing::new(format!("{PREFIX}{text}"))))
    }

    /// Takes a text that somebody presents, where it looks like a key.
    #[must_use]
    pub fn presented(text: &str) -> Option<Self> {
        let text = text.trim();
        text.starts_with(PREFIX)
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256 in hexadecimal. The key is 256 random bits, so a slow hash would add
    /// nothing.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// A key as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// What it is for, in people's words.
    pub name: String,
    /// What a program may do with it.
    pub rights: Vec<Right>,
    /// Where and for what.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// Why a key is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyFault {
    /// The name is none.
    #[error("a key's name has 1 to {MAX_NAME_CHARS} characters and no control characters")]
    Name,
    /// It may do nothing.
    #[error("a key has at least one right")]
    NoRight,
    /// Its owner may not do that.
    #[error("the account has no right {0}")]
    NotOwners(Right),
    /// It ends before it begins, or lives too long.
    #[error("a key ends within two years from now")]
    Expiry,
}

impl ApiKey {
    /// A new key.
    ///
    /// # Errors
    /// [`ApiKeyFault`] names the first thing that is wrong.
    pub fn new(
        name: &str,
        rights: Vec<Right>,
        scope: Scope,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Self, ApiKeyFault> {
        let name = name.trim();
        let length = name.chars().count();
        if !(1..=MAX_NAME_CHARS).contains(&length) || name.chars().any(char::is_control) {
            return Err(ApiKeyFault::Name);
        }
        if rights.is_empty() {
            return Err(ApiKeyFault::NoRight);
        }
        if expires_at <= now || expires_at.duration_since(now) > LONGEST {
            return Err(ApiKeyFault::Expiry);
        }
        Ok(Self {
            id: Uuid::now_v7(),
            name: name.to_owned(),
            rights,
            scope,
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        })
    }

    /// Is it good at this moment?
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// Should this use be written down?
    #[must_use]
    pub fn is_to_be_touched(&self, now: Timestamp) -> bool {
        self.last_used_at
            .is_none_or(|last| now.duration_since(last) >= TOUCH_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_checked_ends_and_can_be_revoked() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let day = SignedDuration::from_hours(24);
        let make = |name: &str, rights: &[Right], expires| {
            ApiKey::new(name, rights.to_vec(), Scope::default(), expires, now)
        };
        let some = [Right::SeeIncidents];
        assert_eq!(make(" ", &some, now + day), Err(ApiKeyFault::Name));
        assert_eq!(make("cổng 1022", &[], now + day), Err(ApiKeyFault::NoRight));
        assert_eq!(make("cổng 1022", &some, now), Err(ApiKeyFault::Expiry));
        assert_eq!(
            make("cổng 1022", &some, now + LONGEST + day),
            Err(ApiKeyFault::Expiry)
        );
        let mut key = make("cổng 1022", &some, now + day).unwrap();
        assert!(key.is_good(now) && !key.is_good(now + day));
        assert!(key.is_to_be_touched(now));
        key.last_used_at = Some(now);
        assert!(!key.is_to_be_touched(now + SignedDuration::from_secs(59)));
        key.revoked_at = Some(now);
        assert!(!key.is_good(now));
    }

    #[test]
    fn the_secret_is_long_and_never_printed() {
        let (one, two) = (ApiKeySecret::mint().unwrap(), ApiKeySecret::mint().unwrap());
        assert_eq!(one.reveal().len(), PREFIX.len() + 43);
        assert_ne!(one.hash(), two.hash());
        assert!(!format!("{one:?}").contains(one.reveal()));
        let again = ApiKeySecret::presented(&format!(" {}", one.reveal())).unwrap();
        assert_eq!(again.hash(), one.hash());
        assert!(ApiKeySecret::presented("an upload token").is_none());
    }
}
