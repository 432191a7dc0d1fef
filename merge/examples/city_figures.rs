//! Prints what a model reaches on generated cities: `city_figures [MODEL.toml] [--misses] [--seeds=N] [--held-out]`.
//!
//! Five worlds are for development, and `--misses` names what was found in what went wrong there. The held-out
//! world is looked at once, when all is tuned. The bars that must hold are in `tests/city.rs`.

#![expect(clippy::unwrap_used, reason = "figures that cannot be made stop")]
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::collections::BTreeMap;

use city_generator::{Noise, Plan, generate};
use merge::Model;
use merge::evaluate::{Likeliest, Line, Operator, Tally, Told, replay};

type World = (&'static str, fn(u64) -> Plan);

const DEVELOPMENT: [World; 5] = [
    ("plain", |seed| Plan::town(seed, Noise::PLAIN)),
    ("rough", |seed| Plan::town(seed, Noise::ROUGH)),
    ("elsewhere", |seed| Plan::elsewhere(seed, Noise::ELSEWHERE)),
    ("market", |seed| Plan::market(seed, Noise::MARKET)),
    ("province", |seed| Plan::province(seed, Noise::PROVINCE)),
];
const HELD_OUT: [World; 1] = [("held out", |seed| Plan::harbour(seed, Noise::HELD_OUT))];
/// Kinds of error that are printed of each world.
const MOST: usize = 14;

fn main() {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    let model = files.first().map_or_else(Model::shipped, |path| {
        Model::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
    });
    let has = |flag: &str| flags.iter().any(|found| found == flag);
    let count: u64 = flags
        .iter()
        .find_map(|flag| flag.strip_prefix("--seeds="))
        .map_or(4, |count| count.parse().unwrap());
    let (worlds, first): (&[World], _) = if has("--held-out") {
        (&HELD_OUT[..], 100)
    } else {
        (&DEVELOPMENT[..], 0)
    };
    let seeds = first..first + count;
    for (name, plan) in worlds {
        let (mut missed, mut wrong, mut vain) = Default::default();
        for operator in [Operator::Absent, Operator::Perfect] {
            for seed in seeds.clone() {
                let lines: Vec<Line> = generate(&plan(seed))
                    .iter()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect();
                let outcome = replay(&model, &lines, operator);
                print(name, operator, seed, &outcome.tally);
                for told in &outcome.told {
                    note(told, [&mut missed, &mut wrong, &mut vain]);
                }
            }
        }
        if has("--misses") && !has("--held-out") {
            tell("missed", &missed);
            tell("linked wrongly", &wrong);
            tell("asked about in vain", &vain);
        }
    }
}

fn print(name: &str, operator: Operator, seed: u64, tally: &Tally) {
    println!(
        "{name} {operator:?} {seed}: precision {:.4} recall {:.4} linked {:.3} asked {:.3} of reports, \
         right {:.3} of questions; pairs {:.3}/{:.3} F1 {:.3} most {} {tally:?}",
        tally.link_precision(),
        tally.recall(),
        tally.link_recall(),
        tally.asked as f64 / tally.reports as f64,
        tally.suggestion_precision(),
        tally.pair_precision(),
        tally.pair_recall(),
        tally.pair_f1(),
        tally.most_candidates,
    );
}

type Kinds = BTreeMap<String, (u64, f64)>;

/// Counts what was found of the right candidate where it was missed, and of the wrong one where it was linked, or
/// asked about in vain.
fn note(told: &Told, [missed, wrong, vain]: [&mut Kinds; 3]) {
    let kind = |found: &Option<Likeliest>| {
        found.as_ref().map_or_else(
            || ("never weighed".to_owned(), 0.0),
            |(_, probability, bits)| {
                let names: Vec<&str> = bits.iter().map(|(name, _)| *name).skip(1).collect();
                (names.join(" "), *probability)
            },
        )
    };
    let (kinds, found) = if told.is_missed() {
        (missed, &told.right)
    } else if told.is_wrong_link() {
        (wrong, &told.best)
    } else if !told.suggested.is_empty() && !told.suggested.contains(&told.incident) {
        (vain, &told.best)
    } else {
        return;
    };
    let (name, probability) = kind(found);
    let counted = kinds.entry(name).or_insert((0, 0.0));
    counted.0 += 1;
    counted.1 += probability;
}

fn tell(what: &str, kinds: &Kinds) {
    let mut kinds: Vec<_> = kinds.iter().collect();
    kinds.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    println!("{what}:");
    for (name, (count, sum)) in kinds.into_iter().take(MOST) {
        println!("  {count:>5}  mean p {:.2}  {name}", sum / *count as f64);
    }
}
