//! Each fault: how it is brought about at a random moment, and how it ends.

use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use super::dice::Dice;
use super::ground::{Filming, Ground, Whose};
use super::messages;
use crate::harness::{ClockStep, Weather, hold_write_lock};

/// 32 kbit/s.
const SLOW_BYTES_PER_SECOND: u32 = 4000;
const HOUR: i64 = 3600;

/// Something that must not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The broker dies and comes back with the state it wrote.
    BrokerKilled,
    /// The broker stops and goes on.
    BrokerPaused,
    /// The broker dies and comes back with nothing.
    BrokerEmptied,
    /// The server dies while reports come in: before a commit, or between commit and ack.
    ServerKilled,
    /// The server dies while evidence comes in.
    ServerKilledInUpload,
    /// The agent dies while it files, sends or uploads.
    AgentKilled,
    /// Agent and server die together.
    BothKilled,
    /// The network is cut.
    NetworkCut,
    /// The network carries 32 kbit/s.
    NetworkSlow,
    /// The network swallows everything, and nobody is told.
    NetworkHalfOpen,
    /// What broker and server send goes nowhere, as the kernel routes it.
    NetworkBlackhole,
    /// What the agent sends is swallowed.
    NetworkMuteUp,
    /// What is sent to the agent is swallowed.
    NetworkMuteDown,
    /// The server's disk is full.
    ServerDiskFull,
    /// The agent's disk is full.
    AgentDiskFull,
    /// Somebody holds the server's database.
    ServerDatabaseLocked,
    /// Somebody holds the agent's outbox.
    AgentDatabaseLocked,
    /// Another agent's messages come twice, in any order, late again, cut short and too long.
    StrangeMessages,
    /// The clocks of both jump ahead by an hour, and back.
    ClockAhead,
    /// The clocks of both jump back by an hour, and ahead.
    ClockBehind,
}

/// Whether a fault could be brought about here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Yes,
    /// This user, or this machine, has no means; it says which.
    No(&'static str),
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 20] = [
        Self::BrokerKilled,
        Self::BrokerPaused,
        Self::BrokerEmptied,
        Self::ServerKilled,
        Self::ServerKilledInUpload,
        Self::AgentKilled,
        Self::BothKilled,
        Self::NetworkCut,
        Self::NetworkSlow,
        Self::NetworkHalfOpen,
        Self::NetworkBlackhole,
        Self::NetworkMuteUp,
        Self::NetworkMuteDown,
        Self::ServerDiskFull,
        Self::AgentDiskFull,
        Self::ServerDatabaseLocked,
        Self::AgentDatabaseLocked,
        Self::StrangeMessages,
        Self::ClockAhead,
        Self::ClockBehind,
    ];

    /// What it is, for a table.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::BrokerKilled => "broker killed",
            Self::BrokerPaused => "broker paused",
            Self::BrokerEmptied => "broker back with empty state",
            Self::ServerKilled => "server killed in intake",
            Self::ServerKilledInUpload => "server killed in upload",
            Self::AgentKilled => "agent killed",
            Self::BothKilled => "agent and server killed",
            Self::NetworkCut => "network cut",
            Self::NetworkSlow => "network at 32 kbit/s",
            Self::NetworkHalfOpen => "network half-open",
            Self::NetworkBlackhole => "network leads nowhere",
            Self::NetworkMuteUp => "network stalled upwards",
            Self::NetworkMuteDown => "network stalled downwards",
            Self::ServerDiskFull => "server's disk full",
            Self::AgentDiskFull => "agent's disk full",
            Self::ServerDatabaseLocked => "server's database locked",
            Self::AgentDatabaseLocked => "agent's outbox locked",
            Self::StrangeMessages => "strange messages",
            Self::ClockAhead => "clocks +1 h and back",
            Self::ClockBehind => "clocks -1 h and back",
        }
    }

    /// Brings it about and ends it; when this returns, everything may recover.
    pub(super) async fn strike(
        self,
        ground: &mut Ground,
        dice: &mut Dice,
        lasting: Duration,
    ) -> anyhow::Result<Done> {
        match self {
            Self::BrokerKilled => {
                ground.mosquitto.kill();
                sleep(lasting).await;
                ground.mosquitto.come_back().await?;
            }
            Self::BrokerPaused => {
                ground.mosquitto.pause()?;
                sleep(lasting).await;
                ground.mosquitto.go_on()?;
            }
            Self::BrokerEmptied => {
                ground.mosquitto.kill();
                ground.mosquitto.forget()?;
                sleep(lasting).await;
                ground.mosquitto.come_back().await?;
            }
            Self::ServerKilled => {
                ground.server.kill();
                sleep(lasting).await;
                ground.server.come_back().await?;
            }
            Self::ServerKilledInUpload => in_upload(ground, lasting).await?,
            Self::AgentKilled => {
                ground.agent.kill();
                sleep(lasting).await;
                ground.agent.come_back()?;
            }
            Self::BothKilled => {
                ground.server.kill();
                ground.agent.kill();
                sleep(lasting).await;
                ground.agent.come_back()?;
                ground.server.come_back().await?;
            }
            Self::NetworkCut => through(ground, Weather::Cut, lasting).await,
            Self::NetworkSlow => slow(ground, lasting).await?,
            Self::NetworkBlackhole => return swallowed(ground, lasting).await,
            Self::NetworkHalfOpen => through(ground, Weather::HalfOpen, lasting).await,
            Self::NetworkMuteUp => through(ground, Weather::MuteUp, lasting).await,
            Self::NetworkMuteDown => through(ground, Weather::MuteDown, lasting).await,
            Self::ServerDiskFull => return full(ground, Whose::Server, lasting).await,
            Self::AgentDiskFull => return full(ground, Whose::Agent, lasting).await,
            Self::ServerDatabaseLocked => {
                hold_write_lock(&ground.server.data_dir().join("vong.db"), lasting).await?;
            }
            Self::AgentDatabaseLocked => {
                hold_write_lock(&ground.agent.outbox_file(), lasting).await?;
            }
            Self::StrangeMessages => messages::send(ground, dice).await?,
            Self::ClockAhead => return step(ground, HOUR, lasting).await,
            Self::ClockBehind => return step(ground, -HOUR, lasting).await,
        }
        Ok(Done::Yes)
    }
}

