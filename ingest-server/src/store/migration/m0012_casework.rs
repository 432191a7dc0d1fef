//! How incidents are worked: what the case holds beside its state, the clocks of its stages, steps that can be taken
//! back, calls, routes with their reasons, and the documents by which all of it goes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

/// See the module.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What was rejected keeps its reason, now beside every state that has one. `rejected_reason` stays: the release
/// before this one reads it.
const REASONS: &str =
    "UPDATE incidents SET state_detail = rejected_reason WHERE state = 'rejected'";

/// Nobody promised anything about what came before: its clocks begin when a server first looks at it (0).
const CLOCKS: &str = "UPDATE incidents SET clock_at = 0 \
     WHERE state IN ('new', 'acknowledged', 'confirmed') AND inside IS NULL";

/// What was severe enough to be urgent is.
const URGENT: &str = "UPDATE incidents SET urgency = 'urgent' WHERE severity = 'critical'";

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the signature as the trait writes it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            let table = Table::alter().table("incidents").add_column(column).take();
            manager.alter_table(table).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        for statement in [REASONS, CLOCKS, URGENT] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["incidents_clock", "incidents_due", "incidents_lead"] {
            let mut drop = Index::drop();
            manager
                .drop_index(drop.name(index).table("incidents").to_owned())
                .await?;
        }
        for table in tables() {
            let Some(name) = table.get_table_name() else {
                continue;
            };
            manager
                .drop_table(Table::drop().table(name.clone()).if_exists().take())
                .await?;
        }
        for column in columns() {
            let table = Table::alter()
                .table("incidents")
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<ColumnDef> {
    vec![
        text_null("state_detail").take(),
        text("opened_by").default("camera").take(),
        text("source").default("camera").take(),
        text_null("lead_unit").take(),
        text("supporting").default("[]").take(),
        big_integer_null("published_at").take(),
        big_integer("reopened").default(0).take(),
        text_null("complained_of").take(),
        text("urgency").default("normal").take(),
        text_null("claimed_by").take(),
        big_integer_null("claimed_until").take(),
        text_null("shelved_by").take(),
        big_integer_null("shelved_until").take(),
        text_null("shelved_why").take(),
        text_null("review_told").take(),
        big_integer_null("clock_at").take(),
        big_integer_null("due_at").take(),
        text_null("due_stage").take(),
    ]
}

fn tables() -> [TableCreateStatement; 5] {
    [
        Table::create()
            .table("case_clocks")
            .col(text("incident_id"))
            .col(text("stage"))
            .col(big_integer("round"))
            .col(big_integer("began"))
            .col(big_integer_null("done"))
            .col(text("pauses"))
            .col(big_integer_null("warned_at"))
            .col(big_integer_null("missed_at"))
            .primary_key(Index::create().col("incident_id").col("stage").col("round"))
            .take(),
        Table::create()
            .table("case_steps")
            .col(text("incident_id"))
            .col(big_integer("version"))
            .col(text("action"))
            .col(text("actor"))
            .col(big_integer("at"))
            .col(text("before"))
            .col(text("after"))
            .col(big_integer_null("undone_at"))
            .primary_key(Index::create().col("incident_id").col("version"))
            .take(),
        Table::create()
            .table("case_calls")
            .col(text("id"))
            .col(text("incident_id"))
            .col(big_integer("round"))
            .col(big_integer("rung"))
            .col(text("contact"))
            .col(big_integer("due_at"))
            .col(big_integer_null("called_at"))
            .col(text_null("called_by"))
            .col(text_null("outcome"))
            .col(text_null("reached"))
            .col(text_null("note"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("case_routes")
            .col(text("incident_id"))
            .col(big_integer("version"))
            .col(big_integer("at"))
            .col(big_integer("policy_version"))
            .col(big_integer("areas_version"))
            .col(text("explanation"))
            .primary_key(Index::create().col("incident_id").col("version"))
            .take(),
        Table::create()
            .table("setup_documents")
            .col(text("kind"))
            .col(big_integer("version"))
            .col(big_integer("at"))
            .col(text("by"))
            .col(text_null("note"))
            .col(text("body"))
            .primary_key(Index::create().col("kind").col("version"))
            .take(),
    ]
}

fn indexes() -> [IndexCreateStatement; 4] {
    let of = |name: &str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index.take()
    };
    [
        of("incidents_clock", "incidents", &["clock_at"]),
        of("incidents_due", "incidents", &["due_at"]),
        of("incidents_lead", "incidents", &["lead_unit", "number"]),
        of("case_calls_incident", "case_calls", &["incident_id"]),
    ]
}
