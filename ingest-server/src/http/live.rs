//! Live changes: server-sent events. An event says what changed; the client reads it with its own
//! rights.
//!
//! The stream ends when its session does, and when the server stops. A client that falls behind is
//! told to read everything again (`resync`).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa::ToSchema;
use uuid::Uuid;

use super::AppState;
use super::error::{ApiError, Problem};
use super::extract::CurrentUser;
use super::scope;
use crate::changes::Change;
use crate::login::{self, LiveSession};
use crate::people::Right;
use crate::telemetry::{LIVE_RESYNCS, LIVE_STREAMS};

/// A comment keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Proxies that know this header pass each event on at once.
const UNBUFFERED: [(&str, &str); 1] = [("x-accel-buffering", "no")];
/// How soon a stream notices that its session is over.
const SESSION_CHECK: Duration = Duration::from_secs(2);

/// Data of the event `incident`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentChanged {
    /// Which one.
    id: Uuid,
    /// The version decisions name. It stays when only camera facts or evidence changed.
    version: i64,
}

/// Data of the event `camera`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CameraChanged {
    /// Its agent.
    agent: String,
    /// Which one.
    camera: String,
}

/// Data of the event `agent`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentChanged {
    /// Which one.
    agent: String,
}

/// Data of the event `command`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CommandChanged {
    /// The agent it is for.
    agent: String,
    /// Which one.
    id: Uuid,
}

/// Live changes within the caller's scope, as server-sent events: `incident`, `camera`, `agent`, `command`, for administrators
/// and auditors `quarantine`, and `resync` where changes were missed and everything must be read again.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "live", operation_id = "watchEvents",
    responses(
        (status = 200, description = "Events `incident` (data: IncidentChanged), `camera` (CameraChanged), `agent` (AgentChanged), `command` (CommandChanged), `quarantine` and `resync` (data is empty)", body = String, content_type = "text/event-stream"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("key" = []))
)]
pub(super) async fn watch(
    State(state): State<AppState>,
    CurrentUser(session): CurrentUser,
) -> Result<impl IntoResponse, ApiError> {
    let place = state
        .live_streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| ApiError::Unavailable)?;
    let mut session_check = interval(SESSION_CHECK);
    session_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher {
        changes: state.changes.watch(),
        session,
        state,
        session_check,
        _place: place,
    };
    metrics::gauge!(LIVE_STREAMS).increment(1.0);
    let events = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok((UNBUFFERED, stream))
}

struct Watcher {
    state: AppState,
    changes: Receiver<Change>,
    session: LiveSession,
    session_check: Interval,
    _place: OwnedSemaphorePermit,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        metrics::gauge!(LIVE_STREAMS).decrement(1.0);
    }
}

impl Watcher {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                () = self.state.stopping.cancelled() => return None,
                _ = self.session_check.tick() => {
                    if !self.session_is_good().await {
                        return None;
                    }
                }
                change = self.changes.recv() => match change {
                    Ok(change) => if self.may_see(&change).await {
                        return event_of(change);
                    },
                    Err(RecvError::Lagged(missed)) => {
                        metrics::counter!(LIVE_RESYNCS).increment(1);
                        tracing::info!(missed, "a live stream fell behind and reads again");
                        return Some(Event::default().event("resync").data(""));
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// What the store cannot be asked about is not told.
    async fn may_see(&self, change: &Change) -> bool {
        let right = match change {
            Change::Incident { .. } => Right::SeeIncidents,
            Change::Camera { .. } | Change::Agent { .. } => Right::SeeCameras,
            Change::Command { .. } => Right::SeeOrders,
            Change::Quarantine => Right::SeeQuarantine,
        };
        if !self.session.may(right) {
            return false;
        }
        let seen = scope::sees_change(&self.state, &self.session, change).await;
        seen.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "a change could not be held against a watcher's scope");
            false
        })
    }

    /// Where the store cannot be asked the stream goes on: it tells ids alone. Rights that changed
    /// meanwhile hold from now on.
    async fn session_is_good(&mut self) -> bool {
        match login::look_again(&self.state.store, &self.session, Timestamp::now()).await {
            Ok(Some(session)) if session.may(Right::Watch) => {
                self.session = session;
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(error = %error, "a live stream's session could not be checked");
                true
            }
        }
    }
}

fn event_of(change: Change) -> Option<Event> {
    let (name, event) = match change {
        Change::Incident { id, version } => {
            let data = IncidentChanged {
                id: id.as_uuid(),
                version,
            };
            ("incident", Event::default().json_data(data))
        }
        Change::Camera { agent, camera } => {
            let data = CameraChanged {
                agent: agent.into(),
                camera: camera.into(),
            };
            ("camera", Event::default().json_data(data))
        }
        Change::Agent { agent } => (
            "agent",
            Event::default().json_data(AgentChanged {
                agent: agent.into(),
            }),
        ),
        Change::Command { agent, id } => (
            "command",
            Event::default().json_data(CommandChanged {
                agent: agent.into(),
                id: id.as_uuid(),
            }),
        ),
        Change::Quarantine => ("quarantine", Ok(Event::default().data(""))),
    };
    event.ok().map(|event| event.event(name))
}
