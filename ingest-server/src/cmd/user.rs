//! `user add|list|passwd`: the people who log in. Works while `serve` runs.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use jiff::Timestamp;

use crate::config::Config;
use crate::people::Role;
use crate::people::account::{NewAccount, Standing, Username, hash_new_password};
use crate::people::password::Password;
use crate::store::{self, InsertedAccount, Store};

/// Accounts of people.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account. The password is the first line of standard input, or of a file.
    Add {
        /// The log-in name: a-z, 0-9, '.', '-', '_'.
        username: String,
        /// operator or administrator.
        #[arg(long, default_value = "operator")]
        role: Role,
        /// The name that others see; default: the log-in name.
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// A file whose first line is the password.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List the accounts.
    List,
    /// Give an account another password; its sessions end.
    Passwd {
        /// The log-in name.
        username: String,
        /// A file whose first line is the password.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

pub(super) async fn run(config: &Config, command: User) -> anyhow::Result<()> {
    let store = super::open_store(config).await?;
    match command {
        User::Add {
            username,
            role,
            display_name,
            password_file,
        } => {
            let display_name = display_name.unwrap_or_else(|| username.clone());
            let password = password(password_file.as_deref())?;
            let account = NewAccount::new(&username, &display_name, role, &password)?;
            add(&store, &account).await?;
        }
        User::List => {
            for account in store::accounts(&store).await? {
                let standing = match account.standing {
                    Standing::Active => "active",
                    Standing::Disabled => "disabled",
                };
                super::say(format!(
                    "{}\t{}\t{standing}\t{}",
                    account.username, account.role, account.display_name
                ));
            }
        }
        User::Passwd {
            username,
            password_file,
        } => {
            let username: Username = username.parse()?;
            let hash = hash_new_password(&password(password_file.as_deref())?)?;
            let tx = store.begin().await?;
            if store::set_password(&tx, &username, &hash, Timestamp::now())
                .await?
                .is_none()
            {
                bail!("no account is named {username}; see: ingest-server user list");
            }
            tx.commit().await?;
            super::say(format!(
                "{username} has a new password, and its sessions are over"
            ));
        }
    }
    store.close().await;
    Ok(())
}

async fn add(store: &Store, account: &NewAccount) -> anyhow::Result<()> {
    let tx = store.begin().await?;
    match store::insert_account(&tx, account, Timestamp::now()).await? {
        InsertedAccount::New(account) => {
            tx.commit().await?;
            super::say(format!(
                "{} may log in as {}",
                account.username, account.role
            ));
            Ok(())
        }
        InsertedAccount::Taken => {
            bail!(
                "the user name {} is taken; see: ingest-server user list",
                account.username
            )
        }
    }
}

/// The first line of the file, or of standard input. Never an argument: others could see it.
fn password(file: Option<&Path>) -> anyhow::Result<Password> {
    let line = match file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| {
                format!("{} cannot be read; check --password-file", file.display())
            })?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => {
            let input = std::io::stdin();
            if input.is_terminal() {
                bail!(
                    "a password typed here would show on the screen; use --password-file FILE, or \
                     pipe it in"
                );
            }
            let mut line = String::new();
            input
                .lock()
                .read_line(&mut line)
                .context("standard input cannot be read")?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    Ok(Password::new(line))
}
