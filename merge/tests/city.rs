//! The bars, on cities that share nothing with the scorer: the one that was in mind, and the one
//! that was held out. `cargo run --release --package merge --example city_figures` prints the figures.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use city_generator::{Noise, Plan, generate};
use merge::Model;
use merge::evaluate::{Line, Operator, Tally, replay};

fn tally(model: &Model, plan: &Plan, operator: Operator) -> Tally {
    let lines: Vec<Line> = generate(plan)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    replay(model, &lines, operator).tally
}

fn assert_bars(noise: Noise, precision: f64, recall: f64) {
    let model = Model::shipped();
    for seed in 0..3 {
        for operator in [Operator::Perfect, Operator::Absent] {
            let tally = tally(&model, &Plan::town(seed, noise), operator);
            let (exact, found) = (tally.link_precision(), tally.recall());
            assert!(tally.links > 100, "{tally:?}");
            assert!(
                exact >= precision && found >= recall,
                "seed {seed}, {operator:?}: precision {exact}, recall {found}, {tally:?}"
            );
        }
    }
}

#[test]
fn the_bars_hold_where_errors_are_as_expected() {
    assert_bars(Noise::PLAIN, 0.99, 0.95);
}

/// With 30 % wrong categories, clocks off by 5 minutes, phones that claim too much, hasty typing and
/// a near-duplicate for every sixteenth incident, the bars of 0.99 and 0.95 are not reached; this
/// holds what is.
#[test]
fn the_world_that_was_held_out_costs_little() {
    assert_bars(Noise::HELD_OUT, 0.98, 0.935);
}
