//! What Vọng asks of a broker.

use std::collections::BTreeSet;

use rumqttc::v5::mqttbytes::v5::PubAckReason;

use crate::client::{Client, Session, options, refusal, text};
use crate::harness::{AGENTS, Broker};
use crate::mosquitto::Mosquitto;

const GROUP: &str = "$share/ingest/vong/v1/agents/+/reports";
const REPORTS: &str = "vong/v1/agents/hue-01/reports";

async fn publish_numbered(agent: &mut Client, topic: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let reason = agent.publish(topic, &number.to_string()).await;
        assert!(
            matches!(
                reason,
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers
            ),
            "{reason:?}"
        );
    }
}

fn all(numbers: std::ops::Range<usize>) -> BTreeSet<String> {
    numbers.map(|number| number.to_string()).collect()
}

pub(crate) async fn a_share_group_outlives_a_member_with_unacknowledged_messages(
    broker: &mut impl Broker,
) {
    let mut leaver = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    let mut stayer = Client::server(broker, "vong-ingest-b", Session::Kept).await;
    leaver.subscribe(GROUP).await;
    stayer.subscribe(GROUP).await;
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    publish_numbered(&mut agent, REPORTS, 0..50).await;
    // It has at least one message in hand, and goes without a word.
    leaver.receive().await;
    leaver.vanish();
    publish_numbered(&mut agent, REPORTS, 50..60).await;
    let mut returned = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    let mut seen = BTreeSet::new();
    while seen != all(0..60) {
        let (client, message) = tokio::select! {
            message = stayer.receive() => (&stayer, message),
            message = returned.receive() => (&returned, message),
        };
        client.ack(&message).await;
        seen.insert(text(&message));
    }
}

pub(crate) async fn a_share_group_outlives_its_only_member(broker: &mut impl Broker) {
    let mut only = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    only.subscribe(GROUP).await;
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    publish_numbered(&mut agent, REPORTS, 0..10).await;
    only.receive().await;
    only.vanish();
    publish_numbered(&mut agent, REPORTS, 10..20).await;
    let mut returned = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    assert!(returned.session_present);
    let mut seen = BTreeSet::new();
    while seen != all(0..20) {
        let message = returned.receive().await;
        returned.ack(&message).await;
        seen.insert(text(&message));
    }
}

pub(crate) async fn a_newcomer_gets_more_than_a_hundred_retained_messages(
    broker: &mut impl Broker,
) {
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    for number in 0..150 {
        let topic = format!("vong/v1/agents/hue-01/cameras/cam-{number}/status");
        agent.retain(&topic, &number.to_string()).await;
    }
    let mut newcomer = Client::server(broker, "vong-ingest-a", Session::Fleeting).await;
    newcomer
        .subscribe("vong/v1/agents/+/cameras/+/status")
        .await;
    let mut seen = BTreeSet::new();
    while seen != all(0..150) {
        let message = newcomer.receive().await;
        assert!(message.retain);
        newcomer.ack(&message).await;
        seen.insert(text(&message));
    }
}

pub(crate) async fn acks_may_come_out_of_order(broker: &mut impl Broker) {
    let mut server = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    server.subscribe(GROUP).await;
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    publish_numbered(&mut agent, REPORTS, 0..10).await;
    let mut messages = Vec::new();
    while messages.len() < 10 {
        messages.push(server.receive().await);
    }
    // The odd ones backwards; the even ones never.
    for message in messages.iter().rev().filter(|message| odd(&text(message))) {
        server.ack(message).await;
    }
    // What comes after the acks on the same connection proves that they were read.
    server.publish("vong/v1/agents/hue-01/acks", "flush").await;
    server.vanish();
    let mut returned = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    publish_numbered(&mut agent, REPORTS, 10..11).await;
    let mut seen = BTreeSet::new();
    while !seen.contains("10") || seen.len() < 6 {
        let message = returned.receive().await;
        returned.ack(&message).await;
        seen.insert(text(&message));
    }
    let expected: BTreeSet<String> = ["0", "2", "4", "6", "8", "10"].map(String::from).into();
    assert_eq!(seen, expected, "what was acknowledged is not sent again");
}

