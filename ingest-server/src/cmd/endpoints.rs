//! `endpoints.json`: where a running server listens, for programs that started it with port 0.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The file; removed when this is dropped.
pub(super) struct Endpoints {
    file: PathBuf,
}

impl Endpoints {
    /// Writes the file: aside, then renamed, so that no reader sees half of it.
    pub(super) fn write(data_dir: &Path, http: &str, mqtt: &str) -> anyhow::Result<Self> {
        let file = data_dir.join("endpoints.json");
        let aside = data_dir.join("endpoints.json.new");
        let text = serde_json::json!({ "http": http, "mqtt": mqtt }).to_string();
        std::fs::write(&aside, text + "\n")
            .and_then(|()| std::fs::rename(&aside, &file))
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Self { file })
    }
}

impl Drop for Endpoints {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.file) {
            tracing::warn!(error = %error, "endpoints.json could not be removed");
        }
    }
}

/// An address that can be connected to: where "every address" is listened on, this machine's own.
pub(super) fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}
