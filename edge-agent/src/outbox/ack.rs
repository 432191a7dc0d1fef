//! Reading an ack: only the server's own signature counts.

use contract::v1::{
    Ack, CloudEventError, EventType, PublicKey, SignatureError, Signed, decode, verify,
};

/// Why a message on the ack topic was dropped.
#[derive(Debug, thiserror::Error)]
pub enum AckFault {
    /// It carries no signature.
    #[error("it is not signed")]
    Unsigned,
    /// It was not signed by the server this agent enrolled with, or was changed on its way.
    #[error("its signature does not hold")]
    Signature(#[source] SignatureError),
    /// It is signed, but is no ack.
    #[error("it is not an ack")]
    Malformed(#[source] CloudEventError),
}

impl AckFault {
    /// The label of the metric.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signature(_) => "signature",
            Self::Malformed(_) => "malformed",
        }
    }
}

/// Verifies the server's signature over topic and bytes, then parses.
pub(super) fn read(
    server: &PublicKey,
    topic: &str,
    payload: &[u8],
    signature: Option<&str>,
) -> Result<Ack, AckFault> {
    let signed: Signed = signature
        .ok_or(AckFault::Unsigned)?
        .parse()
        .map_err(AckFault::Signature)?;
    verify(server, topic, payload, &signed).map_err(AckFault::Signature)?;
    decode::<Ack>(payload, EventType::Ack)
        .map(|event| event.data)
        .map_err(AckFault::Malformed)
}
