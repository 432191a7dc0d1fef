//! Signatures over exact bytes, one domain for each kind of document.
//!
//! The signature is the contract's: over the domain, a zero byte and the bytes. No domain is an
//! MQTT topic, so that no message can ever be passed off as a document, nor the other way round.

use contract::v1::{PublicKey, SecretKey, SignatureError, Signed, sign, verify};

/// What an agent's signature over a manifest is for.
pub const MANIFEST_DOMAIN: &str = "vong.manifest.v1";
/// What the server's signature over an enrolment record is for.
pub(crate) const ENROLMENT_DOMAIN: &str = "vong.enrolment-record.v1";
/// What the server's signature over a bundle's index is for.
pub(crate) const INDEX_DOMAIN: &str = "vong.bundle-index.v1";

/// Signs the exact bytes of a manifest.
#[must_use]
pub fn sign_manifest(key: &SecretKey, manifest: &[u8]) -> Signed {
    sign(key, MANIFEST_DOMAIN, manifest)
}

/// Verifies the signature over the exact bytes of a manifest.
///
/// # Errors
/// [`SignatureError::OtherKey`] where it names another key, [`SignatureError::Mismatch`] where the
/// bytes are others.
pub fn verify_manifest(
    key: &PublicKey,
    manifest: &[u8],
    signed: &Signed,
) -> Result<(), SignatureError> {
    verify(key, MANIFEST_DOMAIN, manifest, signed)
}
