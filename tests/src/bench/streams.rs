//! Streams: what the agent pays for cameras, beside what nobody can do without.
//!
//! Real RTSP cameras play a clip from one core; on another the agent's own `bench` runs, in turns:
//! its parts alone (receive, decode, inference on the same bytes), then the agent whole. Compared are
//! processor seconds of one run with those of the same run, so that what else the machine does falls
//! on both; the median of the rounds counts.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use serde_json::Value;

use super::clips::{Clip, PICTURES_PER_SECOND, Street, sha256};

/// What is measured.
#[derive(Debug, Clone)]
pub struct StreamsSetup {
    /// Where the programs lie: `edge-agent`.
    pub agent: PathBuf,
    /// `camera-simulator`.
    pub cameras: PathBuf,
    /// Where clips are kept.
    pub clips: PathBuf,
    /// What is filmed, and by how many cameras.
    pub cases: Vec<(Clip, usize)>,
    /// The model, by its name; the agent's starter where none is named.
    pub model: Option<String>,
    /// Pictures a second that are analysed.
    pub fps: f64,
    /// Seconds that each run measures.
    pub seconds: u64,
    /// Runs of each, of which the median counts.
    pub rounds: usize,
}

/// One case, measured.
#[derive(Debug, Clone, Serialize)]
pub struct StreamsNumbers {
    /// What was filmed.
    pub clip: Clip,
    /// SHA-256 of the clip.
    pub sha256: String,
    /// How many cameras.
    pub streams: usize,
    /// The model that looked.
    pub model: String,
    /// Processor milliseconds of a stream's second: received alone.
    pub receive_ms: f64,
    /// … decoded alone, all of it.
    pub decode_ms: f64,
    /// … its keyframes decoded alone.
    pub keyframes_ms: f64,
    /// Milliseconds of one inference alone.
    pub inference_ms: f64,
    /// The agent with `gate = "auto"`.
    pub gated: AgentNumbers,
    /// The agent with `gate = "off"`; measured where nobody comes.
    pub ungated: Option<AgentNumbers>,
    /// What the bars are about, of this case.
    pub ratio: Ratio,
}

/// The agent on one case.
#[derive(Debug, Clone, Serialize)]
pub struct AgentNumbers {
    /// Processor milliseconds of a stream's second.
    pub stream_ms: f64,
    /// What the parts that it used cost alone, in the same unit.
    pub limit_ms: f64,
    /// The agent over that, the median of the rounds.
    pub over_limit: f64,
    /// Pictures decoded, of those received.
    pub decoded_share: f64,
    /// Pictures analysed a second and stream.
    pub analysed_per_s: f64,
    /// Pictures that were due and not analysed, of all that were due.
    pub dropped_share: f64,
    /// Memory at the end, in MiB.
    pub memory_mib: f64,
    /// More than that is allowed: 150 MB, and 40 MB a stream.
    pub memory_bar_mib: f64,
}

/// What a bar is about.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ratio {
    /// Busy: the agent over receive, decode and inference; at most 1.11.
    OverLimit(f64),
    /// Quiet: the agent over receive and keyframe decode, at most 1.35; and how many times the
    /// streams of `gate = "off"` there are, at least 4.5.
    Quiet {
        /// The agent over receive and keyframe decode.
        over_limit: f64,
        /// Streams for those of `gate = "off"`.
        times_ungated: f64,
    },
}

/// Runs every case.
///
/// # Errors
/// Where a part does not come up, or a clip cannot be made.
pub fn streams(
    setup: &StreamsSetup,
    mut tell: impl FnMut(&StreamsNumbers),
) -> anyhow::Result<Vec<StreamsNumbers>> {
    // Clips first: encoding beside a measurement would be measured.
    for (clip, _) in &setup.cases {
        clip.file(&setup.clips)?;
    }
    let mut all = Vec::new();
    for (clip, streams) in &setup.cases {
        let numbers =
            case(setup, *clip, *streams).with_context(|| format!("{} × {streams}", clip.name()))?;
        tell(&numbers);
        all.push(numbers);
    }
    Ok(all)
}

/// Seconds after which a start is no longer measured.
const SETTLING_S: u32 = 5;

