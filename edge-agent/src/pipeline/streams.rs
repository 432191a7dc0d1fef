//! A camera's streams under supervision: the one that is analysed and, where the camera has two, the
//! main one beside it, with one word on how both are.

use contract::v1::{CameraState, CameraStatusReason};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::PipelineError;
use crate::camera::{
    Camera, CameraHealth, CameraSource, DecoderOptions, Duty, Footage, GatePolicy, Patience,
    RingLimits, StreamAddress, StreamUrl, supervise,
};
use crate::config::CameraConfig;

/// The part of `ring.max_bytes` that a second stream has to hold the same seconds: it has far fewer
/// bytes.
const SUB_SHARE: u64 = 4;

/// A camera whose streams are watched.
pub(super) struct Streams {
    /// The stream that is analysed.
    pub(super) analysed: Camera,
    /// What evidence is cut from.
    pub(super) footage: Footage,
    /// How the camera is, both streams taken together.
    pub(super) health: watch::Receiver<CameraHealth>,
    /// Ends after a stop, where there is a main stream beside.
    pub(super) main: Option<JoinHandle<()>>,
}

/// Starts watching a camera's streams.
pub(super) fn start(
    config: &CameraConfig,
    stop: &CancellationToken,
) -> Result<Streams, PipelineError> {
    let Some(sub_url) = &config.sub_url else {
        let analysed = supervise(source(config, &config.url, Duty::Analyse)?, stop.clone());
        return Ok(Streams {
            footage: Footage::of(analysed.ring.clone()),
            health: analysed.health.clone(),
            analysed,
            main: None,
        });
    };
    let main = source(config, &config.url, Duty::Keep)?;
    let analysed = source(config, sub_url, Duty::Analyse)?;
    let (main, analysed) = (
        supervise(main, stop.clone()),
        supervise(analysed, stop.clone()),
    );
    Ok(Streams {
        footage: Footage::beside(analysed.ring.clone(), main.ring.clone()),
        health: both(analysed.health.clone(), main.health),
        analysed,
        main: Some(main.task),
    })
}

fn source(
    config: &CameraConfig,
    url: &url::Url,
    duty: Duty,
) -> Result<CameraSource, PipelineError> {
    let password = config
        .password
        .as_ref()
        .map(|secret| Zeroizing::new(secret.expose().to_owned()));
    let url = StreamUrl::parse(url.as_str(), password).map_err(|source| PipelineError::Camera {
        camera: config.id.clone(),
        source,
    })?;
    let most = match (duty, &config.sub_url) {
        (Duty::Analyse, Some(_)) => config.ring.max_bytes / SUB_SHARE,
        _ => config.ring.max_bytes,
    };
    Ok(CameraSource {
        id: config.id.clone(),
        name: config.name.clone(),
        address: StreamAddress {
            url,
            transport: config.transport,
            ca_file: config.ca_file.clone(),
        },
        duty,
        analyse_fps: config.analyse_fps,
        gate: GatePolicy::of(config),
        ring: RingLimits {
            span: config.ring.span,
            bytes: usize::try_from(most).unwrap_or(usize::MAX),
        },
        patience: Patience::default(),
        decoder: DecoderOptions::default(),
    })
}

/// The analysed stream's health; while it runs and the main stream does not, that is said.
fn both(
    mut analysed: watch::Receiver<CameraHealth>,
    mut main: watch::Receiver<CameraHealth>,
) -> watch::Receiver<CameraHealth> {
    let first = together(*analysed.borrow_and_update(), *main.borrow_and_update());
    let (say, said) = watch::channel(first);
    tokio::spawn(async move {
        loop {
            // The analysed stream's supervisor outlives no stop, and with it this ends; the main
            // stream's ends beside it.
            let ended = tokio::select! {
                changed = analysed.changed() => changed.is_err(),
                Ok(()) = main.changed() => false,
            };
            let now = together(*analysed.borrow_and_update(), *main.borrow_and_update());
            say.send_if_modified(|last| std::mem::replace(last, now) != now);
            if ended {
                return;
            }
        }
    });
    said
}

fn together(analysed: CameraHealth, main: CameraHealth) -> CameraHealth {
    let lost = matches!(main.state, CameraState::Retrying | CameraState::Stopped);
    match analysed.state {
        CameraState::Running if lost => CameraHealth {
            reason: Some(CameraStatusReason::MainStreamLost),
            since: analysed.since.max(main.since),
            ..analysed
        },
        _ => analysed,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const fn health(state: CameraState, reason: Option<CameraStatusReason>) -> CameraHealth {
        CameraHealth {
            state,
            reason,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn a_main_stream_that_is_away_is_said_beside_an_analysed_one_that_runs() {
        let running = health(CameraState::Running, None);
        let stalled = health(CameraState::Retrying, Some(CameraStatusReason::Stalled));
        let (analysed_tx, analysed) = watch::channel(running);
        let (main_tx, main) = watch::channel(running);
        let mut said = both(analysed, main);
        assert_eq!(said.borrow_and_update().reason, None);
        main_tx.send_replace(stalled);
        let lost = Some(CameraStatusReason::MainStreamLost);
        let now = *said.wait_for(|health| health.reason == lost).await.unwrap();
        assert_eq!(now.state, CameraState::Running);
        analysed_tx.send_replace(stalled);
        said.wait_for(|health| *health == stalled).await.unwrap();
        analysed_tx.send_replace(running);
        main_tx.send_replace(running);
        said.wait_for(|health| *health == running).await.unwrap();
        drop(analysed_tx);
        drop(main_tx);
        while said.changed().await.is_ok() {}
    }
}
