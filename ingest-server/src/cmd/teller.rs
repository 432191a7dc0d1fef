//! `teller password|list|revoke`: which signal controllers, and who turns cameras, may tell agents so at the broker.
//! Works while `serve` runs.

use anyhow::bail;
use clap::Subcommand;
use jiff::Timestamp;

use crate::agents::{Token, mosquitto_hash};
use crate::broker::Teller as Name;
use crate::config::Config;
use crate::store;

/// Signal controllers, and who turns cameras, at the broker.
#[derive(Debug, Subcommand)]
pub(super) enum Teller {
    /// Let a teller in: makes its password and shows it, once. One that it had before is good no more.
    Password {
        /// `signal.CONTROLLER`, `pose.AGENT` (all its cameras) or `pose.AGENT.CAMERA`.
        name: Name,
    },
    /// List the tellers.
    List,
    /// Shut a teller out, now.
    Revoke {
        /// The teller's name, as `teller list` shows it.
        name: Name,
    },
}

pub(super) async fn run(config: &Config, command: Teller) -> anyhow::Result<()> {
    let store = super::open_store(config).await?;
    let now = Timestamp::now();
    match command {
        Teller::Password { name } => {
            let password = Token::mint()?;
            let hashes = (
                password.hash().as_str().to_owned(),
                mosquitto_hash(password.reveal())?,
            );
            let tx = store.begin().await?;
            store::let_teller_in(&tx, &name.to_string(), hashes, now).await?;
            tx.commit().await?;
            super::say(format!("user\t{name}"));
            super::say(format!("password\t{}", password.reveal()));
        }
        Teller::List => {
            for teller in store::teller_credentials(&store).await? {
                let standing = if teller.revoked_at.is_some() {
                    "revoked"
                } else {
                    "let in"
                };
                let since = teller.revoked_at.unwrap_or(teller.made_at);
                let since = Timestamp::from_microsecond(since)?;
                super::say(format!("{}\t{standing}\tsince {since:.0}", teller.name));
            }
        }
        Teller::Revoke { name } => {
            let tx = store.begin().await?;
            if !store::shut_teller_out(&tx, &name.to_string(), now).await? {
                bail!("no teller named {name} is let in; see: ingest-server teller list");
            }
            tx.commit().await?;
            super::say(format!("{name} is shut out"));
        }
    }
    store.close().await;
    Ok(())
}
