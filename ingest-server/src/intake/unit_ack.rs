//! What units answer to what they were told. A unit is known by its log-in at the broker, which lets it
//! publish on its own topic alone; it has no key, and what it says counts for its own messages only.

use contract::v1::{EventType, MAX_UNIT_ACK_BYTES, RefusalReason, UnitAck, decode};

use super::admit::{Refusal, with_source};

/// Checks an acknowledgement, in the order size, envelope, content.
pub(super) fn admit_unit_ack(payload: &[u8]) -> Result<UnitAck, Refusal> {
    if payload.len() > MAX_UNIT_ACK_BYTES {
        let message = format!("{} bytes, the limit is {MAX_UNIT_ACK_BYTES}", payload.len());
        return Err(Refusal::new(RefusalReason::TooLarge, message));
    }
    let event = decode::<UnitAck>(payload, EventType::UnitAck)
        .map_err(|error| Refusal::new(RefusalReason::Malformed, with_source(&error)))?;
    if event.data.is_valid() {
        Ok(event.data)
    } else {
        Err(Refusal::new(
            RefusalReason::Invalid,
            "a text is too long or holds the character NUL",
        ))
    }
}

#[cfg(test)]
mod tests {
    use contract::v1::{CloudEvent, DeliveryId, encode};
    use jiff::Timestamp;

    use super::*;

    fn said(note: &str) -> Vec<u8> {
        let ack = UnitAck {
            delivery: DeliveryId::new(),
            by: None,
            note: Some(note.to_owned()),
        };
        let id = ack.delivery.to_string();
        let source = "/units/kiem-lam".to_owned();
        let now = Timestamp::UNIX_EPOCH;
        encode(&CloudEvent::new(EventType::UnitAck, id, source, now, ack)).unwrap()
    }

    #[test]
    fn an_acknowledgement_is_short_text_in_its_envelope() {
        assert!(admit_unit_ack(&said("đang đến")).is_ok());
        let reason = |payload: &[u8]| admit_unit_ack(payload).unwrap_err().reason;
        assert_eq!(reason(&said(&"x".repeat(501))), RefusalReason::Invalid);
        assert_eq!(reason(&said("a\0b")), RefusalReason::Invalid);
        assert_eq!(reason(b"{}"), RefusalReason::Malformed);
        assert_eq!(reason(&[b' '; 5000]), RefusalReason::TooLarge);
    }
}
