//! What merging remembers: profiles, keys, decisions with their reasons, and steps to undo.
//!
//! What is one and what is not stands in the crate `merge`; here it is read and written, within the
//! caller's transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use merge::block::Key;
use merge::decide::Weighed;
use merge::{Model, Profile, Score, Witness};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseBackend, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::Serialize;

use super::access::{MAX_ROWS, Statements, in_few_sizes};
use super::entity::{merge_decision, merge_key, merge_profile, merge_witness};
use super::{Access, StoreError, Tx};
use crate::incident::IncidentId;

/// Most incidents that are found under the keys of one search: what lies on the ground of a
/// hundred cells.
const MOST_FOUND: u64 = 4_000;

/// A nested value as a column holds it.
pub(super) fn column<T: Serialize>(value: &T) -> String {
    // What merging holds are finite numbers, texts and lists: it always writes.
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { table, column })
}

/// Makes servers that file reports of one ground take turns, so that two of them never open two
/// incidents for one thing. `SQLite` has one writer anyway.
pub(super) async fn hold_ground(tx: &Tx, keys: &BTreeSet<Key>) -> Result<(), StoreError> {
    if tx.conn().get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    // In order, so that no two wait for each other in a circle; few, so that they are cheap.
    let grounds: BTreeSet<i64> = keys.iter().map(ground).collect();
    for ground in grounds {
        let lock = format!("SELECT pg_advisory_xact_lock({ground})");
        tx.conn().execute_unprepared(&lock).await?;
    }
    Ok(())
}

/// A number below 64 for a key: FNV-1a.
fn ground(key: &Key) -> i64 {
    const GROUNDS: u64 = 64;
    /// Apart from locks that others may take in this database.
    const BASE: i64 = 0x766f_6e67_0000;
    let hash = key
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    BASE + i64::try_from(hash % GROUNDS).unwrap_or_default()
}

/// An incident that was found.
pub(super) struct Found {
    pub(super) key: String,
    pub(super) incident: String,
    /// Until when it comes into question, microseconds.
    pub(super) until: i64,
}

/// The incidents filed under these keys that come into question at a time (microseconds).
pub(super) async fn filed_under(
    tx: &Tx,
    keys: &BTreeSet<Key>,
    at: i64,
) -> Result<Vec<Found>, StoreError> {
    use merge_key::Column;
    let keys: Vec<&str> = keys.iter().map(Key::as_str).collect();
    let mut found = Vec::new();
    for some in keys.chunks(MAX_ROWS) {
        let rows = merge_key::Entity::find()
            .select_only()
            .columns([Column::Key, Column::IncidentId, Column::Until])
            .filter(Column::Key.is_in(some.iter().copied()))
            .filter(Column::Until.gte(at))
            .order_by_desc(Column::IncidentId)
            .limit(MOST_FOUND)
            .into_tuple::<(String, String, i64)>()
            .all(tx.conn())
            .await?;
        found.extend(rows.into_iter().map(|(key, incident, until)| Found {
            key,
            incident,
            until,
        }));
    }
    Ok(found)
}

/// What the witnesses of these incidents say.
pub(super) async fn profiles(
    tx: &Tx,
    incidents: &[String],
) -> Result<Vec<(IncidentId, Profile)>, StoreError> {
    use merge_profile::Column;
    let rows = merge_profile::Entity::find()
        .filter(Column::IncidentId.is_in(incidents))
        .all(tx.conn())
        .await?;
    rows.into_iter()
        .map(|row| {
            let id = row
                .incident_id
                .parse()
                .map_err(|_| StoreError::Unreadable {
                    table: "merge_profiles",
                    column: "incident_id",
                })?;
            Ok((id, read(&row.profile, "merge_profiles", "profile")?))
        })
        .collect()
}

/// What incidents' witnesses say, and under which keys they are found, as rows.
pub(super) struct ProfileRows {
    profiles: Vec<merge_profile::Model>,
    keys: Vec<merge_key::Model>,
}

impl ProfileRows {
    pub(super) fn of<'a>(
        model: &Model,
        changed: impl Iterator<Item = (IncidentId, &'a Profile, Vec<Key>)>,
    ) -> Self {
        let (mut profiles, mut keys) = (Vec::new(), Vec::new());
        for (incident, profile, filed) in changed {
            let until = profile.until(model);
            profiles.push(merge_profile::Model {
                incident_id: incident.to_string(),
                profile: column(profile),
            });
            keys.extend(filed.into_iter().map(|key| merge_key::Model {
                key: key.as_str().to_owned(),
                incident_id: incident.to_string(),
                until: until.map_or(i64::MAX, Timestamp::as_microsecond),
            }));
        }
        Self { profiles, keys }
    }

