//! Bundles: every sealed event is exported as an operator does, and verified offline.

use std::collections::HashSet;
use std::ops::AddAssign;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use contract::v1::EventId;
use reqwest::StatusCode;
use serde::Serialize;

use super::ground::Ground;
use crate::harness::{AGENT, ApiClient, Program, Seal, path_of, stored_seals};

/// What became of bundles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bundles {
    /// Exported, and whole.
    pub whole: usize,
    /// Of events whose evidence was given up and says why: no bundle can be made.
    pub unavailable: usize,
    /// Not whole, or sealed by something worth nothing.
    pub corrupt: usize,
    /// Gaps and forks in the agent's chain of manifests.
    pub chain_faults: usize,
}

impl AddAssign for Bundles {
    fn add_assign(&mut self, other: Self) {
        self.whole += other.whole;
        self.unavailable += other.unavailable;
        self.corrupt += other.corrupt;
        self.chain_faults += other.chain_faults;
    }
}

/// The events whose bundles were verified already.
#[derive(Debug, Default)]
pub(super) struct Verified(Mutex<HashSet<EventId>>);

impl Verified {
    fn is_new(&self, event: EventId) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(event)
    }
}

/// Exports and verifies every bundle that was not yet, and reads the agent's chain.
pub(super) async fn verify_new(ground: &Ground) -> anyhow::Result<Bundles> {
    let api = ground.server.log_in().await?;
    let mut bundles = Bundles::default();
    for seal in stored_seals(&ground.server.data_dir(), AGENT).await? {
        if !ground.verified.is_new(seal.event) {
            continue;
        }
        bundles += verify(ground, &api, &seal).await?;
    }
    let chain = api.get(&format!("/api/v1/agents/{AGENT}/chain")).await?;
    bundles.chain_faults = chain["faults"].as_array().map_or(0, Vec::len);
    Ok(bundles)
}

async fn verify(ground: &Ground, api: &ApiClient, seal: &Seal) -> anyhow::Result<Bundles> {
    if !seal.is_good {
        return Ok(Bundles {
            corrupt: 1,
            ..Bundles::default()
        });
    }
    let path = format!(
        "/api/v1/incidents/{}/bundle?event_id={}",
        seal.incident, seal.event
    );
    let bytes = match api.bytes(&path).await {
        Ok(bytes) => bytes,
        Err(error) if status_of(&error) == Some(StatusCode::CONFLICT) => {
            return Ok(Bundles {
                unavailable: 1,
                ..Bundles::default()
            });
        }
        Err(error) => return Err(error),
    };
    let file = ground.folder().join(format!("{}.zip", seal.event));
    std::fs::write(&file, &bytes)?;
    let verdict = Command::new(path_of(Program::IngestServer)?)
        .arg("--config")
        .arg(ground.server.config_file())
        .arg("verify")
        .arg(&file)
        .output()?;
    if !verdict.status.success() {
        // What is not whole is kept, to be looked at.
        return Ok(Bundles {
            corrupt: 1,
            ..Bundles::default()
        });
    }
    std::fs::remove_file(&file)?;
    Ok(Bundles {
        whole: 1,
        ..Bundles::default()
    })
}

fn status_of(error: &anyhow::Error) -> Option<StatusCode> {
    error.downcast_ref::<reqwest::Error>()?.status()
}