async fn through(ground: &Ground, weather: Weather, lasting: Duration) {
    ground.weather(weather);
    sleep(lasting).await;
    ground.weather(Weather::Fair);
}

/// By the kernel's token bucket where the agent has a network of its own, else by the proxy.
async fn slow(ground: &Ground, lasting: Duration) -> anyhow::Result<()> {
    let Some(lane) = &ground.lane else {
        through(ground, Weather::Slow(SLOW_BYTES_PER_SECOND), lasting).await;
        return Ok(());
    };
    lane.slow()?;
    sleep(lasting).await;
    lane.hurry()
}

async fn swallowed(ground: &Ground, lasting: Duration) -> anyhow::Result<Done> {
    let Some(lane) = &ground.lane else {
        return Ok(Done::No("this user may not make a network namespace"));
    };
    lane.swallow()?;
    sleep(lasting).await;
    lane.spit()?;
    Ok(Done::Yes)
}

/// The line for evidence is slow, so that the server dies with a part of it in hand.
async fn in_upload(ground: &mut Ground, lasting: Duration) -> anyhow::Result<()> {
    ground.http.set(Weather::Slow(8 * SLOW_BYTES_PER_SECOND));
    ground.film(Filming::On).await?;
    let parts = ground
        .server
        .data_dir()
        .join("uploads")
        .join(crate::harness::AGENT);
    let begun = crate::harness::poll_until(Duration::from_secs(20), async || {
        let mut files = std::fs::read_dir(&parts).ok()?;
        files.next().map(drop)
    });
    begun.await;
    ground.server.kill();
    sleep(lasting).await;
    ground.server.come_back().await?;
    ground.http.set(Weather::Fair);
    Ok(())
}

async fn full(ground: &Ground, whose: Whose, lasting: Duration) -> anyhow::Result<Done> {
    if !ground.disk(whose).fill()? {
        return Ok(Done::No("this user may not mount a small disk"));
    }
    sleep(lasting).await;
    ground.disk(whose).free()?;
    Ok(Done::Yes)
}

async fn step(ground: &mut Ground, seconds: i64, lasting: Duration) -> anyhow::Result<Done> {
    let Some(clock) = ClockStep::at(ground.folder()) else {
        return Ok(Done::No("libfaketime is not installed"));
    };
    clock.set(0)?;
    ground.agent.kill();
    ground.server.kill();
    ground.agent.on_clock(Some(&clock));
    ground.server.on_clock(Some(&clock));
    ground.server.come_back().await?;
    ground.agent.come_back()?;
    sleep(lasting).await;
    clock.set(seconds)?;
    sleep(lasting).await;
    clock.set(0)?;
    // The programs go on with the right time and without the tool.
    sleep(lasting).await;
    ground.agent.kill();
    ground.server.kill();
    ground.agent.on_clock(None);
    ground.server.on_clock(None);
    ground.server.come_back().await?;
    ground.agent.come_back()?;
    Ok(Done::Yes)
}
