//! A mail server of these tests, in this process: it speaks plainly, offers STARTTLS, or does not.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use tokio::sync::mpsc;

use crate::site::DEADLINE;

/// What a mail server offers whoever greets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// The talk goes on in TLS where the client wants that.
    StartTls,
    /// Nothing: the talk stays as it is.
    Nothing,
}

/// Whether a talk is in TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secured {
    Yes,
    No,
}

/// One thing that was said to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// `MAIL FROM`: somebody wants something sent.
    From(Secured),
    /// A whole mail.
    Mail(String),
}

pub(crate) struct MailDesk {
    pub(crate) port: u16,
    /// What the server shows, PEM.
    pub(crate) certificate: String,
    said: mpsc::Receiver<Said>,
}

impl MailDesk {
    pub(crate) fn start(offer: Offer) -> Self {
        // Only a second call in one process fails.
        drop(rustls::crypto::ring::default_provider().install_default());
        let CertifiedKey { cert, key_pair } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key_pair.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // Bounded by what a test sends.
        let (sender, said) = mpsc::channel(100);
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (config, sender) = (Arc::clone(&config), sender.clone());
                // A client that goes away ends its talk, and no other.
                std::thread::spawn(move || drop(serve(stream, config, offer, &sender)));
            }
        });
        Self {
            port,
            certificate: cert.pem(),
            said,
        }
    }

    /// The next thing that was said.
    pub(crate) async fn next(&mut self) -> Said {
        let next = tokio::time::timeout(DEADLINE, self.said.recv()).await;
        next.expect("nothing was said in time").unwrap()
    }

    /// Whether anybody wanted anything sent so far.
    pub(crate) fn heard_nothing(&mut self) -> bool {
        self.said.try_recv().is_err()
    }
}

/// What becomes of a talk.
enum After {
    Tls,
    End,
}

fn serve(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
    offer: Offer,
    sender: &mpsc::Sender<Said>,
) -> std::io::Result<()> {
    stream.write_all(b"220 localhost of a test\r\n")?;
    match talk(&mut stream, Secured::No, offer, sender)? {
        After::End => Ok(()),
        After::Tls => {
            let mut connection = ServerConnection::new(config).map_err(Error::other)?;
            let mut tls = Stream::new(&mut connection, &mut stream);
            talk(&mut tls, Secured::Yes, Offer::Nothing, sender).map(drop)
        }
    }
}

fn talk(
    stream: &mut (impl Read + Write),
    secured: Secured,
    offer: Offer,
    sender: &mpsc::Sender<Said>,
) -> std::io::Result<After> {
    loop {
        let command = line(stream)?.to_uppercase();
        let answer = match command.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" if offer == Offer::StartTls => {
                "250-localhost\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
            }
            "EHLO" => "250-localhost\r\n250 8BITMIME\r\n",
            "STARTTLS" if offer == Offer::StartTls => {
                stream.write_all(b"220 go ahead\r\n")?;
                return Ok(After::Tls);
            }
            "MAIL" => {
                drop(sender.blocking_send(Said::From(secured)));
                "250 ok\r\n"
            }
            "RCPT" if command.contains("NOBODY") => "550 no such person\r\n",
            "RCPT" | "RSET" | "NOOP" => "250 ok\r\n",
            "DATA" => {
                stream.write_all(b"354 go ahead\r\n")?;
                drop(sender.blocking_send(Said::Mail(mail(stream)?)));
                "250 taken\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(After::End);
            }
            _ => "502 no such command\r\n",
        };
        stream.write_all(answer.as_bytes())?;
    }
}

/// Lines up to the one with a single dot.
fn mail(stream: &mut impl Read) -> std::io::Result<String> {
    let mut all = String::new();
    loop {
        match line(stream)?.as_str() {
            ".\r\n" => return Ok(all),
            line => all.push_str(line),
        }
    }
}

/// One line with its end; byte by byte, so that nothing behind it is taken from whoever reads on.
fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"\n") {
        match stream.read(&mut one)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            _ => bytes.extend(one),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
