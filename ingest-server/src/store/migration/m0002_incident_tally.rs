//! How many of an incident's events are open and raised: with them a report changes its incident's
//! facts without reading every other event of it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

/// See the module.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The columns, and which events each counts.
const COLUMNS: [(&str, &str); 2] = [
    ("open_events", "phase <> 'cleared'"),
    ("raised_events", "phase = 'raised'"),
];

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the signature as the trait writes it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, counted) in COLUMNS {
            let table = Table::alter()
                .table("incidents")
                .add_column(big_integer(column).default(0))
                .take();
            manager.alter_table(table).await?;
            let count = format!(
                "UPDATE incidents SET {column} = (SELECT COUNT(*) FROM events \
                 WHERE events.incident_id = incidents.id AND events.{counted})"
            );
            manager.get_connection().execute_unprepared(&count).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, _) in COLUMNS {
            let table = Table::alter().table("incidents").drop_column(column).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
