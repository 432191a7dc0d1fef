//! The address at the other end of the socket.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

/// Who is at the other end. Headers that a proxy adds are not believed: anybody can send them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The address; unspecified where the transport has none.
    pub(crate) ip: IpAddr,
    /// Whether a proxy stands between.
    pub(crate) route: Route,
}

/// How the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// As far as the headers tell, straight.
    Direct,
    /// A proxy says that it forwards for somebody.
    Forwarded,
}

impl Peer {
    /// Whether a program of this very machine asks for itself.
    #[must_use]
    pub(crate) fn is_this_machine(self) -> bool {
        self.ip.to_canonical().is_loopback() && self.route == Route::Direct
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let ip = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| {
                address.ip()
            });
        let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
            .iter()
            .any(|name| parts.headers.contains_key(*name));
        let route = if forwarded {
            Route::Forwarded
        } else {
            Route::Direct
        };
        Ok(Self { ip, route })
    }
}
