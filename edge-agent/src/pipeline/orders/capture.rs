//! Pictures that a person asked for: a still of now, and a clip of the last seconds.

use std::time::Duration;

use contract::v1::{
    CameraState, CommandRefusal, Evidence, EvidenceId, EvidenceKind, Severity, UnavailableReason,
};

use super::super::vault::Piece;
use super::Post;
use crate::camera::{Passage, last_picture};
use crate::evidence;
use crate::report::Promise;
use crate::telemetry::chain;

/// What became of a request for pictures.
pub(super) enum Captured {
    Kept(Box<Evidence>),
    Refused(CommandRefusal, String),
    Failed(String),
}

/// Somebody waits for these, and nothing else does: any event's evidence is worth more.
const SEVERITY: Severity = Severity::Low;

/// A still of now: the newest picture of the buffer, decoded.
pub(super) async fn snapshot(post: &Post) -> Captured {
    let state = post.health.borrow().state;
    if state != CameraState::Running {
        let message = "the camera is not connected; the last seconds it sent can be had as a clip";
        return Captured::Refused(CommandRefusal::NoPicture, message.to_owned());
    }
    let passage = match passage(post, Duration::ZERO) {
        Ok(passage) => passage,
        Err(why) => return why,
    };
    let still = tokio::task::spawn_blocking(move || {
        let frame = last_picture(&passage).map_err(|error| chain(&error))?;
        evidence::jpeg(&frame).map_err(|error| chain(&error))
    });
    match still.await {
        Ok(Ok(bytes)) => keep(post, EvidenceKind::Still, bytes, "image/jpeg").await,
        Ok(Err(message)) => Captured::Failed(message),
        Err(panic) => Captured::Failed(panic.to_string()),
    }
}

/// A clip of the last seconds that the buffer holds.
pub(super) async fn clip(post: &Post, back: Duration) -> Captured {
    let passage = match passage(post, back) {
        Ok(passage) => passage,
        Err(why) => return why,
    };
    // The permit is never refused: nobody closes this semaphore.
    let _permit = post.exhibits.encoders.acquire().await;
    match tokio::task::spawn_blocking(move || evidence::remux(&passage)).await {
        Ok(Ok(clip)) => keep(post, EvidenceKind::Clip, clip.bytes, clip.mime).await,
        Ok(Err(error)) => Captured::Failed(chain(&error)),
        Err(panic) => Captured::Failed(panic.to_string()),
    }
}

fn passage(post: &Post, back: Duration) -> Result<Passage, Captured> {
    let ring = post.exhibits.footage.best();
    let Some((epoch, newest)) = ring.newest() else {
        let message = "the camera has sent nothing yet".to_owned();
        return Err(Captured::Refused(CommandRefusal::NoPicture, message));
    };
    ring.passage(epoch, newest - back, newest)
        .map_err(|error| Captured::Refused(CommandRefusal::NotHeld, chain(&error)))
}

async fn keep(post: &Post, kind: EvidenceKind, bytes: Vec<u8>, mime: &'static str) -> Captured {
    let promise = Promise {
        id: EvidenceId::new(),
        kind,
    };
    let piece = Piece {
        bytes,
        mime,
        shown: None,
        part: None,
        track: None,
    };
    match post.exhibits.vault.put(SEVERITY, promise, piece).await {
        Ok(outcome) => Captured::Kept(Box::new(promise.settled(&outcome))),
        Err((UnavailableReason::DiskFull, message)) => {
            Captured::Refused(CommandRefusal::DiskFull, message)
        }
        Err((_, message)) => Captured::Failed(message),
    }
}
