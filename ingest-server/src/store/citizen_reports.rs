//! What citizens told: stored once, found by number and by code, rated, held, erased.
//!
//! The incident that a report belongs to is its witness's home (`merge_witnesses`): a merge or split by
//! people moves it there, and nothing here has to follow.

use jiff::Timestamp;
use merge::{Model, Witness};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::access::{MAX_ROWS, Statements, insert_all};
use super::entity::{
    citizen_contact, citizen_file, citizen_report, citizen_update, incident, merge_witness,
};
use super::filing::next_of;
use super::incident_facts::unword;
use super::merging::{renew_profile, save_witnesses, witness};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;
use crate::incident::told::Told;

/// The counter that numbers citizens' reports.
const NUMBERS: &str = "citizen_report";

/// A report with the incident that it belongs to.
#[derive(Debug, Clone)]
pub struct PlacedReport {
    /// The report.
    pub report: citizen_report::Model,
    /// Its incident.
    pub incident: incident::Model,
}

/// Which reports to list.
#[derive(Debug, Clone, Default)]
pub struct ReportFilter {
    /// With these numbers; all where absent.
    pub numbers: Option<Vec<i64>>,
    /// Received at this time or later, microseconds.
    pub from: i64,
    /// Received at this time or earlier, microseconds.
    pub to: i64,
    /// Of these services; all where empty.
    pub services: Vec<String>,
    /// Of closed incidents, or of open ones; of any where absent.
    pub closed: Option<bool>,
    /// Most of them.
    pub limit: u64,
    /// How many are passed over first.
    pub offset: u64,
}

/// Makes those who file under one key take turns, and finds what was filed under it before.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn filed_before(
    tx: &Tx,
    idempotency: &str,
) -> Result<Option<citizen_report::Model>, StoreError> {
    if tx.conn().get_database_backend() == DatabaseBackend::Postgres {
        // `SQLite` has one writer anyway. The key is a hash in hexadecimal.
        let digits = idempotency.get(..15).unwrap_or_default();
        let number = i64::from_str_radix(digits, 16).unwrap_or_default();
        let lock = format!("SELECT pg_advisory_xact_lock({number})");
        tx.conn().execute_unprepared(&lock).await?;
    }
    Ok(citizen_report::Entity::find()
        .filter(citizen_report::Column::Idempotency.eq(idempotency))
        .one(tx.conn())
        .await?)
}

/// Stores a report with its files; its number is given here and returned.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_citizen_report(
    tx: &Tx,
    mut row: citizen_report::Model,
    files: Vec<citizen_file::Model>,
) -> Result<i64, StoreError> {
    row.number = next_of(tx, NUMBERS).await?;
    let number = row.number;
    insert_all(tx, vec![row]).await?;
    insert_all(tx, files).await?;
    Ok(number)
}

/// A report by its id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_report(
    on: &impl Access,
    id: &str,
) -> Result<Option<citizen_report::Model>, StoreError> {
    Ok(citizen_report::Entity::find_by_id(id)
        .one(on.conn())
        .await?)
}

/// A report by the hash of its code.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_report_of_code(
    on: &impl Access,
    code_hash: &str,
) -> Result<Option<citizen_report::Model>, StoreError> {
    Ok(citizen_report::Entity::find()
        .filter(citizen_report::Column::CodeHash.eq(code_hash))
        .one(on.conn())
        .await?)
}

/// Reports, newest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_reports(
    on: &impl Access,
    filter: &ReportFilter,
) -> Result<Vec<citizen_report::Model>, StoreError> {
    use citizen_report::Column;
    let mut query = citizen_report::Entity::find();
    match &filter.numbers {
        Some(numbers) => query = query.filter(Column::Number.is_in(numbers.iter().copied())),
        None => {
            query = query
                .filter(Column::ReceivedAt.gte(filter.from))
                .filter(Column::ReceivedAt.lte(filter.to));
            if !filter.services.is_empty() {
                query = query.filter(Column::Service.is_in(&filter.services));
            }
        }
    }
    if let Some(closed) = filter.closed {
        let theirs = reports_of(closed_incidents());
        query = if closed {
            query.filter(Column::Id.in_subquery(theirs))
        } else {
            query.filter(Column::Id.not_in_subquery(theirs))
        };
    }
    Ok(query
        .order_by_desc(Column::ReceivedAt)
        .order_by_desc(Column::Id)
        .offset(filter.offset)
        .limit(filter.limit)
        .all(on.conn())
        .await?)
}

/// Incidents whose stage is closed for the public (`citizens::Stage`).
fn closed_incidents() -> sea_orm::sea_query::SelectStatement {
    use sea_orm::QueryTrait as _;
    incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .filter(incident::Column::State.is_in([
            "not_eligible",
            "rejected",
            "published",
            "resolved",
            "closed_unresolved",
        ]))
        .into_query()
}

fn reports_of(
    incidents: sea_orm::sea_query::SelectStatement,
) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::QueryTrait as _;
    merge_witness::Entity::find()
        .select_only()
        .column(merge_witness::Column::Id)
        .filter(merge_witness::Column::Source.ne("camera"))
        .filter(merge_witness::Column::IncidentId.in_subquery(incidents))
        .into_query()
}

