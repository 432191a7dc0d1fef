//! A network of its own for the agent, where this user may make one: a namespace whose only ways out
//! are two pairs of virtual links, one to broker and server, one to the cameras. What happens to the
//! first is done by the kernel (a token bucket, a route into nowhere) and not by a program in between.

use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// The weak link.
const SLOW: [&str; 6] = ["rate", "32kbit", "burst", "2kb", "latency", "1s"];

/// The namespace; it goes with its links when it is dropped.
#[derive(Debug)]
pub(super) struct Lane {
    name: String,
    /// This machine's end of the link to broker and server.
    pub(super) servers: Ipv4Addr,
    /// This machine's end of the link to the cameras.
    pub(super) cameras: Ipv4Addr,
    agent: Ipv4Addr,
}

impl Lane {
    /// Makes the namespace; none where this user may not, or the tools are missing.
    pub(super) fn open() -> Option<Self> {
        let process = std::process::id();
        let [_, _, high, low] = process.to_be_bytes();
        let address = |last| Ipv4Addr::new(10, 200 + high % 50, low, last);
        let lane = Self {
            name: format!("vong-{process}"),
            servers: address(1),
            agent: address(2),
            cameras: address(5),
        };
        ip(&["netns", "add", &lane.name]).ok()?;
        // From here on a failure takes the namespace away again.
        lane.link("vs", lane.servers, lane.agent).ok()?;
        lane.link("vc", lane.cameras, address(6)).ok()?;
        ip(&["-n", &lane.name, "link", "set", "lo", "up"]).ok()?;
        Some(lane)
    }

    /// The namespace's name, for `ip netns exec`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Slows the link to broker and server down, in both directions.
    pub(super) fn slow(&self) -> anyhow::Result<()> {
        let (here, there) = (self.here("vs"), self.there("vs"));
        let add = ["qdisc", "add", "dev"];
        tc(&[&add[..], &[&here, "root", "tbf"], &SLOW].concat())?;
        let inside = ["-n", &self.name];
        tc(&[&inside[..], &add, &[&there, "root", "tbf"], &SLOW].concat())
    }

    /// Nothing comes back from broker and server, and nobody says so.
    pub(super) fn swallow(&self) -> anyhow::Result<()> {
        ip(&["route", "add", "blackhole", &self.agent.to_string()])
    }

    /// Ends [`Lane::slow`].
    pub(super) fn hurry(&self) -> anyhow::Result<()> {
        let (here, there) = (self.here("vs"), self.there("vs"));
        tc(&["qdisc", "del", "dev", &here, "root"])?;
        tc(&["-n", &self.name, "qdisc", "del", "dev", &there, "root"])
    }

    /// Ends [`Lane::swallow`].
    pub(super) fn spit(&self) -> anyhow::Result<()> {
        ip(&["route", "del", "blackhole", &self.agent.to_string()])
    }

    fn link(&self, kind: &str, ours: Ipv4Addr, theirs: Ipv4Addr) -> anyhow::Result<()> {
        let (here, there) = (self.here(kind), self.there(kind));
        let peer = ["type", "veth", "peer", "name", &there, "netns", &self.name];
        ip(&[&["link", "add", &here][..], &peer].concat())?;
        let net = |address: Ipv4Addr| format!("{address}/30");
        ip(&["addr", "add", &net(ours), "dev", &here])?;
        ip(&["link", "set", &here, "up"])?;
        let inside = ["-n", self.name.as_str()];
        ip(&[&inside[..], &["addr", "add", &net(theirs), "dev", &there]].concat())?;
        ip(&[&inside[..], &["link", "set", &there, "up"]].concat())
    }

    /// This machine's end of a link; names have at most 15 bytes.
    fn here(&self, kind: &str) -> String {
        format!("{kind}{}", self.number())
    }

    fn there(&self, kind: &str) -> String {
        format!("{kind}{}-in", self.number())
    }

    fn number(&self) -> &str {
        self.name.strip_prefix("vong-").unwrap_or_default()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Each of these fails only where there is nothing to take away.
        drop(self.spit());
        drop(ip(&["link", "del", &self.here("vs")]));
        drop(ip(&["link", "del", &self.here("vc")]));
        drop(ip(&["netns", "del", &self.name]));
    }
}

fn ip(arguments: &[&str]) -> anyhow::Result<()> {
    ran("ip", arguments)
}

fn tc(arguments: &[&str]) -> anyhow::Result<()> {
    ran("tc", arguments)
}

fn ran(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{program}: apt-get install iproute2"))?;
    ensure!(
        output.status.success(),
        "{program} {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
