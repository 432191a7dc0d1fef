//! E-mail, to a mail server that is not ours: Python's own, in a process beside this one; and over STARTTLS, which
//! that one does not speak, to one of these tests.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use notice::State;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;

use crate::site::{DEADLINE, Site, smoke};
use crate::smtp::{MailDesk, Offer, Said, Secured};

/// Prints its port, then each mail as a line of JSON. With a certificate it speaks TLS from the first
/// byte.
const PROGRAM: &str = r#"
import asyncore, json, smtpd, ssl, sys
class Server(smtpd.SMTPServer):
    context = None
    def handle_accepted(self, conn, addr):
        if self.context is not None:
            try:
                conn = self.context.wrap_socket(conn, server_side=True)
            except (OSError, ssl.SSLError):
                return
        super().handle_accepted(conn, addr)
    def process_message(self, peer, mailfrom, rcpttos, data, **options):
        if any('nobody' in to for to in rcpttos):
            return '550 no such person'
        print(json.dumps({'from': mailfrom, 'to': rcpttos, 'data': data.decode()}), flush=True)
if len(sys.argv) > 2:
    Server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Server.context.load_cert_chain(sys.argv[1], sys.argv[2])
server = Server(('127.0.0.1', 0), None)
print(server.socket.getsockname()[1], flush=True)
asyncore.loop()
"#;

struct MailServer {
    process: Child,
    port: u16,
    lines: tokio::sync::mpsc::Receiver<String>,
}

impl MailServer {
    /// None where this machine's Python has no mail server (it left with 3.12).
    async fn start(certificate: Option<(&Path, &Path)>) -> Option<Self> {
        let mut command = Command::new("python3");
        command.args(["-W", "ignore", "-c", PROGRAM]);
        if let Some((certificate, key)) = certificate {
            command.args([certificate, key]);
        }
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let output = BufReader::new(process.stdout.take().unwrap());
        // Bounded by what a test sends.
        let (sender, mut lines) = tokio::sync::mpsc::channel(100);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        let port = lines.recv().await?.trim().parse().ok()?;
        Some(Self {
            process,
            port,
            lines,
        })
    }

