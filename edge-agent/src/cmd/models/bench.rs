//! `models bench`: times each model's files on one core of this machine, and writes which one the
//! agent shall use.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::camera::{Frame, frame_of};
use crate::cmd::say;
use crate::cmd::shelf::Shelf;
use crate::config::{DetectConfig, Manifest, ModelConfig, VariantChoice};
use crate::detect::{Bench, BenchedModel, Detector, model_file};

/// A variant must save this share of the time: int8 costs accuracy.
const LEAST_GAIN: f64 = 0.1;
/// Files take turns, so that what else the machine does falls on all of them.
const ROUNDS: u32 = 3;

/// Which models to time.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their names. Default: every model whose file is here.
    names: Vec<String>,
    /// Seconds to time each file, in three rounds.
    #[arg(long, value_name = "S", default_value_t = 3.0)]
    seconds: f64,
}

/// One file of a model, at work.
struct Runner {
    variant: String,
    detector: Detector,
    milliseconds: Vec<f64>,
}

pub(super) fn run(shelf: &Shelf, args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(
        (0.1..=600.0).contains(&args.seconds),
        "--seconds {}: give 0.1 to 600",
        args.seconds
    );
    let models: Vec<&ModelConfig> = match args.names.as_slice() {
        [] => shelf
            .bases()
            .filter(|model| is_here(model, shelf))
            .collect(),
        names => names
            .iter()
            .map(|name| shelf.model(Some(name)))
            .collect::<anyhow::Result<_>>()?,
    };
    ensure!(
        !models.is_empty(),
        "no model's file is here; fetch one with `models pull NAME`"
    );
    let folder = shelf.detect.models_folder();
    let mut bench = Bench::load(&folder)?;
    say(&format!(
        "{}, one core, 1280×720 to the detections",
        bench.machine
    ))?;
    let detect = DetectConfig {
        threads: 1,
        ..shelf.detect.clone()
    };
    for model in models {
        let name = &model.manifest.name;
        let measured = time(model, &detect, args.seconds)?;
        let choice = best(&measured);
        for (variant, milliseconds) in &measured {
            let shown = match variant == Bench::FIRST {
                true => name.clone(),
                false => format!("{name}-{variant}"),
            };
            let mark = if measured.len() > 1 && *variant == choice {
                "  ← use this one"
            } else {
                ""
            };
            say(&format!(
                "{shown:<24}  {milliseconds:8.1} ms a picture{mark}"
            ))?;
        }
        let benched = BenchedModel {
            choice,
            milliseconds: measured,
        };
        bench.model.insert(name.clone(), benched);
    }
    let file = bench.save(&folder).context("cannot write the figures")?;
    say(&format!(
        "written to {}; a [[model]] with variant = \"auto\" (the default) heeds it",
        file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn is_here(model: &ModelConfig, shelf: &Shelf) -> bool {
    let chosen = model_file::choose(model, &shelf.detect);
    chosen.is_ok_and(|chosen| chosen.manifest.file.sha256.is_some())
}

/// Median milliseconds a picture of each of a model's files that is here.
fn time(
    model: &ModelConfig,
    detect: &DetectConfig,
    seconds: f64,
) -> anyhow::Result<BTreeMap<String, f64>> {
    let picture = noise();
    let mut runners = Vec::new();
    for (variant, config) in files_of(model) {
        let here = model_file::choose(&config, detect).is_ok();
        // The first file must be here; a variant may.
        if here || variant == Bench::FIRST {
            let detector = Detector::start(&config, detect)?;
            detector.detect(&picture)?;
            runners.push(Runner {
                variant,
                detector,
                milliseconds: Vec::new(),
            });
        }
    }
    let turn = Duration::from_secs_f64(seconds / f64::from(ROUNDS));
    for _ in 0..ROUNDS {
        for runner in &mut runners {
            let began = Instant::now();
            while began.elapsed() < turn || runner.milliseconds.is_empty() {
                let look = Instant::now();
                runner.detector.detect(&picture)?;
                runner.milliseconds.push(look.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let medians = runners.into_iter().map(|mut runner| {
        runner.milliseconds.sort_by(f64::total_cmp);
        let median = runner.milliseconds[runner.milliseconds.len() / 2];
        (runner.variant, (median * 100.0).round() / 100.0)
    });
    Ok(medians.collect())
}

/// Every file of a model under its variant's name. A dense picture of detections would time the
/// suppression, not the model: only what is sure counts.
fn files_of(model: &ModelConfig) -> Vec<(String, ModelConfig)> {
    let fixed = |manifest: &Manifest, variant: VariantChoice| {
        let mut config = model.clone();
        config.manifest = manifest.clone();
        config.manifest.thresholds.score = config.manifest.thresholds.score.max(0.3);
        config.variant = variant;
        config
    };
    let first = (
        Bench::FIRST.to_owned(),
        fixed(&model.manifest, VariantChoice::First),
    );
    let others = model.manifest.variants.iter().map(|variant| {
        let named = VariantChoice::Named(variant.name.clone());
        (variant.name.clone(), fixed(&model.manifest, named))
    });
    std::iter::once(first).chain(others).collect()
}

fn best(measured: &BTreeMap<String, f64>) -> String {
    let first = measured.get(Bench::FIRST).copied().unwrap_or(f64::INFINITY);
    let quickest = measured.iter().min_by(|a, b| a.1.total_cmp(b.1));
    match quickest {
        Some((variant, milliseconds)) if *milliseconds <= first * (1.0 - LEAST_GAIN) => {
            variant.clone()
        }
        _ => Bench::FIRST.to_owned(),
    }
}

/// A picture without a thing in it, of which no part is like another.
fn noise() -> Frame {
    let picture = image::RgbImage::from_fn(1280, 720, |x, y| {
        let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_le_bytes();
        image::Rgb([mixed[1], mixed[2], mixed[3]])
    });
    frame_of(&picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_must_be_clearly_quicker() {
        let measured = |int8: f64| {
            BTreeMap::from([(Bench::FIRST.to_owned(), 10.0), ("int8".to_owned(), int8)])
        };
        assert_eq!(best(&measured(5.0)), "int8");
        assert_eq!(best(&measured(9.5)), "first");
        assert_eq!(best(&measured(20.0)), "first");
    }
}
