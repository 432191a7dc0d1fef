//! Why an agent's key ended: until now only revocation ended one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

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
        let table = Table::alter()
            .table("agent_keys")
            .add_column(text_null("ending"))
            .take();
        manager.alter_table(table).await?;
        let known = "UPDATE agent_keys SET ending = 'revocation' WHERE revoked_at IS NOT NULL";
        manager.get_connection().execute_unprepared(known).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("agent_keys")
            .drop_column("ending")
            .take();
        manager.alter_table(table).await
    }
}
