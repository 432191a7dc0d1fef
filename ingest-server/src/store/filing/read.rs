//! Reads the rows that a batch touches, with as few statements as there are tables.
//!
//! On PostgreSQL the rows are held until the transaction ends, cameras first and in order: two
//! servers that file reports of one camera take turns, and never wait for each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use contract::v1::EventId;
use merge::Model;
use merge::block::{Key, asked_for};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, InsertMany, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::VerifiedReport;
use super::book::{Book, IncidentPage, Known, Page};
use crate::incident::{IncidentId, witness};
use crate::store::access::MAX_ROWS;
use crate::store::cameras::unheard;
use crate::store::entity::{camera, event, evidence, incident, report};
use crate::store::incidents::incident_id;
use crate::store::merging::{filed_under, hold_ground, profiles};
use crate::store::{Access as _, StoreError, Tx};

/// Reads what the reports touch.
pub(super) async fn open(
    tx: &Tx,
    model: &Model,
    reports: &[VerifiedReport<'_>],
) -> Result<Book, StoreError> {
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
    read_incidents(tx, model, reports, &mut book).await?;
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
    model: &Model,
    reports: &[VerifiedReport<'_>],
    book: &mut Book,
) -> Result<(), StoreError> {
    let placed = |event: &EventId| book.events.get(event)?.row.incident_id.clone();
    let mut ids = BTreeSet::new();
    let mut asked = BTreeSet::new();
    let mut earliest = i64::MAX;
    for verified in reports {
        match placed(&verified.report.event_id) {
            Some(incident) => drop(ids.insert(incident)),
            None => {
                let witness = witness::of(verified.report);
                earliest = earliest.min(witness.occurred.start.as_microsecond());
                asked.extend(asked_for(model, &witness));
            }
        }
    }
    reach(tx, &asked, earliest, ids, book).await
}

/// Reads these incidents, and those that are found under keys and come into question at `earliest`,
/// microseconds or later.
pub(super) async fn reach(
    tx: &Tx,
    asked: &BTreeSet<Key>,
    earliest: i64,
    mut ids: BTreeSet<String>,
    book: &mut Book,
) -> Result<(), StoreError> {
    hold_ground(tx, asked).await?;
    let filed = filed_under(tx, asked, earliest).await?;
    for found in filed {
        let incident = found.incident.parse().map_err(|_| StoreError::Unreadable {
            table: "merge_keys",
            column: "incident_id",
        })?;
        book.company.found(found.key, incident, found.until);
        ids.insert(found.incident);
    }
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
            book.incidents.insert(id, IncidentPage::read(row)?);
        }
        for (id, profile) in profiles(tx, some).await? {
            book.company.read(id, profile);
        }
    }
    Ok(())
}

fn parsed(event: &str, table: &'static str) -> Result<EventId, StoreError> {
    event.parse().map_err(|_| StoreError::Unreadable {
        table,
        column: "event_id",
    })
}
