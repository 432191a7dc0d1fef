//! Units and scopes of accounts, keys for programs, the access log, and incidents by kind.

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
        for column in [text_null("unit"), text_null("scope")] {
            let accounts = Table::alter().table("accounts").add_column(column).take();
            manager.alter_table(accounts).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        let kinds = Index::create()
            .name("incidents_kind")
            .table("incidents")
            .col("kind")
            .col("number")
            .take();
        manager.create_index(kinds).await?;
        for (name, column) in [
            ("api_keys_hash", "hash"),
            ("api_keys_account", "account_id"),
        ] {
            let mut index = Index::create()
                .name(name)
                .table("api_keys")
                .col(column)
                .take();
            if column == "hash" {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["api_keys", "access_log"] {
            manager
                .drop_table(Table::drop().table(name).if_exists().take())
                .await?;
        }
        let mut kinds = Index::drop();
        kinds.name("incidents_kind").table("incidents");
        manager.drop_index(kinds.clone()).await?;
        for column in ["unit", "scope"] {
            let accounts = Table::alter().table("accounts").drop_column(column).take();
            manager.alter_table(accounts).await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 2] {
    [
        Table::create()
            .table("api_keys")
            .col(text("id"))
            .col(text("account_id"))
            .col(text("name"))
            .col(text("hash"))
            .col(text("rights"))
            .col(text("scope"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("revoked_at"))
            .col(big_integer_null("last_used_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("access_log")
            .col(big_integer("seq"))
            .col(big_integer("at"))
            .col(text("actor"))
            .col(text_null("key"))
            .col(text("act"))
            .col(text("subject"))
            .col(text_null("purpose"))
            .col(text_null("note"))
            .col(text("prev_hash"))
            .col(text("hash"))
            .primary_key(Index::create().col("seq"))
            .take(),
    ]
}