fn case(setup: &StreamsSetup, clip: Clip, streams: usize) -> anyhow::Result<StreamsNumbers> {
    let file = clip.file(&setup.clips)?;
    let cameras = Cameras::start(&setup.cameras, &file, streams)?;
    let mut alone = Vec::new();
    let (mut gated, mut ungated) = (Vec::new(), Vec::new());
    for _ in 0..setup.rounds {
        // The gate needs some keyframes to know a street, and holds for some seconds.
        let learning = match clip.street {
            Street::Busy => SETTLING_S,
            Street::Quiet | Street::Visited => SETTLING_S + clip.gop * 12 / PICTURES_PER_SECOND,
        };
        let parts = Parts::of(&run(setup, &cameras, "alone", ("auto", 2))?)?;
        let whole = |gate: &str, warm_up| {
            let told = run(setup, &cameras, "whole", (gate, warm_up))?;
            Whole::of(&told, &parts)
        };
        gated.push(whole("auto", learning)?);
        if clip.street != Street::Busy {
            ungated.push(whole("off", SETTLING_S)?);
        }
        alone.push(parts);
    }
    let part = |of: fn(&Parts) -> f64| 1000.0 * median(alone.iter().map(of).collect());
    let quiet_limit = |whole: &Whole| whole.stream_s / whole.quiet_limit_s;
    let over_limit = median(gated.iter().map(quiet_limit).collect());
    let pairs = ungated.iter().zip(&gated);
    let times = pairs.map(|(off, auto)| off.stream_s / auto.stream_s);
    let times_ungated = median(times.collect());
    let ungated = numbers(&ungated, streams);
    let gated = numbers(&gated, streams).context("no round")?;
    Ok(StreamsNumbers {
        clip,
        sha256: sha256(&file)?,
        streams,
        model: alone
            .first()
            .map(|parts| parts.model.clone())
            .unwrap_or_default(),
        receive_ms: part(|parts| parts.receive_s),
        decode_ms: part(|parts| parts.decode_s),
        keyframes_ms: part(|parts| parts.keyframes_s),
        inference_ms: part(|parts| parts.inference_s),
        ratio: match clip.street {
            Street::Busy => Ratio::OverLimit(gated.over_limit),
            Street::Quiet | Street::Visited => Ratio::Quiet {
                over_limit,
                times_ungated,
            },
        },
        gated,
        ungated,
    })
}

/// What the parts cost alone, in processor seconds: of a stream's second, and of an inference.
#[derive(Debug, Clone)]
struct Parts {
    receive_s: f64,
    decode_s: f64,
    keyframes_s: f64,
    inference_s: f64,
    model: String,
}

impl Parts {
    fn of(told: &Value) -> anyhow::Result<Self> {
        let number = |key: &str| number(told, key);
        Ok(Self {
            receive_s: number("receive_s")?,
            decode_s: number("decode_picture_s")? * number("pictures_per_s")?,
            keyframes_s: number("decode_keyframe_s")? * number("keyframes_per_s")?,
            inference_s: number("inference_s")?,
            model: told["model"].as_str().unwrap_or_default().to_owned(),
        })
    }
}

/// One run of the agent.
#[derive(Debug, Clone)]
struct Whole {
    /// Processor seconds of a stream's second.
    stream_s: f64,
    /// The same for what it did, in parts alone: everything received and decoded, inferences as many
    /// as it made.
    limit_s: f64,
    /// The same for receiving and keyframes alone.
    quiet_limit_s: f64,
    decoded_share: f64,
    analysed_per_s: f64,
    dropped_share: f64,
    memory_mib: f64,
}

impl Whole {
    fn of(told: &Value, parts: &Parts) -> anyhow::Result<Self> {
        let number = |key: &str| number(told, key);
        ensure!(
            number("reconnects")? < 1.0,
            "a stream broke while it was measured: {told}"
        );
        let stream_seconds = number("seconds")? * number("streams")?;
        let (analysed, dropped) = (number("analysed")?, number("dropped")?);
        let analysed_per_s = analysed / stream_seconds;
        Ok(Self {
            stream_s: number("cpu_s")? / stream_seconds,
            limit_s: parts.receive_s + parts.decode_s + parts.inference_s * analysed_per_s,
            quiet_limit_s: parts.receive_s + parts.keyframes_s,
            decoded_share: number("decoded")? / number("received")?.max(1.0),
            analysed_per_s,
            dropped_share: dropped / (analysed + dropped).max(1.0),
            memory_mib: number("memory_mib")?,
        })
    }
}

fn numbers(rounds: &[Whole], streams: usize) -> Option<AgentNumbers> {
    if rounds.is_empty() {
        return None;
    }
    let middle = |of: fn(&Whole) -> f64| median(rounds.iter().map(of).collect());
    #[expect(clippy::cast_precision_loss, reason = "a few streams")]
    let count = streams as f64;
    Some(AgentNumbers {
        stream_ms: 1000.0 * middle(|whole| whole.stream_s),
        limit_ms: 1000.0 * middle(|whole| whole.limit_s),
        over_limit: middle(|whole| whole.stream_s / whole.limit_s),
        decoded_share: middle(|whole| whole.decoded_share),
        analysed_per_s: middle(|whole| whole.analysed_per_s),
        dropped_share: middle(|whole| whole.dropped_share),
        memory_mib: middle(|whole| whole.memory_mib),
        memory_bar_mib: (150.0 + 40.0 * count) * 1e6 / (1024.0 * 1024.0),
    })
}

