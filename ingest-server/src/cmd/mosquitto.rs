//! `agent mosquitto`: the files by which a Mosquitto knows server, agents, units and tellers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::agents::{MosquittoUser, mosquitto_hash, mosquitto_passwords};
use crate::broker::{Teller, unit_acl, unit_user};
use crate::config::{BrokerConfig, Config};
use crate::store::entity::{teller_credential, unit_credential};
use crate::store::{self, Store};

/// Who may publish and read what: the same for every site.
const ACL: &str = include_str!("../../../config/broker/acl.conf");
/// The file holds hashes of passwords: Mosquitto's group reads it, others do not.
const MODE: u32 = 0o640;

/// Which files.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The `password_file`: lines of agents, units, tellers and of the server are brought up to date, who
    /// was shut out leaves it, other lines stay.
    #[arg(long, value_name = "FILE")]
    passwords: PathBuf,
    /// The `acl_file`, written anew.
    #[arg(long, value_name = "FILE")]
    acl: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, store: &Store, args: &Args) -> anyhow::Result<()> {
    let BrokerConfig::External {
        username, password, ..
    } = &config.broker
    else {
        bail!("broker.url is not set: the embedded broker knows every agent by itself");
    };
    let mut users = agents(store).await?;
    let units = store::unit_credentials(store).await?;
    for unit in &units {
        let (name, user) = unit_user_of(unit)?;
        users.insert(name, user);
    }
    let tellers = store::teller_credentials(store).await?;
    for teller in &tellers {
        users.insert(teller.name.clone(), teller_user_of(teller));
    }
    users.insert(
        username.clone(),
        MosquittoUser::Known(mosquitto_hash(password.reveal())?),
    );
    let existing = match std::fs::read_to_string(&args.passwords) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("{} cannot be read", args.passwords.display()))?,
    };
    let written = mosquitto_passwords(&existing, &users);
    replace(&args.passwords, &written.text)?;
    super::say(format!(
        "{}: {} users",
        args.passwords.display(),
        written.text.lines().count()
    ));
    if let Some(acl) = &args.acl {
        replace(acl, &acl_of(&units, &tellers)?)?;
        super::say(format!("{}: written", acl.display()));
    }
    for name in written.missing {
        super::say(format!(
            "{name} enrolled before its password was kept in Mosquitto's form: enrol it again, or \
             run mosquitto_passwd with the mqtt_password of its enrolment.json"
        ));
    }
    super::say("now let Mosquitto read them: systemctl reload mosquitto");
    Ok(())
}

/// What Mosquitto is to know of a unit.
fn unit_user_of(unit: &unit_credential::Model) -> anyhow::Result<(String, MosquittoUser)> {
    let user = match unit.revoked_at {
        Some(_) => MosquittoUser::ShutOut,
        None => MosquittoUser::Known(unit.mosquitto_hash.clone()),
    };
    Ok((unit_user(&unit.unit.parse()?), user))
}

/// What Mosquitto is to know of a teller.
fn teller_user_of(teller: &teller_credential::Model) -> MosquittoUser {
    match teller.revoked_at {
        Some(_) => MosquittoUser::ShutOut,
        None => MosquittoUser::Known(teller.mosquitto_hash.clone()),
    }
}

/// The rights that are the same everywhere, and each unit's and teller's own.
fn acl_of(
    units: &[unit_credential::Model],
    tellers: &[teller_credential::Model],
) -> anyhow::Result<String> {
    let mut acl = ACL.to_owned();
    for unit in units.iter().filter(|unit| unit.revoked_at.is_none()) {
        acl.push_str(&unit_acl(&unit.unit.parse()?));
    }
    for teller in tellers.iter().filter(|teller| teller.revoked_at.is_none()) {
        acl.push_str(&teller.name.parse::<Teller>()?.acl());
    }
    Ok(acl)
}

async fn agents(store: &Store) -> anyhow::Result<BTreeMap<String, MosquittoUser>> {
    let agents = store::agents(store).await?;
    Ok(agents
        .into_iter()
        .map(|agent| {
            let user = match (agent.revoked_at, agent.mosquitto_hash) {
                (Some(_), _) => MosquittoUser::ShutOut,
                (None, Some(hash)) => MosquittoUser::Known(hash),
                (None, None) => MosquittoUser::AsItIs,
            };
            (agent.id, user)
        })
        .collect())
}

/// Writes a file aside and renames it, so that nobody reads half of it; who could read the old one
/// can read the new one.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let aside = file.with_extension("new");
    let written = || -> std::io::Result<()> {
        let mut new = std::fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(MODE)
            .open(&aside)?;
        new.write_all(text.as_bytes())?;
        if let Ok(old) = std::fs::metadata(file) {
            fchown(&new, Some(old.uid()), Some(old.gid()))?;
            new.set_permissions(old.permissions())?;
        }
        new.sync_all()?;
        std::fs::rename(&aside, file)
    };
    written().with_context(|| {
        format!(
            "{} cannot be written; run this as a user who may",
            file.display()
        )
    })
}
