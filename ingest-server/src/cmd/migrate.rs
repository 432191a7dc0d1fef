//! `migrate`: the schema, brought up to date.

use crate::config::Config;
use crate::store::Store;

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    super::make_data_dir(&config.data_dir)?;
    let store = Store::open(config.database.reveal()).await?;
    match store.migrate().await? {
        0 => super::say("the database schema is up to date"),
        applied => super::say(format!("applied {applied} migrations")),
    }
    store.close().await;
    Ok(())
}
