//! TLS on both sides of a broker: the door of the embedded one, and the way to an external one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mqtt5::broker::config::TlsConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::config::{BrokerTls, BrokerTrust};

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of certificates is missing or holds none.
    #[error("{} holds no readable certificate (PEM)", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate of the file cannot be an authority's.
    #[error("{} holds a certificate that cannot be used", file.display())]
    Authority {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
    /// A key file is missing or holds no key.
    #[error("{} holds no readable private key (PEM)", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// Anybody may read a private key.
    #[error("the private key {} can be read by anybody; run: chmod o= {}", file.display(), file.display())]
    Exposed {
        /// The file.
        file: PathBuf,
    },
    /// Certificate and key are not of one pair.
    #[error("{} and {} are no pair of certificate and key", certificate.display(), key.display())]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
}

/// Reads what the door with TLS needs, so that a fault is told with its file.
///
/// # Errors
/// [`TlsError`].
pub fn check_door(tls: &BrokerTls) -> Result<(), TlsError> {
    let (chain, key) = pair(&tls.certificate, &tls.key)?;
    if let Some(file) = &tls.client_ca {
        add_authorities(&mut RootCertStore::empty(), file)?;
    }
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map(drop)
        .map_err(|source| no_pair(&tls.certificate, &tls.key, source))
}

/// The door as `mqtt5` wants it told.
pub(super) fn door(tls: &BrokerTls) -> TlsConfig {
    let config = TlsConfig::new(tls.certificate.clone(), tls.key.clone())
        .with_bind_addresses(vec![tls.listen]);
    match &tls.client_ca {
        Some(file) => config
            .with_ca_file(file.clone())
            .with_require_client_cert(true),
        None => config,
    }
}

/// How the server's own client speaks TLS with an external broker.
///
/// # Errors
/// [`TlsError`].
pub fn client_config(trust: &BrokerTrust) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = &trust.ca_file {
        add_authorities(&mut roots, file)?;
    }
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match &trust.client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let (chain, key) = pair(&client.certificate, &client.key)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|source| no_pair(&client.certificate, &client.key, source))?
        }
    };
    Ok(Arc::new(config))
}

fn no_pair(certificate: &Path, key: &Path, source: rustls::Error) -> TlsError {
    TlsError::Pair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    }
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pair(certificate: &Path, key: &Path) -> Result<Pair, TlsError> {
    let chain = certificates(certificate)?;
    let exposed = std::fs::metadata(key).is_ok_and(|file| file.permissions().mode() & 0o007 != 0);
    if exposed {
        return Err(TlsError::Exposed {
            file: key.to_owned(),
        });
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Key {
        file: key.to_owned(),
        source,
    })?;
    Ok((chain, key))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::Certificates {
        file: file.to_owned(),
        source,
    };
    // `from_pem_file` refuses a file without any certificate, the iterator would not.
    CertificateDer::from_pem_file(file).map_err(unreadable)?;
    CertificateDer::pem_file_iter(file)
        .map_err(unreadable)?
        .map(|certificate| certificate.map_err(unreadable))
        .collect()
}

fn add_authorities(roots: &mut RootCertStore, file: &Path) -> Result<(), TlsError> {
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .map_err(|source| TlsError::Authority {
                file: file.to_owned(),
                source,
            })?;
    }
    Ok(())
}
