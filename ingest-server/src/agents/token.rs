//! Secrets that the server mints: 256 random bits, shown once, kept as SHA-256.
//!
//! A slow password hash is for what people choose. Nobody can guess 256 random bits, so a fast hash
//! is enough, and an agent that reconnects costs no CPU.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret as it is shown once. `Debug` does not show it.
pub struct Token(Zeroizing<String>);

impl Token {
    /// Mints one from the operating system's random source.
    ///
    /// # Errors
    /// The source's error, where the system has none: then no secret is made at all.
    pub fn mint() -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        OsRng.try_fill_bytes(bytes.as_mut_slice())?;
        Ok(Self(Zeroizing::new(
            URL_SAFE_NO_PAD.encode(bytes.as_slice()),
        )))
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a secret, hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of a secret that somebody presents.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(hex::encode(Sha256::digest(secret.as_bytes())))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares with a stored hash in constant time.
    #[must_use]
    pub fn matches(&self, stored: &str) -> bool {
        self.0.as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_43_characters_that_a_url_and_a_shell_leave_alone() {
        let token = Token::mint().unwrap();
        assert_eq!(token.reveal().len(), 43);
        assert!(
            token
                .reveal()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert_ne!(token.reveal(), Token::mint().unwrap().reveal());
    }

    #[test]
    fn only_the_same_secret_matches() {
        let token = Token::mint().unwrap();
        assert!(TokenHash::of(token.reveal()).matches(token.hash().as_str()));
        assert!(!TokenHash::of("other").matches(token.hash().as_str()));
        assert!(!TokenHash::of("").matches(""));
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
