//! `verify`: says of sealed bundles whether they are whole, offline: no database, no server.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use contract::v1::PublicKey;

use crate::agents;
use crate::config::Config;

/// Which bundles, against which key.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The server's public key in base64, or a file that holds it. Where it is not given, this
    /// server's own.
    #[arg(long, value_name = "KEY")]
    server_key: Option<String>,
    /// The bundles.
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
}

pub(super) fn run(config: &Config, args: &Args) -> anyhow::Result<()> {
    let key = match &args.server_key {
        Some(text) => key_of(text)?,
        None => own_key(&config.data_dir.join("server.key"))?,
    };
    let mut verdicts = Vec::with_capacity(args.bundles.len());
    for path in &args.bundles {
        let unreadable = || format!("{} cannot be read", path.display());
        let file = File::open(path).with_context(unreadable)?;
        let verdict = bundle::verify(&mut BufReader::new(file), &key).with_context(unreadable)?;
        for line in verdict.lines(&path.display().to_string()) {
            super::say(line);
        }
        verdicts.push(verdict);
    }
    let chain = bundle::chain_faults(&verdicts);
    for fault in &chain {
        super::say(format!("chain mismatch: {fault}"));
    }
    let bad = verdicts.iter().filter(|verdict| !verdict.is_good()).count();
    if bad > 0 || !chain.is_empty() {
        bail!("{bad} of {} bundles are not whole", verdicts.len());
    }
    Ok(())
}

/// A key as it is typed, or as a file holds it.
fn key_of(text: &str) -> anyhow::Result<PublicKey> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let content = std::fs::read_to_string(text).with_context(|| {
        format!("--server-key: {text:?} is no key, and no file that can be read")
    })?;
    content
        .parse()
        .with_context(|| format!("--server-key: {text} does not hold a public key"))
}

fn own_key(file: &Path) -> anyhow::Result<PublicKey> {
    if !file.exists() {
        bail!(
            "give the server's public key with --server-key; {} does not exist",
            file.display()
        );
    }
    Ok(agents::load_or_create(file)?.public())
}
