//! Prints what a model reaches on generated cities, plain and held out: `city_figures [MODEL.toml]`. The
//! bars that must hold are in `tests/city.rs`.

#![expect(clippy::unwrap_used, reason = "figures that cannot be made stop")]
#![expect(clippy::print_stdout, reason = "it prints figures")]

use city_generator::{Noise, Plan, generate};
use merge::Model;
use merge::evaluate::{Line, Operator, replay};

fn main() {
    let model = std::env::args().nth(1).map_or_else(Model::shipped, |path| {
        Model::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
    });
    for (name, noise) in [("plain", Noise::PLAIN), ("held out", Noise::HELD_OUT)] {
        for operator in [Operator::Absent, Operator::Perfect] {
            for seed in 0..3 {
                let lines: Vec<Line> = generate(&Plan::town(seed, noise))
                    .iter()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect();
                let tally = replay(&model, &lines, operator).tally;
                println!(
                    "{name} {operator:?} {seed}: precision {:.4} recall {:.4} linked {:.3} \
                     asked {:.3} right {:.3} pairs {:.3}/{:.3} F1 {:.3} most {} {tally:?}",
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
        }
    }
}