fn number(told: &Value, key: &str) -> anyhow::Result<f64> {
    told[key]
        .as_f64()
        .with_context(|| format!("the agent's bench says no {key}: {told}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The core of the cameras, and that of the agent.
const CAMERAS_CORE: &str = "0";
const AGENT_CORE: &str = "1";

/// A program on one core; where there is but one, or no `taskset`, on any.
fn pinned(core: &str, program: &Path) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let there = Command::new("taskset").arg("--version").output().is_ok();
    if cores < 2 || !there {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

/// Runs one part of the agent's bench: with this gate, after these seconds of warming up.
fn run(
    setup: &StreamsSetup,
    cameras: &Cameras,
    part: &str,
    (gate, warm_up): (&str, u32),
) -> anyhow::Result<Value> {
    let mut command = pinned(AGENT_CORE, &setup.agent);
    command.args(["bench", part, "--gate", gate]);
    command.args(["--fps", &setup.fps.to_string()]);
    command.args(["--seconds", &setup.seconds.to_string()]);
    command.args(["--warm-up", &warm_up.to_string()]);
    for url in &cameras.urls {
        command.args(["--rtsp", url]);
    }
    if let Some(model) = &setup.model {
        command.args(["--model", model]);
    }
    let output = command
        .env("VONG_LOG", "warn")
        .output()
        .with_context(|| format!("{} cannot be started", setup.agent.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "edge-agent bench {part}: {said}");
    serde_json::from_slice(&output.stdout).context("the agent's bench says no JSON")
}

/// Simulated cameras in a process of their own, gone when dropped.
struct Cameras {
    child: Child,
    /// Kept open: the simulator ends with it.
    _orders: Option<ChildStdin>,
    urls: Vec<String>,
}

impl Cameras {
    fn start(program: &Path, clip: &Path, streams: usize) -> anyhow::Result<Self> {
        let mut command = pinned(CAMERAS_CORE, program);
        for number in 1..=streams {
            command.args(["--camera", &format!("cam-{number}={}", clip.display())]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let orders = child.stdin.take();
        let output = child.stdout.take().context("the simulator's output")?;
        let mut cameras = Self {
            child,
            _orders: orders,
            urls: Vec::new(),
        };
        for line in BufReader::new(output).lines().take(streams) {
            let line = line?;
            let (_, url) = line.split_once(' ').context("a camera's address")?;
            cameras.urls.push(url.to_owned());
        }
        ensure!(cameras.urls.len() == streams, "the simulator ended");
        Ok(cameras)
    }
}

impl Drop for Cameras {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for StreamsNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            clip,
            streams,
            receive_ms,
            decode_ms,
            keyframes_ms,
            inference_ms,
            gated,
            ..
        } = self;
        writeln!(
            f,
            "{} × {streams}: alone receive {receive_ms:.1}, decode {decode_ms:.1} (keyframes \
             {keyframes_ms:.1}) ms a stream-second; inference {inference_ms:.1} ms",
            clip.name().trim_end_matches(".mp4")
        )?;
        writeln!(f, "  gate auto: {gated}")?;
        if let Some(ungated) = &self.ungated {
            writeln!(f, "  gate off:  {ungated}")?;
        }
        match self.ratio {
            Ratio::OverLimit(over) => write!(f, "  busy: {over:.3} × limit (bar 1.11)"),
            Ratio::Quiet {
                over_limit,
                times_ungated,
            } => write!(
                f,
                "  quiet: {over_limit:.3} × (receive + keyframes) (bar 1.35); {times_ungated:.2} × \
                 the streams of gate = \"off\" (bar 4.5 at GOP 50)"
            ),
        }
    }
}

impl fmt::Display for AgentNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} ms a stream-second ({:.3} × its parts alone), decoded {:.0} %, analysed {:.2}/s, \
             dropped {:.1} %, {:.0} MiB (bar {:.0})",
            self.stream_ms,
            self.over_limit,
            100.0 * self.decoded_share,
            self.analysed_per_s,
            100.0 * self.dropped_share,
            self.memory_mib,
            self.memory_bar_mib
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_limit_is_of_what_was_done() {
        let parts = Parts::of(&json!({
            "receive_s": 0.010, "decode_picture_s": 0.002, "pictures_per_s": 25.0,
            "decode_keyframe_s": 0.010, "keyframes_per_s": 0.5, "inference_s": 0.007, "model": "m",
        }))
        .unwrap();
        let whole = Whole::of(
            &json!({
                "seconds": 20.0, "streams": 4, "cpu_s": 8.0, "received": 2000, "decoded": 1000,
                "analysed": 320, "dropped": 80, "reconnects": 0, "memory_mib": 200.0,
            }),
            &parts,
        )
        .unwrap();
        assert!((whole.stream_s - 0.1).abs() < 1e-9);
        assert!((whole.limit_s - (0.010 + 0.050 + 4.0 * 0.007)).abs() < 1e-9);
        assert!((whole.quiet_limit_s - 0.015).abs() < 1e-9);
        assert!(
            (whole.decoded_share - 0.5).abs() < 1e-9 && (whole.dropped_share - 0.2).abs() < 1e-9
        );
        let broken = json!({ "reconnects": 1 });
        assert!(Whole::of(&broken, &parts).is_err());
    }

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
