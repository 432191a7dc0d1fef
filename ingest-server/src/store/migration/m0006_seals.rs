//! Sealed events: the manifests that came, the plates that people typed, the bundles that were
//! released.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null};

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
        for table in tables() {
            manager.create_table(table).await?;
        }
        let index = Index::create()
            .name("manifests_chain")
            .table("manifests")
            .col("agent")
            .col("chain")
            .col("sequence")
            .take();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["manifests", "event_plates", "releases"] {
            manager
                .drop_table(Table::drop().table(table).if_exists().take())
                .await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("manifests")
            .col(text("event_id"))
            .col(text("agent"))
            .col(text("chain"))
            .col(big_integer("sequence"))
            .col(text_null("previous"))
            .col(text("sha256"))
            .col(text("key_id"))
            .col(text("verdict"))
            .col(big_integer("received_at"))
            .primary_key(Index::create().col("event_id"))
            .take(),
        Table::create()
            .table("event_plates")
            .col(text("event_id"))
            .col(text("plate"))
            .col(text("typed_by"))
            .col(big_integer("typed_at"))
            .primary_key(Index::create().col("event_id"))
            .take(),
        Table::create()
            .table("releases")
            .col(text("event_id"))
            .col(text("released_by"))
            .col(big_integer("released_at"))
            .primary_key(Index::create().col("event_id"))
            .take(),
    ]
}
