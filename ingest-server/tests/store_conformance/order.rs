//! Whatever the order in which revisions come, the rows end up the same.

use std::future::Future;

use contract::v1::AutoReport;
use ingest_server::store::entity::{event, evidence, incident};
use ingest_server::store::{self, Access as _, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::json;

use crate::support::{EVENT, Inserted, report, take_in};

/// Sets of revisions that are tried; each in every order.
const SETS: usize = 4;

/// Everything that must not depend on the order. Ids that the server mints are left out.
#[derive(Debug, PartialEq)]
struct Rows {
    event: event::Model,
    evidence: Vec<evidence::Model>,
    incident: incident::Model,
}

pub(crate) async fn every_order_of_revisions_gives_the_same_rows<F>(fresh: impl Fn() -> F)
where
    F: Future<Output = Store>,
{
    let mut runner = TestRunner::deterministic();
    for _ in 0..SETS {
        let revisions = revisions().new_tree(&mut runner).unwrap().current();
        let mut expected = None;
        for order in permutations(revisions.len()) {
            let store = fresh().await;
            for index in &order {
                assert_eq!(take_in(&store, &revisions[*index]).await, Inserted::New);
                // Duplicates in between change nothing.
                assert_eq!(
                    take_in(&store, &revisions[order[0]]).await,
                    Inserted::Duplicate
                );
            }
            let rows = rows(&store).await;
            store.close().await;
            let expected = expected.get_or_insert_with(|| rows_clone(&rows));
            assert_eq!(&rows, expected, "order {order:?} of {revisions:#?}");
        }
    }
}

/// Three revisions of one event: any phases, confidences, severities and evidence states.
fn revisions() -> impl Strategy<Value = Vec<AutoReport>> {
    let one = (0..3usize, 0..=10u8, 0..4usize, 0..4usize);
    proptest::collection::vec(one, 3).prop_map(|facts| {
        facts
            .into_iter()
            .zip(1u32..)
            .map(|((phase, confidence, severity, evidence), revision)| {
                let phase = ["raised", "updated", "cleared"][phase];
                let severity = ["low", "medium", "high", "critical"][severity];
                report(json!({
                    "revision": revision,
                    "phase": phase,
                    "confidence": f32::from(confidence) / 10.0,
                    "severity": severity,
                    "evidence": entries(evidence),
                }))
            })
            .collect()
    })
}

fn entries(which: usize) -> serde_json::Value {
    let id = "0198a000-0000-7000-8000-0000000000e1";
    match which {
        0 => json!([]),
        1 => json!([{ "state": "pending", "id": id, "kind": "clip" }]),
        2 => json!([{ "state": "sealed", "id": id, "kind": "clip", "mime": "video/mp4",
                      "bytes": 7, "sha256": "ab".repeat(32) }]),
        _ => json!([{ "state": "unavailable", "id": id, "kind": "clip", "reason": "not_in_ring" }]),
    }
}

fn permutations(length: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for next in 0..length {
        all = all
            .iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |place| {
                    let mut order = order.clone();
                    order.insert(place, next);
                    order
                })
            })
            .collect();
    }
    all
}

async fn rows(store: &Store) -> Rows {
    let event_id = EVENT.parse().unwrap();
    let mut event = store::event(store, &event_id).await.unwrap().unwrap();
    let evidence = evidence::Entity::find()
        .order_by_asc(evidence::Column::Id)
        .all(store.conn())
        .await
        .unwrap();
    let mut incidents = incident::Entity::find().all(store.conn()).await.unwrap();
    assert_eq!(incidents.len(), 1, "one event is one incident");
    let mut incident = incidents.remove(0);
    assert_eq!(
        event.incident_id.take(),
        Some(std::mem::take(&mut incident.id))
    );
    Rows {
        event,
        evidence,
        incident,
    }
}

fn rows_clone(rows: &Rows) -> Rows {
    Rows {
        event: rows.event.clone(),
        evidence: rows.evidence.clone(),
        incident: rows.incident.clone(),
    }
}
