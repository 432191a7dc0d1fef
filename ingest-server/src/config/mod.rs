//! What the administrator decides: one TOML file, every fault listed at once with its key and the
//! remedy.
//!
//! Without a file everything has a default: data in `$VONG_DATA_DIR` or `./vong-data`, SQLite and
//! evidence there, the broker and the console on this machine's loopback. What does not belong
//! here: opening anything. A configuration that reads well may still name a port that is taken.

mod dispatch;
mod fault;
mod reader;
mod url;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::dispatch::DispatchConfig;
pub use self::fault::{ConfigError, Fault};
use self::reader::Reader;
pub use self::url::{MqttUrl, Tls};

/// The environment variable that names the data directory where no file does.
pub const DATA_DIR_VARIABLE: &str = "VONG_DATA_DIR";
/// Where a packaged server's file lies.
pub const DEFAULT_FILE: &str = "/etc/vong/server.toml";

const DEFAULT_DATA_DIR: &str = "vong-data";
const DEFAULT_HTTP: &str = "127.0.0.1:8080";
const DEFAULT_BROKER: &str = "127.0.0.1:1883";
const DEFAULT_TLS_BROKER: &str = "0.0.0.0:8883";
const DEFAULT_S3_REGION: &str = "us-east-1";
const DEFAULT_COPY_SECONDS: u64 = 300;
const DEFAULT_COPY_MIB: u64 = 4_096;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything the server keeps lies; made at the first start. Key `data_dir`.
    pub data_dir: PathBuf,
    /// The web side.
    pub http: HttpConfig,
    /// The MQTT side.
    pub broker: BrokerConfig,
    /// How reports are weighed. Key `merging.model_file`: a TOML file in the form that
    /// `merge-eval --print-model` prints; default: the model that is shipped.
    pub merging: merge::Model,
    /// The database's URL. Key `database.url`; default: a SQLite file in the data directory.
    pub database: DatabaseUrl,
    /// Where the bytes of evidence lie.
    pub evidence: EvidencePlace,
    /// How copies of evidence are made.
    pub copies: CopiesConfig,
    /// Who is told what.
    pub dispatch: DispatchConfig,
    /// What is taken from citizens.
    pub citizens: CitizensConfig,
}

/// What is taken from citizens, and what is done with it.
#[derive(Debug, Clone, PartialEq)]
pub struct CitizensConfig {
    /// Key `citizens.services_file`: a TOML file like the shipped `citizens/data/services.toml`; default:
    /// that one.
    pub services: citizens::Services,
    /// Key `citizens.contact_keys_file`: the keys under which contact data lies; default `contact.keys` in
    /// the data directory, made at the first start. Servers of one database share it.
    pub contact_keys_file: PathBuf,
    /// Key `citizens.max_files`, 0 to 20, default 5: of one report.
    pub max_files: usize,
    /// Key `citizens.max_picture_mib`, 1 to 64 MiB, default 16; bytes here.
    pub max_picture_bytes: usize,
    /// Key `citizens.max_video_mib`, 1 to 512 MiB, default 64; bytes here.
    pub max_video_bytes: usize,
    /// Key `citizens.reports_per_hour`, 1 to 100,000, default 20: from one address.
    pub reports_per_hour: u32,
    /// Key `citizens.reports_per_day`, 1 to 100,000, default 20: for one telephone number or address.
    pub reports_per_day: u32,
    /// Key `citizens.nearby_m`, 10 to 5,000 metres, default 250: what is shown to whoever is about to report.
    pub nearby_m: f64,
    /// Key `citizens.camera_radius_m`, 0 to 5,000 metres, default 150: a camera within it is asked for what it
    /// holds; 0 asks none.
    pub camera_radius_m: f64,
    /// Key `citizens.camera_seconds`, 1 to 600, default 60: how much of it.
    pub camera_seconds: u32,
}

impl CitizensConfig {
    /// What holds where nobody says otherwise.
    #[must_use]
    pub fn in_folder(data_dir: &Path) -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            services: citizens::Services::shipped(),
            contact_keys_file: data_dir.join("contact.keys"),
            max_files: 5,
            max_picture_bytes: 16 * MIB,
            max_video_bytes: 64 * MIB,
            reports_per_hour: 20,
            reports_per_day: 20,
            nearby_m: 250.0,
            camera_radius_m: 150.0,
            camera_seconds: 60,
        }
    }
}

