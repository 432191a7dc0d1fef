//! `deliveries`: one message to one target, and what became of it: the second half of the outbox.

use sea_orm::entity::prelude::*;

/// One row of `deliveries`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    /// A UUID version 7: the message's name everywhere.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The incident.
    pub incident_id: String,
    /// The target, by its name in the file of targets.
    pub target: String,
    /// Counts the messages of this target about this incident from 1.
    pub seq: i64,
    /// The target's unit when the message was made.
    pub unit: String,
    /// `alert`, `update` or `cancel`.
    pub word: String,
    /// Why it was made, as a word.
    pub cause: String,
    /// What that word is about.
    pub about: Option<String>,
    /// JSON of the incident as it stood then.
    pub facts: String,
    /// JSON list of the messages whose place it takes, by id, oldest first.
    pub refers_to: String,
    /// `queued`, `sending`, `sent`, `acknowledged`, `dead` or `superseded`.
    pub state: String,
    /// How often it was begun; also tells two holders of one lease apart.
    pub attempts: i64,
    /// Why the last attempt failed, as a word.
    pub failure: Option<String>,
    /// When it was made, microseconds UTC.
    pub made_at: i64,
    /// From when it may be taken up: by whoever, or while `sending` after its holder counts as dead, or
    /// while `sent` to be sent again. Empty where nothing is to be done by itself.
    pub due_at: Option<i64>,
    /// When the other side first took it.
    pub sent_at: Option<i64>,
    /// Until when it must be acknowledged; empty where nobody waits.
    pub ack_due_at: Option<i64>,
    /// When it was.
    pub acked_at: Option<i64>,
    /// By whom, as the unit or the operator says.
    pub acked_by: Option<String>,
    /// What else was said.
    pub ack_note: Option<String>,
    /// When others were told that it was not acknowledged.
    pub escalated_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
