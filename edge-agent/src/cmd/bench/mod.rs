//! `bench`: what this machine pays for a camera. One line of JSON.
//!
//! `whole` runs the agent itself, all of it, on RTSP addresses for a while; `alone` runs its three
//! dearest parts one after the other on the same bytes: receiving, decoding, inference. Whoever
//! compares the two, plays the cameras and pins the processes is the bench of the tests (`make bench`).

mod alone;
mod whole;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::say;
use super::shelf::Shelf;
use crate::camera::StreamUrl;
use crate::config::{DetectConfig, ModelConfig};

/// What to measure, and on what.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What is measured.
    #[arg(value_enum)]
    part: Part,
    /// A camera; give one for each stream.
    #[arg(long = "rtsp", required = true, value_name = "URL")]
    urls: Vec<String>,
    /// The model, by its name in the configuration or the catalogue. Default: the starter.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Pictures a second that are analysed.
    #[arg(long, default_value_t = 5.0)]
    fps: f64,
    /// Which pictures of a quiet camera are decoded, as the key `gate` of a camera says it.
    #[arg(long, default_value = "auto")]
    gate: String,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Seconds before that, from the first picture on.
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    warm_up: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The agent.
    Whole,
    /// Receiving, decoding and inference, each alone.
    Alone,
}

/// The streams, and what looks at them.
struct Course {
    urls: Vec<StreamUrl>,
    model: ModelConfig,
    detect: DetectConfig,
    fps: f64,
    gate: String,
    lasting: Duration,
    warm_up: Duration,
}

/// Measures, and prints one line of JSON.
///
/// # Errors
/// Where a stream, the model or the agent cannot be used.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::open(config)?;
    ensure!(
        (1.0..=3600.0).contains(&args.seconds) && (0.0..=600.0).contains(&args.warm_up),
        "give 1 to 3600 --seconds, and 0 to 600 of --warm-up"
    );
    ensure!(
        (0.1..=30.0).contains(&args.fps),
        "--fps {}: give 0.1 to 30",
        args.fps
    );
    let urls = args
        .urls
        .iter()
        .map(|url| StreamUrl::parse(url, None).with_context(|| format!("--rtsp {url}")));
    let course = Course {
        urls: urls.collect::<anyhow::Result<_>>()?,
        model: shelf.model(args.model.as_deref())?.clone(),
        // One core is what is measured: threads that wait for one another would only cost.
        detect: DetectConfig {
            threads: 1,
            ..shelf.detect.clone()
        },
        fps: args.fps,
        gate: args.gate.clone(),
        lasting: Duration::from_secs_f64(args.seconds),
        warm_up: Duration::from_secs_f64(args.warm_up),
    };
    let told: Value = match args.part {
        Part::Whole => whole::run(&course)?,
        Part::Alone => alone::run(&course)?,
    };
    say(&told.to_string())?;
    Ok(ExitCode::SUCCESS)
}