/// Where the bytes of evidence lie.
#[derive(Debug, Clone, Default)]
pub enum EvidencePlace {
    /// In files below `data_dir`.
    #[default]
    Files,
    /// In an S3 store, which any number of servers share.
    S3(Box<S3Config>),
}

/// An S3 store.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// Of key `evidence.s3_url`, `s3://BUCKET` or `s3://BUCKET/PREFIX`: the bucket, which must be there.
    pub bucket: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// Key `evidence.s3_endpoint`: the store's address; default: Amazon's of the region.
    pub endpoint: Option<::url::Url>,
    /// Key `evidence.s3_region`, default `us-east-1`.
    pub region: String,
    /// The first line of the file named by `evidence.s3_credentials_file`.
    pub access_key: String,
    /// Its second line.
    pub secret_key: Password,
}

/// Where the console and the API are served.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Key `http.listen`, default `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Key `http.public_url`: what people type. With `https` the cookie is `Secure`. Default: made
    /// from the bound address.
    pub public_url: Option<::url::Url>,
    /// Key `http.trusted_proxies`: addresses of proxies, separated by commas, whose `X-Forwarded-For` is
    /// believed. Default: none.
    pub trusted_proxies: Vec<IpAddr>,
}

/// How copies of evidence are made: those that every browser plays, and those in which nobody but the
/// reported vehicle is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiesConfig {
    /// Key `copies.time_limit_s`, 10 to 3,600, default 300: for each process that a copy takes.
    pub time_limit: Duration,
    /// Key `copies.memory_limit_mib`, 512 to 65,536 MiB, default 4,096: address space of each, in bytes
    /// here.
    pub memory_limit: u64,
    /// Key `redaction.edge_agent`: the agent's program, which finds people and vehicles. Default: beside
    /// this program, else on the path.
    pub edge_agent: Option<PathBuf>,
    /// Key `redaction.edge_agent_config`: its configuration, where models are described there.
    pub edge_agent_config: Option<PathBuf>,
    /// Key `redaction.model`; default: the agent's starter.
    pub model: Option<String>,
    /// Key `redaction.plate_model`: a model that finds plates; default none.
    pub plate_model: Option<String>,
}

impl Default for CopiesConfig {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(DEFAULT_COPY_SECONDS),
            memory_limit: DEFAULT_COPY_MIB * 1024 * 1024,
            edge_agent: None,
            edge_agent_config: None,
            model: None,
            plate_model: None,
        }
    }
}

/// The broker: in this process, or somewhere else.
#[derive(Debug, Clone)]
pub enum BrokerConfig {
    /// In this process.
    Embedded {
        /// Key `broker.listen`, default `127.0.0.1:1883`; port 0 takes a free one.
        listen: SocketAddr,
        /// Keys `broker.tls_*`: a second door, with TLS.
        tls: Option<BrokerTls>,
        /// Key `broker.advertise`: what enrolment tells agents. Default: made from the bound
        /// address, that of the door with TLS where there is one.
        advertise: Option<MqttUrl>,
    },
    /// Somewhere else; any number of servers share it.
    External {
        /// Key `broker.url`.
        url: MqttUrl,
        /// Key `broker.username`, default `ingest`.
        username: String,
        /// The first line of the file named by `broker.password_file`.
        password: Password,
        /// Whom to trust on `mqtts://`, and what to show.
        trust: BrokerTrust,
        /// Key `broker.advertise`; default: `broker.url`.
        advertise: MqttUrl,
    },
}

/// The embedded broker's door with TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerTls {
    /// Key `broker.tls_listen`; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Key `broker.tls_certificate`: the broker's certificate and what leads from it to its
    /// authority (PEM).
    pub certificate: PathBuf,
    /// Key `broker.tls_key`: its private key (PEM), closed to everybody but the server's user and
    /// group.
    pub key: PathBuf,
    /// Key `broker.tls_client_ca`: authorities (PEM); where given, a client must show a certificate
    /// of one of them, besides its password.
    pub client_ca: Option<PathBuf>,
}

/// Whom the server trusts as its broker on `mqtts://`, and what it shows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerTrust {
    /// Key `broker.ca_file`: authorities (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Keys `broker.client_certificate` and `broker.client_key` (PEM).
    pub client: Option<ClientCertificate>,
}

