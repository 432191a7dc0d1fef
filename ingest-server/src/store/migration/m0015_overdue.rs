//! What time demands is told once, and what became overdue in a month is listed once.

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
        let notices = Table::alter()
            .table("notices")
            .add_column(text_null("once"))
            .take();
        manager.alter_table(notices).await?;
        manager.create_table(letters()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [
            ("notices_once", "notices"),
            ("case_clocks_missed", "case_clocks"),
            ("case_clocks_done", "case_clocks"),
        ] {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        manager
            .drop_table(Table::drop().table("letters").if_exists().take())
            .await?;
        let notices = Table::alter().table("notices").drop_column("once").take();
        manager.alter_table(notices).await
    }
}

fn letters() -> TableCreateStatement {
    Table::create()
        .table("letters")
        .col(text("id"))
        .col(text("target"))
        .col(text("unit"))
        .col(text("month"))
        .col(text("items"))
        .col(text("state"))
        .col(big_integer("attempts"))
        .col(text_null("failure"))
        .col(big_integer("made_at"))
        .col(big_integer_null("due_at"))
        .col(big_integer_null("sent_at"))
        .primary_key(Index::create().col("id"))
        .take()
}

fn indexes() -> [IndexCreateStatement; 5] {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    [
        index("notices_once", "notices", &["once"]).unique().take(),
        index("letters_once", "letters", &["target", "month"])
            .unique()
            .take(),
        index("letters_due", "letters", &["due_at"]).take(),
        index("case_clocks_missed", "case_clocks", &["missed_at"]).take(),
        index("case_clocks_done", "case_clocks", &["done", "missed_at"]).take(),
    ]
}
