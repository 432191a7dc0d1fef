//! Sessions: a random token that only the browser knows, and when it ends.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A session ends when it was not used for this long. A live stream that is open does not count
/// as use: a console left alone logs itself out.
pub const IDLE: SignedDuration = SignedDuration::from_hours(4);
/// A session ends this long after log-in, used or not: one shift.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);
/// Use is written down at most this often, so that reading does not become writing.
pub const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

const TOKEN_BYTES: usize = 32;

/// The secret in the cookie: 256 random bits in base64url. Never printed, never stored.
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Takes a token from a cookie.
    #[must_use]
    pub fn from_cookie(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text for the cookie.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256 in hexadecimal. The token is 256 random bits, so a slow hash would
    /// add nothing.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness(#[from] rand::rand_core::OsError);

/// Mints a session token.
///
/// # Errors
/// [`NoRandomness`].
pub fn mint_token() -> Result<SessionToken, NoRandomness> {
    random_text().map(|text| SessionToken(Zeroizing::new(text)))
}

/// Mints the token that unsafe requests of the session repeat in `X-CSRF-Token`.
///
/// # Errors
/// [`NoRandomness`].
pub fn mint_csrf_token() -> Result<String, NoRandomness> {
    random_text()
}

fn random_text() -> Result<String, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; TOKEN_BYTES]);
    OsRng
        .try_fill_bytes(bytes.as_mut_slice())
        .map_err(NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

/// When a session began, was last used, and ends at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it was last used.
    pub last_seen: Timestamp,
    /// When it ends, used or not.
    pub expires: Timestamp,
}

/// Where a session stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is good, and its use need not be written down yet.
    Good,
    /// It is good, and its use is to be written down.
    Touch,
    /// It is over.
    Over,
}

impl Span {
    /// The span of a session that begins now.
    #[must_use]
    pub fn beginning(now: Timestamp) -> Self {
        Self {
            last_seen: now,
            expires: now.saturating_add(ABSOLUTE).unwrap_or(Timestamp::MAX),
        }
    }

    /// Where the session stands.
    #[must_use]
    pub fn standing(self, now: Timestamp) -> Standing {
        let idle = now.duration_since(self.last_seen);
        if now >= self.expires || idle >= IDLE {
            Standing::Over
        } else if idle >= TOUCH_EVERY {
            Standing::Touch
        } else {
            Standing::Good
        }
    }

    /// When the session ends if it is not used again.
    #[must_use]
    pub fn ends(self) -> Timestamp {
        let idle_end = self
            .last_seen
            .saturating_add(IDLE)
            .unwrap_or(Timestamp::MAX);
        idle_end.min(self.expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_idle_and_ends_when_the_shift_is_over() {
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let fresh = Span::beginning(start);
        let second = SignedDuration::from_secs(1);
        #[rustfmt::skip]
        let table = [
            (fresh, start,                         Standing::Good),
            (fresh, start + TOUCH_EVERY - second,  Standing::Good),
            (fresh, start + TOUCH_EVERY,           Standing::Touch),
            (fresh, start + IDLE - second,         Standing::Touch),
            (fresh, start + IDLE,                  Standing::Over),
            (Span { last_seen: start + ABSOLUTE - second, ..fresh }, start + ABSOLUTE - second, Standing::Good),
            (Span { last_seen: start + ABSOLUTE - second, ..fresh }, start + ABSOLUTE,          Standing::Over),
        ];
        for (span, now, expected) in table {
            assert_eq!(span.standing(now), expected, "{span:?} at {now}");
        }
        assert_eq!(fresh.ends(), start + IDLE);
        let used = Span {
            last_seen: start + ABSOLUTE - second,
            ..fresh
        };
        assert_eq!(used.ends(), start + ABSOLUTE);
    }

    #[test]
    fn tokens_are_long_different_and_never_printed() {
        let (first, second) = (mint_token().unwrap(), mint_token().unwrap());
        assert_eq!(first.expose().len(), 43);
        assert_ne!(first.expose(), second.expose());
        assert!(!format!("{first:?}").contains(first.expose()));
        assert_eq!(
            SessionToken::from_cookie(first.expose()).hash(),
            first.hash()
        );
        assert_ne!(first.hash(), first.expose());
    }
}
