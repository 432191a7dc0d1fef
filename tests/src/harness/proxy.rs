//! A bad network: a TCP proxy that cuts, stalls or slows what passes through it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes that are forwarded at a time; on a slow line as many as pass in an instant.
const CHUNK: usize = 16 * 1024;
const SLOW_CHUNK: usize = 256;

/// How the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Connections break, and new ones break at once.
    Cut,
    /// Connections stay, new ones are taken, and nothing passes: nobody learns that the other is
    /// gone.
    HalfOpen,
    /// Nothing passes from the agent; what comes to it does.
    MuteUp,
    /// Nothing passes to the agent; what it sends does.
    MuteDown,
    /// So many bytes a second pass, in each direction of each connection.
    Slow(u32),
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Weather {
    fn stops(self, way: Way) -> bool {
        match self {
            Self::HalfOpen => true,
            Self::MuteUp => way == Way::Up,
            Self::MuteDown => way == Way::Down,
            Self::Fair | Self::Cut | Self::Slow(_) => false,
        }
    }
}

/// The proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of the loopback interface; nothing passes before the target is known.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST.into()).await
    }

    /// Listens on a free port of one of this machine's addresses.
    ///
    /// # Errors
    /// Where the address is not this machine's.
    pub async fn start_at(address: IpAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((address, 0)).await?;
        let address = listener.local_addr()?;
        let target = Arc::new(Mutex::new(None));
        let (weather, watched) = watch::channel(Weather::Fair);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&target), watched));
        Ok(Self {
            address,
            target,
            weather,
            accepting,
        })
    }

    /// `HOST:PORT` of the proxy.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where connections go from now on: `SCHEME://HOST:PORT`.
    ///
    /// # Errors
    /// Where the text is no such address.
    pub fn lead_to(&self, url: &str) -> anyhow::Result<()> {
        let (_, address) = url.split_once("://").context("SCHEME://HOST:PORT")?;
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(address.parse()?);
        Ok(())
    }

    /// Changes the weather, for connections that are and that come.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    target: Arc<Mutex<Option<SocketAddr>>>,
    weather: watch::Receiver<Weather>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
        let weather = weather.clone();
        if let Some(target) = target {
            tokio::spawn(carry(client, target, weather));
        }
    }
}

async fn carry(client: TcpStream, target: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = pump(from_client, to_server, Way::Up, weather.clone());
    let down = pump(from_server, to_client, Way::Down, weather.clone());
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    way: Way,
    mut weather: watch::Receiver<Weather>,
) {
    let mut chunk = vec![0; CHUNK];
    loop {
        if weather.wait_for(|now| !now.stops(way)).await.is_err() {
            return;
        }
        let most = match *weather.borrow() {
            Weather::Slow(_) => SLOW_CHUNK,
            _ => CHUNK,
        };
        let Some(room) = chunk.get_mut(..most) else {
            return;
        };
        let read = match from.read(room).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        // What came while the weather changed is stopped, too.
        if weather.wait_for(|now| !now.stops(way)).await.is_err() {
            return;
        }
        let slow = match *weather.borrow() {
            Weather::Slow(rate) => Some(rate),
            _ => None,
        };
        if let (Some(rate), Ok(bytes)) = (slow, u32::try_from(read)) {
            tokio::time::sleep(Duration::from_secs_f64(
                f64::from(bytes) / f64::from(rate.max(1)),
            ))
            .await;
        }
        let Some(bytes) = chunk.get(..read) else {
            return;
        };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn through(proxy: &Proxy) -> TcpStream {
        TcpStream::connect(proxy.address()).await.unwrap()
    }

    #[tokio::test]
    async fn the_weather_is_what_it_is_said_to_be() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = echo.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = echo.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        let proxy = Proxy::start().await.unwrap();
        proxy.lead_to(&format!("tcp://{address}")).unwrap();
        let mut line = through(&proxy).await;
        let mut byte = [0];
        line.write_all(b"a").await.unwrap();
        line.read_exact(&mut byte).await.unwrap();
        for stalled in [Weather::HalfOpen, Weather::MuteUp, Weather::MuteDown] {
            proxy.set(stalled);
            line.write_all(b"b").await.unwrap();
            let silent = Duration::from_millis(50);
            let answer = tokio::time::timeout(silent, line.read_exact(&mut byte)).await;
            assert!(answer.is_err(), "{stalled:?}");
            proxy.set(Weather::Fair);
            line.read_exact(&mut byte).await.unwrap();
            assert_eq!(byte, *b"b");
        }
        proxy.set(Weather::Cut);
        assert!(matches!(line.read(&mut byte).await, Ok(0) | Err(_)));
    }
}
