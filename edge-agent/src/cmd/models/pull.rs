//! `models pull`: fetches a model's file, goes on where an earlier attempt stopped, and puts it in
//! its place only if it is the one that is meant.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::RANGE;
use tokio::io::AsyncWriteExt as _;

use super::list::{licence, size};
use crate::cmd::say;
use crate::cmd::shelf::Shelf;
use crate::config::{ModelFile, built_in_file};
use crate::detect::{Trust, Trusted, model_file};

/// Which model to fetch.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name in the catalogue, e.g. `yolox-s`, or of a variant, e.g. `yolox-s-int8`.
    name: String,
    /// Accept a file whose SHA-256 nobody stated, show it, and hold every later one to it.
    #[arg(long)]
    trust_first: bool,
}

/// What is done with a file whose hash nobody stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstSight {
    Refuse,
    Trust,
}

pub(super) fn run(shelf: &Shelf, args: &Args) -> anyhow::Result<ExitCode> {
    let model = shelf.model(Some(&args.name))?;
    let file = &model.manifest.file;
    if built_in_file(&file.name).is_some() {
        say(&format!(
            "{}  is in the program; nothing to fetch",
            args.name
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{}  {}  {}", args.name, size(file), licence(file)))?;
    if let Some(warning) = file.licence_warning() {
        say(&format!("WARNING: {warning}"))?;
    }
    if let Some(note) = &file.note {
        say(&format!("note: {note}"))?;
    }
    let first_sight = match args.trust_first {
        true => FirstSight::Trust,
        false => FirstSight::Refuse,
    };
    fetch(&args.name, file, &shelf.detect.models_folder(), first_sight)?;
    Ok(ExitCode::SUCCESS)
}

fn fetch(
    name: &str,
    file: &ModelFile,
    folder: &Path,
    first_sight: FirstSight,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut trust = Trust::load(folder)?;
    let trusted = trust.file.get(&file.name).map(|file| file.sha256.clone());
    let expected = file.sha256.clone().or(trusted);
    if expected.is_none() && first_sight == FirstSight::Refuse {
        bail!(
            "nobody stated the SHA-256 of {}: nothing says that what comes is the file that is \
             meant. To fetch it all the same, see its hash and hold every later one to it, say \
             `edge-agent models pull {name} --trust-first`",
            file.name
        );
    }
    let place = folder.join(&file.name);
    let there = match place.is_file() {
        true => Some(model_file::sha256_of(&place)?),
        false => None,
    };
    if there.is_some() && there == expected {
        say(&format!(
            "{name}  {}  already there, sha256 ok",
            place.display()
        ))?;
        return Ok(());
    }
    let part = folder.join(format!("{}.part", file.name));
    // What cannot be fetched may have been put there by hand.
    let by_hand = expected.is_none() && there.is_some() && file.url.is_none();
    let origin = match by_hand {
        true => {
            fs::rename(&place, &part)?;
            "by hand".to_owned()
        }
        false => get(file, &part)?,
    };
    let found = accept(name, &part, &place, expected.as_deref())?;
    let shown = place.display();
    if expected.is_some() {
        say(&format!("{name}  {shown}  from {origin}, sha256 ok"))?;
        return Ok(());
    }
    let trusted = Trusted {
        sha256: found.clone(),
        bytes: fs::metadata(&place)?.len(),
        origin: origin.clone(),
        at: Timestamp::now().to_string(),
    };
    say(&format!("{name}  {shown}  from {origin}"))?;
    say(&format!("{} bytes, sha256 {found}", trusted.bytes))?;
    trust.file.insert(file.name.clone(), trusted);
    let ledger = trust.save(folder).context("cannot record the hash")?;
    say(&format!(
        "trusted at first sight, recorded in {}",
        ledger.display()
    ))?;
    Ok(())
}

/// Fetches to `part` from the mirror, else from the address; says from where.
fn get(file: &ModelFile, part: &Path) -> anyhow::Result<String> {
    if let Some(copy) = model_file::in_mirror(file) {
        fs::copy(&copy, part).with_context(|| format!("cannot copy {}", copy.display()))?;
        return Ok(copy.display().to_string());
    }
    let url = file.url.clone().with_context(|| {
        format!(
            "no address is known for {}; copy it into {} by hand",
            file.name,
            part.parent().unwrap_or(part).display()
        )
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(download(&url, file.bytes, part))?;
    Ok(url)
}

/// Puts a fetched file in its place, if it is the one that is meant; returns its hash.
fn accept(
    name: &str,
    part: &Path,
    place: &PathBuf,
    expected: Option<&str>,
) -> anyhow::Result<String> {
    let found = model_file::sha256_of(part)?;
    if let Some(expected) = expected.filter(|expected| **expected != found) {
        // What is wrong cannot be resumed.
        fs::remove_file(part).with_context(|| format!("cannot delete {}", part.display()))?;
        bail!(
            "model {name}: what came has sha256 {found}, expected {expected}; it was deleted, try \
             again or correct the catalogue"
        );
    }
    fs::rename(part, place).with_context(|| format!("cannot write {}", place.display()))?;
    Ok(found)
}

/// Downloads to `part`, going on where an earlier attempt stopped.
async fn download(url: &str, bytes: Option<u64>, part: &Path) -> anyhow::Result<()> {
    let failed = || {
        format!(
            "cannot download {url} to {}; what came stays there, and the next pull goes on from it",
            part.display()
        )
    };
    let have = fs::metadata(part).map_or(0, |metadata| metadata.len());
    let mut request = reqwest::Client::new().get(url);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let response = request.send().await.with_context(failed)?;
    // A server that does not resume sends everything; one that has nothing more says 416.
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(());
    }
    let response = response.error_for_status().with_context(failed)?;
    let resumes = response.status() == StatusCode::PARTIAL_CONTENT;
    let have = if resumes { have } else { 0 };
    let mut progress = Progress::new(
        have,
        bytes.or(response.content_length().map(|rest| have + rest)),
    );
    let mut options = tokio::fs::OpenOptions::new();
    options
        .create(true)
        .write(true)
        .append(resumes)
        .truncate(!resumes);
    let mut file = options.open(part).await.with_context(failed)?;
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.with_context(failed)?;
        file.write_all(&chunk).await.with_context(failed)?;
        progress.add(chunk.len() as u64);
        let most = bytes.unwrap_or(u64::MAX);
        ensure!(
            progress.have <= most,
            "{url} sends more than the {most} bytes of the catalogue"
        );
    }
    progress.end();
    file.sync_all().await.with_context(failed)
}

/// Says on a terminal how far a download is; elsewhere it is silent.
struct Progress {
    have: u64,
    of: Option<u64>,
    resumed_at: u64,
    began: Instant,
    told: Option<Instant>,
}

impl Progress {
    const TELL_EVERY: Duration = Duration::from_millis(200);

    fn new(have: u64, of: Option<u64>) -> Self {
        Self {
            have,
            of,
            resumed_at: have,
            began: Instant::now(),
            told: None,
        }
    }

    fn add(&mut self, bytes: u64) {
        self.have += bytes;
        let due = self
            .told
            .is_none_or(|told| told.elapsed() >= Self::TELL_EVERY);
        if due && io::stderr().is_terminal() {
            self.told = Some(Instant::now());
            // Whoever cannot be told how far it is still gets the file.
            let _ = write!(io::stderr(), "\r{}\x1b[K", self.line());
        }
    }

    fn end(&self) {
        if self.told.is_some() {
            let _ = writeln!(io::stderr(), "\r{}\x1b[K", self.line());
        }
    }

    fn line(&self) -> String {
        let mega = |bytes: u64| bytes as f64 / 1e6;
        let rate = mega(self.have - self.resumed_at) / self.began.elapsed().as_secs_f64().max(1e-3);
        match self.of {
            Some(of) if of > 0 => {
                let (have, of) = (mega(self.have), mega(of));
                let share = 100.0 * have / of;
                format!("{share:3.0} %  {have:.1} of {of:.1} MB  {rate:.1} MB/s")
            }
            _ => format!("{:.1} MB  {rate:.1} MB/s", mega(self.have)),
        }
    }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
