//! Reads the rows that a batch touches, with as few statements as there are tables.
//!
//! On PostgreSQL the rows are held until the transaction ends, cameras first and in order: two
//! servers that file reports of one camera take turns, and never wait for each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use contract::v1::{EventId, Phase};
use sea_orm::sea_query::{Asterisk, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, InsertMany,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use super::VerifiedReport;
use super::book::{Alike, Book, IncidentPage, Known, Page};
use crate::incident::IncidentId;
use crate::store::access::MAX_ROWS;
use crate::store::cameras::{unheard, word};
use crate::store::entity::{camera, event, evidence, incident, report};
use crate::store::incidents::incident_id;
use crate::store::{Access as _, StoreError, Tx};

/// Most open incidents that are weighed for one event. One camera's zone has one open incident of
/// a kind, and at most a few that were rejected while the camera insists.
const MAX_CANDIDATES: u64 = 16;
/// Keys in one search for incidents: each is two selects, and SQLite joins at most 500.
const MAX_KEYS: usize = 64;

/// Reads what the reports touch.
pub(super) async fn open(tx: &Tx, reports: &[VerifiedReport<'_>]) -> Result<Book, StoreError> {
    let mut book = Book {
        cameras: cameras(tx, reports).await?,
        ..Book::default()
    };
    let events: BTreeSet<String> = reports
        .iter()
        .map(|verified| verified.report.event_id.to_string())
        .collect();
    let events: Vec<String> = events.into_iter().collect();
    read_events(tx, &events, &mut book).await?;
    if !book.events.is_empty() {
        let known: Vec<String> = book.events.keys().map(ToString::to_string).collect();
        read_reports(tx, &known, &mut book).await?;
        read_evidence(tx, &known, &mut book).await?;
    }
    read_incidents(tx, reports, &mut book).await?;
    Ok(book)
}

async fn cameras(
    tx: &Tx,
    reports: &[VerifiedReport<'_>],
) -> Result<BTreeMap<(String, String), Page<camera::Model>>, StoreError> {
    let mut wanted = BTreeMap::new();
    for verified in reports {
        let report = verified.report;
        let key = (report.agent.to_string(), report.camera.to_string());
        wanted.insert(key, verified.received.as_microsecond());
    }
    let keys: Vec<_> = wanted.keys().cloned().collect();
    let mut pages = held_cameras(tx, &keys).await?;
    let missing: Vec<_> = keys
        .into_iter()
        .filter(|key| !pages.contains_key(key))
        .collect();
    for some in missing.chunks(MAX_ROWS) {
        let rows = some.iter().map(|key| {
            let now = wanted.get(key).copied().unwrap_or_default();
            unheard(key.0.clone(), key.1.clone(), now)
        });
        InsertMany::many(rows)
            .on_conflict_do_nothing()
            .exec_without_returning(tx.conn())
            .await?;
    }
    if !missing.is_empty() {
        pages.extend(held_cameras(tx, &missing).await?);
    }
    Ok(pages)
}

async fn held_cameras(
    tx: &Tx,
    keys: &[(String, String)],
) -> Result<BTreeMap<(String, String), Page<camera::Model>>, StoreError> {
    use camera::Column;
    let mut pages = BTreeMap::new();
    for some in keys.chunks(MAX_ROWS) {
        let mut any = Condition::any();
        for (agent, id) in some {
            any = any.add(
                Condition::all()
                    .add(Column::Agent.eq(agent))
                    .add(Column::Id.eq(id)),
            );
        }
        let rows = camera::Entity::find()
            .filter(any)
            .order_by_asc(Column::Agent)
            .order_by_asc(Column::Id)
            .lock_exclusive()
            .all(tx.conn())
            .await?;
        pages.extend(
            rows.into_iter()
                .map(|row| ((row.agent.clone(), row.id.clone()), Page::read(row))),
        );
    }
    Ok(pages)
}

async fn read_events(tx: &Tx, events: &[String], book: &mut Book) -> Result<(), StoreError> {
    for some in events.chunks(MAX_ROWS) {
        let rows = event::Entity::find()
            .filter(event::Column::EventId.is_in(some))
            .order_by_asc(event::Column::EventId)
            .lock_exclusive()
            .all(tx.conn())
            .await?;
        for row in rows {
            let id = parsed(&row.event_id, "events")?;
            book.events.insert(id, Page::read(row));
        }
    }
    Ok(())
}

async fn read_reports(tx: &Tx, events: &[String], book: &mut Book) -> Result<(), StoreError> {
    use report::Column;
    for some in events.chunks(MAX_ROWS) {
        let rows = report::Entity::find()
            .select_only()
            .columns([
                Column::EventId,
                Column::Revision,
                Column::Sha256,
                Column::Agent,
            ])
            .filter(Column::EventId.is_in(some))
            .into_tuple::<(String, i64, String, String)>()
            .all(tx.conn())
            .await?;
        for (event, revision, sha256, agent) in rows {
            let revision = u32::try_from(revision).map_err(|_| StoreError::Unreadable {
                table: "reports",
                column: "revision",
            })?;
            let key = (parsed(&event, "reports")?, revision);
            book.reports.insert(key, Known { sha256, agent });
        }
    }
    Ok(())
}

async fn read_evidence(tx: &Tx, events: &[String], book: &mut Book) -> Result<(), StoreError> {
    use evidence::Column;
    for some in events.chunks(MAX_ROWS) {
        let rows = evidence::Entity::find()
            .filter(Column::EventId.is_in(some))
            .order_by_asc(Column::EventId)
            .order_by_asc(Column::Id)
            .lock_exclusive()
            .all(tx.conn())
            .await?;
        book.evidence.extend(
            rows.into_iter()
                .map(|row| ((row.event_id.clone(), row.id.clone()), Page::read(row))),
        );
    }
    Ok(())
}

/// The incidents of the events that have one, and those that might take the others.
async fn read_incidents(
    tx: &Tx,
    reports: &[VerifiedReport<'_>],
    book: &mut Book,
) -> Result<(), StoreError> {
    let placed = |event: &EventId| book.events.get(event)?.row.incident_id.clone();
    let mut ids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for verified in reports {
        match placed(&verified.report.event_id) {
            Some(incident) => drop(ids.insert(incident)),
            None => drop(keys.insert(Alike::of(verified.report))),
        }
    }
    let keys: Vec<Alike> = keys.into_iter().collect();
    ids.extend(candidates(tx, &keys).await?);
    book.alike = keys.into_iter().map(|key| (key, Vec::new())).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    for some in ids.chunks(MAX_ROWS) {
        let rows = incident::Entity::find()
            .filter(incident::Column::Id.is_in(some))
            .order_by_asc(incident::Column::Id)
            .lock_exclusive()
            .all(tx.conn())
            .await?;
        for row in rows {
            let id: IncidentId = incident_id(&row)?;
            if let Some(alike) = book.alike.get_mut(&Alike::of_row(&row)) {
                alike.push(id);
            }
            book.incidents.insert(id, IncidentPage::read(row)?);
        }
    }
    Ok(())
}

/// The incidents that might take events with these keys: of each key the open ones, and the newest
/// that its camera cleared, which tells a recurrence from a first time. The cost does not grow with
/// history.
async fn candidates(tx: &Tx, keys: &[Alike]) -> Result<Vec<String>, StoreError> {
    let cleared = vec![word(&Phase::Cleared)];
    let open = vec![word(&Phase::Raised), word(&Phase::Updated)];
    let mut found = Vec::new();
    for some in keys.chunks(MAX_KEYS) {
        let mut each = some.iter().flat_map(|key| {
            [
                newest(key, open.clone(), MAX_CANDIDATES),
                newest(key, cleared.clone(), 1),
            ]
        });
        let Some(mut search) = each.next() else {
            continue;
        };
        search.unions(each.map(|select| (UnionType::All, select)));
        let search = tx.conn().get_database_backend().build(&search);
        for row in tx.conn().query_all_raw(search).await? {
            found.push(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// The ids of the newest incidents of a key in one of these phases.
fn newest(key: &Alike, phases: Vec<String>, most: u64) -> SelectStatement {
    use incident::Column;
    let zone = match &key.zone {
        Some(zone) => Column::Zone.eq(zone),
        None => Column::Zone.is_null(),
    };
    let ordered = incident::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Agent.eq(&key.agent))
        .filter(Column::Camera.eq(&key.camera))
        .filter(Column::Kind.eq(&key.kind))
        .filter(Column::Detail.eq(&key.detail))
        .filter(zone)
        .filter(Column::CameraPhase.is_in(phases))
        .order_by_desc(Column::Number)
        .limit(most)
        .into_query();
    // A member of a union may not be ordered on SQLite; what it selects from may.
    Query::select()
        .column(Asterisk)
        .from_subquery(ordered, "newest")
        .to_owned()
}

fn parsed(event: &str, table: &'static str) -> Result<EventId, StoreError> {
    event.parse().map_err(|_| StoreError::Unreadable {
        table,
        column: "event_id",
    })
}
