//! Desired state: laid over the configuration, handed to each camera's analysis, and reported.

use std::sync::Arc;

use contract::v1::{Applied, CameraDesired, CameraId, Desired, MAX_REFUSED_KEYS, RefusedKey};

use sha2::{Digest as _, Sha256};

use super::Orders;
use crate::analysis::{Plan, Running};
use crate::config::{CameraOverlay, DangerLevel};
use crate::outbox::StoreError;
use crate::telemetry::metric;

impl Orders {
    /// Applies the newest desired state on disk, where it is not the one that applies.
    pub(super) async fn apply_desired(&self, applied: &mut Option<u64>) -> Result<(), StoreError> {
        let Some(desired) = self.store().desired(&self.inbox.issuer()).await? else {
            return Ok(());
        };
        if *applied == Some(desired.version) {
            return Ok(());
        }
        let mut refused = self.strangers(&desired);
        for (id, post) in &self.posts {
            let wish = desired.cameras.get(id).cloned().unwrap_or_default();
            let Some(mut overlay) = CameraOverlay::of(&self.config, id) else {
                continue;
            };
            refused.extend(overlay.lay(&wish));
            let plan = Plan {
                camera: overlay.into_camera(),
                version: self.version(&wish, desired.danger_level),
                muted: wish.muted,
                running: if wish.enabled == Some(false) {
                    Running::No
                } else {
                    Running::Yes
                },
                danger_level: desired.danger_level.and_then(DangerLevel::new),
            };
            post.plan.send_if_modified(|current| {
                let changed = **current != plan;
                if changed {
                    *current = Arc::new(plan);
                }
                changed
            });
        }
        refused.sort_by(|a, b| a.key.cmp(&b.key));
        for fault in &refused {
            tracing::warn!(
                desired.version = desired.version,
                key = fault.key,
                "a part of the desired state was not taken: {}",
                fault.reason
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge of a version below 2⁵³")]
        metrics::gauge!(metric::DESIRED_VERSION).set(desired.version as f64);
        tracing::info!(
            desired.version = desired.version,
            refused = refused.len(),
            "desired state applied"
        );
        refused.truncate(MAX_REFUSED_KEYS);
        self.board.applied(Applied {
            version: desired.version,
            refused,
            // Everything that can be wished for today takes effect at the next picture.
            needs_restart: Vec::new(),
        });
        *applied = Some(desired.version);
        Ok(())
    }

    /// What is wanted of one camera now.
    pub(super) async fn wanted(&self, camera: &CameraId) -> CameraDesired {
        let desired = self.store().desired(&self.inbox.issuer()).await;
        desired
            .ok()
            .flatten()
            .and_then(|mut desired| desired.cameras.remove(camera))
            .unwrap_or_default()
    }

    /// What a camera's reports say they rest on: the file's hash where nothing is wanted of it, else
    /// one of that hash and of what is wanted.
    fn version(&self, wish: &CameraDesired, danger_level: Option<u8>) -> String {
        let configured = &self.config.version;
        if *wish == CameraDesired::default() && danger_level.is_none() {
            return configured.clone();
        }
        let wanted = serde_json::to_vec(&(danger_level, wish)).unwrap_or_default();
        let both = Sha256::new().chain_update(configured).chain_update(wanted);
        hex::encode(both.finalize())
    }

    fn strangers(&self, desired: &Desired) -> Vec<RefusedKey> {
        let unknown = desired
            .cameras
            .keys()
            .filter(|id| !self.posts.contains_key(*id));
        unknown
            .map(|id| RefusedKey {
                key: format!("cameras.{id}"),
                reason: "this agent has no such camera; add it to the agent's own configuration"
                    .to_owned(),
            })
            .collect()
    }
}
