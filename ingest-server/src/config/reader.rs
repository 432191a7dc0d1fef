//! Takes keys out of a TOML table one by one, notes what is wrong, and goes on: at the end every
//! fault is known, the misspelt keys too.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::{ConfigError, DispatchConfig, Fault, MqttUrl, Password};

/// A table being read.
pub(super) struct Reader {
    table: toml::Table,
    file: PathBuf,
    known: Vec<String>,
    faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn new(table: toml::Table, file: &Path) -> Self {
        Self {
            table,
            file: file.to_owned(),
            known: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Ends the reading: a key that nobody took is a fault too.
    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        let mut unknown = Vec::new();
        for (key, value) in &self.table {
            collect_unknown(key, value, &self.known, &mut unknown);
        }
        for key in unknown {
            let near = self.known.iter().min_by_key(|known| distance(known, &key));
            let remedy = near.map_or_else(String::new, |near| format!("did you mean {near}?"));
            self.faults.push(Fault {
                key,
                problem: "is not a key of the server".to_owned(),
                remedy,
            });
        }
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(ConfigError::Faults {
            file: self.file,
            faults: self.faults,
        })
    }

    fn fault(&mut self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault {
            key: key.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    fn find(&self, key: &str) -> Option<&toml::Value> {
        match key.split_once('.') {
            None => self.table.get(key),
            Some((section, leaf)) => self.table.get(section)?.as_table()?.get(leaf),
        }
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.known.push(key.to_owned());
        let value = self.find(key)?;
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            return Some(text.to_owned());
        }
        let problem = if value.is_str() {
            "is empty".to_owned()
        } else {
            format!("is of type {}", value.type_str())
        };
        self.fault(
            key,
            problem,
            "write a text in quotation marks, or leave the key out",
        );
        None
    }

    /// A path; relative ones lie beside the file.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let text = self.text(key)?;
        Some(self.file.parent().unwrap_or(Path::new("")).join(text))
    }

    /// A whole number of a range.
    pub(super) fn whole(&mut self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
        self.known.push(key.to_owned());
        let Some(value) = self.find(key) else {
            return default;
        };
        let number = value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok());
        let Some(number) = number.filter(|number| range.contains(number)) else {
            let problem = format!("is {value}");
            let remedy = format!(
                "write a whole number from {} to {}",
                range.start(),
                range.end()
            );
            self.fault(key, problem, remedy);
            return default;
        };
        number
    }

