//! What a broker under test can do.

use std::time::Duration;

use tokio::time::Instant;

/// Every wait ends here at the latest.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Passwords of the users that every broker under test knows.
pub(crate) const AGENTS: [(&str, &str); 2] = [("hue-01", "secret-1"), ("hue-02", "secret-2")];

/// A unit that every broker under test knows, and its password.
pub(crate) const UNIT: (&str, &str) = ("kiem-lam", "secret-unit");

/// Tellers that every broker under test knows, and their passwords.
pub(crate) const TELLERS: [(&str, &str); 2] = [
    ("signal.nga-tu-1", "secret-signal"),
    ("pose.hue-01", "secret-pose"),
];

/// A broker that can be killed.
pub(crate) trait Broker: Sized {
    /// Starts with an empty memory.
    async fn start() -> Self;
    /// Ends the process as a power cut would: no signal can be handled.
    async fn kill9(&mut self);
    /// Starts again, on what its disk holds where it keeps anything there.
    async fn restart(&mut self);
    /// Where agents connect.
    fn agents_port(&self) -> u16;
    /// Where ingest servers connect.
    fn servers_port(&self) -> u16;
    /// The password of user `ingest`.
    fn server_password(&self) -> String;
}

/// Waits until `done`, or fails with what was waited for.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Waits until something listens.
pub(crate) async fn listening(port: u16) {
    until("the broker to listen", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    })
    .await;
}