    pub(super) fn save(self, statements: &Statements) {
        let key = [merge_profile::Column::IncidentId];
        statements.upsert(self.profiles, &key, &[merge_profile::Column::Profile]);
        let key = [merge_key::Column::IncidentId, merge_key::Column::Key];
        statements.upsert(self.keys, &key, &[merge_key::Column::Until]);
    }
}

/// Writes until when incidents come into question that a later one took the place of: many in a
/// statement, since a camera that sees something come and go has one with each event.
pub(super) async fn save_superseded(
    tx: &Tx,
    superseded: Vec<(IncidentId, i64)>,
) -> Result<(), StoreError> {
    use merge_key::Column;
    for some in in_few_sizes(superseded) {
        let ids: Vec<String> = some.iter().map(|(id, _)| id.to_string()).collect();
        let mut until = CaseStatement::new();
        for (id, (_, at)) in ids.iter().zip(&some) {
            until = until.case(Column::IncidentId.eq(id.as_str()), Expr::value(*at));
        }
        merge_key::Entity::update_many()
            .col_expr(
                Column::Until,
                until.finally(Expr::col(Column::Until)).into(),
            )
            .filter(Column::IncidentId.is_in(ids))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// What witnesses say, and where each belongs.
pub(super) fn save_witnesses(
    statements: &Statements,
    witnesses: BTreeMap<String, (IncidentId, Witness)>,
) {
    use merge_witness::Column;
    let rows = witnesses
        .into_iter()
        .map(|(id, (incident, witness))| merge_witness::Model {
            id,
            incident_id: incident.to_string(),
            source: source(&witness),
            witness: column(&witness),
        })
        .collect();
    let rest = [Column::IncidentId, Column::Source, Column::Witness];
    statements.upsert(rows, &[Column::Id], &rest);
}

fn source(witness: &Witness) -> String {
    format!("{:?}", witness.source).to_lowercase()
}

/// The witnesses of an incident.
pub(super) async fn witnesses_of(
    on: &impl Access,
    incident: IncidentId,
) -> Result<Vec<Witness>, StoreError> {
    let rows = merge_witness::Entity::find()
        .filter(merge_witness::Column::IncidentId.eq(incident.to_string()))
        .order_by_asc(merge_witness::Column::Id)
        .all(on.conn())
        .await?;
    rows.iter()
        .map(|row| read(&row.witness, "merge_witnesses", "witness"))
        .collect()
}

/// The incident that a witness belongs to.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn home_of_witness(
    on: &impl Access,
    witness: &str,
) -> Result<Option<IncidentId>, StoreError> {
    let row = merge_witness::Entity::find_by_id(witness)
        .one(on.conn())
        .await?;
    row.map(|row| row.incident_id.parse())
        .transpose()
        .map_err(|_| StoreError::Unreadable {
            table: "merge_witnesses",
            column: "incident_id",
        })
}

/// What a witness says, and the incident it belongs to.
pub(super) async fn witness(
    tx: &Tx,
    id: &str,
) -> Result<Option<(IncidentId, Witness)>, StoreError> {
    let Some(row) = merge_witness::Entity::find_by_id(id).one(tx.conn()).await? else {
        return Ok(None);
    };
    let incident = row
        .incident_id
        .parse()
        .map_err(|_| StoreError::Unreadable {
            table: "merge_witnesses",
            column: "incident_id",
        })?;
    let said = read(&row.witness, "merge_witnesses", "witness")?;
    Ok(Some((incident, said)))
}

/// Computes an incident's profile anew from its witnesses, after some came or went. Without any it
/// has none, and is found under no key.
pub(super) async fn renew_profile(
    tx: &Tx,
    model: &Model,
    incident: IncidentId,
) -> Result<(), StoreError> {
    let id = incident.to_string();
    merge_key::Entity::delete_many()
        .filter(merge_key::Column::IncidentId.eq(&id))
        .exec(tx.conn())
        .await?;
    let profile = Profile::of(witnesses_of(tx, incident).await?);
    if profile.count() == 0 {
        merge_profile::Entity::delete_by_id(&id)
            .exec(tx.conn())
            .await?;
        return Ok(());
    }
    let keys = merge::block::filed_under(model, &profile);
    let rows = ProfileRows::of(model, std::iter::once((incident, &profile, keys)));
    Statements::write(tx, |statements| rows.save(statements)).await
}

/// A decision about one report.
pub(super) struct Answering<'a> {
    pub(super) witness: &'a str,
    pub(super) home: IncidentId,
    pub(super) model: &'a str,
    pub(super) now: Timestamp,
}

