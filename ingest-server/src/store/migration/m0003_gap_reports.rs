//! What agents had to let go.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, text};

/// See the module.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "gap_reports";

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the signature as the trait writes it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(text("agent"))
            .col(text("outbox"))
            .col(big_integer("revision"))
            .col(big_integer("received_at"))
            .col(text("losses"))
            .col(blob("payload"))
            .col(text("signature"))
            .col(text("sha256"))
            .primary_key(Index::create().col("agent").col("outbox").col("revision"))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::drop().table(TABLE).if_exists().take();
        manager.drop_table(table).await
    }
}
