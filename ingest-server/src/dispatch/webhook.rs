//! Signed HTTP requests to the systems of units.
//!
//! A request carries `Vong-Signature: t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY` under the
//! target's secret. Its receiver compares, refuses what is older than a few minutes, and knows a message
//! that comes again by `Vong-Delivery`.
//!
//! A name that points into the house is refused unless the target's configuration allows it: the
//! resolver of the guarded client answers public addresses only, so what was checked is what is
//! connected to. Redirects are not followed, proxies of the environment not used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use notice::Failure;
use notice::target::{PrivateNetwork, Webhook};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use ring::hmac;
use url::Host;

use super::fault::is_of_tls;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "vong-signature";
/// The header that names the message, the same at every attempt.
const DELIVERY_HEADER: &str = "vong-delivery";
/// How long one request may take, connection included.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long the connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is sent.
pub(super) struct Request<'a> {
    pub(super) delivery: &'a str,
    pub(super) media_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// The clients.
pub(super) struct Webhooks {
    /// Reaches public addresses only.
    guarded: Client,
    /// Reaches whatever a target's configuration says.
    open: Client,
}

impl Webhooks {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = || {
            Client::builder()
                .timeout(TIMEOUT)
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(Policy::none())
                .no_proxy()
                .user_agent(concat!("vong-ingest-server/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            guarded: client().dns_resolver(Arc::new(PublicOnly)).build()?,
            open: client().build()?,
        })
    }

    pub(super) async fn send(
        &self,
        webhook: &Webhook,
        secret: &str,
        request: Request<'_>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let client = match webhook.private_network {
            PrivateNetwork::Allow => &self.open,
            // A literal address never meets the resolver.
            PrivateNetwork::Refuse if literal(webhook).is_some_and(|ip| !is_public(ip)) => {
                return Err(Failure::AddressForbidden);
            }
            PrivateNetwork::Refuse => &self.guarded,
        };
        let answer = client
            .post(webhook.url.clone())
            .header(SIGNATURE_HEADER, signature(secret, now, &request.body))
            .header(DELIVERY_HEADER, request.delivery)
            .header(reqwest::header::CONTENT_TYPE, request.media_type)
            .body(request.body)
            .send()
            .await
            .map_err(|error| failure_of(&error))?;
        judge(answer.status())
    }
}

/// The signature of a body that is sent now.
#[must_use]
pub fn signature(secret: &str, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.as_second();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    format!("t={seconds},v1={}", hex::encode(context.sign()))
}

fn judge(status: StatusCode) -> Result<(), Failure> {
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::NotAuthorised),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Err(Failure::Busy)
        }
        _ if status.is_server_error() => Err(Failure::Busy),
        _ => Err(Failure::Rejected),
    }
}

fn failure_of(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = cause {
        if one.is::<Forbidden>() {
            return Failure::AddressForbidden;
        }
        if one.is::<Unknown>() {
            return Failure::NameUnknown;
        }
        cause = one.source();
    }
    if is_of_tls(error) {
        Failure::Tls
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Unreachable
    }
}

fn literal(webhook: &Webhook) -> Option<IpAddr> {
    match webhook.url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(_) => None,
    }
}

/// The name points into the house.
#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
struct Forbidden;

/// The name is unknown.
#[derive(Debug, thiserror::Error)]
#[error("the name is unknown")]
struct Unknown;

/// Answers public addresses only.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(|_| Unknown)?.collect();
            if found.is_empty() {
                return Err(Unknown.into());
            }
            let public: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| is_public(address.ip()))
                .collect();
            if public.is_empty() {
                return Err(Forbidden.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the open network (IANA's special-purpose registries).
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

const fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && b >= 64 && b < 128)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    // Addresses that carry one of version 4 are what they carry.
    let carried = match (a, b, c, d, e, f) {
        (0x64, 0xff9b, 0, 0, 0, 0) => Some((g, h)),
        (0x2002, ..) => Some((b, c)),
        _ => None,
    };
    if let Some((high, low)) = carried {
        return is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    // Only 2000::/3 is given out; of that, documentation, Teredo and benchmarking are not reached.
    (a & 0xe000) == 0x2000
        && !(a == 0x2001 && (b == 0xdb8 || b < 0x200))
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_network_are_public() {
        for (ip, expected) in [
            ("8.8.8.8", true),
            ("203.162.4.190", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("198.18.0.1", false),
            ("2606:4700::1111", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("ff02::1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("2002:a00:1::1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[test]
    fn a_signature_is_the_hmac_of_time_and_body() {
        // Computed with: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac s3cr3t
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let signed = signature("s3cr3t", now, b"{\"a\":1}");
        assert_eq!(
            signed,
            "t=1700000000,v1=8dbbbbf4523b10bbb793e74d854144c45acccc2d233667b1c06b805b6ded8a84"
        );
        assert_ne!(signed, signature("other", now, b"{\"a\":1}"));
    }

    #[test]
    fn answers_mean_what_a_retry_can_mend() {
        for (status, expected) in [
            (200, Ok(())),
            (204, Ok(())),
            (301, Err(Failure::Rejected)),
            (400, Err(Failure::Rejected)),
            (401, Err(Failure::NotAuthorised)),
            (404, Err(Failure::Rejected)),
            (429, Err(Failure::Busy)),
            (503, Err(Failure::Busy)),
        ] {
            assert_eq!(judge(StatusCode::from_u16(status).unwrap()), expected);
        }
    }
}
