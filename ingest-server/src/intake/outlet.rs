//! The way out for others: what they hand over leaves by the server's one MQTT client.

use std::time::Duration;

use contract::v1::Signed;

use super::consumer::Publisher;

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Outlet(pub(super) Publisher);

/// A message to be published.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Where.
    pub topic: String,
    /// The exact bytes.
    pub payload: Vec<u8>,
    /// Over topic and bytes.
    pub signature: Signed,
    /// How the broker keeps it.
    pub shelf: Shelf,
}

/// How the broker keeps a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// For whoever subscribes later, until the next one of its topic.
    Retained,
    /// For this long, where its reader is away.
    Expiring(Duration),
}

impl Outlet {
    /// Hands a message to the broker; waits while the outgoing queue is full. After the end of the
    /// client it is let go: whoever sends does so again.
    pub async fn send(&self, parcel: Parcel) {
        self.0.send(parcel).await;
    }
}