/// A certificate and its private key, each a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and what leads from it to its authority.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A password. `Debug` does not show it.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The password itself, for the one call that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A database URL. `Debug` shows its scheme only: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL, for opening the store.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn sqlite_in(data_dir: &Path) -> Self {
        let path = data_dir.join("vong.db").to_string_lossy().into_owned();
        // The driver decodes percent signs and cuts at a question mark.
        let escaped = path
            .replace('%', "%25")
            .replace('?', "%3f")
            .replace('#', "%23");
        Self(format!("sqlite://{escaped}"))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.0.split("://").next().unwrap_or_default();
        write!(f, "DatabaseUrl({scheme}://…)")
    }
}

impl Config {
    /// Reads `file`; without one, [`DEFAULT_FILE`] where it exists, else the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault that was found.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        let file = file.or_else(|| default.is_file().then_some(default));
        match file {
            None => Self::parse("", Path::new("(defaults)")),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
                        file: path.to_owned(),
                        source,
                    })?;
                Self::parse(&text, path)
            }
        }
    }

    /// Reads the text of a configuration file; `file` is for messages, and relative paths in it
    /// are taken from its folder.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault that was found.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let table = text
            .parse::<toml::Table>()
            .map_err(|source| ConfigError::Syntax {
                file: file.to_owned(),
                source: Box::new(source),
            })?;
        let mut reader = Reader::new(table, file);
        let data_dir = reader.path("data_dir").unwrap_or_else(default_data_dir);
        let http = HttpConfig {
            listen: reader.address("http.listen", DEFAULT_HTTP),
            public_url: reader.web_url("http.public_url"),
            trusted_proxies: reader.ip_addresses("http.trusted_proxies"),
        };
        let broker = broker(&mut reader);
        let database = match reader.database_url("database.url") {
            Some(url) => DatabaseUrl(url),
            None => DatabaseUrl::sqlite_in(&data_dir),
        };
        let evidence = evidence(&mut reader);
        let copies = copies(&mut reader);
        let merging = reader.merging("merging.model_file");
        let dispatch = reader.targets("dispatch.targets_file");
        let citizens = citizens(&mut reader, &data_dir);
        reader.finish()?;
        Ok(Self {
            data_dir,
            http,
            broker,
            merging,
            database,
            evidence,
            copies,
            dispatch,
            citizens,
        })
    }
}

fn evidence(reader: &mut Reader) -> EvidencePlace {
    let wanted = reader.s3_url("evidence.s3_url");
    let endpoint = reader.web_url("evidence.s3_endpoint");
    let region = reader.text("evidence.s3_region");
    let credentials = reader.s3_credentials("evidence.s3_credentials_file");
    if !reader.has("evidence.s3_url") {
        reader.only_with_s3(&[
            "evidence.s3_endpoint",
            "evidence.s3_region",
            "evidence.s3_credentials_file",
        ]);
        return EvidencePlace::Files;
    }
    reader.all_of(&["evidence.s3_url", "evidence.s3_credentials_file"]);
    let (Some((bucket, prefix)), Some((access_key, secret_key))) = (wanted, credentials) else {
        return EvidencePlace::Files;
    };
    EvidencePlace::S3(Box::new(S3Config {
        bucket,
        prefix,
        endpoint,
        region: region.unwrap_or_else(|| DEFAULT_S3_REGION.to_owned()),
        access_key,
        secret_key,
    }))
}

fn copies(reader: &mut Reader) -> CopiesConfig {
    let seconds = reader.whole("copies.time_limit_s", 10..=3_600, DEFAULT_COPY_SECONDS);
    let mib = reader.whole("copies.memory_limit_mib", 512..=65_536, DEFAULT_COPY_MIB);
    CopiesConfig {
        time_limit: Duration::from_secs(seconds),
        memory_limit: mib * 1024 * 1024,
        edge_agent: reader.path("redaction.edge_agent"),
        edge_agent_config: reader.path("redaction.edge_agent_config"),
        model: reader.text("redaction.model"),
        plate_model: reader.text("redaction.plate_model"),
    }
}

