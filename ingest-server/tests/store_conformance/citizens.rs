//! What citizens told, on the stored rows: placed like a camera's event, moved by people, erased.

use casework::routing::Source;
use ingest_server::changes::Change;
use ingest_server::incident::IncidentId;
use ingest_server::store::entity::{
    citizen_contact, citizen_file, citizen_report, citizen_update, incident, merge_witness,
};
use ingest_server::store::{self, Access as _, NewStep, NewTold, ReportFilter, Store};
use merge::casebook::{self, Verb};
use merge::{Code, Model, Picture, Place, Source as Said, Span, Witness};
use sea_orm::EntityTrait as _;
use uuid::Uuid;

use crate::support::{at, report, take_in};

fn row(number: u128, lat: f64, severity: &str) -> citizen_report::Model {
    citizen_report::Model {
        id: Uuid::from_u128(0x0198_a111_0000_7000_8000_0000_0000_0000 + number).to_string(),
        number: 0,
        idempotency: Some(format!("{number:064x}")),
        body_sha256: "b".to_owned(),
        code_hash: format!("code {number}"),
        channel: "portal".to_owned(),
        filed_by: None,
        service: "rac-thai".to_owned(),
        category: "environment/litter".to_owned(),
        severity: severity.to_owned(),
        description: "Rác BÍMẬT đầy đường".to_owned(),
        attributes: "{\"a\":[\"BÍMẬT\"]}".to_owned(),
        lat: Some(lat),
        lon: Some(107.0),
        uncertainty_m: Some(10.0),
        address: Some("BÍMẬT".to_owned()),
        address_id: None,
        occurred_at: at(100 + i64::try_from(number).unwrap()).as_microsecond(),
        received_at: at(200 + i64::try_from(number).unwrap()).as_microsecond(),
        media_url: None,
        reporter: Some("BÍMẬT".to_owned()),
        rating: None,
        rating_note: Some("BÍMẬT".to_owned()),
        rated_at: None,
        keep_days: 1,
        hold: None,
        hold_by: None,
        hold_at: None,
        anonymised_at: None,
        erased_at: None,
    }
}

