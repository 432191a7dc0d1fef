//! `user add|list|change|passwd`: the people who log in. Works while `serve` runs.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use casework::area::AreaId;
use casework::unit::UnitId;
use clap::Subcommand;
use jiff::Timestamp;

use crate::config::Config;
use crate::people::access::Accessed;
use crate::people::account::{NewAccount, Standing, Username, hash_new_password};
use crate::people::password::Password;
use crate::people::{Account, Role, Scope};
use crate::store::{self, InsertedAccount, NewAccess, Store};

/// Accounts of people.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account. The password is the first line of standard input, or of a file.
    Add {
        /// The log-in name: a-z, 0-9, '.', '-', '_'.
        username: String,
        /// citizen, operator, `shift_lead`, `agency_handler`, `agency_leader`, `traffic_police`, `forest_unit`,
        /// administrator or auditor.
        #[arg(long, default_value = "operator")]
        role: Role,
        /// The unit they act for; roles of units see nothing without one.
        #[arg(long)]
        unit: Option<String>,
        #[command(flatten)]
        scope: ScopeArgs,
        /// The name that others see; default: the log-in name.
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// A file whose first line is the password.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List the accounts: name, role, standing, unit, areas, kinds, the name that others see.
    List,
    /// Change an account; what is not named stays. A running server follows within seconds.
    Change {
        /// The log-in name.
        username: String,
        /// What they are here for.
        #[arg(long)]
        role: Option<Role>,
        /// The unit they act for; an empty text for none.
        #[arg(long)]
        unit: Option<String>,
        #[command(flatten)]
        scope: ScopeArgs,
        /// The whole map and every kind again.
        #[arg(long, conflicts_with_all = ["areas", "kinds"])]
        everywhere: bool,
        /// Whether they may log in.
        #[arg(long, value_name = "active|disabled", value_parser = standing_of)]
        standing: Option<Standing>,
    },
    /// Give an account another password; its sessions end.
    Passwd {
        /// The log-in name.
        username: String,
        /// A file whose first line is the password.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

/// Where and for what somebody's rights hold.
#[derive(Debug, clap::Args)]
pub(super) struct ScopeArgs {
    /// An area by its key; several times for several. Everywhere where absent.
    #[arg(long = "area", value_name = "AREA")]
    areas: Vec<String>,
    /// A kind of incident, or `kind/detail`; several times for several. Every one where absent.
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
}

impl ScopeArgs {
    fn scope(self) -> anyhow::Result<Scope> {
        let scope = Scope {
            areas: self.areas.into_iter().map(AreaId).collect(),
            kinds: self.kinds,
        };
        Ok(scope.checked()?)
    }

    const fn is_empty(&self) -> bool {
        self.areas.is_empty() && self.kinds.is_empty()
    }
}

fn standing_of(text: &str) -> Result<Standing, String> {
    match text {
        "active" => Ok(Standing::Active),
        "disabled" => Ok(Standing::Disabled),
        _ => Err("active or disabled".to_owned()),
    }
}

pub(super) async fn run(config: &Config, command: User) -> anyhow::Result<()> {
    let store = super::open_store(config).await?;
    match command {
        User::Add {
            username,
            role,
            unit,
            scope,
            display_name,
            password_file,
        } => {
            let display_name = display_name.unwrap_or_else(|| username.clone());
            let password = password(password_file.as_deref())?;
            let unit = unit.map(UnitId::try_from).transpose()?;
            let account = NewAccount::new(&username, &display_name, role, &password)?
                .within(unit, scope.scope()?);
            add(&store, &account).await?;
        }
        User::List => {
            for account in store::accounts(&store).await? {
                super::say(line_of(&account));
            }
        }
        User::Change {
            username,
            role,
            unit,
            scope,
            everywhere,
            standing,
        } => {
            let username: Username = username.parse()?;
            let tx = store.begin().await?;
            let Some(mut account) = store::account_named(&tx, &username).await? else {
                bail!("no account is named {username}; see: ingest-server user list");
            };
            account.role = role.unwrap_or(account.role);
            account.standing = standing.unwrap_or(account.standing);
            if let Some(unit) = unit {
                account.unit = (!unit.is_empty())
                    .then(|| UnitId::try_from(unit))
                    .transpose()?;
            }
            if everywhere || !scope.is_empty() {
                account.scope = scope.scope()?;
            }
            let now = Timestamp::now();
            store::change_account(&tx, &account, now).await?;
            let entry = of_console(Accessed::AccountChanged, &account);
            store::note_access(&tx, entry, now).await?;
            tx.commit().await?;
            super::say(line_of(&account));
        }
        User::Passwd {
            username,
            password_file,
        } => {
            let username: Username = username.parse()?;
            let hash = hash_new_password(&password(password_file.as_deref())?)?;
            let (tx, now) = (store.begin().await?, Timestamp::now());
            let Some(account) = store::set_password(&tx, &username, &hash, now).await? else {
                bail!("no account is named {username}; see: ingest-server user list");
            };
            let entry = of_console(Accessed::PasswordSet, &account);
            store::note_access(&tx, entry, now).await?;
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
    let (tx, now) = (store.begin().await?, Timestamp::now());
    match store::insert_account(&tx, account, now).await? {
        InsertedAccount::New(account) => {
            let entry = of_console(Accessed::AccountMade, &account);
            store::note_access(&tx, entry, now).await?;
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

/// An account in one line, its parts apart by tabs.
fn line_of(account: &Account) -> String {
    let standing = match account.standing {
        Standing::Active => "active",
        Standing::Disabled => "disabled",
    };
    let areas: Vec<&str> = account
        .scope
        .areas
        .iter()
        .map(|area| area.0.as_str())
        .collect();
    let list = |words: String| {
        if words.is_empty() {
            "-".to_owned()
        } else {
            words
        }
    };
    format!(
        "{}\t{}\t{standing}\t{}\t{}\t{}\t{}",
        account.username,
        account.role,
        account.unit.as_ref().map_or("-", UnitId::as_str),
        list(areas.join(",")),
        list(account.scope.kinds.join(",")),
        account.display_name,
    )
}

/// Whoever has the server's machine has its rights; the log says that it was from there.
fn of_console(act: Accessed, account: &Account) -> NewAccess {
    NewAccess {
        actor: "console".to_owned(),
        key: None,
        act,
        subject: account.username.to_string(),
        purpose: None,
        note: Some(line_of(account).replace('\t', " ")),
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
