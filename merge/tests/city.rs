//! The bars, on cities that share nothing with the scorer: two that the model was developed with, and one that
//! was held out. `cargo run --release --package merge --example city_figures` prints the figures.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use city_generator::{Noise, Plan, generate};
use merge::Model;
use merge::evaluate::{Line, Operator, Tally, replay};

/// What auto-links must reach, and what links and suggestions together must.
const BARS: (f64, f64) = (0.99, 0.95);
/// What both reach at least in the city that was held out: the bars are missed there.
const HELD_OUT: (f64, f64) = (0.97, 0.925);

/// All cities' reports, counted together: one city has some hundred links, and ten wrong ones are many.
fn assert_bars(bars: (f64, f64), plan: impl Fn(u64) -> Plan, seeds: std::ops::Range<u64>) {
    let model = Model::shipped();
    for operator in [Operator::Perfect, Operator::Absent] {
        let mut all = Tally::default();
        for seed in seeds.clone() {
            let lines: Vec<Line> = generate(&plan(seed))
                .iter()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let tally = replay(&model, &lines, operator).tally;
            all.links += tally.links;
            all.right_links += tally.right_links;
            all.due += tally.due;
            all.right_suggestions += tally.right_suggestions;
        }
        let (exact, found) = (all.link_precision(), all.recall());
        assert!(all.links > 300, "{all:?}");
        assert!(
            exact >= bars.0 && found >= bars.1,
            "{operator:?}: precision {exact}, recall {found}, {all:?}"
        );
    }
}

#[test]
fn the_bars_hold_where_errors_are_as_expected() {
    assert_bars(BARS, |seed| Plan::town(seed, Noise::PLAIN), 0..3);
}

#[test]
fn the_bars_hold_where_everybody_errs_more() {
    assert_bars(BARS, |seed| Plan::town(seed, Noise::ROUGH), 0..3);
}

#[test]
fn a_city_that_was_held_out_costs_little() {
    assert_bars(
        HELD_OUT,
        |seed| Plan::elsewhere(seed, Noise::HELD_OUT),
        100..103,
    );
}
