//! `citizen_reports`: what citizens told, once each. Who they are stands elsewhere, sealed.

use sea_orm::entity::prelude::*;

/// One row of `citizen_reports`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citizen_reports")]
pub struct Model {
    /// A UUID version 7, and the witness's id in merging.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// A short number for people to say aloud, and Open311's id; unique, counts from 1.
    pub number: i64,
    /// Whoever filed it and the key they gave it, hashed: the same again is the same report.
    pub idempotency: Option<String>,
    /// SHA-256 of what was sent.
    pub body_sha256: String,
    /// SHA-256 of the code by which it is followed.
    pub code_hash: String,
    /// `portal`, `app`, `open311`, `phone`, `sms`, `email` or `social`.
    pub channel: String,
    /// The account that typed it in or passed it on.
    pub filed_by: Option<String>,
    /// The service's code.
    pub service: String,
    /// The service's category when it came.
    pub category: String,
    /// `Severity` on the wire, of the service when it came.
    pub severity: String,
    /// What the person says.
    pub description: String,
    /// JSON: answers to the service's questions.
    pub attributes: String,
    /// Latitude, WGS84.
    pub lat: Option<f64>,
    /// Longitude, WGS84.
    pub lon: Option<f64>,
    /// How far off that may be, metres.
    pub uncertainty_m: Option<f64>,
    /// Where, in words.
    pub address: Option<String>,
    /// Where, as a register calls it.
    pub address_id: Option<String>,
    /// When it was seen, microseconds UTC.
    pub occurred_at: i64,
    /// When it came in, microseconds UTC.
    pub received_at: i64,
    /// A picture somewhere on the web.
    pub media_url: Option<String>,
    /// A pseudonym: the same for the same telephone or address. None once anonymous.
    pub reporter: Option<String>,
    /// `satisfied`, `accepts` or `dissatisfied`.
    pub rating: Option<String>,
    /// Why, in the person's own words.
    pub rating_note: Option<String>,
    /// When it was rated.
    pub rated_at: Option<i64>,
    /// For how many days after its end the contact is kept.
    pub keep_days: i64,
    /// Why nothing of it may be erased now.
    pub hold: Option<String>,
    /// Who said so.
    pub hold_by: Option<String>,
    /// When.
    pub hold_at: Option<i64>,
    /// When contact and pseudonym were erased.
    pub anonymised_at: Option<i64>,
    /// When words and files were erased too: what is left is a tombstone.
    pub erased_at: Option<i64>,
}

/// Joins are written in the queries that need them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
