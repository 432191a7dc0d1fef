//! Agents, their keys, and the tokens that let them in.

use std::collections::{BTreeSet, HashMap};

use bundle::EnrolmentRecord;
use contract::v1::{AgentId, AgentStatus, KeyId, Liveness, PublicKey, key_id};
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};

use super::access::MAX_ROWS;
use super::entity::{agent as agent_table, agent_key as key_table, enrolment_token as token_table};
use super::{Access, StoreError, Tx};

/// A public key with its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentKey {
    /// Whose it is.
    pub agent: AgentId,
    /// The key.
    pub public_key: PublicKey,
    /// From when it may sign.
    pub valid_from: Timestamp,
    /// Since when it may not.
    pub ends_at: Option<Timestamp>,
    /// Why it ends, where it does.
    pub ending: Option<Ending>,
}

/// Why a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its agent changed to another one.
    Rotation,
    /// It is not trusted any more.
    Revocation,
}

impl Ending {
    /// The word in the column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Revocation => "revocation",
        }
    }
}

impl AgentKey {
    /// Whether it is revoked: then nothing that comes in with it is taken, whenever it was signed.
    #[must_use]
    pub fn is_revoked(&self, now: Timestamp) -> bool {
        self.ending == Some(Ending::Revocation) && self.ends_at.is_some_and(|end| end <= now)
    }
}

impl AgentKey {
    /// What a bundle says of the key.
    #[must_use]
    pub fn enrolment(&self) -> EnrolmentRecord {
        EnrolmentRecord {
            agent: self.agent.clone(),
            public_key: self.public_key,
            valid_from: self.valid_from,
            valid_until: self.ends_at,
        }
    }
}

/// What enrolment writes about an agent. Secrets come as SHA-256, never as themselves.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// The public half of the key the agent made.
    pub public_key: PublicKey,
    /// SHA-256 of its MQTT password, hexadecimal.
    pub mqtt_password_hash: String,
    /// The same password as Mosquitto's password file holds it.
    pub mosquitto_hash: String,
    /// SHA-256 of its upload token, hexadecimal.
    pub upload_token_hash: String,
    /// The program's version.
    pub version: String,
}

/// What became of an attempt to enrol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolOutcome {
    /// The agent is in, once the transaction is committed.
    Enrolled(AgentId),
    /// No token of this hash is unused and in time.
    NoSuchToken,
    /// The public key is another agent's, or has ended: a key says who speaks, so it never changes
    /// hands, and what was revoked is not trusted again.
    KeyOfAnotherAgent,
}

/// Keeps a one-time token's hash.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn insert_enrolment_token(
    tx: &Tx,
    hash: &str,
    agent: &AgentId,
    created: Timestamp,
    expires: Timestamp,
) -> Result<(), StoreError> {
    token_table::ActiveModel {
        hash: Set(hash.to_owned()),
        agent: Set(agent.to_string()),
        created_at: Set(created.as_microsecond()),
        expires_at: Set(expires.as_microsecond()),
        used_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// Tokens that are neither used nor past their time.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn open_enrolment_tokens(
    on: &impl Access,
    now: Timestamp,
) -> Result<Vec<token_table::Model>, StoreError> {
    Ok(token_table::Entity::find()
        .filter(token_table::Column::UsedAt.is_null())
        .filter(token_table::Column::ExpiresAt.gt(now.as_microsecond()))
        .order_by_asc(token_table::Column::ExpiresAt)
        .all(on.conn())
        .await?)
}

/// Uses a token up and enrols its agent. Commit only [`EnrolOutcome::Enrolled`].
///
/// An agent that enrols again keeps its name: its former passwords are void at once, and its
/// former keys are revoked from now unless it brought the same key.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn enrol(
    tx: &Tx,
    token_hash: &str,
    enrolled: &Enrolled,
    now: Timestamp,
) -> Result<EnrolOutcome, StoreError> {
    let at = now.as_microsecond();
    let Some(token) = token_table::Entity::find_by_id(token_hash)
        .one(tx.conn())
        .await?
    else {
        return Ok(EnrolOutcome::NoSuchToken);
    };
    let agent = parse_agent(&token.agent, "enrolment_tokens", "agent")?;
    // One statement decides: of two requests with one token, only one changes the row.
    let used = token_table::Entity::update_many()
        .col_expr(token_table::Column::UsedAt, Expr::value(at))
        .filter(token_table::Column::Hash.eq(token_hash))
        .filter(token_table::Column::UsedAt.is_null())
        .filter(token_table::Column::ExpiresAt.gt(at))
        .exec(tx.conn())
        .await?;
    if used.rows_affected != 1 {
        return Ok(EnrolOutcome::NoSuchToken);
    }
    let known = agent_key(tx, &key_id(&enrolled.public_key)).await?;
    if known.is_some_and(|key| key.agent != agent || key.ends_at.is_some()) {
        return Ok(EnrolOutcome::KeyOfAnotherAgent);
    }
    upsert_agent(tx, agent.as_str(), enrolled, at).await?;
    replace_key(tx, agent.as_str(), &enrolled.public_key, at).await?;
    Ok(EnrolOutcome::Enrolled(agent))
}

