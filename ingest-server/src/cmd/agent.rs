//! `agent token|list|revoke`: who may send reports. Works while `serve` runs.

use anyhow::bail;
use clap::Subcommand;
use contract::v1::AgentId;
use jiff::{SignedDuration, Timestamp};

use crate::agents;
use crate::config::Config;
use crate::store;

/// Agents and the tokens that let them in.
#[derive(Debug, Subcommand)]
pub(super) enum Agent {
    /// Make a one-time token with which `edge-agent enroll` lets one agent in.
    Token {
        /// The agent's name: a-z, 0-9, '-', '_'.
        name: AgentId,
        /// How long the token is good, in hours.
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=720))]
        hours: u16,
    },
    /// List the agents.
    List,
    /// Shut an agent out, now.
    Revoke {
        /// The agent's name.
        name: AgentId,
    },
}

pub(super) async fn run(config: &Config, command: Agent) -> anyhow::Result<()> {
    let store = super::open_store(config).await?;
    match command {
        Agent::Token { name, hours } => {
            let lifetime = SignedDuration::from_hours(i64::from(hours));
            let token = agents::create_token(&store, &name, lifetime).await?;
            super::say(token.reveal());
        }
        Agent::List => {
            for agent in store::agents(&store).await? {
                let standing = if agent.revoked_at.is_some() {
                    "revoked"
                } else {
                    "enrolled"
                };
                let since = Timestamp::from_microsecond(agent.since)?;
                super::say(format!(
                    "{}\t{standing}\t{} since {since:.0}\tversion {}",
                    agent.id, agent.liveness, agent.version
                ));
            }
        }
        Agent::Revoke { name } => {
            if !agents::revoke(&store, &name).await? {
                bail!("no enrolled agent is named {name}; see: ingest-server agent list");
            }
            super::say(format!("{name} is shut out"));
        }
    }
    store.close().await;
    Ok(())
}
