//! A site's own certificate authority, and certificates of it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

/// An authority whose files lie in a folder: `ca.pem`, and `NAME.pem` with `NAME.key` for the broker,
/// the server and the agent.
#[derive(Debug, Clone)]
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Makes an authority and its certificates, for 127.0.0.1.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Under one name with its authority a certificate passes for self-signed.
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "site authority");
        let authority = params.self_signed(&key)?;
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("ca.pem"), authority.pem())?;
        for name in ["broker", "server", "agent"] {
            let own = KeyPair::generate()?;
            let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
            let certificate = CertificateParams::new(names)?.signed_by(&own, &authority, &key)?;
            std::fs::write(folder.join(format!("{name}.pem")), certificate.pem())?;
            let file = folder.join(format!("{name}.key"));
            std::fs::write(&file, own.serialize_pem())?;
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The authority's own certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Somebody's certificate and private key.
    #[must_use]
    pub fn of(&self, name: &str) -> (PathBuf, PathBuf) {
        let file = |kind: &str| self.folder.join(format!("{name}.{kind}"));
        (file("pem"), file("key"))
    }
}
