//! `unit password|list|revoke`: which units may read their topic at the broker. Works while `serve` runs.

use anyhow::bail;
use clap::Subcommand;
use contract::v1::UnitId;
use jiff::Timestamp;

use crate::agents::{Token, mosquitto_hash};
use crate::broker::unit_user;
use crate::config::Config;
use crate::store;

/// Units at the broker.
#[derive(Debug, Subcommand)]
pub(super) enum Unit {
    /// Let a unit in: makes its password and shows it, once. One that it had before is good no more.
    Password {
        /// The unit's name: a-z, 0-9, '-', '_'.
        name: UnitId,
    },
    /// List the units.
    List,
    /// Shut a unit out, now.
    Revoke {
        /// The unit's name.
        name: UnitId,
    },
}

pub(super) async fn run(config: &Config, command: Unit) -> anyhow::Result<()> {
    let store = super::open_store(config).await?;
    let now = Timestamp::now();
    match command {
        Unit::Password { name } => {
            let password = Token::mint()?;
            let hashes = (
                password.hash().as_str().to_owned(),
                mosquitto_hash(password.reveal())?,
            );
            let tx = store.begin().await?;
            store::let_unit_in(&tx, &name, hashes, now).await?;
            tx.commit().await?;
            super::say(format!("user\t{}", unit_user(&name)));
            super::say(format!("password\t{}", password.reveal()));
        }
        Unit::List => {
            for unit in store::unit_credentials(&store).await? {
                let standing = if unit.revoked_at.is_some() {
                    "revoked"
                } else {
                    "let in"
                };
                let since = Timestamp::from_microsecond(unit.revoked_at.unwrap_or(unit.made_at))?;
                super::say(format!("{}\t{standing}\tsince {since:.0}", unit.unit));
            }
        }
        Unit::Revoke { name } => {
            let tx = store.begin().await?;
            if !store::shut_unit_out(&tx, &name, now).await? {
                bail!("no unit named {name} is let in; see: ingest-server unit list");
            }
            tx.commit().await?;
            super::say(format!("{name} is shut out"));
        }
    }
    store.close().await;
    Ok(())
}
