//! How to reach a stream: its address, the authorities that its certificate is held to, what carries
//! its packets; and which of two carriers the next connection takes.
//!
//! Pure. What does not belong here: reaching it.

use std::fmt;
use std::path::PathBuf;

use super::fault::CameraError;
use super::url::StreamUrl;
use crate::config::Transport;

/// How to reach a stream.
#[derive(Debug, Clone)]
pub struct StreamAddress {
    /// Where it is.
    pub url: StreamUrl,
    /// What may carry its packets.
    pub transport: Transport,
    /// Certificate authorities (PEM), or the camera's own certificate; the system's where none.
    pub ca_file: Option<PathBuf>,
}

/// What carries the packets of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// The RTSP connection itself: nothing is lost, and no second way through is needed.
    Tcp,
    /// UDP: nothing waits for what was lost.
    Udp,
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// Which carrier the next connection takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CarrierChoice {
    transport: Transport,
    next: Carrier,
}

impl CarrierChoice {
    pub(crate) const fn new(transport: Transport) -> Self {
        let next = match transport {
            Transport::Tcp => Carrier::Tcp,
            Transport::Udp | Transport::Auto => Carrier::Udp,
        };
        Self { transport, next }
    }

    pub(crate) const fn next(&self) -> Carrier {
        self.next
    }

    /// Whether a connection's end makes the next one take TCP instead. Once a way is known to be
    /// closed it is not tried again before the agent starts anew: each try would cost the stream
    /// some seconds.
    pub(crate) const fn falls_back(&mut self, error: &CameraError) -> bool {
        let closed = matches!(
            error,
            CameraError::UdpBlocked(_) | CameraError::UdpRefused(_)
        );
        let falls = closed
            && matches!(self.transport, Transport::Auto)
            && matches!(self.next, Carrier::Udp);
        if falls {
            self.next = Carrier::Tcp;
        }
        falls
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn auto_begins_with_udp_and_ends_with_tcp_where_udp_brings_nothing() {
        let blocked = CameraError::UdpBlocked(Duration::from_secs(5));
        let mut auto = CarrierChoice::new(Transport::Auto);
        assert!(!auto.falls_back(&CameraError::EndOfStream));
        assert_eq!(auto.next(), Carrier::Udp);
        assert!(auto.falls_back(&blocked));
        assert_eq!(auto.next(), Carrier::Tcp);
        assert!(!auto.falls_back(&blocked), "once");
        for (transport, carrier) in [
            (Transport::Udp, Carrier::Udp),
            (Transport::Tcp, Carrier::Tcp),
        ] {
            let mut fixed = CarrierChoice::new(transport);
            assert!(!fixed.falls_back(&blocked));
            assert_eq!(fixed.next(), carrier);
        }
    }
}
