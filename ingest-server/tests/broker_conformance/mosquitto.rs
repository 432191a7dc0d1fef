//! Mosquitto with `config/broker/`, paths and ports replaced.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ingest_server::agents::mosquitto_hash;
use ingest_server::broker::{Teller, unit_acl, unit_user};

use crate::harness::{AGENTS, Broker, TELLERS, UNIT, free_port, listening, until};

const SERVER_PASSWORD: &str = "secret-server";

pub(crate) struct Mosquitto {
    dir: tempfile::TempDir,
    agents_port: u16,
    servers_port: u16,
    process: Child,
}

/// Debian keeps it in a folder that a user's PATH may leave out.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/bin")])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

pub(crate) fn is_installed() -> bool {
    program("mosquitto").is_some() && program("mosquitto_passwd").is_some()
}

fn configuration(dir: &Path, agents_port: u16, servers_port: u16) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/broker");
    let text = std::fs::read_to_string(shipped.join("mosquitto.conf")).unwrap();
    let acl = dir.join("acl").display().to_string();
    let replaced = [
        (
            "/etc/mosquitto/vong.passwd",
            dir.join("passwd").display().to_string(),
        ),
        ("/etc/mosquitto/vong-acl.conf", acl),
        (
            "/var/lib/mosquitto/",
            format!("{}/", dir.join("data").display()),
        ),
        ("listener 1883", format!("listener {agents_port} 127.0.0.1")),
        ("listener 1884", format!("listener {servers_port}")),
    ]
    .into_iter()
    .fold(text, |text, (from, to)| {
        assert!(
            text.contains(from),
            "mosquitto.conf no longer holds {from:?}"
        );
        text.replace(from, &to)
    });
    // Started by root it would become another user, who cannot read the test's folder.
    format!("user root\n{replaced}")
}

pub(crate) fn spawn(dir: &Path) -> Child {
    Command::new(program("mosquitto").unwrap())
        .arg("-c")
        .arg(dir.join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Broker for Mosquitto {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        std::fs::write(dir.path().join("passwd"), "").unwrap();
        // The server's line is Mosquitto's own; the agents' are those of `agent mosquitto`.
        let status = Command::new(program("mosquitto_passwd").unwrap())
            .arg("-b")
            .arg(dir.path().join("passwd"))
            .args(["ingest", SERVER_PASSWORD])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let mut passwords = std::fs::read_to_string(dir.path().join("passwd")).unwrap();
        for (user, password) in AGENTS {
            passwords += &format!("{user}:{}\n", mosquitto_hash(password).unwrap());
        }
        let (unit, password) = (UNIT.0.parse().unwrap(), UNIT.1);
        let hash = mosquitto_hash(password).unwrap();
        passwords += &format!("{}:{hash}\n", unit_user(&unit));
        for (name, password) in TELLERS {
            passwords += &format!("{name}:{}\n", mosquitto_hash(password).unwrap());
        }
        std::fs::write(dir.path().join("passwd"), passwords).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/broker/acl.conf");
        let mut acl = std::fs::read_to_string(shipped).unwrap() + &unit_acl(&unit);
        for (name, _) in TELLERS {
            acl += &name.parse::<Teller>().unwrap().acl();
        }
        std::fs::write(dir.path().join("acl"), acl).unwrap();
        let (agents_port, servers_port) = (free_port(), free_port());
        let text = configuration(dir.path(), agents_port, servers_port);
        std::fs::write(dir.path().join("mosquitto.conf"), text).unwrap();
        let process = spawn(dir.path());
        listening(agents_port).await;
        listening(servers_port).await;
        Self {
            dir,
            agents_port,
            servers_port,
            process,
        }
    }

    async fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn restart(&mut self) {
        self.process = spawn(self.dir.path());
        listening(self.agents_port).await;
        listening(self.servers_port).await;
    }

    fn agents_port(&self) -> u16 {
        self.agents_port
    }

    fn servers_port(&self) -> u16 {
        self.servers_port
    }

    fn server_password(&self) -> String {
        SERVER_PASSWORD.to_owned()
    }
}

impl Mosquitto {
    /// Waits until a queued message is in the broker's file, and what came before it.
    pub(crate) async fn settled(&self, last: &str) {
        // Written aside and renamed: only the finished file counts.
        let file = self.dir.path().join("data/mosquitto.db");
        until("mosquitto.db", || {
            let bytes = std::fs::read(&file).unwrap_or_default();
            bytes
                .windows(last.len())
                .any(|window| window == last.as_bytes())
        })
        .await;
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
