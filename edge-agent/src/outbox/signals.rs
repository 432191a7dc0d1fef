//! Words of traffic-signal controllers, from the wire to the board: topic, size, signature, then what
//! they say. Who may publish there is the broker's to say; a controller with a key must sign as well.

use contract::v1::{
    CloudEventError, ControllerState, EventType, MAX_CONTROLLER_STATE_BYTES, PublicKey,
    SignatureError, Signed, Topic, UnitId, decode, verify,
};
use jiff::Timestamp;

use crate::signal::SignalBoard;
use crate::telemetry::{chain, metric};

/// The controllers that this agent listens to, and where their words are noted.
#[derive(Debug, Clone, Default)]
pub struct SignalPost {
    controllers: Vec<(String, UnitId, Option<PublicKey>)>,
    board: SignalBoard,
}

/// Why a controller's word was dropped.
#[derive(Debug, thiserror::Error)]
enum SignalFault {
    #[error("it has {0} bytes, which is too many")]
    TooLarge(usize),
    #[error("it is not signed, and `controller_key` asks for a signature")]
    Unsigned,
    #[error("its signature does not hold")]
    Signature(#[source] SignatureError),
    #[error("it is not the state of a controller")]
    Malformed(#[source] CloudEventError),
    #[error("it speaks for the controller {0}")]
    Another(UnitId),
}

impl SignalFault {
    /// The label of the metric.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::Unsigned => "unsigned",
            Self::Signature(_) => "signature",
            Self::Malformed(_) => "malformed",
            Self::Another(_) => "another",
        }
    }
}

impl SignalPost {
    /// Listens to these controllers; where one is named with a key and without, the key counts.
    #[must_use]
    pub fn new(
        named: impl IntoIterator<Item = (UnitId, Option<PublicKey>)>,
        board: SignalBoard,
    ) -> Self {
        let mut controllers: Vec<(String, UnitId, Option<PublicKey>)> = Vec::new();
        for (id, key) in named {
            match controllers.iter_mut().find(|(_, known, _)| *known == id) {
                Some((_, _, known)) => *known = known.or(key),
                None => controllers.push((Topic::Signal(id.clone()).to_string(), id, key)),
            }
        }
        Self { controllers, board }
    }

    /// The topics to subscribe to.
    pub(super) fn topics(&self) -> impl Iterator<Item = &str> {
        self.controllers.iter().map(|(topic, _, _)| topic.as_str())
    }

    /// Takes a message; false where its topic is no controller's.
    pub(super) fn hears(
        &self,
        topic: &[u8],
        payload: &[u8],
        signature: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let mut controllers = self.controllers.iter();
        let Some((topic, id, key)) = controllers.find(|(own, _, _)| own.as_bytes() == topic) else {
            return false;
        };
        let outcome = match read(topic, id, key.as_ref(), payload, signature) {
            Ok(state) => {
                self.board.note(&state, now);
                "taken"
            }
            Err(fault) => {
                tracing::warn!(
                    controller = %id,
                    reason = fault.as_str(),
                    why = %chain(&fault),
                    "dropped the word of a signal controller"
                );
                fault.as_str()
            }
        };
        metrics::counter!(metric::SIGNAL_WORDS, "outcome" => outcome).increment(1);
        true
    }
}

fn read(
    topic: &str,
    id: &UnitId,
    key: Option<&PublicKey>,
    payload: &[u8],
    signature: Option<&str>,
) -> Result<ControllerState, SignalFault> {
    if payload.len() > MAX_CONTROLLER_STATE_BYTES {
        return Err(SignalFault::TooLarge(payload.len()));
    }
    if let Some(key) = key {
        let signed: Signed = signature
            .ok_or(SignalFault::Unsigned)?
            .parse()
            .map_err(SignalFault::Signature)?;
        verify(key, topic, payload, &signed).map_err(SignalFault::Signature)?;
    }
    let state = decode::<ControllerState>(payload, EventType::SignalState)
        .map_err(SignalFault::Malformed)?
        .data;
    match state.controller == *id {
        true => Ok(state),
        false => Err(SignalFault::Another(state.controller)),
    }
}

#[cfg(test)]
mod tests {
    use contract::v1::{CloudEvent, SecretKey, encode, sign};

    use super::*;

    const TOPIC: &str = "vong/v1/signals/c/state";

    fn state(controller: &str) -> Vec<u8> {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let state = ControllerState {
            controller: controller.parse().unwrap(),
            at,
            expires_at: at,
            groups: std::collections::BTreeMap::new(),
        };
        let event = CloudEvent::new(
            EventType::SignalState,
            "1".to_owned(),
            "/signals/c".to_owned(),
            at,
            state,
        );
        encode(&event).unwrap()
    }

    #[test]
    fn only_a_controllers_own_word_counts() {
        let key = SecretKey::from_bytes(&[7; 32]);
        let id: UnitId = "c".parse().unwrap();
        let public = key.public();
        let signed = sign(&key, TOPIC, &state("c")).to_string();
        let elsewhere = sign(&key, "vong/v1/signals/d/state", &state("c")).to_string();
        for (why, key, payload, signature, wanted) in [
            ("no key asked for", None, state("c"), None, None),
            (
                "signed",
                Some(&public),
                state("c"),
                Some(signed.as_str()),
                None,
            ),
            (
                "not signed",
                Some(&public),
                state("c"),
                None,
                Some("unsigned"),
            ),
            (
                "signed for another topic",
                Some(&public),
                state("c"),
                Some(elsewhere.as_str()),
                Some("signature"),
            ),
            ("of another", None, state("d"), None, Some("another")),
            ("nonsense", None, b"{}".to_vec(), None, Some("malformed")),
            ("huge", None, vec![b' '; 20_000], None, Some("too_large")),
        ] {
            let read = read(TOPIC, &id, key, &payload, signature);
            let fault = read.err().map(|fault| fault.as_str());
            assert_eq!(fault, wanted, "{why}");
        }
    }

    #[test]
    fn other_topics_are_somebody_elses() {
        let post = SignalPost::new([("c".parse().unwrap(), None)], SignalBoard::default());
        assert_eq!(post.topics().collect::<Vec<_>>(), [TOPIC]);
        assert!(post.hears(TOPIC.as_bytes(), &state("c"), None, Timestamp::UNIX_EPOCH));
        assert!(!post.hears(
            b"vong/v1/signals/d/state",
            &state("d"),
            None,
            Timestamp::UNIX_EPOCH
        ));
    }
}