async fn upsert_agent(tx: &Tx, id: &str, enrolled: &Enrolled, at: i64) -> Result<(), StoreError> {
    use agent_table::Column;
    let row = agent_table::ActiveModel {
        id: Set(id.to_owned()),
        enrolled_at: Set(at),
        revoked_at: Set(None),
        mqtt_password_hash: Set(enrolled.mqtt_password_hash.clone()),
        mosquitto_hash: Set(Some(enrolled.mosquitto_hash.clone())),
        upload_token_hash: Set(enrolled.upload_token_hash.clone()),
        version: Set(enrolled.version.clone()),
        liveness: Set("offline".to_owned()),
        since: Set(at),
        status_at: Set(0),
    };
    agent_table::Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Id)
                .update_columns([
                    Column::EnrolledAt,
                    Column::RevokedAt,
                    Column::MqttPasswordHash,
                    Column::MosquittoHash,
                    Column::UploadTokenHash,
                    Column::Version,
                ])
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

async fn replace_key(tx: &Tx, agent: &str, key: &PublicKey, at: i64) -> Result<(), StoreError> {
    use key_table::Column;
    let id = key_id(key);
    key_table::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .col_expr(Column::Ending, Expr::value(Ending::Revocation.as_str()))
        .filter(Column::Agent.eq(agent))
        .filter(Column::KeyId.ne(id.as_str()))
        .filter(still_trusted(at))
        .exec(tx.conn())
        .await?;
    insert_key(tx, agent, key, at).await
}

/// A key that has no end, or ends later because its agent changed to another.
fn still_trusted(at: i64) -> Condition {
    use key_table::Column;
    Condition::any().add(Column::RevokedAt.is_null()).add(
        Condition::all()
            .add(Column::Ending.eq(Ending::Rotation.as_str()))
            .add(Column::RevokedAt.gt(at)),
    )
}

/// A key that is known keeps its dates: what it signed before is verified by them.
async fn insert_key(tx: &Tx, agent: &str, key: &PublicKey, at: i64) -> Result<(), StoreError> {
    let row = key_table::ActiveModel {
        key_id: Set(key_id(key).to_string()),
        agent: Set(agent.to_owned()),
        public_key: Set(key.to_string()),
        valid_from: Set(at),
        revoked_at: Set(None),
        ending: Set(None),
    };
    key_table::Entity::insert(row)
        .on_conflict_do_nothing()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Adds a key of an agent, good from `now`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn add_key(
    tx: &Tx,
    agent: &AgentId,
    key: &PublicKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    insert_key(tx, agent.as_str(), key, now.as_microsecond()).await
}

/// Ends a key at `at`, for a reason.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn end_key(
    tx: &Tx,
    key: &KeyId,
    at: Timestamp,
    ending: Ending,
) -> Result<(), StoreError> {
    use key_table::Column;
    key_table::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at.as_microsecond()))
        .col_expr(Column::Ending, Expr::value(ending.as_str()))
        .filter(Column::KeyId.eq(key.as_str()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The keys of an agent, oldest first.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn keys_of_agent(on: &impl Access, agent: &AgentId) -> Result<Vec<AgentKey>, StoreError> {
    use key_table::Column;
    let rows = key_table::Entity::find()
        .filter(Column::Agent.eq(agent.as_str()))
        .order_by_asc(Column::ValidFrom)
        .order_by_asc(Column::KeyId)
        .all(on.conn())
        .await?;
    rows.iter().map(read_key).collect()
}

/// Shuts an agent out: its keys, password and upload token are void from now. False where no
/// such agent is welcome.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn revoke_agent(tx: &Tx, agent: &AgentId, now: Timestamp) -> Result<bool, StoreError> {
    let at = now.as_microsecond();
    let revoked = agent_table::Entity::update_many()
        .col_expr(agent_table::Column::RevokedAt, Expr::value(at))
        .filter(agent_table::Column::Id.eq(agent.as_str()))
        .filter(agent_table::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    key_table::Entity::update_many()
        .col_expr(key_table::Column::RevokedAt, Expr::value(at))
        .col_expr(
            key_table::Column::Ending,
            Expr::value(Ending::Revocation.as_str()),
        )
        .filter(key_table::Column::Agent.eq(agent.as_str()))
        .filter(still_trusted(at))
        .exec(tx.conn())
        .await?;
    Ok(revoked.rows_affected == 1)
}

/// One agent.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn agent(
    on: &impl Access,
    id: &AgentId,
) -> Result<Option<agent_table::Model>, StoreError> {
    Ok(agent_table::Entity::find_by_id(id.as_str())
        .one(on.conn())
        .await?)
}

/// Every agent, by name.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn agents(on: &impl Access) -> Result<Vec<agent_table::Model>, StoreError> {
    Ok(agent_table::Entity::find()
        .order_by_asc(agent_table::Column::Id)
        .all(on.conn())
        .await?)
}

