//! Where the broker is, and whether TLS is spoken with it.

use url::Url;

/// Where the broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Plain,
    Tls,
}

/// Why a URL does not name a broker.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` does not name a broker; expected mqtt://HOST[:1883] or mqtts://HOST[:8883]")]
pub struct BrokerAddressError(String);

impl TryFrom<&Url> for BrokerAddress {
    type Error = BrokerAddressError;

    fn try_from(url: &Url) -> Result<Self, Self::Error> {
        let (security, port) = match url.scheme() {
            "mqtt" => (Security::Plain, 1883),
            "mqtts" => (Security::Tls, 8883),
            _ => return Err(BrokerAddressError(url.to_string())),
        };
        let host = url
            .host_str()
            .ok_or_else(|| BrokerAddressError(url.to_string()))?;
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            security,
        })
    }
}
