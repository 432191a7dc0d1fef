//! `contacts rotate`: another key for what people can be called back by.

use clap::Subcommand;

use crate::config::Config;
use crate::people::vault::Vault;

/// Contact data of citizens.
#[derive(Debug, Subcommand)]
pub(super) enum Contacts {
    /// Put a new key before the others. Every server takes it up at its next start, and seals anew what lies
    /// under an older one; then the older keys can be removed from the file.
    Rotate,
}

pub(super) fn run(config: &Config, command: &Contacts) -> anyhow::Result<()> {
    match command {
        Contacts::Rotate => {
            super::make_data_dir(&config.data_dir)?;
            let file = &config.citizens.contact_keys_file;
            let id = Vault::add_key(file)?;
            super::say(format!(
                "{id} seals from the next start on; {} holds it",
                file.display()
            ));
        }
    }
    Ok(())
}
