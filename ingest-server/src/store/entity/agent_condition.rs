//! `agent_conditions`: what each agent last said of its desired state and its clock.

use sea_orm::entity::prelude::*;

/// One row of `agent_conditions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_conditions")]
pub struct Model {
    /// The agent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent: String,
    /// `Applied`, the contract's JSON; empty before its first desired state.
    pub applied: Option<String>,
    /// `AgentClock`, the contract's JSON; empty while unknown.
    pub clock: Option<String>,
    /// `ClockTrust` on the wire.
    pub clock_trust: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