    /// An address to listen on.
    pub(super) fn address(&mut self, key: &str, default: &str) -> SocketAddr {
        let fallback = SocketAddr::from(([127, 0, 0, 1], 0));
        let text = self.text(key).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.fault(
                key,
                format!("{text:?} is not an address"),
                format!("write ADDRESS:PORT, e.g. \"{default}\" or \"0.0.0.0:8080\""),
            );
            fallback
        })
    }

    /// An `http` or `https` URL.
    pub(super) fn web_url(&mut self, key: &str) -> Option<::url::Url> {
        let text = self.text(key)?;
        let url = ::url::Url::parse(&text).ok();
        let fits = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if fits.is_none() {
            self.fault(
                key,
                format!("{text:?} is not an address of a web page"),
                "write what people type, e.g. \"https://vong.example\"",
            );
        }
        fits
    }

    /// A broker's URL.
    pub(super) fn mqtt_url(&mut self, key: &str) -> Option<MqttUrl> {
        let text = self.text(key)?;
        match text.parse() {
            Ok(url) => Some(url),
            // The text is not shown: it may hold a password.
            Err(problem) => {
                let remedy = "write mqtt://HOST:PORT or mqtts://HOST:PORT; user and password go \
                              into broker.username and broker.password_file";
                self.fault(key, problem, remedy);
                None
            }
        }
    }

    /// A database's URL.
    pub(super) fn database_url(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if ["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|s| text.starts_with(s))
        {
            return Some(text);
        }
        let remedy = "write sqlite:///PATH/vong.db or postgres://USER:PASSWORD@HOST/DATABASE";
        self.fault(
            key,
            "is not the URL of a database the server speaks to",
            remedy,
        );
        None
    }

    /// Bucket and prefix of an S3 store.
    pub(super) fn s3_url(&mut self, key: &str) -> Option<(String, String)> {
        let text = self.text(key)?;
        let (bucket, prefix) = text
            .strip_prefix("s3://")
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            .unwrap_or_default();
        if bucket.is_empty() {
            let problem = format!("{text:?} names no bucket");
            self.fault(key, problem, "write s3://BUCKET or s3://BUCKET/PREFIX");
            return None;
        }
        Some((bucket.to_owned(), prefix.trim_matches('/').to_owned()))
    }

    /// The access key and the secret key in the first two lines of the file that the key names.
    pub(super) fn s3_credentials(&mut self, key: &str) -> Option<(String, Password)> {
        let path = self.path(key)?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let problem = format!("{} cannot be read ({error})", path.display());
                self.fault(key, problem, "check the path and its rights");
                return None;
            }
        };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let found = lines.next().zip(lines.next());
        if found.is_none() {
            let problem = format!("{} has fewer than two lines", path.display());
            self.fault(
                key,
                problem,
                "write the access key, and the secret key below it",
            );
        }
        found.map(|(access, secret)| (access.to_owned(), Password::from(secret.to_owned())))
    }

    /// Notes keys that mean nothing while evidence lies in files.
    pub(super) fn only_with_s3(&mut self, keys: &[&str]) {
        self.misplaced(
            keys,
            "belongs to an S3 store",
            "add evidence.s3_url, or leave it out",
        );
    }

    /// The first line of the file that the key names.
    pub(super) fn password(&mut self, key: &str) -> Password {
        let Some(path) = self.path(key) else {
            if !self.has(key) {
                self.fault(
                    key,
                    "is missing",
                    "name a file that holds the broker's password",
                );
            }
            return Password::from(String::new());
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Password::from(text.lines().next().unwrap_or_default().to_owned()),
            Err(error) => {
                let problem = format!("{} cannot be read ({error})", path.display());
                self.fault(key, problem, "check the path and its rights");
                Password::from(String::new())
            }
        }
    }

    /// The model of merging in the file that the key names; the shipped one where it is left out.
    pub(super) fn merging(&mut self, key: &str) -> merge::Model {
        let Some(path) = self.path(key) else {
            return merge::Model::shipped();
        };
        let read = std::fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read ({error})", path.display()))
            .and_then(|text| {
                merge::Model::parse(&text).map_err(|error| match &error {
                    merge::ModelError::Syntax(source) => format!("{}: {source}", path.display()),
                    merge::ModelError::Faults(_) => format!("{}: {error}", path.display()),
                })
            });
        read.unwrap_or_else(|problem| {
            let remedy = "begin with what `ingest-server merge-eval --print-model` prints";
            self.fault(key, problem, remedy);
            merge::Model::shipped()
        })
    }

    /// Who is told what, by the file that the key names; nobody where it is left out.
    pub(super) fn targets(&mut self, key: &str) -> DispatchConfig {
        let Some(path) = self.path(key) else {
            return DispatchConfig::default();
        };
        DispatchConfig::read(key, &path).unwrap_or_else(|faults| {
            self.faults.extend(faults);
            DispatchConfig::default()
        })
    }

    /// The services in the file that the key names; the shipped ones where it is left out.
    pub(super) fn services(&mut self, key: &str) -> citizens::Services {
        let Some(path) = self.path(key) else {
            return citizens::Services::shipped();
        };
        let read = std::fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read ({error})", path.display()))
            .and_then(|text| {
                citizens::Services::parse(&text).map_err(|error| match &error {
                    citizens::ServicesError::Syntax(source) => {
                        format!("{}: {source}", path.display())
                    }
                    citizens::ServicesError::Faults(_) => format!("{}: {error}", path.display()),
                })
            });
        read.unwrap_or_else(|problem| {
            let remedy = "begin with a copy of citizens/data/services.toml";
            self.fault(key, problem, remedy);
            citizens::Services::shipped()
        })
    }

    /// Addresses of machines, separated by commas.
    pub(super) fn ip_addresses(&mut self, key: &str) -> Vec<IpAddr> {
        let Some(text) = self.text(key) else {
            return Vec::new();
        };
        let parsed: Result<Vec<IpAddr>, _> = text
            .split(',')
            .map(|address| address.trim().parse())
            .collect();
        parsed.unwrap_or_else(|_| {
            let remedy = "write addresses separated by commas, e.g. \"127.0.0.1, 10.0.0.2\"";
            self.fault(key, format!("{text:?} holds what is no address"), remedy);
            Vec::new()
        })
    }

    /// Notes those that are missing of keys that belong together.
    pub(super) fn all_of(&mut self, keys: &[&str]) {
        for key in keys {
            if !self.has(key) {
                let others: Vec<&str> =
                    keys.iter().filter(|other| *other != key).copied().collect();
                self.fault(
                    key,
                    "is missing",
                    format!("it belongs to {}", others.join(", ")),
                );
            }
        }
    }

    /// Notes keys that mean nothing while the broker is embedded.
    pub(super) fn only_with_url(&mut self, keys: &[&str]) {
        self.misplaced(
            keys,
            "belongs to an external broker",
            "add broker.url, or leave it out",
        );
    }

    /// Notes keys that mean nothing while the broker is external.
    pub(super) fn only_without_url(&mut self, keys: &[&str]) {
        self.misplaced(
            keys,
            "belongs to the embedded broker",
            "remove it, or remove broker.url",
        );
    }

    fn misplaced(&mut self, keys: &[&str], problem: &str, remedy: &str) {
        for key in keys {
            self.known.push((*key).to_owned());
            if self.has(key) {
                self.fault(key, problem, remedy);
            }
        }
    }
}

fn collect_unknown(key: &str, value: &toml::Value, known: &[String], unknown: &mut Vec<String>) {
    let section = format!("{key}.");
    match value {
        toml::Value::Table(table) if known.iter().any(|known| known.starts_with(&section)) => {
            for leaf in table.keys() {
                let path = format!("{section}{leaf}");
                if !known.contains(&path) {
                    unknown.push(path);
                }
            }
        }
        _ if known.iter().any(|known| known == key) => {}
        _ => unknown.push(key.to_owned()),
    }
}

/// How many letters two keys differ by (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, to) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX);
            let cost = (diagonal + usize::from(from != *to))
                .min(above + 1)
                .min(left + 1);
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            diagonal = above;
            left = cost;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
