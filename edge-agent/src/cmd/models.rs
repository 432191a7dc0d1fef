//! `models`: what the catalogue knows, whether the files are what it means, and fetching them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use futures_util::StreamExt as _;
use reqwest::StatusCode;
use reqwest::header::RANGE;
use tokio::io::AsyncWriteExt as _;

use super::say;
use crate::config::{Catalogue, Config, DEFAULT_PATH, DetectConfig, Manifest, ModelConfig};
use crate::detect::model_file;

/// What to do with models.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models of the catalogue.
    List,
    /// Say for every model whether its file is there and has the right SHA-256.
    Verify,
    /// Fetch a model's file: from the folder that `VONG_MODELS_MIRROR` names, else from its URL.
    Pull {
        /// Its name in the catalogue.
        name: String,
    },
}

/// Runs a sub-command.
///
/// # Errors
/// Where the configuration, the catalogue or a file cannot be used.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::open(config)?;
    match &args.command {
        Command::List => shelf.list(),
        Command::Verify => shelf.verify(),
        Command::Pull { name } => shelf.pull(name),
    }
}

/// The models that are known here, and where their files lie.
struct Shelf {
    detect: DetectConfig,
    models: Vec<ModelConfig>,
}

impl Shelf {
    /// The configured models and the catalogue's others. Models can be fetched before there is a
    /// configuration: without a file at the default path, the built-in catalogue is all.
    fn open(config: &Path) -> anyhow::Result<Self> {
        if config == Path::new(DEFAULT_PATH) && !config.exists() {
            let catalogue = Catalogue::built_in()?;
            return Ok(Self::of(DetectConfig::default(), Vec::new(), &catalogue));
        }
        let config = Config::load(config)?;
        Ok(Self::of(config.detect, config.models, &config.catalogue))
    }

    fn of(detect: DetectConfig, mut models: Vec<ModelConfig>, catalogue: &Catalogue) -> Self {
        for manifest in &catalogue.models {
            if !models
                .iter()
                .any(|model| model.manifest.name == manifest.name)
            {
                models.push(ModelConfig {
                    manifest: manifest.clone(),
                    file: None,
                });
            }
        }
        Self { detect, models }
    }

    fn list(&self) -> anyhow::Result<ExitCode> {
        for ModelConfig { manifest, .. } in &self.models {
            let licence = manifest
                .file
                .licence
                .as_deref()
                .unwrap_or("licence unknown");
            let input = format!("{}×{}", manifest.input.width, manifest.input.height);
            let bytes = manifest
                .file
                .bytes
                .map(|bytes| format!("{:.1} MB", bytes as f64 / 1e6));
            say(&format!(
                "{:<12}  {:?}  {input}  {}  {licence}  {}",
                manifest.name,
                manifest.family,
                bytes.unwrap_or_default(),
                manifest.object_classes().join(" "),
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// A missing file is no failure: not every model is wanted. A wrong one is.
    fn verify(&self) -> anyhow::Result<ExitCode> {
        let mut wrong = false;
        for model in &self.models {
            let name = &model.manifest.name;
            let Ok(file) = model_file::find(model, &self.detect) else {
                say(&format!("{name}  {}  missing", model.manifest.file.name))?;
                continue;
            };
            let shown = file.display();
            let found =
                model_file::sha256_of(&file).with_context(|| format!("cannot read {shown}"))?;
            let fits = found == model.manifest.file.sha256;
            wrong |= !fits;
            say(&match fits {
                true => format!("{name}  {shown}  sha256 ok"),
                false => format!(
                    "{name}  {shown}  sha256 mismatch: {found}, expected {}",
                    model.manifest.file.sha256
                ),
            })?;
        }
        Ok(if wrong {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    fn pull(&self, name: &str) -> anyhow::Result<ExitCode> {
        let known = || {
            let names: Vec<&str> = self
                .models
                .iter()
                .map(|m| m.manifest.name.as_str())
                .collect();
            format!("no model {name:?}; known: {}", names.join(", "))
        };
        let model = self
            .models
            .iter()
            .find(|model| model.manifest.name == name)
            .with_context(known)?;
        let manifest = &model.manifest;
        let folder = model_file::models_dir(&self.detect);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = folder.join(&manifest.file.name);
        if file.is_file() && model_file::sha256_of(&file)? == manifest.file.sha256 {
            say(&format!("{name}  {}  already there", file.display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let part = folder.join(format!("{}.part", manifest.file.name));
        let origin = match model_file::in_mirror(manifest) {
            Some(copy) => {
                fs::copy(&copy, &part)
                    .with_context(|| format!("cannot copy {}", copy.display()))?;
                copy.display().to_string()
            }
            None => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(download(manifest, &part))?
            }
        };
        accept(manifest, &part, &file)?;
        say(&format!(
            "{name}  {}  from {origin}, sha256 ok",
            file.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Puts a fetched file in its place, if it is the one that is meant.
fn accept(manifest: &Manifest, part: &Path, file: &PathBuf) -> anyhow::Result<()> {
    let found = model_file::sha256_of(part)?;
    if found != manifest.file.sha256 {
        // What is wrong cannot be resumed.
        fs::remove_file(part).with_context(|| format!("cannot delete {}", part.display()))?;
        bail!(
            "model {}: what came has sha256 {found}, expected {}; it was deleted, try again or \
             correct the catalogue",
            manifest.name,
            manifest.file.sha256
        );
    }
    fs::rename(part, file).with_context(|| format!("cannot write {}", file.display()))
}

/// Downloads to `part`, going on where an earlier attempt stopped; returns the address.
async fn download(manifest: &Manifest, part: &Path) -> anyhow::Result<String> {
    let url = manifest.file.url.clone().with_context(|| {
        format!(
            "model {} has no url; copy {} into {} by hand",
            manifest.name,
            manifest.file.name,
            part.parent().unwrap_or(part).display()
        )
    })?;
    let failed = || format!("cannot download {url} to {}", part.display());
    let have = fs::metadata(part).map_or(0, |metadata| metadata.len());
    let mut request = reqwest::Client::new().get(&url);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let response = request.send().await.with_context(failed)?;
    // A server that does not resume sends everything; one that has nothing more says 416.
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(url);
    }
    let response = response.error_for_status().with_context(failed)?;
    let resumes = response.status() == StatusCode::PARTIAL_CONTENT;
    let mut options = tokio::fs::OpenOptions::new();
    options
        .create(true)
        .write(true)
        .append(resumes)
        .truncate(!resumes);
    let mut file = options.open(part).await.with_context(failed)?;
    let mut written = if resumes { have } else { 0 };
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.with_context(failed)?;
        written += chunk.len() as u64;
        let most = manifest.file.bytes.unwrap_or(u64::MAX);
        ensure!(
            written <= most,
            "{url} sends more than the {most} bytes of the catalogue"
        );
        file.write_all(&chunk).await.with_context(failed)?;
    }
    file.sync_all().await.with_context(failed)?;
    Ok(url)
}
