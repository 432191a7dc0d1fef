//! Asks whoever knows the time: the machine's own services, or a time server.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use contract::v1::{AgentClock, ClockReference};
use jiff::Timestamp;
use tokio::net::UdpSocket;
use tokio::process::Command;

use super::{chrony, sntp, timesyncd};
use crate::config::ClockConfig;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What asking brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Somebody knows.
    Known(AgentClock),
    /// Nobody does.
    Unknown,
}

/// Why a time server was of no use.
#[derive(Debug, thiserror::Error)]
enum ServerError {
    #[error("its name has no address")]
    Name(#[source] io::Error),
    #[error("it cannot be reached")]
    Socket(#[source] io::Error),
    #[error("it did not answer")]
    Silent,
    #[error("its answer is of no use")]
    Answer(#[source] sntp::SntpError),
}

/// Asks chronyd, then timesyncd, then the configured server; the first that knows is believed.
pub async fn compare(config: &ClockConfig) -> Compared {
    let tracking = output("chronyc", &["-c", "-n", "tracking"]).await;
    if let Some(known) = tracking.as_deref().and_then(chrony::read) {
        return told(ClockReference::Chrony, known);
    }
    let status = output("timedatectl", &["timesync-status", "--no-pager"]).await;
    if let Some(known) = status.as_deref().and_then(timesyncd::read) {
        return told(ClockReference::Timesyncd, known);
    }
    let Some(server) = &config.ntp_server else {
        return Compared::Unknown;
    };
    match exchange(server).await {
        Ok(exchange) => told(
            ClockReference::Sntp,
            (exchange.offset_s, exchange.uncertainty_s),
        ),
        Err(error) => {
            tracing::warn!(
                server,
                "the time server is of no use: {}",
                crate::telemetry::chain(&error)
            );
            Compared::Unknown
        }
    }
}

fn told(reference: ClockReference, (offset_s, uncertainty_s): (f64, f64)) -> Compared {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, which is what is wanted"
    )]
    Compared::Known(AgentClock {
        reference,
        offset_ms: (offset_s * 1e3).round() as i64,
        uncertainty_ms: ((uncertainty_s * 1e3).ceil() as u64).max(1),
    })
}

/// What a program prints, where it exists and succeeds.
async fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let run = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, run).await.ok()?.ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn exchange(server: &str) -> Result<sntp::Exchange, ServerError> {
    let asked = tokio::time::timeout(PATIENCE, ask(server));
    asked.await.unwrap_or(Err(ServerError::Silent))
}

async fn ask(server: &str) -> Result<sntp::Exchange, ServerError> {
    let mut addresses = tokio::net::lookup_host(server)
        .await
        .map_err(ServerError::Name)?;
    let address = addresses
        .next()
        .ok_or_else(|| ServerError::Name(io::ErrorKind::NotFound.into()))?;
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await.map_err(ServerError::Socket)?;
    socket.connect(address).await.map_err(ServerError::Socket)?;
    let nonce = rand::random();
    let sent = Timestamp::now();
    socket
        .send(&sntp::question(nonce))
        .await
        .map_err(ServerError::Socket)?;
    let mut packet = [0; 512];
    loop {
        let length = socket
            .recv(&mut packet)
            .await
            .map_err(ServerError::Socket)?;
        let received = Timestamp::now();
        let answer = packet.get(..length).unwrap_or_default();
        match sntp::read(answer, nonce, sent, received) {
            // Somebody else's answer must not keep the right one out.
            Err(sntp::SntpError::Origin) => {}
            answered => return answered.map_err(ServerError::Answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time server whose clock is an hour behind, after a forged answer.
    #[tokio::test]
    async fn a_server_is_asked_and_a_forged_answer_is_passed_over() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut packet = [0; 48];
            let (_, client) = server.recv_from(&mut packet).await.unwrap();
            let seconds =
                u64::try_from(Timestamp::now().as_second() + 2_208_988_800 - 3_600).unwrap();
            let now = (seconds << 32).to_be_bytes();
            let mut answer = [0; 48];
            answer[0] = 0x24;
            answer[1] = 1;
            answer[32..40].copy_from_slice(&now);
            answer[40..48].copy_from_slice(&now);
            server.send_to(&answer, client).await.unwrap();
            answer[24..32].copy_from_slice(&packet[40..48]);
            server.send_to(&answer, client).await.unwrap();
        });
        let exchange = exchange(&address.to_string()).await.unwrap();
        task.await.unwrap();
        assert!((exchange.offset_s - 3_600.0).abs() < 1.5, "{exchange:?}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_leaves_the_clock_unknown() {
        assert!(exchange("127.0.0.1:1").await.is_err());
        assert!(exchange("no.such.host.invalid:123").await.is_err());
    }
}