/// Each report with its incident, in their order. A report whose incident is not found is left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn with_incidents(
    on: &impl Access,
    reports: Vec<citizen_report::Model>,
) -> Result<Vec<PlacedReport>, StoreError> {
    let mut homes = std::collections::HashMap::new();
    for some in reports.chunks(MAX_ROWS) {
        let ids = some.iter().map(|report| report.id.as_str());
        let rows = merge_witness::Entity::find()
            .select_only()
            .columns([merge_witness::Column::Id, merge_witness::Column::IncidentId])
            .filter(merge_witness::Column::Id.is_in(ids))
            .into_tuple::<(String, String)>()
            .all(on.conn())
            .await?;
        homes.extend(rows);
    }
    let wanted: std::collections::BTreeSet<&String> = homes.values().collect();
    let wanted: Vec<&String> = wanted.into_iter().collect();
    let mut incidents = std::collections::HashMap::new();
    for some in wanted.chunks(MAX_ROWS) {
        let rows = incident::Entity::find()
            .filter(incident::Column::Id.is_in(some.iter().copied()))
            .all(on.conn())
            .await?;
        incidents.extend(rows.into_iter().map(|row| (row.id.clone(), row)));
    }
    let placed = reports.into_iter().filter_map(|report| {
        let incident = incidents.get(homes.get(&report.id)?)?.clone();
        Some(PlacedReport { report, incident })
    });
    Ok(placed.collect())
}

/// The citizens' reports of an incident, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_reports_of_incident(
    on: &impl Access,
    incident: IncidentId,
    most: u64,
) -> Result<Vec<citizen_report::Model>, StoreError> {
    Ok(citizen_report::Entity::find()
        .filter(citizen_report::Column::Id.in_subquery(witnesses_of(incident)))
        .order_by_asc(citizen_report::Column::ReceivedAt)
        .order_by_asc(citizen_report::Column::Id)
        .limit(most)
        .all(on.conn())
        .await?)
}

fn witnesses_of(incident: IncidentId) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::QueryTrait as _;
    merge_witness::Entity::find()
        .select_only()
        .column(merge_witness::Column::Id)
        .filter(merge_witness::Column::IncidentId.eq(incident.to_string()))
        .filter(merge_witness::Column::Source.ne("camera"))
        .into_query()
}

/// What citizens say of an incident together; none where none does.
pub(super) async fn told_of_incident(
    tx: &Tx,
    incident: IncidentId,
) -> Result<Option<Told>, StoreError> {
    let rows = citizen_report::Entity::find()
        .filter(citizen_report::Column::Id.in_subquery(witnesses_of(incident)))
        .all(tx.conn())
        .await?;
    let mut sum: Option<Told> = None;
    for row in rows {
        let told = told_of(&row)?;
        sum = Some(match sum {
            Some(sum) => sum.and(told),
            None => told,
        });
    }
    Ok(sum)
}

/// What one report says of an incident.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub fn told_of(row: &citizen_report::Model) -> Result<Told, StoreError> {
    use contract::v1::{Place, Position};
    let place = match (row.lat, row.lon) {
        (Some(lat), Some(lon)) => Some(Place::Point {
            position: Position { lat, lon },
            uncertainty_m: row.uncertainty_m.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(Told {
        reports: 1,
        severity: unword(&row.severity, "citizen_reports", "severity")?,
        start: row.occurred_at,
        place,
    })
}

/// The files of reports, in the order in which they were sent.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_files(
    on: &impl Access,
    reports: &[String],
) -> Result<Vec<citizen_file::Model>, StoreError> {
    let mut files = Vec::new();
    for some in reports.chunks(MAX_ROWS) {
        let rows = citizen_file::Entity::find()
            .filter(citizen_file::Column::ReportId.is_in(some))
            .order_by_asc(citizen_file::Column::ReportId)
            .order_by_asc(citizen_file::Column::Position)
            .all(on.conn())
            .await?;
        files.extend(rows);
    }
    Ok(files)
}

/// One file.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_file(
    on: &impl Access,
    id: &str,
) -> Result<Option<citizen_file::Model>, StoreError> {
    Ok(citizen_file::Entity::find_by_id(id).one(on.conn()).await?)
}