/// A candidate and what became of it.
pub(super) struct Verdicts<'a> {
    pub(super) word: &'static str,
    pub(super) weighed: &'a Weighed<IncidentId>,
}

pub(super) fn decision_row(about: &Answering<'_>, verdict: Verdicts<'_>) -> merge_decision::Model {
    merge_decision::Model {
        id: uuid::Uuid::now_v7().to_string(),
        witness_id: about.witness.to_owned(),
        incident_id: about.home.to_string(),
        candidate_id: Some(verdict.weighed.id.to_string()),
        verdict: verdict.word.to_owned(),
        probability: Some(verdict.weighed.probability),
        score: Some(column(&verdict.weighed.score)),
        model: about.model.to_owned(),
        decided_at: about.now.as_microsecond(),
        answer: None,
        answered_by: None,
        answered_at: None,
    }
}

/// A decision with its reasons read.
#[derive(Debug, Clone)]
pub struct StoredDecision {
    /// The row.
    pub row: merge_decision::Model,
    /// The reasons.
    pub score: Option<Score>,
}

fn stored(row: merge_decision::Model) -> Result<StoredDecision, StoreError> {
    let score = row
        .score
        .as_deref()
        .map(|text| read(text, "merge_decisions", "score"))
        .transpose()?;
    Ok(StoredDecision { row, score })
}

/// The newest decisions that concern an incident, from either side.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn decisions_of_incident(
    on: &impl Access,
    incident: IncidentId,
    most: u64,
) -> Result<Vec<StoredDecision>, StoreError> {
    use merge_decision::Column;
    let id = incident.to_string();
    let rows = merge_decision::Entity::find()
        .filter(
            Condition::any()
                .add(Column::IncidentId.eq(&id))
                .add(Column::CandidateId.eq(&id)),
        )
        .order_by_desc(Column::Id)
        .limit(most)
        .all(on.conn())
        .await?;
    rows.into_iter().map(stored).collect()
}

/// One decision.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn decision(on: &impl Access, id: &str) -> Result<Option<StoredDecision>, StoreError> {
    let row = merge_decision::Entity::find_by_id(id)
        .one(on.conn())
        .await?;
    row.map(stored).transpose()
}

/// Every decision, oldest first, a page at a time: to learn from.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn decisions_after(
    on: &impl Access,
    id: &str,
    most: u64,
) -> Result<Vec<StoredDecision>, StoreError> {
    use merge_decision::Column;
    let rows = merge_decision::Entity::find()
        .filter(Column::Id.gt(id))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(on.conn())
        .await?;
    rows.into_iter().map(stored).collect()
}

/// Writes what people said of a decision, where nobody said anything yet. False where somebody had.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn answer_decision(
    tx: &Tx,
    id: &str,
    answer: &'static str,
    who: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use merge_decision::Column;
    let changed = merge_decision::Entity::update_many()
        .col_expr(Column::Answer, Expr::value(answer))
        .col_expr(Column::AnsweredBy, Expr::value(who))
        .col_expr(Column::AnsweredAt, Expr::value(now.as_microsecond()))
        .filter(Column::Id.eq(id))
        .filter(Column::Answer.is_null())
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Writes that people took reports out of what they had been linked to: the link was wrong.
pub(super) async fn declined_by_split(
    tx: &Tx,
    witnesses: &BTreeSet<String>,
    from: IncidentId,
    who: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    use merge_decision::Column;
    let witnesses: Vec<&String> = witnesses.iter().collect();
    for some in witnesses.chunks(MAX_ROWS) {
        merge_decision::Entity::update_many()
            .col_expr(Column::Answer, Expr::value("declined"))
            .col_expr(Column::AnsweredBy, Expr::value(who))
            .col_expr(Column::AnsweredAt, Expr::value(now.as_microsecond()))
            .filter(Column::WitnessId.is_in(some.iter().copied()))
            .filter(Column::CandidateId.eq(from.to_string()))
            .filter(Column::Verdict.eq("linked"))
            .filter(Column::Answer.is_null())
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}
