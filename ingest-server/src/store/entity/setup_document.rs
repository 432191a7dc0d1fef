//! `setup_documents`: the documents by which incidents are worked, every version of them.

use sea_orm::entity::prelude::*;

/// One row of `setup_documents`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setup_documents")]
pub struct Model {
    /// `policy` or `areas`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Counts from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// When it was set, microseconds UTC.
    pub at: i64,
    /// Who set it: a user name.
    pub by: String,
    /// Why, in their own words.
    pub note: Option<String>,
    /// The document: JSON.
    pub body: String,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
