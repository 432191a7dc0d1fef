//! What is told to units: notices, the deliveries made of them, and by what units are known.

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
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["notices", "deliveries", "unit_credentials"] {
            manager
                .drop_table(Table::drop().table(name).if_exists().take())
                .await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("notices")
            .col(text("id"))
            .col(text("incident_id"))
            .col(text("cause"))
            .col(text_null("about"))
            .col(text("actor"))
            .col(big_integer("made_at"))
            .col(big_integer_null("due_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("deliveries")
            .col(text("id"))
            .col(text("incident_id"))
            .col(text("target"))
            .col(big_integer("seq"))
            .col(text("unit"))
            .col(text("word"))
            .col(text("cause"))
            .col(text_null("about"))
            .col(text("facts"))
            .col(text("refers_to"))
            .col(text("state"))
            .col(big_integer("attempts"))
            .col(text_null("failure"))
            .col(big_integer("made_at"))
            .col(big_integer_null("due_at"))
            .col(big_integer_null("sent_at"))
            .col(big_integer_null("ack_due_at"))
            .col(big_integer_null("acked_at"))
            .col(text_null("acked_by"))
            .col(text_null("ack_note"))
            .col(big_integer_null("escalated_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("unit_credentials")
            .col(text("unit"))
            .col(text("mqtt_password_hash"))
            .col(text("mosquitto_hash"))
            .col(big_integer("made_at"))
            .col(big_integer_null("revoked_at"))
            .primary_key(Index::create().col("unit"))
            .take(),
    ]
}

fn indexes() -> [IndexCreateStatement; 6] {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    [
        index("notices_due", "notices", &["due_at"]).take(),
        index("deliveries_due", "deliveries", &["due_at"]).take(),
        index("deliveries_ack_due", "deliveries", &["ack_due_at"]).take(),
        index("deliveries_state", "deliveries", &["state", "made_at"]).take(),
        index(
            "deliveries_thread",
            "deliveries",
            &["incident_id", "target", "seq"],
        )
        .unique()
        .take(),
        index("deliveries_target", "deliveries", &["target", "made_at"]).take(),
    ]
}
