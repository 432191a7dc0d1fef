//! Commands, desired state, and what agents say of theirs.

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
        for table in tables() {
            manager.create_table(table).await?;
        }
        let index = Index::create()
            .name("commands_sequence")
            .table("commands")
            .col("agent")
            .col("sequence")
            .unique()
            .take();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["commands", "desired", "agent_conditions"] {
            manager
                .drop_table(Table::drop().table(name).if_exists().take())
                .await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("commands")
            .col(text("id"))
            .col(text("agent"))
            .col(big_integer("sequence"))
            .col(text("account"))
            .col(text("action"))
            .col(big_integer("issued_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("sent_at"))
            .col(big_integer_null("answered_at"))
            .col(text_null("answer"))
            .col(text_null("answer_sha256"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("desired")
            .col(text("agent"))
            .col(big_integer("version"))
            .col(text("state"))
            .col(text("account"))
            .col(big_integer("changed_at"))
            .primary_key(Index::create().col("agent"))
            .take(),
        Table::create()
            .table("agent_conditions")
            .col(text("agent"))
            .col(text_null("applied"))
            .col(text_null("clock"))
            .col(text("clock_trust"))
            .primary_key(Index::create().col("agent"))
            .take(),
    ]
}
