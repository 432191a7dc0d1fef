//! Writes what a batch changed, with as few statements as there are tables.

use std::collections::BTreeMap;

use jiff::Timestamp;
use merge::Model;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, Iterable as _, QueryFilter as _,
};

use super::book::{Book, IncidentPage, Page, Standing};
use crate::incident::IncidentId;
use crate::store::access::Statements;
use crate::store::entity::{camera, counter, event, evidence, incident};
use crate::store::incident_history::{HistoryEntry, append_histories};
use crate::store::merging::{ProfileRows, save_superseded, save_witnesses};
use crate::store::notices::enqueue_fires;
use crate::store::{Access as _, StoreError, Tx};

/// The counter that numbers incidents.
const NUMBERS: &str = "incident";

/// Writes every row that is new or changed.
pub(super) async fn save(tx: &Tx, model: &Model, mut book: Book) -> Result<(), StoreError> {
    give_numbers(tx, &mut book.incidents).await?;
    let told = book.incidents.iter();
    let told = told.map(|(id, page)| (*id, &page.page.row, &page.news, page.actor()));
    enqueue_fires(tx, told).await?;
    let Incidents {
        opened,
        changed,
        happened,
    } = Incidents::of(book.incidents);
    let profiles = ProfileRows::of(model, book.company.changed(model));
    let superseded = book.company.superseded().collect();
    let (messages, reports) = (book.new_messages, book.new_reports);
    let events = written(book.events.into_values());
    let evidence = written(book.evidence.into_values());
    let (witnesses, decisions) = (book.company.witnesses, book.company.decisions);
    Statements::write(tx, move |statements| {
        statements.insert(messages);
        statements.insert(reports);
        save_events(statements, events);
        save_evidence(statements, evidence);
        save_incidents(statements, opened, changed);
        profiles.save(statements);
        save_witnesses(statements, witnesses);
        statements.insert(decisions);
    })
    .await?;
    save_cameras(tx, book.cameras.into_values()).await?;
    save_superseded(tx, superseded).await?;
    append_histories(tx, happened).await
}

/// Numbers the incidents that are new.
async fn give_numbers(
    tx: &Tx,
    pages: &mut BTreeMap<IncidentId, IncidentPage>,
) -> Result<(), StoreError> {
    let opened = pages.values_mut().map(|page| &mut page.page);
    let opened: Vec<_> = opened
        .filter(|page| page.standing == Standing::New)
        .collect();
    if opened.is_empty() {
        return Ok(());
    }
    let first = first_number(tx, NUMBERS, opened.len()).await?;
    for (page, number) in opened.into_iter().zip(first..) {
        page.row.number = number;
    }
    Ok(())
}

fn written<T>(pages: impl Iterator<Item = Page<T>>) -> Vec<T> {
    pages
        .filter(|page| page.standing != Standing::AsRead)
        .map(|page| page.row)
        .collect()
}

fn save_events(statements: &Statements, rows: Vec<event::Model>) {
    use event::Column;
    let rest: Vec<Column> = Column::iter()
        .filter(|column| !matches!(column, Column::EventId))
        .collect();
    statements.upsert(rows, &[Column::EventId], &rest);
}

fn save_evidence(statements: &Statements, rows: Vec<evidence::Model>) {
    use evidence::Column;
    let rest: Vec<Column> = Column::iter()
        .filter(|column| !matches!(column, Column::EventId | Column::Id))
        .collect();
    statements.upsert(rows, &[Column::EventId, Column::Id], &rest);
}

/// A camera's name and place change once in months, so that these are written one by one.
async fn save_cameras(
    tx: &Tx,
    pages: impl Iterator<Item = Page<camera::Model>>,
) -> Result<(), StoreError> {
    use camera::Column;
    for row in written(pages) {
        camera::Entity::update_many()
            .col_expr(Column::Name, Expr::value(row.name))
            .col_expr(Column::Place, Expr::value(row.place))
            .col_expr(Column::UpdatedAt, Expr::value(row.updated_at))
            .filter(Column::Agent.eq(row.agent))
            .filter(Column::Id.eq(row.id))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Incidents by what is to be written of them.
#[derive(Default)]
struct Incidents {
    opened: Vec<incident::Model>,
    changed: Vec<incident::Model>,
    happened: Vec<(IncidentId, Vec<(HistoryEntry, Timestamp)>)>,
}

impl Incidents {
    fn of(pages: BTreeMap<IncidentId, IncidentPage>) -> Self {
        let mut incidents = Self::default();
        for (id, page) in pages {
            match page.page.standing {
                Standing::AsRead => continue,
                Standing::New => incidents.opened.push(page.page.row),
                Standing::Changed => incidents.changed.push(page.page.row),
            }
            if !page.happened.is_empty() {
                incidents.happened.push((id, page.happened));
            }
        }
        incidents
    }
}

/// What people decided, and what never changes, is left as it stands.
fn save_incidents(
    statements: &Statements,
    opened: Vec<incident::Model>,
    changed: Vec<incident::Model>,
) {
    use incident::Column;
    statements.insert(opened);
    let facts = [
        Column::Severity,
        Column::Confidence,
        Column::CameraPhase,
        Column::CameraName,
        Column::Place,
        Column::OccurredStart,
        Column::OccurredEnd,
        Column::UpdatedAt,
        Column::Version,
        Column::Count,
        Column::EventCount,
        Column::ReportCount,
        Column::OpenEvents,
        Column::RaisedEvents,
        Column::Told,
    ];
    statements.upsert(changed, &[Column::Id], &facts);
}

/// The next short number for people.
pub(in crate::store) async fn next_number(tx: &Tx) -> Result<i64, StoreError> {
    next_of(tx, NUMBERS).await
}

/// The next number of a counter.
pub(in crate::store) async fn next_of(tx: &Tx, numbers: &'static str) -> Result<i64, StoreError> {
    first_number(tx, numbers, 1).await
}

/// Takes numbers of a counter and returns the first. On PostgreSQL the row is held until the
/// transaction ends, so that two servers never give one number twice and a transaction that fails
/// leaves no gap.
async fn first_number(tx: &Tx, numbers: &'static str, wanted: usize) -> Result<i64, StoreError> {
    use counter::{ActiveModel, Column, Entity};
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    Entity::insert(ActiveModel {
        name: Set(numbers.to_owned()),
        value: Set(wanted),
    })
    .on_conflict(
        OnConflict::column(Column::Name)
            .value(
                Column::Value,
                Expr::col((Entity, Column::Value)).add(wanted),
            )
            .to_owned(),
    )
    .exec_without_returning(tx.conn())
    .await?;
    let row = Entity::find_by_id(numbers).one(tx.conn()).await?;
    let last = row.map(|row| row.value).ok_or(StoreError::Unreadable {
        table: "counters",
        column: "value",
    })?;
    Ok(last - wanted + 1)
}
