//! Copies derived from evidence, the custody log, and what a piece shows: when, which part, whom.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

/// See the module.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What a sealed entry says beside its bytes.
const COLUMNS: [&str; 5] = [
    "shown_start",
    "shown_end",
    "part_number",
    "part_of",
    "track",
];

/// What commands brought lay under an event's column; the column now says whose it is.
const OWNERS: &str =
    "UPDATE evidence SET owner = 'command' WHERE event_id IN (SELECT id FROM commands)";

/// Clips that came before there were copies wait for theirs like new ones.
const WAITING: &str = "INSERT INTO derived_copies \
     (event_id, evidence_id, kind, state, source_sha256, attempts, due_at) \
     SELECT event_id, id, 'viewing', 'queued', sha256, 0, 0 FROM evidence \
     WHERE kind = 'clip' AND state = 'stored' AND sha256 IS NOT NULL";

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the signature as the trait writes it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut columns = vec![text("owner").default("event").take()];
        columns.extend(COLUMNS.map(|name| big_integer_null(name).take()));
        for column in columns {
            let table = Table::alter().table("evidence").add_column(column).take();
            manager.alter_table(table).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        let index = Index::create()
            .name("derived_copies_due")
            .table("derived_copies")
            .col("state")
            .col("due_at")
            .take();
        manager.create_index(index).await?;
        for statement in [OWNERS, WAITING] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["derived_copies", "custody"] {
            manager
                .drop_table(Table::drop().table(name).if_exists().take())
                .await?;
        }
        for column in ["owner"].into_iter().chain(COLUMNS) {
            let table = Table::alter().table("evidence").drop_column(column).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 2] {
    [
        Table::create()
            .table("derived_copies")
            .col(text("event_id"))
            .col(text("evidence_id"))
            .col(text("kind"))
            .col(text("state"))
            .col(text("source_sha256"))
            .col(big_integer("attempts"))
            .col(big_integer("due_at"))
            .col(text_null("reason"))
            .col(text_null("program"))
            .col(text_null("method"))
            .col(text_null("offender"))
            .col(text_null("mime"))
            .col(big_integer_null("bytes"))
            .col(text_null("sha256"))
            .col(text_null("object_key"))
            .col(big_integer_null("made_at"))
            .primary_key(
                Index::create()
                    .col("event_id")
                    .col("evidence_id")
                    .col("kind"),
            )
            .take(),
        Table::create()
            .table("custody")
            .col(text("event_id"))
            .col(text("evidence_id"))
            .col(big_integer("seq"))
            .col(big_integer("at"))
            .col(text("actor"))
            .col(text("act"))
            .col(text_null("copy_kind"))
            .col(text("detail"))
            .col(text("prev_hash"))
            .col(text("hash"))
            .primary_key(
                Index::create()
                    .col("event_id")
                    .col("evidence_id")
                    .col("seq"),
            )
            .take(),
    ]
}
