//! The HTTP server: the API for people and agents, live changes, evidence, the console.
//!
//! A handler extracts, checks rights, calls the domain and shows the answer; it never speaks SQL.
//! Routes are grouped by who calls them (`router`). What goes wrong is an [`error::ApiError`],
//! told as a problem document in the caller's language.
//!
//! What does not belong here: decisions about incidents (`incident`, `review`), passwords and
//! sessions (`people`), the bytes of evidence (`evidence`).

mod answers;
mod api;
pub mod catalogue;
mod console;
mod context;
pub mod error;
mod extract;
mod health;
mod live;
mod media;
mod open311;
mod openapi;
mod piece;
mod rights;
mod router;
mod said;
mod scope;
mod state;
mod stored_file;
pub mod views;

#[cfg(test)]
mod tests;

pub use openapi::document as openapi_document;
pub use router::router;
pub use state::{AppState, BrokerLink, Services};

use std::future::Future;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Serves until `shutdown` is done, then lets the requests under way finish. Live streams end when
/// [`Services::stopping`] is cancelled, which is the caller's to do.
///
/// # Errors
/// Where the listener fails for good.
pub async fn serve(
    state: AppState,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    crate::people::password::warm_up();
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(shutdown)
        .await
}
