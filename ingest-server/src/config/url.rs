//! Where a broker is.

use std::fmt;
use std::str::FromStr;

/// `mqtt://host:port` or `mqtts://host:port`, without user or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttUrl {
    tls: Tls,
    host: String,
    port: u16,
}

/// Whether the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// `mqtts://`.
    On,
    /// `mqtt://`.
    Off,
}

impl MqttUrl {
    /// A broker at this place.
    #[must_use]
    pub fn new(tls: Tls, host: &str, port: u16) -> Self {
        Self {
            tls,
            host: host.to_owned(),
            port,
        }
    }

    /// An unencrypted broker.
    #[must_use]
    pub fn plain(host: &str, port: u16) -> Self {
        Self::new(Tls::Off, host, port)
    }

    /// Stands in after a fault was noted, so that reading goes on to the next fault.
    pub(super) fn placeholder() -> Self {
        Self::plain("localhost", 1883)
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn tls(&self) -> Tls {
        self.tls
    }

    /// The host's name or address; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port; 1883 or 8883 where the URL has none.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for MqttUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls == Tls::On { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl FromStr for MqttUrl {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let url = ::url::Url::parse(text).map_err(|_| "is not a URL")?;
        let (tls, default_port) = match url.scheme() {
            "mqtt" => (Tls::Off, 1883),
            "mqtts" => (Tls::On, 8883),
            _ => return Err("does not begin with mqtt:// or mqtts://"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user or password");
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or("names no host")?;
        Ok(Self {
            tls,
            host: host.to_owned(),
            port: url.port().unwrap_or(default_port),
        })
    }
}
