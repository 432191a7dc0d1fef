//! A rule that cannot be judged is told loudly, and the next one takes the incident.

use metrics_exporter_prometheus::PrometheusBuilder;

use super::*;

#[tokio::test]
async fn a_rule_that_cannot_be_judged_alarms_and_is_passed_by() {
    let town = Town::new().await;
    let broken = UNITS.replace(
        "rules = [",
        "rules = [\n{ name = \"xa-cu\", when = { area = [\"xa-da-giai-the\"] }, lead = \"cap-nuoc\" },",
    );
    town.set(&broken).await;
    let id = town
        .open(
            "encroachment",
            OpenedBy::Camera,
            Source::Camera,
            Urgency::Normal,
        )
        .await;
    // This test runs in one thread, so that what is counted here is counted by it.
    let recorder = PrometheusBuilder::new().build_recorder();
    let counted = recorder.handle();
    let guard = metrics::set_default_local_recorder(&recorder);
    let taken = town
        .takes(id, &operator(), Action::Confirm, 1)
        .await
        .unwrap();
    drop(guard);
    assert_eq!(taken.after.lead, Some(unit("trat-tu")));
    let counted = counted.render();
    assert!(
        counted.contains("vong_routing_rules_broken_total 1"),
        "{counted}"
    );
    let route = store::route_of(&town.store, id).await.unwrap().unwrap();
    let explanation: serde_json::Value = serde_json::from_str(&route.explanation).unwrap();
    let reasons = explanation["reasons"].as_array().unwrap();
    let verdicts: Vec<(&str, &str)> = reasons
        .iter()
        .map(|reason| {
            let word = |key: &str| reason[key].as_str().unwrap();
            (word("rule"), word("verdict"))
        })
        .collect();
    assert_eq!(
        verdicts,
        [("xa-cu", "broken"), ("nuoc", "fails"), ("via-he", "fits")]
    );
    let why = reasons[0]["term"].as_str().unwrap();
    assert!(why.contains("xa-da-giai-the"), "{why}");
}

#[tokio::test]
async fn what_citizens_tell_is_routed_by_what_it_is_within_its_family() {
    let town = Town::new().await;
    let rules = UNITS.replace(
        "rules = [",
        "rules = [\n{ name = \"den\", when = { category = [\"infrastructure/street_light\"] }, lead = \"trat-tu\" },\n\
         { name = \"ong\", when = { category = [\"infrastructure/leak\"] }, lead = \"cap-nuoc\" },",
    );
    town.set(&rules).await;
    // `open` files everything as a leak.
    let id = town
        .open(
            "infrastructure",
            OpenedBy::Camera,
            Source::Citizen,
            Urgency::Normal,
        )
        .await;
    let taken = town
        .takes(id, &operator(), Action::Confirm, 1)
        .await
        .unwrap();
    assert_eq!(taken.after.lead, Some(unit("cap-nuoc")));
}

#[tokio::test]
async fn a_rehearsal_over_some_days_says_what_would_go_elsewhere_by_todays_danger_level() {
    let town = Town::new().await;
    let agent: contract::v1::AgentId = "rung-01".parse().unwrap();
    let open = async |number: i64, kind: &str, days: i64| {
        let id = IncidentId::new();
        let row = incident::Model {
            number,
            kind: kind.to_owned(),
            severity: "medium".to_owned(),
            agent: agent.to_string(),
            ..incident::Model::opened(id, OpenedBy::Camera, Source::Camera, at(-days * 24 * 60))
        };
        let tx = town.store.begin().await.unwrap();
        store::insert_incident(&tx, row).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    let fire = open(3, "fire_smoke", 5).await;
    open(2, "encroachment", 5).await;
    let old = open(1, "fire_smoke", 95).await;
    let rules = UNITS.replace(
        "rules = [",
        "rules = [\n{ name = \"chay\", when = { category = [\"fire_smoke\"], danger_level = 4 }, lead = \"cap-nuoc\" },",
    );
    let policy = Policy::from_toml(&format!("{rules}\n{}", Policy::shipped_text())).unwrap();
    let rehearse = async |days| {
        let document = policy.to_json().unwrap();
        let (found, _) =
            super::super::setup::rehearse_policy(&town.store, &town.offices, document, days, at(0))
                .await
                .unwrap();
        let moved: Vec<IncidentId> = found.moved.iter().map(|moved| moved.incident).collect();
        (found.looked_at, found.taken["chay"], moved)
    };
    assert_eq!(
        rehearse(90).await,
        (2, 0, Vec::new()),
        "no level is declared"
    );
    let tx = town.store.begin().await.unwrap();
    let desired = contract::v1::Desired {
        danger_level: Some(4),
        ..contract::v1::Desired::default()
    };
    store::replace_desired(&tx, &agent, 0, desired, "quan-tri", at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rehearse(90).await, (2, 1, vec![fire]));
    assert_eq!(rehearse(100).await, (3, 2, vec![fire, old]), "newest first");
    assert_eq!(town.row(fire).await.version, 1, "nothing changed");
}
