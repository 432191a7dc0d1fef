//! `setup show|put-policy|put-areas|rehearse`: the documents by which incidents are worked. Works while `serve` runs,
//! which takes a new version up with the next step.

use std::path::PathBuf;

use anyhow::Context as _;
use casework::policy::Policy;
use casework::routing::Route;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::config::Config;
use crate::office::Offices;
use crate::review::Note;
use crate::review::setup::{Setting, rehearse_policy, set_areas, set_policy, unknown_areas};
use crate::store::{self, SetupKind, Store};

/// The documents by which incidents are worked.
#[derive(Debug, Subcommand)]
pub(super) enum Setup {
    /// Print the policy in force as TOML: units, rules, limits, calendar, call trees, times of the desk.
    Show,
    /// Set the policy from a TOML file in the form that `show` prints.
    PutPolicy(Put),
    /// Set the areas from a `GeoJSON` file: polygons with id, name, from, and where known until and aliases.
    PutAreas(Put),
    /// Say what a policy would have done with the incidents of the last days; nothing changes.
    Rehearse {
        /// The TOML file.
        file: PathBuf,
        /// How many days back.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
    },
}

/// A document that is to be set.
#[derive(Debug, Args)]
pub(super) struct Put {
    /// The file.
    file: PathBuf,
    /// Who sets it, as the history of documents names them.
    #[arg(long, value_name = "NAME")]
    by: crate::people::Username,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

impl Put {
    async fn setting(&self, store: &Store, kind: SetupKind) -> anyhow::Result<Setting> {
        Ok(Setting {
            version: store::setup_version(store, kind).await?,
            note: Note::new(&self.note)?,
            at: Timestamp::now(),
        })
    }
}

pub(super) async fn run(config: &Config, command: Setup) -> anyhow::Result<()> {
    let store = super::open_store(config).await?;
    match command {
        Setup::Show => show(&store).await,
        Setup::PutPolicy(put) => {
            let document = policy_of(&put.file)?;
            let setting = put.setting(&store, SetupKind::Policy).await?;
            let version = set_policy(&store, put.by.as_str(), setting, document).await?;
            super::say(format!("policy: version {version} is in force"));
            tell_unknown_areas(&store).await
        }
        Setup::PutAreas(put) => {
            let text = read(&put.file)?;
            let setting = put.setting(&store, SetupKind::Areas).await?;
            let version = set_areas(&store, put.by.as_str(), setting, text).await?;
            super::say(format!("areas: version {version} is in force"));
            tell_unknown_areas(&store).await
        }
        Setup::Rehearse { file, days } => rehearse(&store, &file, days).await,
    }
}

fn read(file: &std::path::Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn policy_of(file: &std::path::Path) -> anyhow::Result<serde_json::Value> {
    let policy = Policy::from_toml(&read(file)?).with_context(|| file.display().to_string())?;
    Ok(policy.to_json()?)
}

async fn show(store: &Store) -> anyhow::Result<()> {
    let office = Offices::default().in_force(store).await?;
    if office.policy_version == 0 {
        // With its comments: it is what one begins from.
        super::say(Policy::shipped_text());
        return Ok(());
    }
    super::say(office.policy.to_toml()?);
    Ok(())
}

async fn tell_unknown_areas(store: &Store) -> anyhow::Result<()> {
    let office = Offices::default().in_force(store).await?;
    for area in unknown_areas(&office.policy, &office.atlas) {
        super::say(format!(
            "area {area}: a rule names it, and the map lacks it; that rule is passed by"
        ));
    }
    Ok(())
}

async fn rehearse(store: &Store, file: &std::path::Path, days: u32) -> anyhow::Result<()> {
    let document = policy_of(file)?;
    let offices = Offices::default();
    let (found, _) = rehearse_policy(store, &offices, document, days, Timestamp::now()).await?;
    let ids = found
        .moved
        .iter()
        .map(|moved| moved.incident.to_string())
        .collect();
    let numbers = store::incident_numbers(store, &ids).await?;
    super::say(format!("incidents looked at: {}", found.looked_at));
    for (rule, count) in &found.taken {
        super::say(format!("rule {rule}: {count}"));
    }
    super::say(format!("common tray: {}", found.common_tray));
    for (rule, why) in &found.broken {
        super::say(format!("rule {rule} cannot be judged: {why}"));
    }
    let unit = |route: &Route| match route {
        Route::Unit { lead, .. } => lead.to_string(),
        Route::CommonTray => "common tray".to_owned(),
    };
    for moved in &found.moved {
        let number = numbers.get(&moved.incident.to_string()).copied();
        super::say(format!(
            "incident {}: {} -> {}",
            number.unwrap_or_default(),
            unit(&moved.now),
            unit(&moved.then)
        ));
    }
    Ok(())
}