    async fn mail(&mut self) -> Value {
        let line = tokio::time::timeout(DEADLINE, self.lines.recv()).await;
        serde_json::from_str(&line.unwrap().unwrap()).unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn targets(port: u16, security: &str, to: &str) -> String {
    format!(
        r#"
        [smtp]
        host = "localhost"
        port = {port}
        {security}
        from = "Trung tâm <vong@example.vn>"

        [[target]]
        name = "a"
        unit = "kiem-lam"
        kinds = ["fire_smoke"]
        unreviewed_fire = "send"
        ack_within_s = 600
        channel = {{ type = "email", to = ["{to}"] }}
        "#
    )
}

/// The text of a mail whose body is base64 or quoted-printable.
fn text_of(mail: &Value) -> String {
    let script = "import sys, email, email.policy; m = email.message_from_string(sys.stdin.read(), \
                  policy=email.policy.default); print(m['subject']); print(m.get_content())";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::Write as _;
    let data = mail["data"].as_str().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(data.as_bytes()).unwrap();
    drop(input);
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_unit_reads_mail_and_acknowledges_by_its_link() {
    let Some(mut server) = MailServer::start(None).await else {
        return eprintln!("this machine's python3 has no mail server: not tried");
    };
    let text = targets(server.port, "security = \"none\"", "truc-ban@example.vn");
    let site = Site::start(&text).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 42.0)).await;
    let mail = server.mail().await;
    assert_eq!(mail["from"], "vong@example.vn");
    assert_eq!(mail["to"][0], "truc-ban@example.vn");
    let text = text_of(&mail);
    assert!(text.starts_with("CHƯA XÁC NHẬN: Cháy hoặc khói"), "{text}");
    assert!(text.contains("Hướng 42°"), "{text}");
    let link = text
        .split_whitespace()
        .find(|word| word.starts_with(&site.http));
    let link = link.unwrap();

    // Whatever opens links in mails changes nothing; a wrong token opens nothing.
    let client = reqwest::Client::new();
    let page = client.get(link).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Chúng tôi đã nhận"));
    let wrong = format!("{link}x");
    assert_eq!(client.get(&wrong).send().await.unwrap().status(), 401);
    let told = site.deliveries("the mail to be sent", |all| {
        all.iter().all(|one| one.state == State::Sent)
    });
    assert_eq!(told.await.len(), 1);
    let (address, token) = link.split_once("?token=").unwrap();
    let press = || async {
        client
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("token={token}&by=Tr%E1%BB%B1c+ban"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    assert!(press().await.contains("Đã ghi nhận"));
    assert!(press().await.contains("đã được xác nhận"), "once");
    let told = site
        .deliveries("the acknowledgement", |all| {
            all.iter().all(|one| one.state == State::Acknowledged)
        })
        .await;
    assert_eq!(told[0].ack.as_ref().unwrap().by, "Trực ban");
}

#[tokio::test]
async fn mail_goes_over_tls_to_whom_is_trusted_and_to_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, key_pair } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, key_pair.serialize_pem()).unwrap();
    let Some(mut server) = MailServer::start(Some((&certificate, &key))).await else {
        return eprintln!("this machine's python3 has no mail server: not tried");
    };
    let trusting = format!("ca_file = {:?}", certificate.display().to_string());
    let text = targets(server.port, &trusting, "truc-ban@example.vn");
    let site = Site::start(&text).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 42.0)).await;
    assert!(text_of(&server.mail().await).contains("CHƯA XÁC NHẬN"));

    let site = Site::start(&targets(server.port, "", "truc-ban@example.vn")).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 42.0)).await;
    site.deliveries("the refusal of the certificate", |all| {
        all.iter().any(|one| one.failure.as_deref() == Some("tls"))
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_not_there_is_a_dead_letter() {
    let Some(server) = MailServer::start(None).await else {
        return eprintln!("this machine's python3 has no mail server: not tried");
    };
    let text = targets(server.port, "security = \"none\"", "nobody@example.vn");
    let site = Site::start(&text).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 42.0)).await;
    let told = site
        .deliveries("the dead letter", |all| {
            all.iter().any(|one| one.state == State::Dead)
        })
        .await;
    assert_eq!(told[0].failure.as_deref(), Some("rejected"));
}

/// A folder with the certificate of a mail server, and the keys of a target that trusts it.
fn trusting(desk: &MailDesk) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &desk.certificate).unwrap();
    let keys = format!(
        "security = \"starttls\"\nca_file = {:?}",
        file.display().to_string()
    );
    (folder, keys)
}

#[tokio::test]
async fn with_starttls_nothing_is_said_before_the_talk_is_secret() {
    let mut desk = MailDesk::start(Offer::StartTls);
    let (_folder, keys) = trusting(&desk);
    let site = Site::start(&targets(desk.port, &keys, "truc-ban@example.vn")).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 42.0)).await;
    assert_eq!(desk.next().await, Said::From(Secured::Yes));
    let Said::Mail(mail) = desk.next().await else {
        panic!("no mail came");
    };
    let text = text_of(&serde_json::json!({ "data": mail }));
    assert!(text.starts_with("CHƯA XÁC NHẬN: Cháy hoặc khói"), "{text}");
    site.deliveries("the mail to be sent", |all| {
        !all.is_empty() && all.iter().all(|one| one.state == State::Sent)
    })
    .await;
}

#[tokio::test]
async fn without_starttls_or_trust_nothing_is_sent_and_the_reason_says_so() {
    for (offer, trusts) in [(Offer::Nothing, true), (Offer::StartTls, false)] {
        let mut desk = MailDesk::start(offer);
        let (_folder, keys) = trusting(&desk);
        let keys = if trusts {
            keys
        } else {
            "security = \"starttls\"".to_owned()
        };
        let site = Site::start(&targets(desk.port, &keys, "truc-ban@example.vn")).await;
        let mut agent = site.agent().await;
        site.report(&mut agent, &smoke("thap-1", 42.0)).await;
        site.deliveries("the failure", |all| {
            all.iter().any(|one| one.failure.as_deref() == Some("tls"))
        })
        .await;
        assert!(desk.heard_nothing(), "{offer:?}");
    }
}
