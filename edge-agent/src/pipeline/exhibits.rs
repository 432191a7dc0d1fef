//! Evidence of a raised event: stills at once, the clip when its post-roll has happened.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use contract::v1::{
    EventId, EvidenceId, EvidenceKind, MAX_EVIDENCE_BYTES, Severity, UnavailableReason,
};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

use super::desk::Paper;
use crate::camera::{Epoch, Frame, Passage, PassageError, Reached, SharedRing};
use crate::config::{CameraConfig, EvidenceWindow};
use crate::evidence::{self, Clip, Label, Overlay, OverlayBox};
use crate::outbox::Store;
use crate::report::{Outcome, Promise};
use crate::rule::EventChange;
use crate::telemetry::{chain, metric};

/// For a change whose rule the configuration does not name; every rule of today is named.
const WINDOW_WITHOUT_RULE: EvidenceWindow = EvidenceWindow {
    pre_roll: Duration::from_secs(5),
    post_roll: Duration::from_secs(5),
};

/// Collects one camera's evidence.
#[derive(Clone)]
pub(super) struct Exhibits {
    pub(super) camera: Arc<CameraConfig>,
    pub(super) ring: SharedRing,
    pub(super) store: Arc<Store>,
    /// When full, a clip's task waits with its finished file.
    pub(super) desk: mpsc::Sender<Paper>,
    /// Clip tasks, so that a stop can wait for them. As many as events were raised within the
    /// last post-roll.
    pub(super) clips: TaskTracker,
    /// Clips that may be encoded at once over all cameras; the others wait with their passage.
    pub(super) encoders: Arc<Semaphore>,
}

/// A raised event whose evidence is due.
pub(super) struct Scene {
    pub(super) change: EventChange,
    pub(super) epoch: Epoch,
    pub(super) promised: Vec<Promise>,
}

/// A piece of evidence that was due and does not exist.
type Missing = (UnavailableReason, String);

impl Exhibits {
    /// Makes the stills from the deciding picture now, and the clip in a task of its own. Blocks.
    pub(super) fn collect(&self, scene: Scene, frame: &Frame, runtime: &Handle) {
        let scene = Arc::new(scene);
        self.clips
            .spawn_on(self.clone().clip(Arc::clone(&scene)), runtime);
        let outcomes = runtime.block_on(self.stills(&scene, frame));
        self.clips.spawn_on(
            self.clone().settle(scene.change.event_id, outcomes),
            runtime,
        );
    }

    async fn stills(&self, scene: &Scene, frame: &Frame) -> Vec<(EvidenceId, Outcome)> {
        let mut outcomes = Vec::new();
        for promise in &scene.promised {
            let picture = match promise.kind {
                EvidenceKind::Still => evidence::jpeg(frame),
                EvidenceKind::StillOverlay => {
                    evidence::overlay_jpeg(frame, &self.overlay(&scene.change, frame))
                }
                _ => continue,
            };
            let made = picture
                .map(|bytes| (bytes, "image/jpeg"))
                .map_err(|error| (UnavailableReason::EncodingFailed, chain(&error)));
            outcomes.push((promise.id, self.exhibit(scene, *promise, made).await));
        }
        outcomes
    }

    async fn clip(self, scene: Arc<Scene>) {
        let Some(promise) = scene.promised.iter().find(|p| p.kind == EvidenceKind::Clip) else {
            return;
        };
        let made = self.cut(&scene).await.map(|clip| (clip.bytes, clip.mime));
        let outcome = self.exhibit(&scene, *promise, made).await;
        self.settle(scene.change.event_id, vec![(promise.id, outcome)])
            .await;
    }

    /// Waits for the post-roll, cuts the passage and remuxes it.
    async fn cut(&self, scene: &Scene) -> Result<Clip, Missing> {
        let EvidenceWindow {
            pre_roll,
            post_roll,
        } = self.window(&scene.change);
        let (from, to) = (scene.change.at - pre_roll, scene.change.at + post_roll);
        let reached = self.ring.reached(scene.epoch, to).await;
        let passage = self
            .ring
            .passage(scene.epoch, from, to)
            .map_err(|error| (why_not_held(error, reached), chain(&error)))?;
        self.warn_of_gaps(scene, &passage);
        // The permit is never refused: nobody closes this semaphore.
        let _permit = self.encoders.acquire().await;
        let remuxed = tokio::task::spawn_blocking(move || evidence::remux(&passage)).await;
        let failed = |text| (UnavailableReason::EncodingFailed, text);
        match remuxed {
            Ok(Ok(clip)) => Ok(clip),
            Ok(Err(error)) => Err(failed(chain(&error))),
            Err(panic) => Err(failed(panic.to_string())),
        }
    }

