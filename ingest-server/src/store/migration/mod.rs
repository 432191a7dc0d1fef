//! Migrations, oldest first. One that has been released is never edited: its successor changes the
//! schema in two steps (expand, then contract), so that the release before it still runs.

use sea_orm_migration::prelude::*;

mod m0001_first_tables;
mod m0002_incident_tally;
mod m0003_gap_reports;
mod m0004_orders;
mod m0005_key_endings;
mod m0006_seals;
mod m0007_derived_copies;
mod m0008_mosquitto_hashes;
mod m0010_merging;
mod m0011_citizens;
mod m0012_casework;
mod m0013_dispatch;
mod m0014_people;
mod m0015_overdue;
mod m0017_redacted_files;
mod m0018_tellers;

/// Every migration, in order.
pub(super) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_tables::Migration),
            Box::new(m0002_incident_tally::Migration),
            Box::new(m0003_gap_reports::Migration),
            Box::new(m0004_orders::Migration),
            Box::new(m0005_key_endings::Migration),
            Box::new(m0006_seals::Migration),
            Box::new(m0007_derived_copies::Migration),
            Box::new(m0008_mosquitto_hashes::Migration),
            Box::new(m0010_merging::Migration),
            Box::new(m0011_citizens::Migration),
            Box::new(m0012_casework::Migration),
            Box::new(m0013_dispatch::Migration),
            Box::new(m0014_people::Migration),
            Box::new(m0015_overdue::Migration),
            Box::new(m0017_redacted_files::Migration),
            Box::new(m0018_tellers::Migration),
        ]
    }
}
