//! By what signal controllers, and those who turn cameras, are known at the broker; how those who take part in an
//! event move.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

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
        let tellers = Table::create()
            .table("teller_credentials")
            .col(text("name"))
            .col(text("mqtt_password_hash"))
            .col(text("mosquitto_hash"))
            .col(big_integer("made_at"))
            .col(big_integer_null("revoked_at"))
            .primary_key(Index::create().col("name"))
            .take();
        manager.create_table(tellers).await?;
        let events = Table::alter()
            .table("events")
            .add_column(text_null("moving"))
            .take();
        manager.alter_table(events).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tellers = Table::drop().table("teller_credentials").if_exists().take();
        manager.drop_table(tellers).await?;
        let events = Table::alter().table("events").drop_column("moving").take();
        manager.alter_table(events).await
    }
}