    /// What the rule saw: its zone, the tracks that take part, camera and time.
    fn overlay(&self, change: &EventChange, frame: &Frame) -> Overlay {
        let zone = self
            .camera
            .zones
            .iter()
            .find(|zone| Some(&zone.id) == change.zone.as_ref());
        let boxes = change.tracks.iter().map(|track| OverlayBox {
            bbox: track.bbox,
            label: Label {
                class: track.class.to_string(),
                score: track.score,
                track: Some(track.id.0),
            },
        });
        Overlay {
            caption: format!("{}  {}", self.camera.name, frame.wall.strftime("%F %T UTC")),
            zone: zone
                .map(|zone| zone.polygon.points().to_vec())
                .unwrap_or_default(),
            boxes: boxes.collect(),
        }
    }

    fn window(&self, change: &EventChange) -> EvidenceWindow {
        let rule = self.camera.rule(change.detail, change.zone.as_ref());
        rule.map_or(WINDOW_WITHOUT_RULE, |rule| rule.evidence)
    }

    fn warn_of_gaps(&self, scene: &Scene, passage: &Passage) {
        if passage.is_whole() {
            return;
        }
        tracing::warn!(
            camera.id = %self.camera.id,
            event.id = %scene.change.event_id,
            head = ?passage.head,
            tail = ?passage.tail,
            "a clip does not hold all of its pre- and post-roll"
        );
    }

    /// Keeps what was made, or says why there is nothing.
    async fn exhibit(
        &self,
        scene: &Scene,
        promise: Promise,
        made: Result<(Vec<u8>, &'static str), Missing>,
    ) -> Outcome {
        let kept = match made {
            Ok((bytes, mime)) => self.keep(promise, bytes, mime, scene.change.severity).await,
            Err(missing) => Err(missing),
        };
        let label = match &kept {
            Ok(_) => "sealed",
            Err((reason, cause)) => {
                tracing::error!(
                    camera.id = %self.camera.id,
                    event.id = %scene.change.event_id,
                    kind = promise.kind.as_str(),
                    reason = reason.as_str(),
                    cause,
                    "a piece of evidence does not exist"
                );
                reason.as_str()
            }
        };
        metrics::counter!(metric::EVIDENCE, "kind" => promise.kind.as_str(), "outcome" => label)
            .increment(1);
        kept.unwrap_or_else(|(reason, _)| Outcome::Unavailable(reason))
    }

    pub(super) async fn keep(
        &self,
        promise: Promise,
        bytes: Vec<u8>,
        mime: &str,
        severity: Severity,
    ) -> Result<Outcome, Missing> {
        let length = bytes.len() as u64;
        if length > MAX_EVIDENCE_BYTES {
            return Err((
                UnavailableReason::EncodingFailed,
                format!("{length} bytes are too many"),
            ));
        }
        self.make_room(length, severity).await?;
        let files = self.store.files().clone();
        let name = Store::evidence_name(promise.id, promise.kind);
        let written = tokio::task::spawn_blocking(move || files.write(&name, &bytes)).await;
        match written {
            Ok(Ok(sha256)) => Ok(Outcome::Sealed {
                mime: mime.to_owned(),
                bytes: length,
                sha256,
                shown: None,
                part: None,
                track: None,
            }),
            Ok(Err(error)) => {
                let text = format!("cannot write the file: {error}");
                Err((reason_of(&error), text))
            }
            Err(panic) => Err((UnavailableReason::EncodingFailed, panic.to_string())),
        }
    }

    async fn make_room(&self, bytes: u64, severity: Severity) -> Result<(), Missing> {
        match self.store.make_room(bytes, severity).await {
            Ok(Some(uploads)) if uploads.is_empty() => Ok(()),
            Ok(Some(uploads)) => {
                let reason = UnavailableReason::DiskFull;
                // The desk outlives every camera.
                let _ = self.desk.send(Paper::LetGo { uploads, reason }).await;
                Ok(())
            }
            Ok(None) => {
                let cause = "the evidence space is full of more severe events".to_owned();
                Err((UnavailableReason::DiskFull, cause))
            }
            Err(error) => Err((UnavailableReason::EncodingFailed, chain(&error))),
        }
    }

    async fn settle(self, event: EventId, outcomes: Vec<(EvidenceId, Outcome)>) {
        if self
            .desk
            .send(Paper::Settled {
                event,
                added: vec![],
                outcomes,
            })
            .await
            .is_err()
        {
            tracing::warn!(event.id = %event, "the desk is closed; the next start settles this evidence");
        }
    }
}

/// What a file that cannot be written makes of its evidence.
pub(super) fn reason_of(error: &io::Error) -> UnavailableReason {
    match error.kind() {
        io::ErrorKind::StorageFull => UnavailableReason::DiskFull,
        _ => UnavailableReason::EncodingFailed,
    }
}

fn why_not_held(error: PassageError, reached: Reached) -> UnavailableReason {
    match (error, reached) {
        (_, Reached::ConnectionEnded) => UnavailableReason::CameraLost,
        (PassageError::ConnectionNotHeld | PassageError::NothingHeld, Reached::Yes) => {
            UnavailableReason::NotInRing
        }
    }
}
