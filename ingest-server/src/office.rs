//! The office: the policy and the areas in force, read once and kept until another version is set.
//!
//! A step asks for the two version numbers and parses nothing while they stay. What does not belong here: what the
//! documents mean (`casework`), setting them (`review`).

use std::sync::{Arc, PoisonError, RwLock};

use casework::area::Atlas;
use casework::policy::Policy;

use crate::store::{self, Access, SetupKind, StoreError};

/// What is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Office {
    /// The policy's version; 0 is the shipped one.
    pub policy_version: i64,
    /// The areas' version; 0 is none.
    pub areas_version: i64,
    /// Units, rules, limits, calendar, call trees, times of the desk.
    pub policy: Policy,
    /// The areas.
    pub atlas: Atlas,
}

/// The office as this process last read it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Offices(Arc<RwLock<Option<Arc<Office>>>>);

impl Offices {
    /// What is in force for this transaction.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Unreadable`] where a stored document is none: none is ever stored
    /// unread.
    pub async fn in_force(&self, on: &impl Access) -> Result<Arc<Office>, StoreError> {
        let policy = store::setup_version(on, SetupKind::Policy).await?;
        let areas = store::setup_version(on, SetupKind::Areas).await?;
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(office) = known
            && (office.policy_version, office.areas_version) == (policy, areas)
        {
            return Ok(office);
        }
        let office = Arc::new(read(on).await?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&office));
        Ok(office)
    }
}

async fn read(on: &impl Access) -> Result<Office, StoreError> {
    let unreadable = || StoreError::Unreadable {
        table: "setup_documents",
        column: "body",
    };
    let policy = store::setup_document(on, SetupKind::Policy).await?;
    let areas = store::setup_document(on, SetupKind::Areas).await?;
    Ok(Office {
        policy_version: policy.as_ref().map_or(0, |document| document.version),
        areas_version: areas.as_ref().map_or(0, |document| document.version),
        policy: match policy {
            None => Policy::shipped(),
            Some(document) => serde_json::from_str(&document.body)
                .ok()
                .and_then(|value| Policy::from_json(value).ok())
                .ok_or_else(unreadable)?,
        },
        atlas: match areas {
            None => Atlas::default(),
            Some(document) => Atlas::from_geojson(&document.body).map_err(|_| unreadable())?,
        },
    })
}
