//! Who asks a camera where it looks.

use std::time::Duration;

use contract::v1::CameraId;
use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::PipelineError;
use crate::camera::GateHandle;
use crate::config::{CameraConfig, PoseSource, ServerConfig};
use crate::identity::{TlsError, client_config, http_client};
use crate::pose::{OnvifWatch, PoseHandle};

/// How soon the gate knows that the camera turns.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Tells a camera's gate where it stands; ends after `halt`. Nothing to tell of one that does not turn.
pub(super) fn tell_gate(
    camera: &CameraConfig,
    handle: PoseHandle,
    gate: GateHandle,
    halt: CancellationToken,
) {
    if camera.poses.is_fixed() {
        return;
    }
    tokio::spawn(async move {
        while !halt.is_cancelled() {
            gate.set_pose(handle.at(Timestamp::now()));
            tokio::time::sleep(TOLD_EVERY).await;
        }
    });
}

/// Starts asking, where the camera is one that is asked; ends after `halt`.
pub(super) fn start(
    camera: &CameraConfig,
    handle: &PoseHandle,
    halt: &CancellationToken,
) -> Result<Option<JoinHandle<()>>, PipelineError> {
    let PoseSource::Onvif(onvif) = &camera.poses.source else {
        return Ok(None);
    };
    let watch = OnvifWatch {
        camera: camera.id.clone(),
        onvif: onvif.clone(),
        poses: camera.poses.clone(),
        handle: handle.clone(),
        client: client(camera).map_err(|source| tls_fault(&camera.id, source))?,
    };
    Ok(Some(tokio::spawn(watch.run(halt.clone()))))
}

/// The camera's web service is trusted as its stream is.
fn client(camera: &CameraConfig) -> Result<reqwest::Client, TlsError> {
    http_client(client_config(&ServerConfig {
        ca_file: camera.ca_file.clone(),
        ..ServerConfig::default()
    })?)
}

fn tls_fault(camera: &CameraId, source: TlsError) -> PipelineError {
    PipelineError::CameraTls {
        camera: camera.clone(),
        source: Box::new(source),
    }
}
