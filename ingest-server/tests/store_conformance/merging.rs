//! Merges, splits and undoing, on the stored rows; and that decisions are kept with their reasons.

use std::collections::BTreeSet;

use ingest_server::incident::IncidentId;
use ingest_server::store::entity::{event, incident, merge_key, merge_profile, merge_witness};
use ingest_server::store::{self, Access as _, NewStep, Store};
use merge::Model;
use merge::casebook::{self, Refusal, Verb};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use crate::support::{Inserted, at, report, take_in};

fn id(number: u8) -> String {
    format!("0198a000-0000-7000-8000-0000000000{number:02}")
}

/// An event of some camera; each camera stands by itself unless `lat` says otherwise.
async fn file(store: &Store, number: u8, camera: &str, lat: f64, more: Value) {
    let mut changes = json!({
        "event_id": id(number),
        "camera": camera,
        "place": { "type": "point", "position": { "lat": lat, "lon": 107.0 }, "uncertainty_m": 8.0 },
    });
    for (key, value) in more.as_object().unwrap() {
        changes[key] = value.clone();
    }
    assert_eq!(take_in(store, &report(changes)).await, Inserted::New);
}

async fn home(store: &Store, number: u8) -> IncidentId {
    store::home_of_witness(store, &id(number))
        .await
        .unwrap()
        .unwrap()
}

/// Everything stored of the incidents, as text, but for what only grows: version and time of change.
async fn stored(store: &Store) -> String {
    let conn = store.conn();
    let mut incidents = incident::Entity::find()
        .order_by_asc(incident::Column::Id)
        .all(conn)
        .await
        .unwrap();
    for row in &mut incidents {
        (row.version, row.updated_at) = (0, 0);
    }
    let events = event::Entity::find()
        .order_by_asc(event::Column::EventId)
        .all(conn)
        .await
        .unwrap();
    let witnesses = merge_witness::Entity::find()
        .order_by_asc(merge_witness::Column::Id)
        .all(conn)
        .await
        .unwrap();
    let profiles = merge_profile::Entity::find()
        .order_by_asc(merge_profile::Column::IncidentId)
        .all(conn)
        .await
        .unwrap();
    let keys = merge_key::Entity::find()
        .order_by_asc(merge_key::Column::IncidentId)
        .order_by_asc(merge_key::Column::Key)
        .all(conn)
        .await
        .unwrap();
    format!("{incidents:#?}\n{events:#?}\n{witnesses:#?}\n{profiles:#?}\n{keys:#?}")
}

async fn merge(store: &Store, from: IncidentId, into: IncidentId) -> String {
    let tx = store.begin().await.unwrap();
    let (a, b) = (
        store::find_incident(&tx, from).await.unwrap().unwrap(),
        store::find_incident(&tx, into).await.unwrap().unwrap(),
    );
    let (a, b) = (
        store::side_of(&tx, &a).await.unwrap(),
        store::side_of(&tx, &b).await.unwrap(),
    );
    let plan = casebook::merge(&a, &b).unwrap();
    let new = NewStep {
        verb: Verb::Merge,
        from,
        actor: "lan",
        now: at(2_000),
    };
    let model = Model::shipped();
    let step = Box::pin(store::carry_out_step(&tx, &model, new, &plan))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    step
}

async fn undo(store: &Store, step: &str) -> Result<(), Refusal> {
    let tx = store.begin().await.unwrap();
    let step = store::step(&tx, step).await.unwrap().unwrap();
    let (a, b) = (
        store::find_incident(&tx, step.step.from)
            .await
            .unwrap()
            .unwrap(),
        store::find_incident(&tx, step.step.to)
            .await
            .unwrap()
            .unwrap(),
    );
    let (a, b) = (
        store::side_of(&tx, &a).await.unwrap(),
        store::side_of(&tx, &b).await.unwrap(),
    );
    let plan = casebook::undo(&step.step, &a, &b)?;
    let model = Model::shipped();
    Box::pin(store::undo_step(
        &tx,
        &model,
        &step,
        &plan,
        "lan",
        at(3_000),
    ))
    .await
    .unwrap();
    tx.commit().await.unwrap();
    Ok(())
}

