//! The first tables. What each column means stands in `store/entity/`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, double, text, text_null};

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
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            let Some(name) = table.get_table_name() else {
                continue;
            };
            manager
                .drop_table(Table::drop().table(name.clone()).if_exists().take())
                .await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    let mut tables = intake_tables();
    tables.extend(review_tables());
    tables
}

fn intake_tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("agents")
            .col(text("id"))
            .col(big_integer("enrolled_at"))
            .col(big_integer_null("revoked_at"))
            .col(text("mqtt_password_hash"))
            .col(text("upload_token_hash"))
            .col(text("version"))
            .col(text("liveness"))
            .col(big_integer("since"))
            .col(big_integer("status_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("agent_keys")
            .col(text("key_id"))
            .col(text("agent"))
            .col(text("public_key"))
            .col(big_integer("valid_from"))
            .col(big_integer_null("revoked_at"))
            .primary_key(Index::create().col("key_id"))
            .take(),
        Table::create()
            .table("enrolment_tokens")
            .col(text("hash"))
            .col(text("agent"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .primary_key(Index::create().col("hash"))
            .take(),
        Table::create()
            .table("cameras")
            .col(text("agent"))
            .col(text("id"))
            .col(text_null("name"))
            .col(text_null("place"))
            .col(text_null("status"))
            .col(text_null("state"))
            .col(text_null("reason"))
            .col(big_integer_null("since"))
            .col(big_integer_null("last_picture"))
            .col(big_integer("status_at"))
            .col(big_integer("updated_at"))
            .primary_key(Index::create().col("agent").col("id"))
            .take(),
        Table::create()
            .table("messages")
            .col(text("id"))
            .col(text("agent"))
            .col(text("topic"))
            .col(blob("payload"))
            .col(text("signature"))
            .col(big_integer("received_at"))
            .col(text("sha256"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("reports")
            .col(text("event_id"))
            .col(big_integer("revision"))
            .col(text("message_id"))
            .col(text("sha256"))
            .col(text("agent"))
            .col(text("camera"))
            .col(text("kind"))
            .col(text("detail"))
            .col(text("phase"))
            .col(double("confidence"))
            .col(text("severity"))
            .col(text_null("zone"))
            .col(big_integer("occurred_start"))
            .col(big_integer_null("occurred_end"))
            .col(text("clock"))
            .col(text_null("place"))
            .col(text("tracks"))
            .col(text_null("model"))
            .col(text("rule_version"))
            .col(big_integer_null("count"))
            .col(big_integer("received_at"))
            .primary_key(Index::create().col("event_id").col("revision"))
            .take(),
        Table::create()
            .table("events")
            .col(text("event_id"))
            .col(text("agent"))
            .col(text("camera"))
            .col(text_null("zone"))
            .col(text("kind"))
            .col(text("detail"))
            .col(text("phase"))
            .col(double("confidence"))
            .col(text("severity"))
            .col(text_null("place"))
            .col(big_integer("occurred_start"))
            .col(big_integer_null("occurred_end"))
            .col(big_integer_null("count"))
            .col(big_integer("revision"))
            .col(big_integer("report_count"))
            .col(text("clock"))
            .col(text_null("camera_name"))
            .col(text("tracks"))
            .col(text_null("model"))
            .col(text("rule_version"))
            .col(text_null("incident_id"))
            .primary_key(Index::create().col("event_id"))
            .take(),
        Table::create()
            .table("evidence")
            .col(text("event_id"))
            .col(text("id"))
            .col(text("agent"))
            .col(text("kind"))
            .col(text("state"))
            .col(big_integer("revision"))
            .col(text_null("mime"))
            .col(big_integer_null("bytes"))
            .col(text_null("sha256"))
            .col(text_null("reason"))
            .col(text_null("object_key"))
            .col(big_integer_null("stored_at"))
            .primary_key(Index::create().col("event_id").col("id"))
            .take(),
    ]
}

fn review_tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("incidents")
            .col(text("id"))
            .col(big_integer("number"))
            .col(text("kind"))
            .col(text("detail"))
            .col(text("severity"))
            .col(double("confidence"))
            .col(text("state"))
            .col(text("camera_phase"))
            .col(text("agent"))
            .col(text("camera"))
            .col(text_null("camera_name"))
            .col(text_null("zone"))
            .col(text_null("place"))
            .col(big_integer("occurred_start"))
            .col(big_integer_null("occurred_end"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .col(big_integer("version"))
            .col(big_integer_null("count"))
            .col(big_integer("event_count"))
            .col(big_integer("report_count"))
            .col(text_null("rejected_reason"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("incident_history")
            .col(text("incident_id"))
            .col(big_integer("seq"))
            .col(big_integer("at"))
            .col(text("actor"))
            .col(text("action"))
            .col(text_null("from_state"))
            .col(text_null("to_state"))
            .col(text_null("reason"))
            .col(text_null("note"))
            .col(text("prev_hash"))
            .col(text("hash"))
            .primary_key(Index::create().col("incident_id").col("seq"))
            .take(),
        Table::create()
            .table("accounts")
            .col(text("id"))
            .col(text("username"))
            .col(text("display_name"))
            .col(text("role"))
            .col(text("password_hash"))
            .col(big_integer_null("disabled_at"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("sessions")
            .col(text("token_hash"))
            .col(text("account_id"))
            .col(text("csrf_token"))
            .col(big_integer("created_at"))
            .col(big_integer("last_seen_at"))
            .col(big_integer("expires_at"))
            .primary_key(Index::create().col("token_hash"))
            .take(),
        Table::create()
            .table("quarantine")
            .col(text("id"))
            .col(big_integer("received_at"))
            .col(text("topic"))
            .col(text("reason"))
            .col(text("message"))
            .col(blob("payload"))
            .col(text("sha256"))
            .col(big_integer("bytes"))
            .col(big_integer("count"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("counters")
            .col(text("name"))
            .col(big_integer("value"))
            .primary_key(Index::create().col("name"))
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
        index("agents_upload_token", "agents", &["upload_token_hash"])
            .unique()
            .take(),
        index("agent_keys_agent", "agent_keys", &["agent"]),
        index("reports_message", "reports", &["message_id"]),
        index("events_incident", "events", &["incident_id"]),
        index("evidence_upload", "evidence", &["agent", "sha256"]),
        index("incidents_number", "incidents", &["number"])
            .unique()
            .take(),
        index("incidents_state", "incidents", &["state", "number"]),
        index(
            "incidents_merge",
            "incidents",
            &[
                "agent",
                "camera",
                "kind",
                "detail",
                "camera_phase",
                "number",
            ],
        ),
        index("accounts_username", "accounts", &["username"])
            .unique()
            .take(),
        index("sessions_account", "sessions", &["account_id"]),
        index(
            "quarantine_same",
            "quarantine",
            &["sha256", "topic", "reason"],
        )
        .unique()
        .take(),
        index("quarantine_age", "quarantine", &["received_at"]),
    ]
}