fn citizens(reader: &mut Reader, data_dir: &Path) -> CitizensConfig {
    const MIB: usize = 1024 * 1024;
    let default = CitizensConfig::in_folder(data_dir);
    let mut whole = |key, range, default: usize| {
        let number = reader.whole(key, range, u64::try_from(default).unwrap_or_default());
        usize::try_from(number).unwrap_or(default)
    };
    let metres = |number: usize| u32::try_from(number).map_or(0.0, f64::from);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let max_files = whole("citizens.max_files", 0..=20, default.max_files);
    let picture = whole(
        "citizens.max_picture_mib",
        1..=64,
        default.max_picture_bytes / MIB,
    );
    let video = whole(
        "citizens.max_video_mib",
        1..=512,
        default.max_video_bytes / MIB,
    );
    let per_hour = whole("citizens.reports_per_hour", 1..=100_000, 20);
    let per_day = whole("citizens.reports_per_day", 1..=100_000, 20);
    let nearby = whole("citizens.nearby_m", 10..=5_000, 250);
    let radius = whole("citizens.camera_radius_m", 0..=5_000, 150);
    let seconds = whole("citizens.camera_seconds", 1..=600, 60);
    CitizensConfig {
        services: reader.services("citizens.services_file"),
        contact_keys_file: reader
            .path("citizens.contact_keys_file")
            .unwrap_or(default.contact_keys_file),
        max_files,
        max_picture_bytes: picture * MIB,
        max_video_bytes: video * MIB,
        reports_per_hour: count(per_hour),
        reports_per_day: count(per_day),
        nearby_m: metres(nearby),
        camera_radius_m: metres(radius),
        camera_seconds: count(seconds),
    }
}

fn default_data_dir() -> PathBuf {
    std::env::var_os(DATA_DIR_VARIABLE)
        .filter(|value| !value.is_empty())
        .map_or_else(|| PathBuf::from(DEFAULT_DATA_DIR), PathBuf::from)
}

fn broker(reader: &mut Reader) -> BrokerConfig {
    let advertise = reader.mqtt_url("broker.advertise");
    if !reader.has("broker.url") {
        reader.only_with_url(&[
            "broker.username",
            "broker.password_file",
            "broker.ca_file",
            "broker.client_certificate",
            "broker.client_key",
        ]);
        return BrokerConfig::Embedded {
            listen: reader.address("broker.listen", DEFAULT_BROKER),
            tls: broker_tls(reader),
            advertise,
        };
    }
    reader.only_without_url(&[
        "broker.listen",
        "broker.tls_listen",
        "broker.tls_certificate",
        "broker.tls_key",
        "broker.tls_client_ca",
    ]);
    let url = reader
        .mqtt_url("broker.url")
        .unwrap_or_else(MqttUrl::placeholder);
    let username = reader
        .text("broker.username")
        .unwrap_or_else(|| "ingest".to_owned());
    let password = reader.password("broker.password_file");
    let trust = BrokerTrust {
        ca_file: reader.path("broker.ca_file"),
        client: client_certificate(reader),
    };
    let advertise = advertise.unwrap_or_else(|| url.clone());
    BrokerConfig::External {
        url,
        username,
        password,
        trust,
        advertise,
    }
}

fn broker_tls(reader: &mut Reader) -> Option<BrokerTls> {
    const DOOR: [&str; 3] = [
        "broker.tls_listen",
        "broker.tls_certificate",
        "broker.tls_key",
    ];
    let is_wanted = DOOR.iter().any(|key| reader.has(key)) || reader.has("broker.tls_client_ca");
    if is_wanted {
        reader.all_of(&DOOR);
    }
    let listen = reader.address("broker.tls_listen", DEFAULT_TLS_BROKER);
    let certificate = reader.path("broker.tls_certificate");
    let key = reader.path("broker.tls_key");
    let client_ca = reader.path("broker.tls_client_ca");
    Some(BrokerTls {
        listen,
        certificate: certificate?,
        key: key?,
        client_ca,
    })
}

fn client_certificate(reader: &mut Reader) -> Option<ClientCertificate> {
    const PAIR: [&str; 2] = ["broker.client_certificate", "broker.client_key"];
    if PAIR.iter().any(|key| reader.has(key)) {
        reader.all_of(&PAIR);
    }
    let [certificate, key] = PAIR.map(|key| reader.path(key));
    Some(ClientCertificate {
        certificate: certificate?,
        key: key?,
    })
}

#[cfg(test)]
mod tests;
