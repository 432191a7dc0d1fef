//! `agent token|list|keys|revoke|revoke-key|mosquitto`: who may send reports. Works while `serve` runs.

use anyhow::bail;
use clap::Subcommand;
use contract::v1::{AgentId, KeyId, key_id};
use jiff::{SignedDuration, Timestamp};

use super::mosquitto;
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
    /// List an agent's keys with their dates. An agent changes its key itself, with
    /// `edge-agent enroll --rotate`; the old one stays good for seven days.
    Keys {
        /// The agent's name.
        name: AgentId,
    },
    /// Shut an agent out, now: its keys, its password, its upload token.
    Revoke {
        /// The agent's name.
        name: AgentId,
    },
    /// Revoke one key of an agent: nothing that comes in with it is taken any more.
    RevokeKey {
        /// The agent's name.
        name: AgentId,
        /// The key's id, as `agent keys` lists it.
        key: KeyId,
        /// Since when it is not trusted; what is verified later is good only if it happened before.
        /// Default: now.
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
    },
    /// Write the files by which a Mosquitto knows server and agents; again after each enrolment and
    /// each `agent revoke`, and then `systemctl reload mosquitto`.
    Mosquitto(mosquitto::Args),
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
        Agent::Keys { name } => {
            let keys = store::keys_of_agent(&store, &name).await?;
            if keys.is_empty() {
                bail!("no agent named {name} ever enrolled; see: ingest-server agent list");
            }
            for key in keys {
                super::say(line(&key));
            }
        }
        Agent::RevokeKey { name, key, since } => {
            let since = since.unwrap_or_else(Timestamp::now);
            agents::revoke_key(&store, &name, &key, since).await?;
            super::say(format!("key {key} of {name} is revoked since {since:.0}"));
        }
        Agent::Mosquitto(args) => mosquitto::run(config, &store, &args).await?,
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

/// A key for a person: its id, from when, and until when and why.
fn line(key: &store::AgentKey) -> String {
    let end = match (key.ends_at, key.ending) {
        (None, _) => "good".to_owned(),
        (Some(at), Some(store::Ending::Rotation)) => format!("changed, good until {at:.0}"),
        (Some(at), _) => format!("revoked since {at:.0}"),
    };
    format!(
        "{}	from {:.0}	{end}	{}",
        key_id(&key.public_key),
        key.valid_from,
        key.public_key
    )
}
