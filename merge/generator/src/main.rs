//! Prints a labelled set of a city that never was.

use std::io::Write as _;

use city_generator::{Noise, Plan, generate};
use clap::{Parser, ValueEnum};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum World {
    /// The world that was in mind: for development.
    Plain,
    /// Another GPS error law, another way of typing, clocks off by 5 minutes, 30 % wrong
    /// categories, near-duplicate places: for development too.
    Rough,
    /// Another city, other laws, other words: for development too.
    Elsewhere,
    /// A dense centre, told in few words and late: for development too.
    Market,
    /// A wide district of letters and calls: for development too.
    Province,
    /// A town with other laws and other words: held out. Look at it once, when all is tuned.
    HeldOut,
}

/// Prints a labelled set for `ingest-server merge-eval`, one JSON object a line.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The same seed gives the same set.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How people and machines err.
    #[arg(long, value_enum, default_value = "plain")]
    world: World,
    /// The side of the square city, kilometres.
    #[arg(long, default_value_t = 10.0)]
    side_km: f64,
    /// Days that are told.
    #[arg(long, default_value_t = 7.0)]
    days: f64,
    /// Incidents a day and square kilometre.
    #[arg(long, default_value_t = 12.0)]
    per_km2_day: f64,
}

fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let plan = Plan {
        seed: args.seed,
        side_km: args.side_km,
        days: args.days,
        per_km2_day: args.per_km2_day,
        noise: match args.world {
            World::Plain => Noise::PLAIN,
            World::Rough => Noise::ROUGH,
            World::Elsewhere => Noise::ELSEWHERE,
            World::Market => Noise::MARKET,
            World::Province => Noise::PROVINCE,
            World::HeldOut => Noise::HELD_OUT,
        },
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in generate(&plan) {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
