//! Agents' MQTT passwords as Mosquitto's password file holds them, for `agent mosquitto`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

/// See the module.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the signature as the trait writes it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("agents")
            .add_column(text_null("mosquitto_hash"))
            .take();
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("agents")
            .drop_column("mosquitto_hash")
            .take();
        manager.alter_table(table).await
    }
}
