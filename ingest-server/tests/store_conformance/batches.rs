//! However reports are cut into batches, the rows end up as if they had been filed one by one.

use std::collections::HashMap;
use std::future::Future;

use contract::v1::AutoReport;
use ingest_server::incident::IncidentId;
use ingest_server::incident::history;
use ingest_server::store::entity::{camera, event, evidence, incident, report as report_table};
use ingest_server::store::{self, Access as _, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::json;

use crate::support::{put_all, report};

/// Sequences that are tried, each whole, in pieces and one by one.
const SEQUENCES: usize = 3;
const REPORTS: usize = 40;

/// Everything that must not depend on the cut. Ids that the server mints are replaced by numbers.
#[derive(Debug, PartialEq)]
struct Rows {
    said: Vec<crate::support::Inserted>,
    reports: Vec<report_table::Model>,
    events: Vec<event::Model>,
    evidence: Vec<evidence::Model>,
    cameras: Vec<camera::Model>,
    incidents: Vec<incident::Model>,
    history: Vec<(i64, Vec<String>)>,
}

pub(crate) async fn every_cut_into_batches_gives_the_same_rows<F>(fresh: impl Fn() -> F)
where
    F: Future<Output = Store>,
{
    let mut runner = TestRunner::deterministic();
    for _ in 0..SEQUENCES {
        let reports = sequence().new_tree(&mut runner).unwrap().current();
        let mut expected = None;
        for size in [1, 7, REPORTS] {
            let store = fresh().await;
            let mut said = Vec::new();
            for batch in reports.chunks(size) {
                said.extend(file(&store, batch).await);
            }
            let rows = rows(&store, said).await;
            store.close().await;
            match &expected {
                None => expected = Some(rows),
                Some(expected) => assert_eq!(&rows, expected, "batches of {size}"),
            }
        }
    }
}

async fn file(store: &Store, batch: &[AutoReport]) -> Vec<crate::support::Inserted> {
    let payloads: Vec<Vec<u8>> = batch
        .iter()
        .map(|report| serde_json::to_vec(report).unwrap())
        .collect();
    let pairs: Vec<(&AutoReport, &[u8])> = batch
        .iter()
        .zip(payloads.iter().map(Vec::as_slice))
        .collect();
    let tx = store.begin().await.unwrap();
    let said = put_all(&tx, &pairs).await;
    tx.commit().await.unwrap();
    said
}

/// Reports of few events on few cameras, in any order, so that duplicates, conflicts, links,
/// recurrences and late revisions all happen.
fn sequence() -> impl Strategy<Value = Vec<AutoReport>> {
    let one = (0..8_u8, 1..4_u8, 0..3_usize, 0..3_u8, 0..2_u8, 0..4_u8);
    let one = one.prop_map(|(event, revision, phase, confidence, zone, start)| {
        let phase = ["raised", "updated", "cleared"][phase];
        let camera = event % 2;
        let mut made = json!({
            "event_id": format!("0198a000-0000-7000-8000-0000000000{event:02}"),
            "revision": revision,
            "phase": phase,
            "confidence": f32::from(confidence) / 4.0,
            "camera": format!("cam-{camera}"),
            "camera_name": format!("Camera {confidence}"),
            "occurred": { "start": format!("2026-01-01T00:00:0{start}Z") },
            "evidence": [{ "state": "pending", "kind": "clip",
                           "id": format!("0198a000-0000-7000-8000-0000000001{event:02}") }],
        });
        if zone == 0 {
            made["zone"] = serde_json::Value::Null;
        }
        report(made)
    });
    proptest::collection::vec(one, REPORTS)
}

async fn rows(store: &Store, said: Vec<crate::support::Inserted>) -> Rows {
    let conn = store.conn();
    let mut incidents = incident::Entity::find()
        .order_by_asc(incident::Column::Number)
        .all(conn)
        .await
        .unwrap();
    let mut numbers = HashMap::new();
    let mut told = Vec::new();
    for row in &mut incidents {
        let id: IncidentId = row.id.parse().unwrap();
        let rows = store::history_of_incident(store, id).await.unwrap();
        history::verify(id, rows.iter().map(|(row, hash)| (row, hash.as_str()))).unwrap();
        let actions = rows.into_iter().map(|(row, _)| row.action).collect();
        told.push((row.number, actions));
        numbers.insert(std::mem::take(&mut row.id), row.number.to_string());
    }
    let mut events = event::Entity::find()
        .order_by_asc(event::Column::EventId)
        .all(conn)
        .await
        .unwrap();
    for row in &mut events {
        row.incident_id = Some(numbers[row.incident_id.as_deref().unwrap()].clone());
    }
    let mut reports = report_table::Entity::find()
        .order_by_asc(report_table::Column::EventId)
        .order_by_asc(report_table::Column::Revision)
        .all(conn)
        .await
        .unwrap();
    for row in &mut reports {
        let message = store::message(store, &row.message_id).await.unwrap();
        assert_eq!(message.unwrap().sha256, row.sha256);
        row.message_id.clear();
    }
    Rows {
        said,
        reports,
        events,
        evidence: evidence::Entity::find()
            .order_by_asc(evidence::Column::EventId)
            .all(conn)
            .await
            .unwrap(),
        cameras: camera::Entity::find()
            .order_by_asc(camera::Column::Id)
            .all(conn)
            .await
            .unwrap(),
        incidents,
        history: told,
    }
}
