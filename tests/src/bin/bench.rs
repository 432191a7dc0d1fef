//! The bench: numbers with the machine and the commit they were taken on. Asserts none of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use serde_json::json;
use system_tests::bench::clips::{Clip, Picture, Street, sha256};
use system_tests::bench::{
    IntakeSetup, LatencySetup, Machine, StreamsSetup, intake, latency, recall, streams,
};
use system_tests::harness::{Program, SiteBroker, path_of, unless_ended};

#[derive(Parser)]
#[command(about = "Latency from camera to screen, and intake in reports a second", long_about = None)]
struct Arguments {
    /// What is measured; all of it, where nothing is named.
    #[arg(value_enum)]
    what: Vec<What>,
    /// Seconds that each measurement of intake lasts.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Seconds that the measurement of latency lasts.
    #[arg(long, default_value_t = 90)]
    latency_seconds: u64,
    /// Cameras of the latency bench.
    #[arg(long, default_value_t = 4)]
    cameras: usize,
    /// Seed of the latency bench's clip.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Agents of the intake bench.
    #[arg(long, default_value_t = 16)]
    agents: usize,
    /// Reports that each agent may have unanswered.
    #[arg(long, default_value_t = 192)]
    window: usize,
    /// Model of the stream bench; the agent's starter where none is named.
    #[arg(long)]
    model: Option<String>,
    /// The stream bench in six minutes: one distance of keyframes, four cameras, the clean clips.
    #[arg(long)]
    short: bool,
    /// Of the stream bench, only these streets.
    #[arg(long, value_enum, value_delimiter = ',')]
    street: Vec<Street>,
    /// Of the stream bench, only these pictures.
    #[arg(long, value_enum, value_delimiter = ',')]
    picture: Vec<Picture>,
    /// Of the stream bench, only these distances of keyframes, in pictures (25 a second).
    #[arg(long, value_delimiter = ',')]
    gop: Vec<u32>,
    /// Of the stream bench, only these numbers of cameras.
    #[arg(long, value_delimiter = ',')]
    streams: Vec<usize>,
    /// Rounds of the stream bench, of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Processor time of cameras: the agent beside its parts alone.
    Streams,
    /// Only make the stream bench's clips, and print each with its SHA-256.
    Clips,
    /// Deciding picture → broker → committed → event stream.
    Latency,
    /// Intake through the embedded broker.
    Embedded,
    /// Intake through Mosquitto.
    Mosquitto,
}

/// Cameras of each agent of the intake bench.
const CAMERAS_PER_AGENT: usize = 8;
const WARM_UP: Duration = Duration::from_secs(3);
/// Pictures a second that the stream bench has analysed.
const ANALYSED_PER_SECOND: f64 = 5.0;
/// Seconds of each run of the stream bench.
const STREAM_SECONDS: u64 = 15;
const LATENCY_WARM_UP: Duration = Duration::from_secs(15);
/// More than a second can take, so that the senders never run dry.
const MOST_PER_SECOND: usize = 9000;

#[expect(
    clippy::print_stderr,
    reason = "the one place where the bench's errors are printed"
)]
fn main() -> ExitCode {
    let outcome = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(unless_ended(run(&Arguments::parse()))));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the numbers are what was asked for")]
