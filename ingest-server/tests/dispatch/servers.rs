//! Several servers on one outbox: nothing lost, nothing told twice.

use std::collections::BTreeMap;

use contract::v1::{EventType, UnitIncident, decode};
use ingest_server::store;
use jiff::{SignedDuration, Timestamp};
use notice::State;

use crate::peers::Receiver;
use crate::site::{Site, smoke};

const FIRES: usize = 40;

fn targets(hook: &str) -> String {
    let target = |name: &str| {
        format!(
            r#"
            [[target]]
            name = "{name}"
            unit = "{name}"
            kinds = ["fire_smoke"]
            unreviewed_fire = "send"
            channel = {{ type = "webhook", url = "{hook}", secret_file = "secret", private_network = "allow" }}
            "#
        )
    };
    format!("{}{}", target("a"), target("b"))
}

#[tokio::test]
async fn servers_that_share_an_outbox_tell_each_message_once() {
    let hook = Receiver::start(&[]).await;
    let site = Site::start(&targets(&hook.url)).await;
    site.another_dispatcher();
    site.another_dispatcher();
    let mut agent = site.agent().await;
    for number in 0..FIRES {
        // Each on a camera of its own, at another end of the world.
        let mut report = smoke(&format!("thap-{number}"), 1.0);
        report["place"]["from"]["lat"] =
            (f64::from(u32::try_from(number).unwrap()) * 2.0 - 40.0).into();
        site.report(&mut agent, &report).await;
    }
    site.deliveries("every message", |all| {
        let sent = all.iter().filter(|one| one.state == State::Sent).count();
        sent == 2 * FIRES
    })
    .await;
    let mut times = BTreeMap::new();
    for got in hook.got() {
        let told = decode::<UnitIncident>(&got.body, EventType::UnitIncident).unwrap();
        *times
            .entry((told.data.incident, told.data.unit.to_string()))
            .or_insert(0) += 1;
    }
    assert_eq!(times.len(), 2 * FIRES);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[tokio::test]
async fn what_a_dead_server_held_is_taken_up_by_another_and_its_late_word_counts_nothing() {
    // No target: nobody but this test works the outbox.
    let site = Site::start("").await;
    let store = &site.store;
    let now = Timestamp::now();
    let lease = |at: Timestamp| at + SignedDuration::from_secs(60);
    let incident = ingest_server::incident::IncidentId::new();
    let facts = serde_json::from_value(serde_json::json!({
        "incident": incident.to_string(), "number": 1, "kind": "fire_smoke", "detail": "smoke",
        "severity": "high", "confidence": 0.5, "review": "unconfirmed", "course": "open",
        "camera": "x", "begun": now, "events": 1,
    }))
    .unwrap();
    // In the future, so that the site's own loop leaves it alone.
    let made = now + SignedDuration::from_hours(24);
    let tx = store.begin().await.unwrap();
    let so_far = store::thread_of(&tx, incident, "a").await.unwrap();
    let new = store::NewDelivery {
        incident,
        target: "a",
        unit: &"a".parse().unwrap(),
        word: notice::Word::Alert,
        cause: &notice::Cause::Raised,
        facts: &facts,
        ack_due_at: None,
    };
    store::insert_delivery(&tx, &so_far, &new, made)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let claim = async |at: Timestamp| {
        let tx = store.begin().await.unwrap();
        let claimed = store::claim_delivery(&tx, &[], at, lease(at))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    let first = claim(made).await.unwrap();
    assert!(claim(made).await.is_none(), "it is held");
    let later = lease(made);
    let second = claim(later).await.unwrap();
    assert_eq!((second.id, second.attempts), (first.id, 2));
    // The first server wakes up.
    let tx = store.begin().await.unwrap();
    assert!(
        !store::delivery_sent(&tx, &first, None, later)
            .await
            .unwrap()
    );
    assert!(
        store::delivery_sent(&tx, &second, None, later)
            .await
            .unwrap()
    );
    assert!(
        !store::delivery_sent(&tx, &second, None, later)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}
