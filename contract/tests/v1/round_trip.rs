//! Whatever is written can be read back equal; whatever is read from strangers never panics.

use std::fmt::Debug;

use contract::v1::{
    Ack, AgentId, AutoReport, CameraId, CameraStatus, CloudEvent, EventId, EventType, Evidence,
    EvidenceId, Topic, UnitId, ZoneId, decode, encode,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::strategies;

fn through_json<T: Serialize + DeserializeOwned>(message: &T) -> T {
    serde_json::from_str(&serde_json::to_string(message).unwrap()).unwrap()
}

fn through_envelope<T>(event_type: EventType, data: T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let now = jiff::Timestamp::UNIX_EPOCH;
    let event = CloudEvent::new(
        event_type,
        "id/1".to_owned(),
        "/agents/a".to_owned(),
        now,
        data,
    );
    let again = decode::<T>(&encode(&event).unwrap(), event_type);
    prop_assert_eq!(again.map_err(|error| format!("{error:?}")), Ok(event));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn reports(report in strategies::report()) {
        prop_assert_eq!(report.validate(), Ok(()));
        through_envelope::<AutoReport>(EventType::Report, report)?;
    }

    #[test]
    fn evidence(entry in strategies::evidence()) {
        let again: Evidence = through_json(&entry);
        prop_assert_eq!(again.id(), entry.id());
        prop_assert_eq!(again.kind(), entry.kind());
        prop_assert_eq!(again, entry);
    }

    #[test]
    fn acks(ack in strategies::ack()) {
        through_envelope::<Ack>(EventType::Ack, ack)?;
    }

    #[test]
    fn camera_statuses(status in strategies::camera_status()) {
        through_envelope::<CameraStatus>(EventType::CameraStatus, status)?;
    }

    #[test]
    fn topics(topic in strategies::topic()) {
        prop_assert_eq!(topic.to_string().parse::<Topic>(), Ok(topic));
    }

    #[test]
    fn ids(
        agent in strategies::agent(), camera in strategies::camera(), zone in strategies::zone(),
        unit in strategies::unit(), event in strategies::event_id(),
        evidence in strategies::evidence_id(),
    ) {
        prop_assert_eq!(agent.to_string().parse::<AgentId>(), Ok(agent.clone()));
        prop_assert_eq!(camera.to_string().parse::<CameraId>(), Ok(camera.clone()));
        prop_assert_eq!(zone.to_string().parse::<ZoneId>(), Ok(zone.clone()));
        prop_assert_eq!(unit.to_string().parse::<UnitId>(), Ok(unit.clone()));
        prop_assert_eq!(event.to_string().parse::<EventId>(), Ok(event));
        prop_assert_eq!(evidence.to_string().parse::<EvidenceId>(), Ok(evidence));
        prop_assert_eq!(through_json(&camera), camera);
        prop_assert_eq!(through_json(&event), event);
    }

    #[test]
    fn a_foreign_topic_is_refused_or_means_what_it_says(text in ".{0,120}") {
        prop_assert!(text.parse::<Topic>().is_err());
    }

    #[test]
    fn a_topic_shaped_like_ours_is_refused_or_means_what_it_says(
        levels in prop::collection::vec("agents|cameras|units|signals|reports|acks|status|state|\
            desired|[a-z0-9+#$/.é-]{0,8}", 0..6)
    ) {
        let text = format!("vong/v1/{}", levels.join("/"));
        if let Ok(topic) = text.parse::<Topic>() {
            prop_assert_eq!(topic.to_string(), text);
        }
    }

    #[test]
    fn foreign_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode::<AutoReport>(&bytes, EventType::Report).is_err());
        prop_assert!(decode::<Ack>(&bytes, EventType::Ack).is_err());
    }
}
