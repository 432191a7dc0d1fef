//! A report's bytes: encoded once, then signed, stored and sent without a change.

use bytes::Bytes;
use contract::v1::{
    AutoReport, CloudEvent, CloudEventError, EventId, EventType, MAX_BOXES_PER_TRACK, Phase,
    SecretKey, Severity, SizeError, Topic, check_report_size, encode, sign,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::brief;

/// One signed report, ready for the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event.
    pub event_id: EventId,
    /// The revision.
    pub revision: u32,
    /// Where the event stands; decides what may be coalesced when space is short.
    pub phase: Phase,
    /// How much it matters; decides what goes first when space is short.
    pub severity: Severity,
    /// The topic, part of what is signed.
    pub topic: String,
    /// The exact bytes; at most [`contract::v1::MAX_REPORT_BYTES`].
    pub payload: Bytes,
    /// The value of the signature property.
    pub signature: String,
    /// SHA-256 of the payload in lower-case hexadecimal digits: what an ack names.
    pub sha256: String,
}

/// Why a report has no bytes.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// It cannot be written as JSON.
    #[error("the report cannot be encoded")]
    Encode(#[source] CloudEventError),
    /// It is too large even without its tracks.
    #[error("the report is too large even without its tracks")]
    TooLarge(#[source] SizeError),
}

impl Message {
    /// Encodes and signs a report. Tracks are thinned until it fits the contract's limit.
    ///
    /// # Errors
    /// [`MessageError`] where it cannot be encoded, or is too large without any track.
    pub fn new(report: &AutoReport, key: &SecretKey, at: Timestamp) -> Result<Self, MessageError> {
        let payload = encode_within_limit(report, at)?;
        let topic = Topic::Reports(report.agent.clone()).to_string();
        Ok(Self {
            event_id: report.event_id,
            revision: report.revision,
            phase: report.phase,
            severity: report.severity,
            signature: sign(key, &topic, &payload).to_string(),
            sha256: hex::encode(Sha256::digest(&payload)),
            topic,
            payload: payload.into(),
        })
    }
}

fn encode_within_limit(report: &AutoReport, at: Timestamp) -> Result<Vec<u8>, MessageError> {
    let id = format!("{}/{}", report.event_id, report.revision);
    let source = format!("/agents/{}", report.agent);
    let mut event = CloudEvent::new(EventType::Report, id, source, at, report.clone());
    let mut most_boxes = MAX_BOXES_PER_TRACK;
    loop {
        let payload = encode(&event).map_err(MessageError::Encode)?;
        let Err(size) = check_report_size(&payload) else {
            return Ok(payload);
        };
        let tracks = &mut event.data.tracks;
        if tracks.is_empty() {
            return Err(MessageError::TooLarge(size));
        }
        if most_boxes > 1 {
            most_boxes /= 2;
            tracks
                .iter_mut()
                .for_each(|track| brief::keep_newest(&mut track.boxes, most_boxes));
        } else {
            // The weakest are last.
            tracks.truncate(tracks.len() / 2);
        }
    }
}