/// The key with this short name.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn agent_key(on: &impl Access, id: &KeyId) -> Result<Option<AgentKey>, StoreError> {
    let row = key_table::Entity::find_by_id(id.as_str())
        .one(on.conn())
        .await?;
    row.map(|row| read_key(&row)).transpose()
}

/// The keys with these short names, as they stand now; what is not known is left out.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn agent_keys(
    on: &impl Access,
    named: impl IntoIterator<Item = KeyId>,
) -> Result<HashMap<KeyId, AgentKey>, StoreError> {
    let named: BTreeSet<KeyId> = named.into_iter().collect();
    let named: Vec<&str> = named.iter().map(KeyId::as_str).collect();
    let mut keys = HashMap::with_capacity(named.len());
    for some in named.chunks(MAX_ROWS) {
        let rows = key_table::Entity::find()
            .filter(key_table::Column::KeyId.is_in(some.iter().copied()))
            .all(on.conn())
            .await?;
        for row in rows {
            let key = read_key(&row)?;
            keys.insert(key_id(&key.public_key), key);
        }
    }
    Ok(keys)
}

fn read_key(row: &key_table::Model) -> Result<AgentKey, StoreError> {
    let unreadable = |column| StoreError::Unreadable {
        table: "agent_keys",
        column,
    };
    Ok(AgentKey {
        agent: parse_agent(&row.agent, "agent_keys", "agent")?,
        public_key: row
            .public_key
            .parse()
            .map_err(|_| unreadable("public_key"))?,
        valid_from: Timestamp::from_microsecond(row.valid_from)
            .map_err(|_| unreadable("valid_from"))?,
        ends_at: row
            .revoked_at
            .map(Timestamp::from_microsecond)
            .transpose()
            .map_err(|_| unreadable("revoked_at"))?,
        ending: match row.ending.as_deref() {
            None => None,
            Some("rotation") => Some(Ending::Rotation),
            Some("revocation") => Some(Ending::Revocation),
            Some(_) => return Err(unreadable("ending")),
        },
    })
}

/// The welcome agent whose upload token has this hash.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn active_agent_of_upload_token(
    on: &impl Access,
    token_hash: &str,
) -> Result<Option<AgentId>, StoreError> {
    let row = agent_table::Entity::find()
        .filter(agent_table::Column::UploadTokenHash.eq(token_hash))
        .filter(agent_table::Column::RevokedAt.is_null())
        .one(on.conn())
        .await?;
    row.map(|row| parse_agent(&row.id, "agents", "id"))
        .transpose()
}

/// Writes what an agent, or its last will, said of itself. False where no such agent enrolled.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_agent_status(
    tx: &Tx,
    status: &AgentStatus,
    received: Timestamp,
) -> Result<bool, StoreError> {
    use agent_table::Column;
    let changed = agent_table::Entity::update_many()
        .col_expr(
            Column::Liveness,
            Expr::value(liveness_word(status.liveness)),
        )
        .col_expr(Column::Version, Expr::value(status.version.as_str()))
        .col_expr(Column::Since, Expr::value(status.since.as_microsecond()))
        .col_expr(Column::StatusAt, Expr::value(received.as_microsecond()))
        .filter(Column::Id.eq(status.agent.as_str()))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Writes that nobody is connected, which is certain when the embedded broker starts.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn mark_all_offline(tx: &Tx, now: Timestamp) -> Result<(), StoreError> {
    use agent_table::Column;
    agent_table::Entity::update_many()
        .col_expr(Column::Liveness, Expr::value("offline"))
        .col_expr(Column::Since, Expr::value(now.as_microsecond()))
        .filter(Column::Liveness.ne("offline"))
        .exec(tx.conn())
        .await?;
    Ok(())
}

const fn liveness_word(liveness: Liveness) -> &'static str {
    match liveness {
        Liveness::Online => "online",
        Liveness::Offline => "offline",
    }
}

fn parse_agent(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<AgentId, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Unreadable { table, column })
}
