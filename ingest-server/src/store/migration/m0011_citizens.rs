//! What citizens tell: reports, their files, whom to call back (sealed), which camera was asked, what
//! other systems said of them; and what they say together on the incident they belong to.
//!
//! Which incident a report belongs to stands in `merge_witnesses`, and nowhere else.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, double, double_null, text, text_null,
};

/// See the module.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 5] = [
    "citizen_reports",
    "citizen_files",
    "citizen_contacts",
    "citizen_errands",
    "citizen_updates",
];

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the signature as the trait writes it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let told = Table::alter()
            .table("incidents")
            .add_column(text_null("told"))
            .take();
        manager.alter_table(told).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager
                .drop_table(Table::drop().table(table).if_exists().take())
                .await?;
        }
        let told = Table::alter().table("incidents").drop_column("told").take();
        manager.alter_table(told).await
    }
}

fn tables() -> [TableCreateStatement; 5] {
    [
        Table::create()
            .table("citizen_reports")
            .col(text("id"))
            .col(big_integer("number"))
            .col(text_null("idempotency"))
            .col(text("body_sha256"))
            .col(text("code_hash"))
            .col(text("channel"))
            .col(text_null("filed_by"))
            .col(text("service"))
            .col(text("category"))
            .col(text("severity"))
            .col(text("description"))
            .col(text("attributes"))
            .col(double_null("lat"))
            .col(double_null("lon"))
            .col(double_null("uncertainty_m"))
            .col(text_null("address"))
            .col(text_null("address_id"))
            .col(big_integer("occurred_at"))
            .col(big_integer("received_at"))
            .col(text_null("media_url"))
            .col(text_null("reporter"))
            .col(text_null("rating"))
            .col(text_null("rating_note"))
            .col(big_integer_null("rated_at"))
            .col(big_integer("keep_days"))
            .col(text_null("hold"))
            .col(text_null("hold_by"))
            .col(big_integer_null("hold_at"))
            .col(big_integer_null("anonymised_at"))
            .col(big_integer_null("erased_at"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("citizen_files")
            .col(text("id"))
            .col(text("report_id"))
            .col(big_integer("position"))
            .col(text("mime"))
            .col(big_integer("bytes"))
            .col(text("sha256"))
            .col(text("original_sha256"))
            .col(text_null("perceptual"))
            .col(big_integer_null("width"))
            .col(big_integer_null("height"))
            .col(text("object_key"))
            .col(text_null("taken_at"))
            .col(double_null("taken_lat"))
            .col(double_null("taken_lon"))
            .col(double_null("taken_error_m"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("citizen_contacts")
            .col(text("report_id"))
            .col(text("key_id"))
            .col(text("sealed"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("report_id"))
            .take(),
        Table::create()
            .table("citizen_errands")
            .col(text("id"))
            .col(text("report_id"))
            .col(text("agent"))
            .col(text("camera"))
            .col(double("distance_m"))
            .col(big_integer("wanted_at"))
            .col(text_null("command_id"))
            .col(text_null("refused"))
            .primary_key(Index::create().col("id"))
            .take(),
        Table::create()
            .table("citizen_updates")
            .col(text("id"))
            .col(text("report_id"))
            .col(text("client"))
            .col(text("update_id"))
            .col(big_integer("at"))
            .col(text("status"))
            .col(text("description"))
            .col(text_null("media_url"))
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
        index
    };
    let unique =
        |name, table, columns: &[&'static str]| index(name, table, columns).unique().take();
    vec![
        unique("citizen_reports_number", "citizen_reports", &["number"]),
        unique("citizen_reports_code", "citizen_reports", &["code_hash"]),
        unique(
            "citizen_reports_idempotency",
            "citizen_reports",
            &["idempotency"],
        ),
        index(
            "citizen_reports_received",
            "citizen_reports",
            &["received_at", "id"],
        )
        .take(),
        index("citizen_files_report", "citizen_files", &["report_id"]).take(),
        index("citizen_files_object", "citizen_files", &["object_key"]).take(),
        index("citizen_contacts_key", "citizen_contacts", &["key_id"]).take(),
        index("citizen_errands_report", "citizen_errands", &["report_id"]).take(),
        index(
            "citizen_errands_camera",
            "citizen_errands",
            &["agent", "camera", "wanted_at"],
        )
        .take(),
        unique(
            "citizen_updates_client",
            "citizen_updates",
            &["client", "update_id"],
        ),
        index("citizen_updates_report", "citizen_updates", &["report_id"]).take(),
        index("citizen_updates_at", "citizen_updates", &["at"]).take(),
    ]
}