async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let machine = Machine::this();
    let asked = |what| arguments.what.is_empty() || arguments.what.contains(&what);
    let mut told = json!({ "machine": machine });
    if !arguments.json {
        println!("{machine}");
    }
    let lasting = Duration::from_secs(arguments.seconds);
    if asked(What::Latency) {
        let setup = LatencySetup {
            cameras: arguments.cameras,
            seed: arguments.seed,
            lasting: Duration::from_secs(arguments.latency_seconds),
            warm_up: LATENCY_WARM_UP,
        };
        let numbers = latency(&setup).await?;
        told["latency"] = serde_json::to_value(&numbers)?;
        if !arguments.json {
            println!("\n{numbers}");
        }
    }
    if asked(What::Clips) {
        for (clip, _) in cases(arguments) {
            let file = clip.file(&clips_folder())?;
            let sha256 = sha256(&file)?;
            told["clips"][clip.name()] = json!(sha256);
            if !arguments.json {
                println!("{sha256}  {}", file.display());
            }
        }
    }
    if asked(What::Streams) {
        let setup = StreamsSetup {
            agent: path_of(Program::EdgeAgent)?,
            cameras: own_folder()?.join("camera-simulator"),
            clips: clips_folder(),
            cases: cases(arguments),
            model: arguments.model.clone(),
            fps: ANALYSED_PER_SECOND,
            seconds: if arguments.short { 10 } else { STREAM_SECONDS },
            rounds: arguments.rounds,
        };
        let tell = |numbers: &_| {
            if !arguments.json {
                println!("\n{numbers}");
            }
        };
        told["streams"] = serde_json::to_value(streams(&setup, tell)?)?;
        for gop in Selection::of(arguments).gops {
            let clip = Clip {
                street: Street::Visited,
                picture: Picture::Easy,
                gop,
                seed: arguments.seed,
            };
            let file = clip.file(&setup.clips)?;
            let found = recall(&setup.agent, &file, setup.model.as_deref())?;
            if !arguments.json {
                println!("\n{}: {found}", clip.name());
            }
            told["recall"][clip.name()] = serde_json::to_value(&found)?;
        }
    }
    for (what, broker, key) in [
        (What::Embedded, SiteBroker::Embedded, "intake_embedded"),
        (What::Mosquitto, SiteBroker::Mosquitto, "intake_mosquitto"),
    ] {
        if !asked(what) {
            continue;
        }
        let setup = IntakeSetup {
            broker,
            agents: arguments.agents,
            cameras: CAMERAS_PER_AGENT,
            window: arguments.window,
            lasting,
            warm_up: WARM_UP,
            most_per_second: MOST_PER_SECOND,
        };
        let numbers = intake(&setup).await?;
        told[key] = serde_json::to_value(&numbers)?;
        if !arguments.json {
            println!("\n{numbers}");
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&told)?);
    }
    Ok(())
}

/// What the stream bench films.
struct Selection {
    streets: Vec<Street>,
    pictures: Vec<Picture>,
    gops: Vec<u32>,
    streams: Vec<usize>,
}

impl Selection {
    /// Every street, picture and distance of keyframes with one, four and eight cameras; in short the
    /// clean ones at one distance with four. What is named takes the place of either.
    fn of(arguments: &Arguments) -> Self {
        let (pictures, gops, streams): (&[Picture], &[u32], &[usize]) = match arguments.short {
            true => (&[Picture::Easy], &[50], &[4]),
            false => (&[Picture::Easy, Picture::Noisy], &[25, 50, 250], &[1, 4, 8]),
        };
        Self {
            streets: named(&arguments.street, &[Street::Busy, Street::Quiet]),
            pictures: named(&arguments.picture, pictures),
            gops: named(&arguments.gop, gops),
            streams: named(&arguments.streams, streams),
        }
    }
}

/// What was named on the command line, else the usual.
fn named<T: Copy>(named: &[T], usual: &[T]) -> Vec<T> {
    if named.is_empty() { usual } else { named }.to_vec()
}

/// The cases of the stream bench, in the order in which they are measured.
fn cases(arguments: &Arguments) -> Vec<(Clip, usize)> {
    let selection = Selection::of(arguments);
    let mut cases = Vec::new();
    for &street in &selection.streets {
        for &picture in &selection.pictures {
            for &gop in &selection.gops {
                let clip = Clip {
                    street,
                    picture,
                    gop,
                    seed: arguments.seed,
                };
                cases.extend(selection.streams.iter().map(|count| (clip, *count)));
            }
        }
    }
    cases
}

/// The clips are kept beside what set-up downloads.
fn clips_folder() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    cache.join("vong/bench")
}

fn own_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().context("the bench's own folder")?.to_owned())
}
