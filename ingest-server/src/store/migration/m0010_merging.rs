//! Merging: what each witness says, what each incident's witnesses say together, the keys under
//! which incidents are found, every decision with its reasons, and the steps that can be undone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, double_null, text, text_null};

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
        let inside = Table::alter()
            .table("incidents")
            .add_column(text_null("inside"))
            .take();
        manager.alter_table(inside).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "merge_witnesses",
            "merge_profiles",
            "merge_keys",
            "merge_decisions",
            "merge_steps",
        ] {
            manager
                .drop_table(Table::drop().table(table).if_exists().take())
                .await?;
        }
        let inside = Table::alter()
            .table("incidents")
            .drop_column("inside")
            .take();
        manager.alter_table(inside).await
    }
}

fn tables() -> [TableCreateStatement; 5] {
    [
        Table::create()
            .table("merge_witnesses")
            .col(text("id"))
            .col(text("incident_id"))
            .col(text("source"))
            .col(text("witness"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("merge_profiles")
            .col(text("incident_id"))
            .col(text("profile"))
            .primary_key(Index::create().col("incident_id"))
            .take(),
        Table::create()
            .table("merge_keys")
            .col(text("key"))
            .col(text("incident_id"))
            .col(big_integer("until"))
            .primary_key(Index::create().col("incident_id").col("key"))
            .take(),
        Table::create()
            .table("merge_decisions")
            .col(text("id"))
            .col(text("witness_id"))
            .col(text("incident_id"))
            .col(text_null("candidate_id"))
            .col(text("verdict"))
            .col(double_null("probability"))
            .col(text_null("score"))
            .col(text("model"))
            .col(big_integer("decided_at"))
            .col(text_null("answer"))
            .col(text_null("answered_by"))
            .col(big_integer_null("answered_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("merge_steps")
            .col(text("id"))
            .col(text("verb"))
            .col(text("from_incident"))
            .col(text("to_incident"))
            .col(text("moved"))
            .col(text("actor"))
            .col(big_integer("at"))
            .col(text_null("undone_by"))
            .col(big_integer_null("undone_at"))
            .primary_key(Index::create().col("id"))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index.take()
    };
    vec![
        index(
            "merge_witnesses_incident",
            "merge_witnesses",
            &["incident_id"],
        ),
        index(
            "merge_keys_block",
            "merge_keys",
            &["key", "until", "incident_id"],
        ),
        index(
            "merge_decisions_incident",
            "merge_decisions",
            &["incident_id"],
        ),
        index(
            "merge_decisions_candidate",
            "merge_decisions",
            &["candidate_id"],
        ),
        index(
            "merge_decisions_witness",
            "merge_decisions",
            &["witness_id"],
        ),
        index("merge_steps_from", "merge_steps", &["from_incident"]),
        index("merge_steps_to", "merge_steps", &["to_incident"]),
    ]
}
