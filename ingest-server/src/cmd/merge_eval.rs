//! `merge-eval`: how good the merging is on labelled reports, and what it would learn from them or
//! from the operators' decisions.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use merge::evaluate::{Line, Operator, Outcome, replay};
use merge::learn::{Learnt, Pair, reestimate};
use merge::{Model, Score};

use crate::config::Config;
use crate::store::{self, Store};

/// Decisions that are read at once.
const PAGE: u64 = 1_000;

/// What to measure, and what to learn.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The labelled set: one JSON object a line, as docs/API.md describes. Where it is not given,
    /// only the operators' decisions of this server are learnt from.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Another model than the configured one.
    #[arg(long, value_name = "MODEL.toml")]
    model: Option<PathBuf>,
    /// Write the model that the set, or else the operators' decisions, teach.
    #[arg(long, value_name = "MODEL.toml")]
    learn: Option<PathBuf>,
    /// Forget the labels while learning (expectation and maximisation).
    #[arg(long, requires = "learn")]
    without_labels: bool,
    /// Write what became of each report, one JSON object a line.
    #[arg(long, value_name = "FILE.jsonl")]
    decisions: Option<PathBuf>,
    /// Print the figures as one JSON object.
    #[arg(long)]
    json: bool,
    /// Print the model in force, to be changed and configured as `merging.model_file`.
    #[arg(long)]
    print_model: bool,
}

pub(super) async fn run(config: &Config, args: &Args) -> anyhow::Result<()> {
    let model = match &args.model {
        None => config.merging.clone(),
        Some(path) => read_model(path)?,
    };
    if args.print_model {
        super::say(model.to_toml());
        return Ok(());
    }
    let pairs = match &args.file {
        Some(file) => measure(&model, file, args)?,
        None if args.learn.is_some() => {
            let store = super::open_store(config).await?;
            let pairs = pairs_of_decisions(&store).await?;
            store.close().await;
            pairs
        }
        None => bail!("name a labelled set, or --learn to learn from the operators' decisions"),
    };
    match &args.learn {
        None => Ok(()),
        Some(path) => learn(&model, pairs, path, args),
    }
}

fn read_model(path: &Path) -> anyhow::Result<Model> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--model: {} cannot be read", path.display()))?;
    Model::parse(&text).with_context(|| format!("--model: {}", path.display()))
}

fn read_lines(file: &Path) -> anyhow::Result<Vec<Line>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line).with_context(|| {
                format!(
                    "{} line {}: not a labelled report; docs/API.md describes one",
                    file.display(),
                    at + 1
                )
            })
        })
        .collect()
}

fn measure(model: &Model, file: &Path, args: &Args) -> anyhow::Result<Vec<Pair>> {
    let lines = read_lines(file)?;
    let answered = replay(model, &lines, Operator::Perfect);
    let unanswered = replay(model, &lines, Operator::Absent);
    if args.json {
        super::say(serde_json::json!({
            "model": model.name(),
            "operator_answers": figures(&answered),
            "operator_absent": figures(&unanswered),
        }));
    } else {
        tell("an operator answers every question", &answered);
        tell("nobody answers", &unanswered);
    }
    if let Some(path) = &args.decisions {
        let mut out = std::io::BufWriter::new(
            std::fs::File::create(path)
                .with_context(|| format!("--decisions: {} cannot be written", path.display()))?,
        );
        for told in &answered.told {
            writeln!(out, "{}", serde_json::to_string(told)?)?;
        }
        out.flush()?;
    }
    Ok(answered.pairs)
}

fn figures(outcome: &Outcome) -> serde_json::Value {
    let tally = &outcome.tally;
    serde_json::json!({
        "tally": tally,
        "auto_link_precision": tally.link_precision(),
        "link_or_suggest_recall": tally.recall(),
        "auto_link_recall": tally.link_recall(),
        "suggestion_precision": tally.suggestion_precision(),
        "pair_precision": tally.pair_precision(),
        "pair_recall": tally.pair_recall(),
        "pair_f1": tally.pair_f1(),
    })
}

fn tell(who: &str, outcome: &Outcome) {
    let tally = &outcome.tally;
    super::say(format!("{who}:"));
    super::say(format!(
        "  reports {}, of a known incident {}; linked {} ({} rightly), asked {} ({} with the right one)",
        tally.reports,
        tally.due,
        tally.links,
        tally.right_links,
        tally.asked,
        tally.right_suggestions
    ));
    for (name, value) in [
        ("auto-link precision", tally.link_precision()),
        ("link-or-suggest recall", tally.recall()),
        ("auto-link recall", tally.link_recall()),
        ("suggestion precision", tally.suggestion_precision()),
        ("pair precision", tally.pair_precision()),
        ("pair recall", tally.pair_recall()),
        ("pair F1", tally.pair_f1()),
    ] {
        super::say(format!("  {name:<24}{value:.4}"));
    }
}

/// What operators said: a suggestion accepted or declined, a link taken apart; a link that stands is
/// no word of anybody.
async fn pairs_of_decisions(store: &Store) -> anyhow::Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut last = String::new();
    loop {
        let page = store::decisions_after(store, &last, PAGE).await?;
        let Some(end) = page.last() else {
            return Ok(pairs);
        };
        last.clone_from(&end.row.id);
        pairs.extend(page.into_iter().filter_map(|decision| {
            let score: Score = decision.score?;
            let one = match decision.row.answer.as_deref() {
                Some("accepted") => Some(true),
                Some("declined") => Some(false),
                _ => None,
            };
            Some(Pair::of(&score, one))
        }));
    }
}

fn learn(model: &Model, mut pairs: Vec<Pair>, path: &Path, args: &Args) -> anyhow::Result<()> {
    if args.without_labels {
        for pair in &mut pairs {
            pair.one = None;
        }
    }
    let labelled = pairs.iter().filter(|pair| pair.one.is_some()).count();
    let (learnt, table) = reestimate(model, &pairs);
    std::fs::write(path, learnt.to_toml())
        .with_context(|| format!("--learn: {} cannot be written", path.display()))?;
    super::say(format!(
        "learnt from {} pairs, {labelled} of them labelled; {} is written",
        pairs.len(),
        path.display()
    ));
    for Learnt {
        level,
        seen,
        before,
        after,
    } in table
    {
        super::say(format!(
            "  {:<20} seen {seen:>8}  {:>7.2} bits, were {:>7.2}",
            level.as_str(),
            after.bits(),
            before.bits()
        ));
    }
    Ok(())
}
