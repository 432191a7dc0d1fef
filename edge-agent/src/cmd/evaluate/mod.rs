//! `evaluate`: a suite of recordings with known events, each as one camera, lock-step; what its rules
//! told held against what a person says happened.

mod course;
mod json;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::say;
use crate::config::{ModelSwap, Suite, Weight, env_path};
use course::{Course, Ran};

/// Which suite, with which models, on which recordings.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The format of a suite, with an example to copy: docs/EVALUATE.md. In short:

    [[clip]]
    file = \"kerb.mp4\"
    [[clip.zone]]
    id = \"kerb\"
    polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 0.9], [0.1, 0.9]]
    [[clip.rule]]
    kind = \"illegal_parking\"
    zone = \"kerb\"
    dwell_s = 30
    [[clip.expect]]
    rule = \"illegal_parking\"
    after_s = 30
    before_s = 45

A clip without `[[clip.expect]]` is a negative: whatever is told of it is a false alarm.

Exit status: 0, all as expected; 1, something was missed or told for nothing, or a clip could not be run;
2, the suite itself is wrong.")]
pub(super) struct Args {
    /// The suite.
    suite: PathBuf,
    /// Print everything as one JSON object, and nothing else.
    #[arg(long)]
    json: bool,
    /// Folder to look for the clips in; several are tried in turn. Then those of the suite's `folder`, of
    /// the variable `VONG_DEMO_CLIPS`, and of the suite itself.
    #[arg(long, value_name = "DIR")]
    folder: Vec<PathBuf>,
    /// Run this model in place of every one that the suite names, or of that one alone.
    #[arg(long, value_name = "[OF=]NAME", value_parser = swap)]
    model: Vec<ModelSwap>,
    /// Run only clips whose name or file contains this; several are added up.
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Pass over clips whose file is in none of the folders, and say so, where else the suite fails.
    #[arg(long)]
    skip_missing: bool,
    /// Also print every event that was told and every candidate that was held back.
    #[arg(long)]
    events: bool,
    /// List the clips and what is expected of them, and run nothing.
    #[arg(long)]
    list: bool,
}

fn swap(word: &str) -> Result<ModelSwap, String> {
    let (of, by) = match word.split_once('=') {
        Some((of, by)) => (Some(of.to_owned()), by),
        None => (None, word),
    };
    match by.is_empty() || of.as_ref().is_some_and(String::is_empty) {
        true => Err("give a model's name, or OF=NAME".to_owned()),
        false => Ok(ModelSwap {
            of,
            by: by.to_owned(),
        }),
    }
}

/// Runs a suite.
///
/// # Errors
/// Where the suite is wrong or a model cannot be used; a clip that cannot be run is a finding.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut suite = Suite::load(&args.suite, &args.model)?;
    let all = suite.clips.len();
    let named = |text: &String, name: &str, file: &str| name.contains(text) || file.contains(text);
    if !args.only.is_empty() {
        suite.clips.retain(|clip| {
            let file = clip.file.to_string_lossy();
            args.only.iter().any(|text| named(text, &clip.name, &file))
        });
        anyhow::ensure!(
            !suite.clips.is_empty(),
            "--only: none of the suite's {all} clips has that in its name or file"
        );
    }
    if args.list {
        for clip in &suite.clips {
            text::listed(clip).iter().try_for_each(|line| say(line))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut course = Course::new(&suite, folders(args, &suite), args.skip_missing.into());
    let mut ran = Vec::new();
    for clip in &suite.clips {
        let one = course
            .run(clip)
            .with_context(|| format!("{}: clip {:?}", args.suite.display(), clip.name))?;
        if !args.json {
            let detail = if args.events {
                text::Detail::Events
            } else {
                text::Detail::Findings
            };
            text::clip(&one, detail)
                .iter()
                .try_for_each(|line| say(line))?;
        }
        ran.push(one);
    }
    if args.json {
        say(&json::of(&suite, &ran).to_string())?;
    } else {
        text::summary(&suite, &ran)
            .iter()
            .try_for_each(|line| say(line))?;
    }
    Ok(match holds(&ran) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Where clips are looked for, in turn.
fn folders(args: &Args, suite: &Suite) -> Vec<PathBuf> {
    let suites_own = args.suite.parent().map(PathBuf::from).unwrap_or_default();
    let stated = args.folder.iter().cloned().chain(suite.folder.clone());
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in stated
        .chain(env_path("VONG_DEMO_CLIPS"))
        .chain([suites_own])
    {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Whether nothing that counts is otherwise than expected.
fn holds(ran: &[Ran<'_>]) -> bool {
    ran.iter().all(|one| match &one.outcome {
        course::Outcome::Watched(watched) => {
            let findings = watched.score.findings(one.clip.unexpected);
            findings
                .iter()
                .all(|(_, weight)| *weight == Weight::Reports)
        }
        course::Outcome::Skipped => true,
        course::Outcome::Failed(_) => false,
    })
}