pub(crate) async fn merge_and_undo_leave_every_row_as_it_was(store: &Store) {
    file(
        store,
        1,
        "cam-1",
        16.0,
        json!({ "severity": "high", "count": 3 }),
    )
    .await;
    file(
        store,
        2,
        "cam-2",
        16.5,
        json!({ "camera_name": "Cầu", "confidence": 0.75 }),
    )
    .await;
    file(
        store,
        2,
        "cam-2",
        16.5,
        json!({ "revision": 2, "phase": "updated", "count": 9 }),
    )
    .await;
    let before = stored(store).await;
    let step = merge(store, home(store, 2).await, home(store, 1).await).await;
    assert_eq!(home(store, 2).await, home(store, 1).await);
    assert_ne!(stored(store).await, before);
    assert_eq!(undo(store, &step).await, Ok(()));
    assert_eq!(stored(store).await, before);
    assert_eq!(undo(store, &step).await, Err(Refusal::AlreadyUndone));
}

/// A revision that comes while two incidents are one goes back with its event.
pub(crate) async fn what_came_later_is_kept_by_an_undo(store: &Store) {
    file(store, 1, "cam-1", 16.0, json!({})).await;
    file(store, 2, "cam-2", 16.5, json!({})).await;
    let (first, second) = (home(store, 1).await, home(store, 2).await);
    let step = merge(store, second, first).await;
    let over = json!({
        "revision": 2, "phase": "cleared",
        "occurred": { "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:09:00Z" },
    });
    file(store, 2, "cam-2", 16.5, over).await;
    assert_eq!(undo(store, &step).await, Ok(()));
    assert_eq!(home(store, 2).await, second);
    let row = store::find_incident(store, second).await.unwrap().unwrap();
    assert_eq!(
        (row.camera_phase.as_str(), row.report_count),
        ("cleared", 2)
    );
    assert_eq!(row.inside, None);
    let row = store::find_incident(store, first).await.unwrap().unwrap();
    assert_eq!((row.camera_phase.as_str(), row.event_count), ("raised", 1));
}

pub(crate) async fn cameras_of_one_place_file_one_incident_with_reasons(store: &Store) {
    file(store, 1, "cam-1", 16.0, json!({})).await;
    file(store, 2, "cam-2", 16.0001, json!({})).await;
    file(store, 3, "cam-3", 16.5, json!({})).await;
    let homes: BTreeSet<IncidentId> = BTreeSet::from([
        home(store, 1).await,
        home(store, 2).await,
        home(store, 3).await,
    ]);
    assert_eq!(homes.len(), 2);
    assert_eq!(home(store, 1).await, home(store, 2).await);
    let decisions = store::decisions_of_incident(store, home(store, 1).await, 10)
        .await
        .unwrap();
    let linked = decisions
        .iter()
        .find(|one| one.row.verdict == "linked")
        .unwrap();
    assert_eq!(linked.row.witness_id, id(2));
    assert!(linked.row.probability.unwrap() >= 0.97);
    let score = linked.score.as_ref().unwrap();
    assert!(score.findings.len() >= 3 && score.bits() > 5.0, "{score:?}");
}

/// Towers at 16° N that see one smoke, 3.3 km north of the middle between the first two.
fn smoke(tower: u8) -> Value {
    let (lon, lat, degrees) = [
        (107.00, 16.0, 45.0),
        (107.06, 16.0, 315.0),
        (107.03, 16.1, 180.0),
    ][usize::from(tower) - 1];
    json!({
        "kind": "fire_smoke", "detail": "smoke", "severity": "critical", "rule_version": "fire_smoke/1",
        "zone": null,
        "place": {
            "type": "bearing", "from": { "lat": lat, "lon": lon },
            "degrees": degrees, "uncertainty_deg": 1.0,
        },
    })
}

