//! `track`: detections of any detector through the tracker of `run`, in `MOTChallenge` text.

use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;

use super::{is_closed_pipe, rounded};
use crate::track::TrackerOptions;
use crate::track::mot::{self, BadLine, Row, Seen};

/// Follows detections: reads lines of `picture,id,left,top,width,height,score`, writes the same
/// with the tracks' numbers.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The detections; `-` reads them from standard input.
    #[arg(value_name = "DET.txt")]
    detections: PathBuf,
    /// Pictures a second.
    #[arg(long, value_name = "F", value_parser = rate)]
    fps: f64,
    /// Least score of a detection that may begin a track. Default: by the scores of the file.
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    strong_score: Option<f32>,
    /// Also write rows where a track was not seen for at most so long, on a straight line between.
    #[arg(long, value_name = "S", value_parser = seconds)]
    fill_gaps: Option<Duration>,
    /// Track the file N times and say on standard error how fast that was, as JSON.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    time: Option<u32>,
}

/// Bad lines that are shown; the others are counted.
const SHOWN: usize = 20;

/// Follows the good lines; each bad one is named, and the exit status is 1 where there are any.
///
/// # Errors
/// Where the file cannot be read or the results cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let text = text_of(&args.detections)?;
    let read = mot::read(&text);
    complain(&args.detections, &read.bad)?;
    let rows = args.follow(&read.seen)?;
    match write(&rows, BufWriter::new(io::stdout().lock())) {
        // Whoever closed the pipe has read enough.
        Err(error) if is_closed_pipe(&error) => {}
        other => other?,
    }
    Ok(match read.bad.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let wanted = number.filter(|fps| (0.001..=1000.0).contains(fps));
    wanted.ok_or_else(|| "give pictures a second, 0.001 to 1000".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().ok();
    let wanted = number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    wanted.ok_or_else(|| "give seconds, 0 or more".to_owned())
}

fn text_of(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut text = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut text)
            .context("cannot read standard input")?;
        return Ok(text);
    }
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn complain(file: &Path, bad: &[BadLine]) -> io::Result<()> {
    let mut printed = io::stderr().lock();
    for line in bad.iter().take(SHOWN) {
        writeln!(printed, "edge-agent: {}: {line}", file.display())?;
    }
    match bad.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(
            printed,
            "edge-agent: {}: {more} more bad lines",
            file.display()
        ),
    }
}

impl Args {
    fn follow(&self, seen: &[Seen]) -> io::Result<Vec<Row>> {
        let options = TrackerOptions {
            strong_score: self.strong_score.unwrap_or_else(|| mot::strong_score(seen)),
            ..TrackerOptions::default()
        };
        let began = Instant::now();
        for _ in 1..self.time.unwrap_or(1) {
            std::hint::black_box(mot::follow(seen, self.fps, options.clone()));
        }
        let rows = mot::follow(seen, self.fps, options.clone());
        if let Some(times) = self.time {
            let took = began.elapsed().as_secs_f64();
            let pictures = seen.chunk_by(|a, b| a.picture == b.picture).count();
            let all = f64::from(times) * u32::try_from(pictures).map_or(0.0, f64::from);
            let said = json!({
                "pictures": pictures,
                "detections": seen.len(),
                "strong_score": options.strong_score,
                "times": times,
                "seconds": rounded(took),
                "pictures_per_s": (all / took).round(),
            });
            writeln!(io::stderr().lock(), "{said}")?;
        }
        Ok(match self.fill_gaps {
            Some(longest) => mot::fill_gaps(rows, self.fps, longest),
            None => rows,
        })
    }
}

fn write(rows: &[Row], mut printed: impl Write) -> anyhow::Result<()> {
    for row in rows {
        writeln!(printed, "{row}")?;
    }
    printed.flush()?;
    Ok(())
}
