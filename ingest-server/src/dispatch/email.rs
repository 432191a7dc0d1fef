//! E-mail to units. `lettre` stands behind this module alone.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use notice::Failure;
use notice::target::{Smtp, SmtpSecurity};

use super::fault::is_of_tls;
use crate::config::Password;

/// How long one command of the talk may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long the whole talk may take: below the lease.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(40);
/// The answer to a wrong password (RFC 4954).
const WRONG_CREDENTIALS: [&str; 3] = ["530", "534", "535"];

/// The way to the mail server.
pub(super) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
    security: SmtpSecurity,
}

/// One e-mail.
pub(super) struct Mail<'a> {
    pub(super) to: &'a [String],
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) attachment: Option<Attachment>,
    /// The message's name, which is in its Message-ID.
    pub(super) delivery: String,
    /// The names of those before it, so that a mail reader shows one thread.
    pub(super) refers_to: Vec<String>,
}

/// A file that goes with an e-mail.
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Post {
    pub(super) fn new(
        smtp: &Smtp,
        password: Option<&Password>,
        authority: Option<&[u8]>,
    ) -> Result<Self, String> {
        let from: Mailbox = smtp
            .from
            .parse()
            .map_err(|error| format!("smtp.from {:?}: {error}", smtp.from))?;
        let domain = from.email.domain().to_owned();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port())
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(TIMEOUT))
            .tls(match smtp.security {
                SmtpSecurity::Tls => Tls::Wrapper(parameters(smtp, authority)?),
                SmtpSecurity::Starttls => Tls::Required(parameters(smtp, authority)?),
                SmtpSecurity::None => Tls::None,
            });
        if let (Some(user), Some(password)) = (&smtp.username, password) {
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            builder = builder.credentials(credentials);
        }
        Ok(Self {
            transport: builder.build(),
            from,
            domain,
            security: smtp.security,
        })
    }

    pub(super) async fn send(&self, mail: Mail<'_>) -> Result<(), Failure> {
        let message = self.message(mail)?;
        match tokio::time::timeout(WHOLE_TIMEOUT, self.transport.send(message)).await {
            Err(_) => Err(Failure::Timeout),
            Ok(Ok(_)) => Ok(()),
            // A server that offers no STARTTLS, or whose talk of it is none, is left before anything is said.
            Ok(Err(error)) if error.is_client() && self.security == SmtpSecurity::Starttls => {
                Err(Failure::Tls)
            }
            Ok(Err(error)) => Err(failure_of(&error)),
        }
    }

    fn message(&self, mail: Mail<'_>) -> Result<Message, Failure> {
        let name = |delivery: &str| format!("<{delivery}@{}>", self.domain);
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(mail.subject)
            .message_id(Some(name(&mail.delivery)));
        for to in mail.to {
            let to: Mailbox = to.parse().map_err(|_| Failure::NoMessage)?;
            message = message.to(to);
        }
        if let Some(last) = mail.refers_to.last() {
            let all: Vec<String> = mail.refers_to.iter().map(|one| name(one)).collect();
            message = message.in_reply_to(name(last)).references(all.join(" "));
        }
        let made = match mail.attachment {
            None => message.header(ContentType::TEXT_PLAIN).body(mail.text),
            Some(file) => {
                let kind = ContentType::parse(file.media_type).map_err(|_| Failure::NoMessage)?;
                let file = lettre::message::Attachment::new(file.name).body(file.bytes, kind);
                let parts = MultiPart::mixed().singlepart(SinglePart::plain(mail.text));
                message.multipart(parts.singlepart(file))
            }
        };
        made.map_err(|_| Failure::NoMessage)
    }
}

fn parameters(smtp: &Smtp, authority: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(smtp.host.clone());
    if let Some(pem) = authority {
        let certificate = Certificate::from_pem(pem)
            .map_err(|error| format!("smtp.ca_file holds no certificate (PEM): {error}"))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters
        .build_rustls()
        .map_err(|error| format!("TLS with {}: {error}", smtp.host))
}

fn failure_of(error: &lettre::transport::smtp::Error) -> Failure {
    let code = error.status().map(|code| code.to_string());
    if code.is_some_and(|code| WRONG_CREDENTIALS.contains(&code.as_str())) {
        Failure::NotAuthorised
    } else if error.is_permanent() {
        Failure::Rejected
    } else if error.is_transient() {
        Failure::Busy
    } else if error.is_timeout() {
        Failure::Timeout
    } else if error.is_tls() || is_of_tls(error) {
        Failure::Tls
    } else {
        Failure::Unreachable
    }
}
