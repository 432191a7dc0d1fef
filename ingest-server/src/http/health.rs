//! Is it alive, is it ready, how does it do.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{ApiError, Problem};
use super::extract::{CurrentUser, Peer};
use super::{AppState, BrokerLink};

/// Name of the file that is written and removed to see whether the disk takes writes.
const PROBE: &str = ".ready-probe";

/// Whether the process answers.
#[utoipa::path(
    get, path = "/healthz", tag = "operation", operation_id = "health",
    responses((status = 200, body = String, content_type = "text/plain")),
    security(())
)]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    /// All of the checks together.
    status: Check,
    /// Whether the database answers.
    database: Check,
    /// Whether the broker is connected.
    broker: Check,
    /// Whether the data folder's disk takes writes.
    disk: Check,
}

/// How a check went. The log says more; this page is for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    /// It is well.
    Ok,
    /// It is not.
    Failed,
}

/// Whether the server can do its work: database, broker, disk.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", operation_id = "readiness",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)),
    security(())
)]
pub(super) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let database = check("database", state.store.ping().await);
    let disk = check("disk", probe_disk(state.data_dir.clone()).await);
    let broker = match *state.broker.borrow() {
        BrokerLink::Up => Check::Ok,
        BrokerLink::Down => Check::Failed,
    };
    let all = [database, broker, disk]
        .iter()
        .all(|check| *check == Check::Ok);
    let (code, status) = if all {
        (StatusCode::OK, Check::Ok)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Check::Failed)
    };
    (
        code,
        Json(Readiness {
            status,
            database,
            broker,
            disk,
        }),
    )
}

fn check<E: std::error::Error>(name: &'static str, result: Result<(), E>) -> Check {
    match result {
        Ok(()) => Check::Ok,
        Err(error) => {
            tracing::warn!(check = name, error = %error, "not ready");
            Check::Failed
        }
    }
}

async fn probe_disk(folder: PathBuf) -> std::io::Result<()> {
    tokio::task::spawn_blocking(move || {
        let probe = folder.join(PROBE);
        let mut file = std::fs::File::create(&probe)?;
        file.write_all(b"x")?;
        file.sync_data()?;
        match std::fs::remove_file(&probe) {
            // Another probe at the same moment removed it.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        }
    })
    .await
    .map_err(std::io::Error::other)?
}

/// Metrics in Prometheus' text format, for this machine's own programs and for whoever has the right to see them.
#[utoipa::path(
    get, path = "/metrics", tag = "operation", operation_id = "metrics",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
    ),
    security((), ("session" = []))
)]
pub(super) async fn metrics(
    State(state): State<AppState>,
    peer: Peer,
    user: Result<CurrentUser, ApiError>,
) -> Result<Response, ApiError> {
    if !peer.is_this_machine() {
        user?;
    }
    let text = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    Ok((text, state.metrics.render()).into_response())
}
