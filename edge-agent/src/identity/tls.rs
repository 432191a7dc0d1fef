//! Whom the agent trusts when it connects: the system's certificate authorities and, where the
//! site has its own, those of a PEM file; and the certificate that it shows of itself where it has
//! one. One set for HTTP and MQTT alike.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use super::IdentityError;
use super::private_file;
use crate::config::{ClientCertificate, ServerConfig};

/// How long a TCP and TLS connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one request may go without an answer, its body's journey included: a 256 KiB chunk gets
/// through at 35 kbit/s.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Why no trust can be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of certificates is missing or holds none.
    #[error("{} holds no readable certificate (PEM)", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate of the CA file is not one.
    #[error("{} holds a certificate that cannot be used", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
    /// The client's key is missing, or others may read it.
    #[error("the client certificate's key")]
    ClientKeyFile(#[source] IdentityError),
    /// The client's key file holds no key.
    #[error("{} holds no readable private key (PEM)", path.display())]
    ClientKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The client's certificate and key are not of one pair.
    #[error("{} and {} are no pair of certificate and key", certificate.display(), key.display())]
    ClientPair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
    /// No common protocol version.
    #[error("TLS cannot be set up")]
    Protocol(#[source] rustls::Error),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// TLS with the system's authorities and, where given, those of `ca_file` and the certificate of
/// `client`.
///
/// A system without authorities is no error: a site that speaks plain MQTT or has its own
/// authority needs none.
///
/// # Errors
/// [`TlsError`] names the file.
pub fn client_config(server: &ServerConfig) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &server.ca_file {
        add_file(&mut roots, path)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Protocol)?
        .with_root_certificates(roots);
    match &server.client {
        Some(client) => with_certificate(builder, client),
        None => Ok(builder.with_no_client_auth()),
    }
}

fn with_certificate(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    client: &ClientCertificate,
) -> Result<ClientConfig, TlsError> {
    let chain = certificates(&client.certificate)?;
    let text = private_file::read(&client.key)
        .and_then(|text| {
            text.ok_or_else(|| IdentityError::File {
                verb: "read",
                path: client.key.clone(),
                source: std::io::ErrorKind::NotFound.into(),
            })
        })
        .map_err(TlsError::ClientKeyFile)?;
    let key =
        PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|source| TlsError::ClientKey {
            path: client.key.clone(),
            source,
        })?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|source| TlsError::ClientPair {
            certificate: client.certificate.clone(),
            key: client.key.clone(),
            source,
        })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::CaFile {
        path: path.to_owned(),
        source,
    };
    // `from_pem_file` refuses a file without any certificate, the iterator would not.
    CertificateDer::from_pem_file(path).map_err(unreadable)?;
    CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .map(|certificate| certificate.map_err(unreadable))
        .collect()
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), TlsError> {
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|source| TlsError::Certificate {
                path: path.to_owned(),
                source,
            })?;
    }
    Ok(())
}

/// The HTTP client of this agent: its own trust, time limits, no redirects to elsewhere.
///
/// # Errors
/// [`TlsError::Client`] where it cannot be built.
pub fn http_client(tls: ClientConfig) -> Result<reqwest::Client, TlsError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("edge-agent/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // A bearer token must not follow a redirect to another host.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(TlsError::Client)
}