fn odd(number: &str) -> bool {
    number.parse::<usize>().unwrap() % 2 == 1
}

pub(crate) async fn an_agent_cannot_publish_elsewhere(broker: &mut impl Broker) {
    let mut observer = Client::server(broker, "vong-ingest-a", Session::Fleeting).await;
    observer.subscribe("vong/v1/#").await;
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    for topic in [
        "vong/v1/agents/hue-02/reports",
        "vong/v1/agents/hue-02/status",
        "vong/v1/agents/hue-02/cameras/cam-1/status",
        "vong/v1/agents/hue-01/acks",
        "vong/v1/agents/hue-01/desired",
        "vong/v1/agents/hue-01/commands",
        "vong/v1/units/u-1/incidents",
        "vong/v1/signals/s-1/state",
        "vong/v1/other",
    ] {
        agent.publish(topic, "forbidden").await;
    }
    for leaf in ["reports", "status", "answers", "cameras/cam-1/status"] {
        agent
            .publish(&format!("vong/v1/agents/hue-01/{leaf}"), leaf)
            .await;
        // The broker keeps the order of one publisher, so a forbidden message would come first.
        let message = observer.receive().await;
        observer.ack(&message).await;
        assert_eq!(text(&message), leaf);
    }
}

pub(crate) async fn a_unit_reads_and_answers_on_its_own_topics_alone(broker: &mut impl Broker) {
    const ACKS: &str = "vong/v1/units/kiem-lam/acks";
    const INCIDENTS: &str = "vong/v1/units/kiem-lam/incidents";
    let mut server = Client::server(broker, "vong-ingest-a", Session::Fleeting).await;
    server.subscribe("vong/v1/units/+/acks").await;
    server.subscribe("vong/v1/agents/+/reports").await;
    let mut unit = Client::unit(broker, Session::Fleeting).await;
    for topic in [
        "vong/v1/units/other/acks",
        "vong/v1/agents/kiem-lam/reports",
        "vong/v1/agents/hue-01/reports",
    ] {
        unit.publish(topic, "forbidden").await;
    }
    unit.publish(ACKS, "allowed").await;
    let message = server.receive().await;
    server.ack(&message).await;
    assert_eq!(text(&message), "allowed");
    for filter in [
        "#",
        "vong/v1/units/+/incidents",
        "vong/v1/units/other/incidents",
        "vong/v1/agents/+/reports",
    ] {
        // A broker may refuse the subscription, or grant it and deliver nothing.
        unit.subscribe(filter).await;
    }
    unit.subscribe(INCIDENTS).await;
    for topic in [
        "vong/v1/units/other/incidents",
        "vong/v1/agents/hue-01/acks",
    ] {
        server.publish(topic, "forbidden").await;
    }
    server.publish(INCIDENTS, "told").await;
    let message = unit.receive().await;
    unit.ack(&message).await;
    assert_eq!(
        (message.topic.as_ref(), text(&message).as_str()),
        (INCIDENTS.as_bytes(), "told")
    );
}

