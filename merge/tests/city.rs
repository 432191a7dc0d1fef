//! The bars, on cities that share nothing with the scorer, those that the model was developed with. What was held
//! out is no test: it would be looked at. `cargo run --release --package merge --example city_figures` prints the figures.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use city_generator::{Noise, Plan, generate};
use merge::Model;
use merge::evaluate::{Line, Operator, Tally, replay};

/// What must hold of a city, whether an operator answers or not.
struct Bars {
    /// Of the links made without asking, so many are right.
    precision: f64,
    /// Of the reports of known incidents, so many are linked or asked about.
    recall: f64,
    /// Of all reports, so many are asked about at most.
    asked: f64,
    /// All cities together have so many links that their share says something.
    links: u64,
}

/// The bars of the issue.
const PRECISION: f64 = 0.99;
const RECALL: f64 = 0.95;

/// All cities' reports, counted together: one city has some hundred links, and ten wrong ones are many.
fn assert_bars(bars: &Bars, plan: impl Fn(u64) -> Plan, seeds: std::ops::Range<u64>) {
    let model = Model::shipped();
    for operator in [Operator::Perfect, Operator::Absent] {
        let mut all = Tally::default();
        for seed in seeds.clone() {
            let lines: Vec<Line> = generate(&plan(seed))
                .iter()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let tally = replay(&model, &lines, operator).tally;
            all.reports += tally.reports;
            all.links += tally.links;
            all.right_links += tally.right_links;
            all.due += tally.due;
            all.asked += tally.asked;
            all.right_suggestions += tally.right_suggestions;
        }
        let asked = all.asked as f64 / all.reports as f64;
        let held = all.link_precision() >= bars.precision && all.recall() >= bars.recall;
        assert!(
            held && asked <= bars.asked && all.links >= bars.links,
            "{operator:?}: precision {}, recall {}, asked {asked}, {all:?}",
            all.link_precision(),
            all.recall(),
        );
    }
}

#[test]
fn the_bars_hold_where_errors_are_as_expected() {
    let bars = Bars {
        precision: PRECISION,
        recall: 0.98,
        asked: 0.55,
        links: 1_000,
    };
    assert_bars(&bars, |seed| Plan::town(seed, Noise::PLAIN), 0..3);
}

#[test]
fn the_bars_hold_where_everybody_errs_more() {
    let bars = Bars {
        precision: PRECISION,
        recall: 0.97,
        asked: 0.58,
        links: 800,
    };
    assert_bars(&bars, |seed| Plan::town(seed, Noise::ROUGH), 0..3);
}

#[test]
fn the_bars_hold_in_another_city() {
    let bars = Bars {
        precision: PRECISION,
        recall: 0.96,
        asked: 0.71,
        links: 400,
    };
    assert_bars(&bars, |seed| Plan::elsewhere(seed, Noise::ELSEWHERE), 0..3);
}

#[test]
fn the_bars_hold_where_twins_stand_in_a_row_and_nobody_says_where() {
    let bars = Bars {
        precision: PRECISION,
        recall: 0.96,
        asked: 0.79,
        links: 180,
    };
    assert_bars(&bars, |seed| Plan::market(seed, Noise::MARKET), 0..3);
}

#[test]
fn the_bars_hold_where_people_write_letters_and_tell_late() {
    let bars = Bars {
        precision: PRECISION,
        recall: RECALL,
        asked: 0.55,
        links: 1_000,
    };
    assert_bars(&bars, |seed| Plan::province(seed, Noise::PROVINCE), 0..3);
}
