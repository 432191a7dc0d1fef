//! `citizen_files`: pictures and films that came with reports, as they were encoded anew.

use sea_orm::entity::prelude::*;

/// One row of `citizen_files`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citizen_files")]
pub struct Model {
    /// A UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The report.
    pub report_id: String,
    /// Counts from 0 within the report.
    pub position: i64,
    /// Media type.
    pub mime: String,
    /// Length in bytes.
    pub bytes: i64,
    /// SHA-256 of what is stored, hexadecimal.
    pub sha256: String,
    /// SHA-256 of what was sent; those bytes are nowhere kept.
    pub original_sha256: String,
    /// The perceptual hash, 16 hexadecimal digits; films have none.
    pub perceptual: Option<String>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Where in the object store.
    pub object_key: String,
    /// When it was taken, as the file said: RFC 3339, without offset where it named none.
    pub taken_at: Option<String>,
    /// Where it was taken, as the file said: latitude.
    pub taken_lat: Option<f64>,
    /// Where it was taken, as the file said: longitude.
    pub taken_lon: Option<f64>,
    /// How far off, as the file said, metres.
    pub taken_error_m: Option<f64>,
    /// Where its redacted copy lies in the object store, once one was made.
    pub redacted_key: Option<String>,
    /// Length of that copy in bytes.
    pub redacted_bytes: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