async fn place(store: &Store, id: IncidentId) -> Value {
    let row = store::find_incident(store, id).await.unwrap().unwrap();
    serde_json::from_str(row.place.as_deref().unwrap()).unwrap()
}

pub(crate) async fn two_bearings_are_a_place_and_an_undo_takes_it_back(store: &Store) {
    file(store, 1, "tower-1", 0.0, smoke(1)).await;
    let fire = home(store, 1).await;
    let bearing = place(store, fire).await;
    assert_eq!(bearing["type"], "bearing");
    file(store, 2, "tower-2", 0.0, smoke(2)).await;
    assert_eq!(home(store, 2).await, fire, "both see one smoke");
    let two = place(store, fire).await;
    assert_eq!(two["type"], "point");
    let lon = two["position"]["lon"].as_f64().unwrap();
    assert!((lon - 107.03).abs() < 0.001, "{two}");

    // A third tower, seen as another fire at first: people say that it is this one.
    let mut late = smoke(3);
    late["occurred"] = json!({ "start": "2025-12-31T09:00:00Z", "end": "2025-12-31T09:01:00Z" });
    late["phase"] = json!("cleared");
    file(store, 3, "tower-3", 0.0, late).await;
    let other = home(store, 3).await;
    assert_ne!(other, fire);
    let before = stored(store).await;
    let step = merge(store, other, fire).await;
    let three = place(store, fire).await;
    let radius = |place: &Value| place["uncertainty_m"].as_f64().unwrap();
    assert!(radius(&three) < radius(&two), "{two} {three}");
    assert_eq!(undo(store, &step).await, Ok(()));
    assert_eq!(place(store, fire).await, two, "the former place");
    assert_eq!(place(store, other).await["type"], "bearing");
    assert_eq!(stored(store).await, before);
}

/// Goods on a pavement, `metres` north of the first.
fn goods(metres: f64, count: u32) -> Value {
    json!({
        "kind": "encroachment", "detail": "goods", "rule_version": "encroachment/1", "count": count,
        "place": {
            "type": "point", "position": { "lat": 16.0 + metres / 111_195.0, "lon": 107.0 }, "uncertainty_m": 8.0,
        },
    })
}

/// A report that joins while two are one stays where it joined: an undo moves back what the merge moved, and
/// the rows are those of the reports that each incident has now.
pub(crate) async fn a_third_that_joined_is_kept_by_an_undo(store: &Store) {
    file(store, 1, "cam-1", 0.0, goods(0.0, 2)).await;
    file(store, 2, "cam-2", 0.0, goods(90.0, 3)).await;
    file(store, 3, "cam-3", 0.0, goods(91.0, 4)).await;
    let (first, second) = (home(store, 1).await, home(store, 2).await);
    assert_ne!(first, second);
    assert_eq!(home(store, 3).await, second);
    let step = merge(store, second, first).await;
    file(store, 4, "cam-4", 0.0, goods(90.5, 9)).await;
    assert_eq!(
        home(store, 4).await,
        first,
        "the one that has taken them in"
    );
    let row = store::find_incident(store, first).await.unwrap().unwrap();
    assert_eq!((row.event_count, row.count), (4, Some(9)));
    assert_eq!(undo(store, &step).await, Ok(()));
    for (number, home_of, expected) in
        [(1, first, 2), (2, second, 2), (3, second, 2), (4, first, 2)]
    {
        assert_eq!(home(store, number).await, home_of, "event {number}");
        let row = store::find_incident(store, home_of).await.unwrap().unwrap();
        assert_eq!((row.event_count, row.inside), (expected, None));
    }
    let count = async |id| {
        let row = store::find_incident(store, id).await.unwrap().unwrap();
        row.count
    };
    assert_eq!(
        (count(first).await, count(second).await),
        (Some(9), Some(4))
    );
}
