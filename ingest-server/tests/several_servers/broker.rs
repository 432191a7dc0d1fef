//! A Mosquitto of the test's own, on a free port, gone when dropped.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START: Duration = Duration::from_secs(20);

pub(crate) struct Mosquitto {
    process: Child,
    port: u16,
}

impl Mosquitto {
    /// Starts it; none where it is not installed.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        // Debian keeps it in a folder that a user's PATH leaves out.
        let program = [
            "/usr/sbin/mosquitto",
            "/usr/local/sbin/mosquitto",
            "/usr/bin/mosquitto",
        ]
        .map(PathBuf::from)
        .into_iter()
        .find(|program| program.is_file())?;
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = folder.join("mosquitto.conf");
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n\
             set_tcp_nodelay true\nmax_inflight_messages 100\n"
        );
        std::fs::write(&config, text).unwrap();
        let process = Command::new(program)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < START, "mosquitto does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { process, port })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
