//! A city of open and closed incidents on a grid, each of one event with a still, as rows: many in a
//! statement, since what is measured is what comes after.

use contract::v1::{AutoReport, EventId};
use ingest_server::incident::{IncidentId, witness};
use ingest_server::store::entity::{event, evidence, incident, merge_key, merge_profile};
use ingest_server::store::{Access as _, Store, Tx};
use jiff::Timestamp;
use merge::block::filed_under;
use merge::{Model, Profile};
use sea_orm::{EntityTrait, InsertMany, Set};
use serde_json::json;

/// Metres from one incident to the next: some 190 on the ground of one question.
pub(crate) const SPACING_M: f64 = 23.5;
const METRES_PER_DEGREE: f64 = 111_195.0;
/// Rows in a statement, statements in a transaction.
const ROWS: usize = 256;
const STATEMENTS: usize = 40;
/// Above every number that the store gives itself.
const FIRST_NUMBER: usize = 1_000_000_000;

/// A report from so many metres east and north of the city's corner.
pub(crate) fn report(event: EventId, camera: &str, (east, north): (f64, f64)) -> AutoReport {
    let lat: f64 = 11.0 + north / METRES_PER_DEGREE;
    let lon = 107.0 + east / (METRES_PER_DEGREE * 11.0_f64.to_radians().cos());
    serde_json::from_value(json!({
        "event_id": event, "revision": 1, "phase": "raised", "kind": "encroachment",
        "detail": "goods", "confidence": 0.5, "severity": "low",
        "occurred": { "start": "2026-01-01T00:00:00Z" }, "clock": { "source": "agent" },
        "place": { "type": "point", "position": { "lat": lat, "lon": lon }, "uncertainty_m": 8.0 },
        "agent": "city-01", "camera": camera, "zone": "pavement", "rule_version": "encroachment/1",
    }))
    .unwrap()
}

/// Fills an empty store with so many incidents.
pub(crate) async fn fill(store: &Store, model: &Model, count: usize) {
    let side = (count as f64).sqrt().ceil() as usize;
    let mut at = 0;
    while at < count {
        let tx = store.begin().await.unwrap();
        for _ in 0..STATEMENTS {
            let end = (at + ROWS).min(count);
            if at == end {
                break;
            }
            write(&tx, model, (at..end, side)).await;
            at = end;
        }
        tx.commit().await.unwrap();
    }
}

async fn write(tx: &Tx, model: &Model, (numbers, side): (std::ops::Range<usize>, usize)) {
    let now = Timestamp::now().as_microsecond();
    let (mut incidents, mut events, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
    let (mut profiles, mut keys) = (Vec::new(), Vec::new());
    for number in numbers {
        let place = ((number % side) as f64, (number / side) as f64);
        let camera = format!("c{number}");
        let event = EventId::new();
        let seen = report(event, &camera, (place.0 * SPACING_M, place.1 * SPACING_M));
        let profile = Profile::of([witness::of(&seen)]);
        let id = IncidentId::new().to_string();
        for key in filed_under(model, &profile) {
            keys.push(merge_key::ActiveModel {
                key: Set(key.as_str().to_owned()),
                incident_id: Set(id.clone()),
                until: Set(i64::MAX),
            });
        }
        profiles.push(merge_profile::ActiveModel {
            incident_id: Set(id.clone()),
            profile: Set(serde_json::to_string(&profile).unwrap()),
        });
        pieces.push(piece_of(&event));
        events.push(event_of(&seen, &id));
        incidents.push(incident_of((id, number), &seen, now));
    }
    insert(tx, incidents).await;
    insert(tx, events).await;
    insert(tx, pieces).await;
    insert(tx, profiles).await;
    insert(tx, keys).await;
}

async fn insert<A>(tx: &Tx, rows: Vec<A>)
where
    A: sea_orm::ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: sea_orm::IntoActiveModel<A>,
{
    InsertMany::<A>::many(rows)
        .exec_without_returning(tx.conn())
        .await
        .unwrap();
}

/// One in twenty is new, one is being looked at; one in fifty is a fire.
fn incident_of(
    (id, number): (String, usize),
    seen: &AutoReport,
    now: i64,
) -> incident::ActiveModel {
    let (state, reason) = match number % 20 {
        0 => ("new", None),
        1 => ("acknowledged", None),
        2..=7 => ("confirmed", None),
        _ => ("rejected", Some("not_eligible".to_owned())),
    };
    let (kind, detail) = match number % 50 {
        25 => ("fire_smoke", "smoke"),
        _ => ("encroachment", "goods"),
    };
    incident::ActiveModel {
        id: Set(id),
        number: Set((FIRST_NUMBER + number) as i64),
        kind: Set(kind.to_owned()),
        detail: Set(detail.to_owned()),
        severity: Set("low".to_owned()),
        confidence: Set(0.5),
        state: Set(state.to_owned()),
        camera_phase: Set("raised".to_owned()),
        agent: Set("city-01".to_owned()),
        camera: Set(seen.camera.to_string()),
        zone: Set(Some("pavement".to_owned())),
        place: Set(seen
            .place
            .map(|place| serde_json::to_string(&place).unwrap())),
        occurred_start: Set(1_767_225_600_000_000),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
        event_count: Set(1),
        report_count: Set(1),
        rejected_reason: Set(reason.clone()),
        state_detail: Set(reason),
        open_events: Set(1),
        raised_events: Set(1),
        ..incident::ActiveModel::default()
    }
}

fn event_of(seen: &AutoReport, incident: &str) -> event::ActiveModel {
    event::ActiveModel {
        event_id: Set(seen.event_id.to_string()),
        agent: Set("city-01".to_owned()),
        camera: Set(seen.camera.to_string()),
        zone: Set(Some("pavement".to_owned())),
        kind: Set("encroachment".to_owned()),
        detail: Set("goods".to_owned()),
        phase: Set("raised".to_owned()),
        confidence: Set(0.5),
        severity: Set("low".to_owned()),
        occurred_start: Set(1_767_225_600_000_000),
        revision: Set(1),
        report_count: Set(1),
        clock: Set("{\"source\":\"agent\"}".to_owned()),
        tracks: Set("[]".to_owned()),
        rule_version: Set("encroachment/1".to_owned()),
        incident_id: Set(Some(incident.to_owned())),
        ..event::ActiveModel::default()
    }
}

fn piece_of(event: &EventId) -> evidence::ActiveModel {
    evidence::ActiveModel {
        event_id: Set(event.to_string()),
        id: Set(contract::v1::EvidenceId::new().to_string()),
        agent: Set("city-01".to_owned()),
        kind: Set("still".to_owned()),
        state: Set("stored".to_owned()),
        revision: Set(1),
        owner: Set("event".to_owned()),
        ..evidence::ActiveModel::default()
    }
}
