//! Setting the documents by which incidents are worked, and rehearsing changed rules on incidents of the past.
//!
//! A document is read whole before it is stored: what is stored can be read. A policy whose rules name areas that
//! the map lacks is taken, and what could not be judged is told, in the answer and at every incident.

use std::collections::{BTreeMap, BTreeSet};

use casework::area::{Atlas, AtlasFault};
use casework::policy::{Policy, PolicyFault};
use casework::routing::{Rehearsal, Router, rehearse};
use jiff::{SignedDuration, Timestamp};

use super::{Note, routing};
use crate::incident::IncidentId;
use crate::office::Offices;
use crate::store::entity::incident;
use crate::store::{self, SetupKind, Store, StoreError};

/// Most incidents that a rehearsal looks at.
pub const MOST_REHEARSED: u64 = 20_000;

/// Why a document was not set. The one before stands.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// It is no policy.
    #[error("the policy was not taken")]
    Policy(#[from] PolicyFault),
    /// It is no map of areas.
    #[error("the areas were not taken")]
    Areas(#[from] AtlasFault),
    /// Somebody set another meanwhile.
    #[error("the document is at version {current} by now")]
    Stale {
        /// The version it stands at.
        current: i64,
    },
    /// The store failed.
    #[error("the document could not be stored")]
    Store(#[from] StoreError),
}

/// A document that is to be set.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The version it was made from; 0 where none was ever set.
    pub version: i64,
    /// Why.
    pub note: Option<Note>,
    /// When.
    pub at: Timestamp,
}

/// Sets the policy, and returns its version.
///
/// # Errors
/// [`SetupError`].
pub async fn set_policy(
    store: &Store,
    who: &str,
    setting: Setting,
    document: serde_json::Value,
) -> Result<i64, SetupError> {
    let policy = Policy::from_json(document)?;
    // What is stored is what was understood, not what was typed.
    let body = policy
        .to_json()
        .map_err(|fault| PolicyFault::Unreadable(fault.to_string()))?;
    set(store, SetupKind::Policy, who, setting, body.to_string()).await
}

/// Sets the map of areas from `GeoJSON`, and returns its version.
///
/// # Errors
/// [`SetupError`].
pub async fn set_areas(
    store: &Store,
    who: &str,
    setting: Setting,
    geojson: String,
) -> Result<i64, SetupError> {
    Atlas::from_geojson(&geojson)?;
    set(store, SetupKind::Areas, who, setting, geojson).await
}

async fn set(
    store: &Store,
    kind: SetupKind,
    who: &str,
    setting: Setting,
    body: String,
) -> Result<i64, SetupError> {
    let tx = store.begin().await?;
    let note = setting.note.map(Note::into_text);
    let by = (who, note.as_deref());
    let set = store::insert_setup(&tx, kind, setting.version, by, body, setting.at).await?;
    let Some(version) = set else {
        let current = store::setup_version(&tx, kind).await?;
        return Err(SetupError::Stale { current });
    };
    tx.commit().await?;
    tracing::info!(
        target: crate::people::audit::TARGET,
        { user.name = who, document = kind.as_str(), version }, "setup changed");
    Ok(version)
}

/// The areas that rules name and the map never had.
#[must_use]
pub fn unknown_areas(policy: &Policy, atlas: &Atlas) -> BTreeSet<String> {
    policy
        .rules
        .iter()
        .flat_map(|rule| &rule.when.area)
        .filter(|area| !atlas.knows(area))
        .map(|area| area.0.clone())
        .collect()
}

/// What a changed policy would have done with the incidents of the last days. Nothing changes. The danger level is
/// today's: that of then is not kept.
///
/// # Errors
/// [`SetupError`].
pub async fn rehearse_policy(
    store: &Store,
    offices: &Offices,
    document: serde_json::Value,
    days: u32,
    now: Timestamp,
) -> Result<(Rehearsal<IncidentId>, Policy), SetupError> {
    let then = Policy::from_json(document)?;
    let office = offices.in_force(store).await?;
    let since = now
        .checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::MIN);
    let rows = store::incidents_since(store, since, MOST_REHEARSED).await?;
    let levels = danger_levels(store, &rows).await?;
    let past = rows
        .iter()
        .map(|row| routing::past_subject(row, levels.get(&row.agent).copied().flatten()))
        .collect::<Result<Vec<_>, _>>()?;
    let changed = Router {
        rules: &then.rules,
        atlas: &office.atlas,
        units: &then.units,
        zone: then.zone.clone(),
    };
    let found = rehearse(&routing::router(&office), &changed, past);
    Ok((found, then))
}

/// The danger level that is declared for each agent of these incidents.
async fn danger_levels(
    store: &Store,
    rows: &[incident::Model],
) -> Result<BTreeMap<String, Option<u8>>, StoreError> {
    let mut levels = BTreeMap::new();
    for row in rows {
        if !levels.contains_key(&row.agent) {
            let level = routing::danger_level(store, row).await?;
            levels.insert(row.agent.clone(), level);
        }
    }
    Ok(levels)
}