pub(crate) async fn a_teller_tells_agents_one_thing_and_nobody_else_does(broker: &mut impl Broker) {
    const SIGNAL: &str = "vong/v1/signals/nga-tu-1/state";
    const POSE: &str = "vong/v1/agents/hue-01/cameras/thap-canh/pose";
    let elsewhere = [
        "vong/v1/signals/nga-tu-2/state",
        "vong/v1/agents/hue-02/cameras/thap-canh/pose",
        "vong/v1/agents/hue-01/cameras/thap-canh/status",
        "vong/v1/agents/hue-01/desired",
        "vong/v1/units/kiem-lam/incidents",
    ];
    let mut observer = Client::server(broker, "vong-ingest-a", Session::Fleeting).await;
    observer.subscribe("vong/v1/#").await;
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    for topic in [SIGNAL, POSE] {
        agent.subscribe(topic).await;
        // An agent names no state of a signal and no pose, be they its own cameras'.
        agent.publish(topic, "forbidden").await;
    }
    for (number, own) in [(0, SIGNAL), (1, POSE)] {
        let mut teller = Client::teller(broker, number).await;
        let others = [SIGNAL, POSE].into_iter().filter(|topic| *topic != own);
        for topic in elsewhere.into_iter().chain(others) {
            teller.publish(topic, "forbidden").await;
        }
        for filter in [
            "vong/v1/agents/#",
            "vong/v1/agents/+/acks",
            "vong/v1/agents/hue-01/cameras/+/pose",
        ] {
            // A broker may refuse the subscription, or grant it and deliver nothing.
            teller.subscribe(filter).await;
        }
        teller.retain(own, own).await;
        for client in [&mut observer, &mut agent] {
            let message = client.receive().await;
            client.ack(&message).await;
            assert_eq!(
                (text(&message).as_str(), &message.topic[..]),
                (own, own.as_bytes())
            );
        }
        // What it reads would have come before the answer to a publish of its own.
        observer
            .publish("vong/v1/agents/hue-01/acks", "forbidden")
            .await;
        let own_word = observer.receive().await;
        observer.ack(&own_word).await;
        teller.publish(own, "again").await;
        assert!(teller.heard_nothing());
        for client in [&mut observer, &mut agent] {
            let message = client.receive().await;
            client.ack(&message).await;
            assert_eq!(text(&message), "again");
        }
    }
}

pub(crate) async fn an_agent_cannot_read_elsewhere(broker: &mut impl Broker) {
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    for filter in [
        "#",
        "vong/v1/#",
        "vong/v1/agents/+/acks",
        "vong/v1/agents/hue-02/acks",
        "vong/v1/agents/+/reports",
        "$share/ingest/vong/v1/agents/+/reports",
        "vong/v1/units/+/incidents",
    ] {
        // A broker may refuse the subscription, or grant it and deliver nothing.
        agent.subscribe(filter).await;
    }
    for leaf in ["acks", "desired", "commands"] {
        agent
            .subscribe(&format!("vong/v1/agents/hue-01/{leaf}"))
            .await;
    }
    agent.subscribe("vong/v1/signals/+/state").await;
    let mut server = Client::server(broker, "vong-ingest-a", Session::Fleeting).await;
    for topic in [
        "vong/v1/agents/hue-02/acks",
        "vong/v1/agents/hue-02/reports",
        "vong/v1/agents/hue-02/desired",
        "vong/v1/agents/hue-02/commands",
        "vong/v1/units/u-1/incidents",
    ] {
        server.publish(topic, "forbidden").await;
    }
    for topic in [
        "vong/v1/agents/hue-01/acks",
        "vong/v1/agents/hue-01/desired",
        "vong/v1/agents/hue-01/commands",
        "vong/v1/signals/s-1/state",
    ] {
        server.publish(topic, topic).await;
        let message = loop {
            // Overlapping filters may bring a permitted message twice, never a forbidden one.
            let message = agent.receive().await;
            agent.ack(&message).await;
            assert_ne!(text(&message), "forbidden");
            if text(&message) == topic {
                break message;
            }
        };
        assert_eq!(message.topic, topic);
    }
}

pub(crate) async fn strangers_are_refused(broker: &mut impl Broker) {
    let (name, password) = AGENTS[0];
    let port = broker.agents_port();
    let anonymous = {
        let mut options = rumqttc::v5::MqttOptions::new(name, "127.0.0.1", port);
        options.set_keep_alive(std::time::Duration::from_secs(10));
        options
    };
    assert!(
        refusal(anonymous).await.is_some(),
        "nobody comes in without a password"
    );
    for (user, password) in [
        (name, "wrong"),
        (name, ""),
        ("nobody", password),
        ("ingest", "x"),
    ] {
        let attempt = options(port, user, password, user, Session::Fleeting);
        assert!(refusal(attempt).await.is_some(), "{user} with {password:?}");
    }
    let good = options(port, name, password, name, Session::Fleeting);
    assert_eq!(refusal(good).await, None);
}

