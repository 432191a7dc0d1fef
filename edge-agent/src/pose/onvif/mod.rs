//! A camera's own word on where its motors stand, over ONVIF: SOAP 1.2 by HTTP, WS-Security with a digest.
//!
//! Asked are the device's clock, its services, its media profiles and presets, and then, again and again,
//! `GetStatus`. Nothing is ever moved. XML is read in `soap.rs` and nowhere else. What does not belong here:
//! what a state means for a picture (`log`).

mod digest;
mod session;
mod soap;
mod stance;

use std::time::Duration;

use contract::v1::CameraId;
use jiff::Timestamp;
use reqwest::Client;
use tokio_util::sync::CancellationToken;

use super::{PoseHandle, PoseState};
use crate::config::{OnvifPoses, Poses};
use crate::telemetry::{chain, metric};
use session::Session;
use stance::Stance;

/// How long the first wait after a failure is, and the longest one.
const RETRY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

/// Why a camera does not say where it stands.
#[derive(Debug, thiserror::Error)]
pub enum OnvifError {
    /// It does not answer, or not in time.
    #[error("the camera's web service does not answer")]
    Http(#[source] reqwest::Error),
    /// It took longer than it may.
    #[error("the camera's web service does not answer in time")]
    Slow,
    /// It answers with a fault.
    #[error("the camera refuses: {0}")]
    Refused(String),
    /// It does not let this user in.
    #[error("the camera does not accept this user and password")]
    Unauthorized,
    /// Its answer is no XML.
    #[error("the camera's answer is no XML")]
    NoXml(#[source] roxmltree::Error),
    /// Its answer is longer than any of these.
    #[error("the camera's answer is too long")]
    TooLong,
    /// Its answer lacks something.
    #[error("the camera's answer has no {0}")]
    Lacks(&'static str),
    /// It has no such profile.
    #[error("the camera has no media profile {0:?}; `profile` names one with motors")]
    NoProfile(String),
    /// It has no motors.
    #[error("the camera says of no media profile that it has motors")]
    NoMotors,
    /// A pose's preset is not the camera's.
    #[error("the camera has no preset {name:?}; it has: {known}")]
    NoPreset {
        /// The name.
        name: String,
        /// What it has.
        known: String,
    },
    /// A preset without a position cannot be recognised.
    #[error("the camera does not say where preset {0:?} is; give the pose a `ptz` position")]
    NoPosition(String),
}

impl OnvifError {
    /// The label of the metric.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Http(_) | Self::Slow => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Refused(_) => "refused",
            Self::NoXml(_) | Self::TooLong | Self::Lacks(_) => "malformed",
            Self::NoProfile(_) | Self::NoMotors | Self::NoPreset { .. } | Self::NoPosition(_) => {
                "configuration"
            }
        }
    }
}

/// Asks one camera where it stands, until it is told to stop.
pub struct OnvifWatch {
    /// The camera, for logs.
    pub camera: CameraId,
    /// Whom to ask, and how.
    pub onvif: OnvifPoses,
    /// Where it may stand.
    pub poses: Poses,
    /// Who is told.
    pub handle: PoseHandle,
    /// What asks.
    pub client: Client,
}

impl OnvifWatch {
    /// Works until `stop`. A camera that does not answer stands nobody knows where.
    pub async fn run(self, stop: CancellationToken) {
        let mut wait = RETRY.0;
        let mut failed = false;
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                ended = self.watch(&mut failed, &mut wait) => ended,
                () = stop.cancelled() => return,
            };
            let Err(error) = ended;
            self.handle.tell(Timestamp::now(), PoseState::Unknown);
            metrics::counter!(
                metric::POSE_FAILED, "camera" => self.camera.to_string(), "reason" => error.as_str()
            )
            .increment(1);
            // One line an outage.
            if !failed {
                tracing::warn!(
                    camera.id = %self.camera,
                    url = %self.onvif.url,
                    error = %chain(&error),
                    "the camera does not say where it looks; its rules abstain until it does"
                );
            }
            failed = true;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
            wait = (wait * 2).min(RETRY.1);
        }
    }

    /// Asks until something fails.
    async fn watch(
        &self,
        failed: &mut bool,
        wait: &mut Duration,
    ) -> Result<std::convert::Infallible, OnvifError> {
        let session = Session::open(&self.client, &self.onvif, &self.poses).await?;
        let mut stance = Stance::new(session.stands(), self.onvif.tolerance);
        loop {
            let at = Timestamp::now();
            let status = session.status().await?;
            self.handle.tell(at, stance.state(&status));
            if std::mem::take(failed) {
                tracing::info!(camera.id = %self.camera, "the camera says again where it looks");
            }
            *wait = RETRY.0;
            tokio::time::sleep(self.onvif.poll).await;
        }
    }
}

/// Asks once: what `check --probe` says.
///
/// # Errors
/// [`OnvifError`].
pub async fn probe(
    client: &Client,
    onvif: &OnvifPoses,
    poses: &Poses,
) -> Result<PoseState, OnvifError> {
    let session = Session::open(client, onvif, poses).await?;
    let status = session.status().await?;
    Ok(Stance::new(session.stands(), onvif.tolerance).state(&status))
}
