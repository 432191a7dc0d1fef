//! `[agent]`, `[server]`, `[metrics]`, `[outbox]`: the process itself and where its reports go.

use std::net::SocketAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use url::Url;

use super::fault::Wrong;
use super::section::Section;
use super::value;

/// `[agent]`: the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentConfig {
    /// Folder of the key, the enrolment, the outbox and the evidence. Default
    /// `/var/lib/vong-agent`.
    pub data_dir: PathBuf,
    /// File to which every event change is appended before the outbox sees it, and from which a
    /// start after a crash recovers. Default `events.ndjson` in `data_dir`.
    pub event_log: PathBuf,
}

/// `[server]`: overrides of what the enrolment said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerConfig {
    /// `http://` or `https://` address of the ingest server.
    pub http_url: Option<Url>,
    /// `mqtt://` or `mqtts://` address of the broker.
    pub mqtt_url: Option<Url>,
    /// Certificate authorities (PEM) to trust beside the system's, for a site with its own.
    pub ca_file: Option<PathBuf>,
    /// What the agent shows of itself in TLS, where broker or server ask for it.
    pub client: Option<ClientCertificate>,
}

/// Keys `client_certificate` and `client_key`: a certificate of this agent and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and what leads from it to its authority (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM), readable by the agent's user only.
    pub key: PathBuf,
}

/// `[metrics]`: the Prometheus endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsConfig {
    /// Where it listens; port 0 takes a free one. Absent: no endpoint.
    pub listen: Option<SocketAddr>,
}

/// `[outbox]`: what may wait on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// Most bytes of reports and evidence together. Default 2 GiB.
    pub max_bytes: u64,
    /// Of these, the bytes that evidence never takes from reports. Default 256 MiB.
    pub reserved_report_bytes: u64,
    /// Most bytes of evidence a second that go up, all uploads together, 4 KiB at least. Absent: as
    /// many as the link takes.
    pub upload_bytes_per_s: Option<NonZeroU64>,
    /// Files that go up at the same time, 1 to 8. Default 2.
    pub uploads_at_once: NonZeroUsize,
}

const MIB: u64 = 1024 * 1024;

pub(super) fn read_agent(section: Section<'_>, base: &Path) -> AgentConfig {
    let path = value::path(base);
    let data_dir = section.or("data_dir", PathBuf::from("/var/lib/vong-agent"), &path);
    let event_log = section.or("event_log", data_dir.join("events.ndjson"), &path);
    section.finish();
    AgentConfig {
        data_dir,
        event_log,
    }
}

pub(super) fn read_server(section: Section<'_>, base: &Path) -> ServerConfig {
    let http_url = section.optional("http_url", &|raw| address(raw, &["http", "https"]));
    let mqtt_url = section.optional("mqtt_url", &|raw| address(raw, &["mqtt", "mqtts"]));
    let ca_file = section.optional("ca_file", &value::path(base));
    let client = read_client(&section, base);
    section.finish();
    ServerConfig {
        http_url,
        mqtt_url,
        ca_file,
        client,
    }
}

fn read_client(section: &Section<'_>, base: &Path) -> Option<ClientCertificate> {
    let certificate = section.optional("client_certificate", &value::path(base));
    let key = section.optional("client_key", &value::path(base));
    let half = match (section.has("client_certificate"), section.has("client_key")) {
        (true, false) => Some(("client_certificate", "client_key")),
        (false, true) => Some(("client_key", "client_certificate")),
        (true, true) | (false, false) => None,
    };
    if let Some((given, missing)) = half {
        let problem = format!("is of no use without {missing}");
        section.note(given, Wrong::new(problem, format!("add `{missing} = …`")));
    }
    Some(ClientCertificate {
        certificate: certificate?,
        key: key?,
    })
}

pub(super) fn read_metrics(section: Section<'_>) -> MetricsConfig {
    let listen = section.optional("listen", &value::parsed);
    section.finish();
    MetricsConfig { listen }
}

pub(super) fn read_outbox(section: Section<'_>) -> OutboxConfig {
    let sizes = value::integer(16 * MIB..=1 << 50);
    let max_bytes = section.or("max_bytes", 2048 * MIB, &sizes);
    let reserved_report_bytes = section.or(
        "reserved_report_bytes",
        (256 * MIB).min(max_bytes / 2),
        &value::integer(MIB..=1 << 50),
    );
    if reserved_report_bytes >= max_bytes {
        section.note(
            "reserved_report_bytes",
            Wrong::new(
                format!("{reserved_report_bytes} leaves evidence no room in max_bytes {max_bytes}"),
                "lower it, or raise max_bytes",
            ),
        );
    }
    let upload_bytes_per_s = section
        .optional("upload_bytes_per_s", &value::integer(4096..=1 << 40))
        .and_then(NonZeroU64::new);
    let uploads_at_once = section.or("uploads_at_once", 2, &value::integer(1..=8_usize));
    section.finish();
    OutboxConfig {
        max_bytes,
        reserved_report_bytes,
        upload_bytes_per_s,
        uploads_at_once: NonZeroUsize::new(uploads_at_once).unwrap_or(NonZeroUsize::MIN),
    }
}

/// A URL of one of these schemes, with a host and without a password in it.
pub(super) fn address(raw: &toml::de::DeValue<'_>, schemes: &[&str]) -> Result<Url, Wrong> {
    let text = value::text(raw)?;
    let wanted = format!("give {}://host[:port]/…", schemes.join(":// or "));
    // The text is not repeated: it may hold a password.
    let url =
        Url::parse(&text).map_err(|error| Wrong::new(format!("is not a URL: {error}"), &wanted))?;
    if !schemes.contains(&url.scheme()) {
        return Err(Wrong::new(format!("has scheme {:?}", url.scheme()), wanted));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Wrong::new("names no host", wanted));
    }
    if url.password().is_some() {
        return Err(Wrong::new(
            "has a password in it",
            "take it out of the URL and into a file of its own, named by `password_file`",
        ));
    }
    Ok(url)
}