pub(crate) async fn nobody_takes_over_anothers_session(broker: &mut impl Broker) {
    let mut victim = Client::agent(broker, 0, Session::Kept).await;
    victim.subscribe("vong/v1/agents/hue-01/acks").await;
    victim.vanish();
    let mut server = Client::server(broker, "vong-ingest-a", Session::Fleeting).await;
    server
        .publish("vong/v1/agents/hue-01/acks", "for hue-01 only")
        .await;
    // Another agent claims the client id: refused, or given a session of its own.
    let (thief, password) = AGENTS[1];
    let claim = options(
        broker.agents_port(),
        thief,
        password,
        "hue-01",
        Session::Kept,
    );
    let _: Option<_> = refusal(claim).await;
    let mut victim = Client::agent(broker, 0, Session::Kept).await;
    assert!(victim.session_present);
    assert_eq!(text(&victim.receive().await), "for hue-01 only");
}

/// The embedded broker keeps nothing over a kill (ADR 18), and nobody is shut out by it: who says
/// again what was not answered and subscribes at each connection, as agents and server do, is served.
pub(crate) async fn after_a_kill_everybody_begins_anew(broker: &mut impl Broker) {
    let mut server = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    server.subscribe(GROUP).await;
    let mut agent = Client::agent(broker, 0, Session::Kept).await;
    agent.publish(REPORTS, "before").await;
    broker.kill9().await;
    broker.restart().await;
    let mut returned = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    returned.subscribe(GROUP).await;
    let mut agent = Client::agent(broker, 0, Session::Kept).await;
    agent.publish(REPORTS, "before").await;
    agent.publish(REPORTS, "after").await;
    let mut seen = BTreeSet::new();
    while !seen.contains("after") {
        let message = returned.receive().await;
        returned.ack(&message).await;
        seen.insert(text(&message));
    }
    assert!(seen.contains("before"), "what is said again arrives");
}

pub(crate) async fn nothing_settled_is_lost_by_a_kill(broker: &mut Mosquitto) {
    let mut server = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    server.subscribe(GROUP).await;
    server.subscribe("vong/v1/agents/+/status").await;
    server.vanish();
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    agent
        .retain("vong/v1/agents/hue-01/cameras/cam-1/status", "retained")
        .await;
    publish_numbered(&mut agent, REPORTS, 0..100).await;
    agent.publish(REPORTS, "the last of them").await;
    broker.settled("the last of them").await;
    broker.kill9().await;
    broker.restart().await;
    let mut returned = Client::server(broker, "vong-ingest-a", Session::Kept).await;
    assert!(returned.session_present, "the session survives");
    let mut seen = BTreeSet::new();
    while seen.len() < 101 {
        let message = returned.receive().await;
        returned.ack(&message).await;
        assert!(seen.insert(text(&message)), "{} came twice", text(&message));
    }
    assert!(seen.is_superset(&all(0..100)));
    returned
        .subscribe("vong/v1/agents/+/cameras/+/status")
        .await;
    assert_eq!(
        text(&returned.receive().await),
        "retained",
        "retained messages survive"
    );
    let mut agent = Client::agent(broker, 0, Session::Fleeting).await;
    agent
        .publish("vong/v1/agents/hue-01/status", "still subscribed")
        .await;
    assert_eq!(
        text(&returned.receive().await),
        "still subscribed",
        "subscriptions survive"
    );
    // Mosquitto 2.0.11 forgets shared subscriptions over a restart, queued messages excepted. So
    // the server subscribes at each connection, and agents send until the server itself acks.
    returned.subscribe(GROUP).await;
    agent.publish(REPORTS, "after").await;
    assert_eq!(text(&returned.receive().await), "after");
}
