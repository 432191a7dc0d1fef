//! Speaking with an S3 store: whom to trust, how requests are signed.
//!
//! Signatures are made by `ring`, which the rest of the program uses as well; the library would bring
//! a second set of cryptography with it.

use std::sync::Arc;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, Signer, SigningAlgorithm,
};
use ring::{digest, hmac};

use crate::config::S3Config;

/// A client of the store. It speaks plain HTTP only where the configured address does.
pub(super) fn client(config: &S3Config) -> object_store::Result<AmazonS3> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&config.bucket)
        .with_region(&config.region)
        .with_access_key_id(&config.access_key)
        .with_secret_access_key(config.secret_key.reveal())
        .with_crypto_provider(Arc::new(Ring));
    if let Some(endpoint) = &config.endpoint {
        builder = builder
            .with_endpoint(endpoint.as_str().trim_end_matches('/'))
            .with_allow_http(endpoint.scheme() == "http");
    }
    builder.build()
}

/// `ring`, as far as S3 needs it.
#[derive(Debug)]
struct Ring;

impl CryptoProvider for Ring {
    fn digest(&self, algorithm: DigestAlgorithm) -> object_store::Result<Box<dyn DigestContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => Ok(Box::new(Hash {
                context: digest::Context::new(&digest::SHA256),
                done: None,
            })),
            _ => Err(unknown()),
        }
    }

    fn hmac(
        &self,
        algorithm: DigestAlgorithm,
        secret: &[u8],
    ) -> object_store::Result<Box<dyn HmacContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                Ok(Box::new(Mac {
                    context: hmac::Context::with_key(&key),
                    done: None,
                }))
            }
            _ => Err(unknown()),
        }
    }

    /// Google's signatures; S3 has none of this kind.
    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> object_store::Result<Box<dyn Signer>> {
        Err(unknown())
    }
}

fn unknown() -> object_store::Error {
    object_store::Error::NotSupported {
        source: "no algorithm that S3 signs with".into(),
    }
}

struct Hash {
    context: digest::Context,
    done: Option<digest::Digest>,
}

impl DigestContext for Hash {
    fn update(&mut self, data: &[u8]) {
        self.context.update(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        let context = &self.context;
        let done: &digest::Digest = self.done.get_or_insert_with(|| context.clone().finish());
        Ok(done.as_ref())
    }
}

struct Mac {
    context: hmac::Context,
    done: Option<hmac::Tag>,
}

impl HmacContext for Mac {
    fn update(&mut self, data: &[u8]) {
        self.context.update(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        let context = &self.context;
        let done: &hmac::Tag = self.done.get_or_insert_with(|| context.clone().sign());
        Ok(done.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2; FIPS 180-2, "abc".
    #[test]
    fn hashes_are_the_standards() {
        let mut mac = Ring.hmac(DigestAlgorithm::Sha256, b"Jefe").unwrap();
        mac.update(b"what do ya want ");
        mac.update(b"for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(mac.finish().unwrap()), expected);
        assert_eq!(hex::encode(mac.finish().unwrap()), expected);
        let mut hash = Ring.digest(DigestAlgorithm::Sha256).unwrap();
        hash.update(b"abc");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(hash.finish().unwrap()), expected);
    }
}
