//! No acknowledgement in time: others are told.

use contract::v1::Severity;
use ingest_server::incident::IncidentId;
use ingest_server::store::{self, NewDelivery};
use jiff::{SignedDuration, Timestamp};
use notice::facts::{Course, Facts, Review};
use notice::{Cause, Family, State, Word};

use crate::peers::Receiver;
use crate::site::{Site, smoke};

fn targets(hook: &str) -> String {
    format!(
        r#"
        [[target]]
        name = "tram"
        unit = "tram-3"
        kinds = ["fire_smoke"]
        unreviewed_fire = "send"
        ack_within_s = 10
        escalate_to = ["chi-huy"]
        channel = {{ type = "mqtt" }}

        [[target]]
        name = "chi-huy"
        unit = "chi-huy"
        kinds = ["stray_cattle"]
        channel = {{ type = "webhook", url = "{hook}", secret_file = "secret", private_network = "allow" }}
        "#
    )
}

#[tokio::test]
async fn what_nobody_acknowledges_is_told_to_others_once() {
    let hook = Receiver::start(&[]).await;
    let site = Site::start(&targets(&hook.url)).await;
    let mut agent = site.agent().await;
    site.report(&mut agent, &smoke("thap-1", 1.0)).await;
    let got = hook.wait(1).await;
    let text = String::from_utf8(got[0].body.to_vec()).unwrap();
    assert!(text.contains("\"cause\":\"no_ack\""), "{text}");
    let told = site
        .deliveries("the escalation", |all| {
            all.iter().any(|one| one.escalated_at.is_some())
        })
        .await;
    assert_eq!(told.len(), 2, "{told:?}");
    // It was awaited from the message's making on, and not escalated before.
    let late = told.iter().find(|one| one.target == "tram").unwrap();
    assert!(late.escalated_at >= late.ack_due_at);
    assert_eq!(hook.got().len(), 1);
}

#[tokio::test]
async fn an_update_does_not_put_off_the_acknowledgement_that_is_awaited() {
    let site = Site::start("").await;
    let facts = Facts {
        incident: IncidentId::new().to_string(),
        number: 1,
        kind: Family::FireSmoke,
        detail: "smoke".to_owned(),
        severity: Severity::High,
        confidence: 0.5,
        review: Review::Unconfirmed,
        rejected_reason: None,
        course: Course::Open,
        place: None,
        camera: "Tháp".to_owned(),
        begun: Timestamp::UNIX_EPOCH,
        ended: None,
        events: 1,
        reports: 0,
        lead: None,
        bundle: None,
        besides: Vec::new(),
    };
    let incident: IncidentId = facts.incident.parse().unwrap();
    // Far from now, so that no loop takes them up.
    let now = Timestamp::now().as_microsecond();
    let now = Timestamp::from_microsecond(now).unwrap() + SignedDuration::from_hours(24);
    let due = |seconds| Some(now + SignedDuration::from_secs(seconds));
    let unit = "tram-3".parse().unwrap();
    let new = |word, cause, ack_due_at| NewDelivery {
        incident,
        target: "tram",
        unit: &unit,
        word,
        cause,
        facts: &facts,
        ack_due_at,
    };
    let tx = site.store.begin().await.unwrap();
    for (message, expected) in [
        (new(Word::Alert, &Cause::Raised, due(300)), due(300)),
        // Later, and awaited no longer than the first.
        (new(Word::Update, &Cause::Again, due(600)), due(300)),
        (new(Word::Cancel, &Cause::Rejected, None), None),
    ] {
        let so_far = store::thread_of(&tx, incident, "tram").await.unwrap();
        let id = store::insert_delivery(&tx, &so_far, &message, now)
            .await
            .unwrap();
        let written = store::delivery(&tx, id).await.unwrap().unwrap();
        assert_eq!(written.ack_due_at, expected);
        let claimed = store::claim_delivery(&tx, &[], now, now + SignedDuration::from_mins(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(claimed.id, id);
        assert!(
            store::delivery_sent(&tx, &claimed, None, now)
                .await
                .unwrap()
        );
    }
    let all = store::deliveries_of_incident(&tx, incident).await.unwrap();
    let awaited = all.iter().filter(|one| one.ack_due_at.is_some()).count();
    assert_eq!(awaited, 0, "what was taken back is awaited no more");
    assert!(all.iter().all(|one| one.state == State::Sent));
}
