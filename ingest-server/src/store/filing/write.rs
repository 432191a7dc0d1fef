//! Writes what a batch changed, with as few statements as there are tables.

use merge::Model;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, Iterable as _, QueryFilter as _,
};

use super::book::{Book, IncidentPage, Page, Standing};
use crate::incident::IncidentId;
use crate::store::access::{insert_all, upsert_all};
use crate::store::entity::{camera, counter, event, evidence, incident};
use crate::store::incident_history::append_histories;
use crate::store::merging::{save_decisions, save_profiles, save_superseded, save_witnesses};
use crate::store::notices::enqueue_fires;
use crate::store::{Access as _, StoreError, Tx};

/// The counter that numbers incidents.
const NUMBERS: &str = "incident";

/// Writes every row that is new or changed.
pub(super) async fn save(tx: &Tx, model: &Model, book: Book) -> Result<(), StoreError> {
    insert_all(tx, book.new_messages).await?;
    insert_all(tx, book.new_reports).await?;
    save_events(tx, book.events.into_values()).await?;
    save_cameras(tx, book.cameras.into_values()).await?;
    save_evidence(tx, book.evidence.into_values()).await?;
    save_incidents(tx, book.incidents.into_iter()).await?;
    save_profiles(tx, model, book.company.changed(model)).await?;
    save_superseded(tx, book.company.superseded()).await?;
    save_witnesses(tx, book.company.witnesses).await?;
    save_decisions(tx, book.company.decisions).await
}

fn written<T>(pages: impl Iterator<Item = Page<T>>) -> Vec<T> {
    pages
        .filter(|page| page.standing != Standing::AsRead)
        .map(|page| page.row)
        .collect()
}

async fn save_events(
    tx: &Tx,
    pages: impl Iterator<Item = Page<event::Model>>,
) -> Result<(), StoreError> {
    use event::Column;
    let rest: Vec<Column> = Column::iter()
        .filter(|column| !matches!(column, Column::EventId))
        .collect();
    upsert_all(tx, written(pages), &[Column::EventId], &rest).await
}

async fn save_evidence(
    tx: &Tx,
    pages: impl Iterator<Item = Page<evidence::Model>>,
) -> Result<(), StoreError> {
    use evidence::Column;
    let rest: Vec<Column> = Column::iter()
        .filter(|column| !matches!(column, Column::EventId | Column::Id))
        .collect();
    let key = [Column::EventId, Column::Id];
    upsert_all(tx, written(pages), &key, &rest).await
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

/// What people decided, and what never changes, is left as it stands.
async fn save_incidents(
    tx: &Tx,
    pages: impl Iterator<Item = (IncidentId, IncidentPage)>,
) -> Result<(), StoreError> {
    use incident::Column;
    let (mut opened, mut changed, mut happened) = (Vec::new(), Vec::new(), Vec::new());
    let pages: Vec<(IncidentId, IncidentPage)> = pages.collect();
    let told = pages
        .iter()
        .map(|(id, page)| (*id, &page.page.row, &page.news));
    enqueue_fires(tx, told).await?;
    for (id, page) in pages {
        match page.page.standing {
            Standing::AsRead => continue,
            Standing::New => opened.push(page.page.row),
            Standing::Changed => changed.push(page.page.row),
        }
        if !page.happened.is_empty() {
            happened.push((id, page.happened));
        }
    }
    if !opened.is_empty() {
        let first = first_number(tx, NUMBERS, opened.len()).await?;
        for (row, number) in opened.iter_mut().zip(first..) {
            row.number = number;
        }
    }
    insert_all(tx, opened).await?;
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
    upsert_all(tx, changed, &[Column::Id], &facts).await?;
    append_histories(tx, happened).await
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
