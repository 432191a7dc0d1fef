//! Passwords: Argon2id with the parameters that OWASP recommends (19 MiB, 2 passes, 1 lane).

use std::fmt;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, SaltString};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

/// Fewest bytes of a password.
pub const MIN_BYTES: usize = 10;
/// Most bytes of a password: longer ones would only make hashing expensive.
pub const MAX_BYTES: usize = 256;

const SALT_BYTES: usize = 16;

/// A password in memory: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password as it was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether it has an allowed length, [`MIN_BYTES`] to [`MAX_BYTES`].
    #[must_use]
    pub fn has_allowed_length(&self) -> bool {
        (MIN_BYTES..=MAX_BYTES).contains(&self.0.len())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// An Argon2id hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string from the store.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The operating system gave no random bytes for the salt.
    #[error("the operating system gave no random bytes")]
    Salt(#[source] rand::rand_core::OsError),
    /// Argon2 failed; the library's error is no `std::error::Error` here.
    #[error("Argon2 failed: {0}")]
    Argon2(password_hash::Error),
}

/// Whether a password fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Fits,
    /// It does not, or there is no such account.
    Differs,
}

/// Hashes a password with a fresh salt. Takes some 50 ms of one core and 19 MiB.
///
/// # Errors
/// [`HashError`] where memory or random bytes cannot be had.
pub fn hash(password: &Password) -> Result<PasswordHash, HashError> {
    let mut salt = [0_u8; SALT_BYTES];
    OsRng.try_fill_bytes(&mut salt).map_err(HashError::Salt)?;
    let salt = SaltString::encode_b64(&salt).map_err(HashError::Argon2)?;
    let hash = Argon2::default()
        .hash_password(password.0.as_bytes(), &salt)
        .map_err(HashError::Argon2)?;
    Ok(PasswordHash(hash.to_string()))
}

/// Verifies a password, in the same time whether or not there is an account: where `stored` is
/// absent a hash that fits nothing is verified, so that timing does not tell which names exist.
#[must_use]
pub fn verify(password: &Password, stored: Option<&PasswordHash>) -> Verdict {
    let (hash, known) = match stored {
        Some(hash) => (hash, true),
        None => (&*NOBODY, false),
    };
    let fits = password_hash::PasswordHash::new(&hash.0).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.0.as_bytes(), &parsed)
            .is_ok()
    });
    if fits && known {
        Verdict::Fits
    } else {
        Verdict::Differs
    }
}

/// A hash to spend time on where there is no account; its verdict is never used. Should hashing
/// fail, the empty string stands in, and only the timing differs.
static NOBODY: LazyLock<PasswordHash> = LazyLock::new(|| {
    hash(&Password::new(String::new())).unwrap_or_else(|_| PasswordHash(String::new()))
});

/// Computes the stand-in hash ahead of the first log-in, which would otherwise be the slow one.
pub fn warm_up() {
    LazyLock::force(&NOBODY);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits_and_nobody_fits_nothing() {
        let right = Password::new("đúng mật khẩu".to_owned());
        let wrong = Password::new("sai mật khẩu".to_owned());
        let stored = hash(&right).unwrap();
        assert_eq!(verify(&right, Some(&stored)), Verdict::Fits);
        assert_eq!(verify(&wrong, Some(&stored)), Verdict::Differs);
        assert_eq!(verify(&right, None), Verdict::Differs);
        assert_eq!(
            verify(&right, Some(&PasswordHash::from_stored(String::new()))),
            Verdict::Differs
        );
    }

    #[test]
    fn hashes_are_argon2id_and_salted() {
        let password = Password::new("cùng một mật khẩu".to_owned());
        let (first, second) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert!(
            first
                .as_str()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
        assert_ne!(first.as_str(), second.as_str());
    }

    #[test]
    fn neither_password_nor_hash_is_ever_printed() {
        let password = Password::new("bí mật tuyệt đối".to_owned());
        let shown = format!("{password:?} {:?}", hash(&password).unwrap());
        assert!(!shown.contains("mật") && !shown.contains("argon2"));
    }
}
