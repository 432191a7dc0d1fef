//! Detached Ed25519 over the exact payload bytes, carried in an MQTT v5 user property.
//!
//! Nothing is ever re-serialised to be verified: JSON numbers do not survive it. The property is
//! `vong-signature` with the value `{key id}:{base64 of the 64 signature bytes}`, where the key id
//! is the first 16 hexadecimal digits of the SHA-256 of the public key. What is signed is the
//! topic, a zero byte, and the payload, so that a message cannot be replayed under another topic.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The MQTT v5 user property that carries the signature.
pub const SIGNATURE_PROPERTY: &str = "vong-signature";

/// Why a signature was not accepted, or a key could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The property's text is not `{key id}:{base64}`.
    #[error("the signature is not of the form KEYID:BASE64")]
    Format,
    /// The text is not an Ed25519 key.
    #[error("not an Ed25519 key in base64")]
    Key,
    /// The signature names another key.
    #[error("signed with key {found}, expected {expected}")]
    OtherKey {
        /// The key the signature names.
        found: KeyId,
        /// The key at hand.
        expected: KeyId,
    },
    /// The signature does not fit topic and bytes.
    #[error("the signature does not fit the bytes")]
    Mismatch,
}

/// Short name of a public key: 16 hexadecimal digits of its SHA-256.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = SignatureError;
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let is_hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 16 && is_hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(SignatureError::Format)
        }
    }
}

/// The short name of a public key.
#[must_use]
pub fn key_id(key: &PublicKey) -> KeyId {
    let digest = Sha256::digest(key.0.as_bytes());
    KeyId(hex::encode(
        digest.iter().take(8).copied().collect::<Vec<u8>>(),
    ))
}

/// The public half of an Ed25519 key; base64 of 32 bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(VerifyingKey);

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        BASE64.encode(key.0.as_bytes())
    }
}

impl TryFrom<String> for PublicKey {
    type Error = SignatureError;
    fn try_from(text: String) -> Result<Self, SignatureError> {
        text.parse()
    }
}

impl FromStr for PublicKey {
    type Err = SignatureError;
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let bytes = BASE64
            .decode(text.trim())
            .map_err(|_| SignatureError::Key)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| SignatureError::Key)?;
        VerifyingKey::from_bytes(&bytes)
            .map(Self)
            .map_err(|_| SignatureError::Key)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

impl JsonSchema for PublicKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PublicKey".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentEncoding": "base64", "minLength": 44, "maxLength": 44 })
    }
}

/// The private half of an Ed25519 key. Never printed: `Debug` shows the key id only.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Takes the 32 secret bytes, which must come from a cryptographic random source.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// Reads base64 of the 32 secret bytes.
    ///
    /// # Errors
    /// [`SignatureError::Key`] where the text is anything else.
    pub fn from_base64(text: &str) -> Result<Self, SignatureError> {
        let bytes = BASE64
            .decode(text.trim())
            .map_err(|_| SignatureError::Key)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| SignatureError::Key)?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Base64 of the secret bytes, for a key file with mode 0600 and nowhere else.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64.encode(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", key_id(&self.public()))
    }
}

/// A detached signature and the name of the key that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The key.
    pub key_id: KeyId,
    signature: Signature,
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}",
            self.key_id,
            BASE64.encode(self.signature.to_bytes())
        )
    }
}

impl FromStr for Signed {
    type Err = SignatureError;
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let (key_id, signature) = text.split_once(':').ok_or(SignatureError::Format)?;
        let bytes = BASE64
            .decode(signature)
            .map_err(|_| SignatureError::Format)?;
        let bytes: [u8; 64] = bytes.try_into().map_err(|_| SignatureError::Format)?;
        Ok(Self {
            key_id: key_id.parse()?,
            signature: Signature::from_bytes(&bytes),
        })
    }
}

fn message(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(topic.len() + 1 + payload.len());
    message.extend_from_slice(topic.as_bytes());
    message.push(0);
    message.extend_from_slice(payload);
    message
}

/// Signs the exact payload bytes for one topic.
#[must_use]
pub fn sign(key: &SecretKey, topic: &str, payload: &[u8]) -> Signed {
    Signed {
        key_id: key_id(&key.public()),
        signature: key.0.sign(&message(topic, payload)),
    }
}

/// Verifies a signature over the exact payload bytes of one topic.
///
/// # Errors
/// [`SignatureError::OtherKey`] where it names another key, [`SignatureError::Mismatch`] where the
/// bytes or the topic differ. Verification is strict: no malleable signature, no weak key.
pub fn verify(
    key: &PublicKey,
    topic: &str,
    payload: &[u8],
    signed: &Signed,
) -> Result<(), SignatureError> {
    let expected = key_id(key);
    if signed.key_id != expected {
        return Err(SignatureError::OtherKey {
            found: signed.key_id.clone(),
            expected,
        });
    }
    key.0
        .verify_strict(&message(topic, payload), &signed.signature)
        .map_err(|_| SignatureError::Mismatch)
}