/// Remembers the redacted copy of a file. What was erased meanwhile stays erased: false.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put_redacted_file(
    tx: &Tx,
    id: &str,
    (object_key, bytes): (&str, i64),
) -> Result<bool, StoreError> {
    use citizen_file::Column;
    let changed = citizen_file::Entity::update_many()
        .col_expr(Column::RedactedKey, Expr::value(object_key))
        .col_expr(Column::RedactedBytes, Expr::value(bytes))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Writes what the reporter thinks of the outcome; the last word counts.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn rate_citizen_report(
    tx: &Tx,
    id: &str,
    rating: &'static str,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    use citizen_report::Column;
    citizen_report::Entity::update_many()
        .col_expr(Column::Rating, Expr::value(rating))
        .col_expr(Column::RatingNote, Expr::value(note))
        .col_expr(Column::RatedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Holds a report, or lets it go.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn hold_citizen_report(
    tx: &Tx,
    id: &str,
    hold: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    use citizen_report::Column;
    let (why, who) = hold.unzip();
    let at = hold.map(|_| now.as_microsecond());
    citizen_report::Entity::update_many()
        .col_expr(Column::Hold, Expr::value(why))
        .col_expr(Column::HoldBy, Expr::value(who))
        .col_expr(Column::HoldAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Erases whom to call back, and the pseudonym: from the row, from merging, from the contacts.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn anonymise_citizen_report(
    tx: &Tx,
    model: &Model,
    row: &citizen_report::Model,
    now: Timestamp,
) -> Result<(), StoreError> {
    use citizen_report::Column;
    citizen_contact::Entity::delete_by_id(&row.id)
        .exec(tx.conn())
        .await?;
    citizen_report::Entity::update_many()
        .col_expr(Column::Reporter, Expr::value(None::<String>))
        .col_expr(Column::AnonymisedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(&row.id))
        .exec(tx.conn())
        .await?;
    change_witness(tx, model, &row.id, |witness| witness.reporter = None).await
}

/// Erases what a report says and shows as well: what stays is that there was one, of which service,
/// when, where on a map that the incident has too. Returns the object keys that no other file names.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn erase_citizen_report(
    tx: &Tx,
    model: &Model,
    row: &citizen_report::Model,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    use citizen_report::Column;
    anonymise_citizen_report(tx, model, row, now).await?;
    let files = citizen_files(tx, std::slice::from_ref(&row.id)).await?;
    citizen_file::Entity::delete_many()
        .filter(citizen_file::Column::ReportId.eq(&row.id))
        .exec(tx.conn())
        .await?;
    citizen_update::Entity::delete_many()
        .filter(citizen_update::Column::ReportId.eq(&row.id))
        .exec(tx.conn())
        .await?;
    let nothing = || Expr::value(None::<String>);
    citizen_report::Entity::update_many()
        .col_expr(Column::Description, Expr::value(""))
        .col_expr(Column::Attributes, Expr::value("{}"))
        .col_expr(Column::Address, nothing())
        .col_expr(Column::AddressId, nothing())
        .col_expr(Column::MediaUrl, nothing())
        .col_expr(Column::RatingNote, nothing())
        .col_expr(Column::Idempotency, nothing())
        .col_expr(Column::BodySha256, Expr::value(""))
        .col_expr(Column::ErasedAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(&row.id))
        .exec(tx.conn())
        .await?;
    change_witness(tx, model, &row.id, |witness| {
        witness.text = None;
        witness.pictures.clear();
    })
    .await?;
    let mut alone = Vec::new();
    for file in files {
        let other = citizen_file::Entity::find()
            .filter(citizen_file::Column::ObjectKey.eq(&file.object_key))
            .one(tx.conn())
            .await?;
        if other.is_none() {
            alone.push(file.object_key);
            alone.extend(file.redacted_key);
        }
    }
    Ok(alone)
}

/// Changes what a witness says, and computes its incident's profile anew.
async fn change_witness(
    tx: &Tx,
    model: &Model,
    id: &str,
    change: impl FnOnce(&mut Witness),
) -> Result<(), StoreError> {
    let Some((incident, mut said)) = witness(tx, id).await? else {
        return Ok(());
    };
    change(&mut said);
    let witness = [(id.to_owned(), (incident, said))].into();
    Statements::write(tx, |statements| save_witnesses(statements, witness)).await?;
    renew_profile(tx, model, incident).await
}

/// Reports that are neither anonymous nor held, the oldest first after an id: those whose time may be
/// over.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn citizen_reports_with_contact(
    on: &impl Access,
    after: &str,
    received_before: Timestamp,
    most: u64,
) -> Result<Vec<citizen_report::Model>, StoreError> {
    use citizen_report::Column;
    Ok(citizen_report::Entity::find()
        .filter(Column::AnonymisedAt.is_null())
        .filter(Column::Hold.is_null())
        .filter(Column::ReceivedAt.lt(received_before.as_microsecond()))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(on.conn())
        .await?)
}

/// Incidents that lie around a report and come into question, as their rows stand.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn incidents_around(
    on: &impl Access,
    keys: &[String],
    at: Timestamp,
    most: u64,
) -> Result<Vec<incident::Model>, StoreError> {
    use super::entity::merge_key;
    use sea_orm::QueryTrait as _;
    let found = merge_key::Entity::find()
        .select_only()
        .column(merge_key::Column::IncidentId)
        .filter(merge_key::Column::Key.is_in(keys))
        .filter(merge_key::Column::Until.gte(at.as_microsecond()))
        .into_query();
    Ok(incident::Entity::find()
        .filter(incident::Column::Inside.is_null())
        .filter(incident::Column::Id.in_subquery(found))
        .order_by_desc(incident::Column::Number)
        .limit(most)
        .all(on.conn())
        .await?)
}
