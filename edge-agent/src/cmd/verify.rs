//! `verify`: says of sealed bundles whether they are whole, offline.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use bundle::Verdict;
use contract::v1::PublicKey;

use crate::config::Config;
use crate::identity::Identity;

/// Verifies bundles against the server's public key, names every part that does not fit, and ends
/// with status 1 where any does not. Several bundles of one agent are held against its chain, too.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The server's public key in base64, or a file that holds it. Where it is not given, the key
    /// of the server that this agent is enrolled at.
    #[arg(long, value_name = "KEY")]
    server_key: Option<String>,
    /// The bundles.
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
}

/// Verifies, and says what it found.
///
/// # Errors
/// Where a file cannot be read, or there is no key to verify against.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let key = match &args.server_key {
        Some(text) => key_of(text)?,
        None => enrolled_key(config)?,
    };
    let mut verdicts = Vec::with_capacity(args.bundles.len());
    for path in &args.bundles {
        let verdict = judge(path, &key)?;
        for line in verdict.lines(&path.display().to_string()) {
            super::say(&line)?;
        }
        verdicts.push(verdict);
    }
    let chain = bundle::chain_faults(&verdicts);
    for fault in &chain {
        super::say(&format!("chain mismatch: {fault}"))?;
    }
    let good = chain.is_empty() && verdicts.iter().all(Verdict::is_good);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn judge(path: &Path, key: &PublicKey) -> anyhow::Result<Verdict> {
    let unreadable = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(unreadable)?;
    bundle::verify(&mut BufReader::new(file), key).with_context(unreadable)
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

fn enrolled_key(config: &Path) -> anyhow::Result<PublicKey> {
    let key = || -> anyhow::Result<PublicKey> {
        let config = Config::load(config)?;
        let identity = Identity::load(&config.agent.data_dir)?;
        Ok(identity.enrolment.answer.server_public_key)
    };
    key().context("give the server's public key with --server-key; no enrolment tells it here")
}