/// Files a report as the reception does; returns its incident.
async fn tell(store: &Store, row: &citizen_report::Model, joins: Option<IncidentId>) -> IncidentId {
    let witness = Witness {
        id: row.id.clone(),
        source: Said::Citizen,
        category: Code::new("environment/litter"),
        named: None,
        place: Some(Place::Point {
            lat: row.lat.unwrap(),
            lon: 107.0,
            uncertainty_m: 10.0,
        }),
        occurred: Span::at(at(100)),
        text: Some(row.description.clone()),
        pictures: vec![Picture {
            sha256: "BÍMẬT".to_owned(),
            perceptual: Some(1),
        }],
        plate: None,
        camera: None,
        zone: None,
        reporter: row.reporter.clone(),
    };
    let new = NewTold {
        witness: &witness,
        kind: "environment",
        detail: "litter",
        told: store::told_of(row).unwrap(),
        actor: "reporter",
        source: Source::Citizen,
        joins,
        now: at(300),
    };
    let tx = store.begin().await.unwrap();
    let applied = store::file_told(&tx, &Model::shipped(), &new)
        .await
        .unwrap();
    let file = citizen_file::Model {
        id: format!("file {}", row.id),
        report_id: row.id.clone(),
        position: 0,
        mime: "image/jpeg".to_owned(),
        bytes: 1,
        sha256: "s".to_owned(),
        original_sha256: "BÍMẬT".to_owned(),
        perceptual: None,
        width: None,
        height: None,
        object_key: "key".to_owned(),
        taken_at: None,
        taken_lat: Some(1.0),
        taken_lon: Some(1.0),
        taken_error_m: None,
        redacted_key: Some("covered".to_owned()),
        redacted_bytes: Some(1),
    };
    store::insert_citizen_report(&tx, row.clone(), vec![file])
        .await
        .unwrap();
    let contact = citizen_contact::Model {
        report_id: row.id.clone(),
        key_id: "k1".to_owned(),
        sealed: "BÍMẬT".to_owned(),
        created_at: 0,
    };
    store::put_contact(&tx, contact).await.unwrap();
    tx.commit().await.unwrap();
    match applied.change {
        Change::Incident { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

async fn stored(store: &Store, id: IncidentId) -> incident::Model {
    store::find_incident(store, id).await.unwrap().unwrap()
}

pub(crate) async fn what_is_told_opens_joins_and_sums_up(store: &Store) {
    let first = tell(store, &row(1, 16.0, "medium"), None).await;
    let opened = stored(store, first).await;
    assert_eq!(
        (opened.kind.as_str(), opened.detail.as_str()),
        ("environment", "litter")
    );
    assert_eq!(
        (opened.severity.as_str(), opened.event_count, opened.number),
        ("medium", 0, 1)
    );
    assert_eq!(opened.opened_by, "reporter");
    let second = tell(store, &row(2, 16.0005, "high"), Some(first)).await;
    assert_eq!(second, first);
    let joined = stored(store, first).await;
    assert_eq!((joined.severity.as_str(), joined.version), ("high", 2));
    let told = store::told_of_row(&joined).unwrap().unwrap();
    assert_eq!((told.reports, told.start), (2, at(101).as_microsecond()));
    let far = tell(store, &row(3, 16.5, "low"), None).await;
    assert_ne!(far, first);
    let history = store::history_of_incident(store, first).await.unwrap();
    let words: Vec<_> = history
        .iter()
        .map(|(row, _)| (row.actor.as_str(), row.action.as_str()))
        .collect();
    assert_eq!(words, [("reporter", "open"), ("reporter", "link")]);
    let numbers = |filter: ReportFilter| async move {
        let rows = store::citizen_reports(store, &filter).await.unwrap();
        rows.iter().map(|row| row.number).collect::<Vec<_>>()
    };
    let all = ReportFilter {
        to: i64::MAX,
        limit: 10,
        ..ReportFilter::default()
    };
    assert_eq!(numbers(all.clone()).await, [3, 2, 1]);
    assert_eq!(
        numbers(ReportFilter {
            closed: Some(false),
            ..all.clone()
        })
        .await,
        [3, 2, 1]
    );
    assert_eq!(
        numbers(ReportFilter {
            closed: Some(true),
            ..all.clone()
        })
        .await,
        [] as [i64; 0]
    );
    assert_eq!(
        numbers(ReportFilter {
            limit: 1,
            offset: 1,
            ..all.clone()
        })
        .await,
        [2]
    );
    assert_eq!(
        numbers(ReportFilter {
            numbers: Some(vec![2, 9]),
            ..all.clone()
        })
        .await,
        [2]
    );
    assert_eq!(
        numbers(ReportFilter {
            services: vec!["khac".to_owned()],
            ..all
        })
        .await,
        [] as [i64; 0]
    );
}

/// A camera's incident that takes a citizen's in, and lets it go again: both rows stand as they stood.
pub(crate) async fn merging_citizens_and_cameras_and_undoing_it(store: &Store) {
    let event = report(serde_json::json!({
        "place": { "type": "point", "position": { "lat": 16.0, "lon": 107.0 }, "uncertainty_m": 8.0 },
    }));
    take_in(store, &event).await;
    let camera = store::home_of_witness(store, &event.event_id.to_string())
        .await
        .unwrap()
        .unwrap();
    let citizen = tell(store, &row(1, 16.5, "critical"), None).await;
    let before = (plain(store, camera).await, plain(store, citizen).await);
    let tx = store.begin().await.unwrap();
    let side = |id| {
        let tx = &tx;
        async move {
            let row = store::find_incident(tx, id).await.unwrap().unwrap();
            store::side_of(tx, &row).await.unwrap()
        }
    };
    let (from, to) = (side(citizen).await, side(camera).await);
    let plan = casebook::merge(&from, &to).unwrap();
    let new = NewStep {
        verb: Verb::Merge,
        from: citizen,
        actor: "lan",
        now: at(2_000),
    };
    let model = Model::shipped();
    let step = store::carry_out_step(&tx, &model, new, &plan)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let merged = stored(store, camera).await;
    assert_eq!(
        (merged.severity.as_str(), merged.event_count),
        ("critical", 1)
    );
    assert_eq!(
        store::told_of_row(&merged)
            .unwrap()
            .map(|told| told.reports),
        Some(1)
    );
    assert_eq!(
        store::citizen_reports_of_incident(store, camera, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    let tx = store.begin().await.unwrap();
    let step = store::step(&tx, &step).await.unwrap().unwrap();
    let rows = (
        store::find_incident(&tx, citizen).await.unwrap().unwrap(),
        store::find_incident(&tx, camera).await.unwrap().unwrap(),
    );
    let sides = (
        store::side_of(&tx, &rows.0).await.unwrap(),
        store::side_of(&tx, &rows.1).await.unwrap(),
    );
    let plan = casebook::undo(&step.step, &sides.0, &sides.1).unwrap();
    store::undo_step(&tx, &model, &step, &plan, "lan", at(3_000))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (plain(store, camera).await, plain(store, citizen).await),
        before
    );
}

/// A row but for what only grows.
async fn plain(store: &Store, id: IncidentId) -> incident::Model {
    let mut row = stored(store, id).await;
    (row.version, row.updated_at) = (0, 0);
    row
}

pub(crate) async fn what_is_erased_is_in_no_table(store: &Store) {
    let told = row(1, 16.0, "medium");
    let incident = tell(store, &told, None).await;
    let other = row(2, 16.0, "medium");
    tell(store, &other, Some(incident)).await;
    let tx = store.begin().await.unwrap();
    let update = citizen_update::Model {
        id: "u".to_owned(),
        report_id: told.id.clone(),
        client: "hue-s".to_owned(),
        update_id: "1".to_owned(),
        at: 1,
        status: "OPEN".to_owned(),
        description: "BÍMẬT".to_owned(),
        media_url: None,
    };
    assert!(store::insert_update(&tx, update.clone()).await.unwrap());
    let again = citizen_update::Model {
        id: "v".to_owned(),
        ..update
    };
    assert!(
        !store::insert_update(&tx, again).await.unwrap(),
        "an update is known by its id"
    );
    let model = Model::shipped();
    let stored_row = store::citizen_report(&tx, &told.id).await.unwrap().unwrap();
    let alone = store::erase_citizen_report(&tx, &model, &stored_row, at(900))
        .await
        .unwrap();
    assert_eq!(
        alone,
        [] as [String; 0],
        "another report shows the same file"
    );
    let stored_other = store::citizen_report(&tx, &other.id)
        .await
        .unwrap()
        .unwrap();
    let alone = store::erase_citizen_report(&tx, &model, &stored_other, at(900))
        .await
        .unwrap();
    assert_eq!(alone, ["key", "covered"]);
    tx.commit().await.unwrap();
    let conn = store.conn();
    let mut left = format!(
        "{:?}",
        citizen_report::Entity::find().all(conn).await.unwrap()
    );
    left += &format!(
        "{:?}",
        citizen_file::Entity::find().all(conn).await.unwrap()
    );
    left += &format!(
        "{:?}",
        citizen_contact::Entity::find().all(conn).await.unwrap()
    );
    left += &format!(
        "{:?}",
        citizen_update::Entity::find().all(conn).await.unwrap()
    );
    left += &format!(
        "{:?}",
        merge_witness::Entity::find().all(conn).await.unwrap()
    );
    left += &format!(
        "{:?}",
        store::entity::merge_profile::Entity::find()
            .all(conn)
            .await
            .unwrap()
    );
    assert!(!left.contains("BÍMẬT"), "{left}");
    let stone = store::citizen_report(store, &told.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (stone.erased_at, stone.number),
        (Some(at(900).as_microsecond()), 1)
    );
    assert_eq!(
        stored(store, incident).await.state,
        "new",
        "the incident stays"
    );
}

pub(crate) async fn one_key_is_one_report(store: &Store) {
    let told = row(1, 16.0, "medium");
    let key = told.idempotency.clone().unwrap();
    let tx = store.begin().await.unwrap();
    assert!(store::filed_before(&tx, &key).await.unwrap().is_none());
    drop(tx);
    tell(store, &told, None).await;
    let tx = store.begin().await.unwrap();
    let known = store::filed_before(&tx, &key).await.unwrap().unwrap();
    assert_eq!((known.id, known.number), (told.id, 1));
}
