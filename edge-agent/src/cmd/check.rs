//! `check`: is the configuration right? With `--probe`: does what it names answer? With `--store`: is
//! the evidence on this disk whole?

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use super::{check_place, check_store, say};
use crate::camera::{
    Carrier, ColorMatrix, ColorRange, Duty, Frame, GatePolicy, PixelFormat, Plane, ProbeReport,
    StreamAddress, StreamUrl, Told, probe,
};
use crate::config::{
    CameraConfig, Config, GateMode, ModelConfig, PoseSource, ServerConfig, Transport, built_in_file,
};
use crate::detect::{Classifier, Detector};
use crate::geometry::PictureSize;
use crate::identity::{client_config, http_client};
use crate::pose::{self, PoseState};
use crate::time::StreamTime;
use crate::verify;

/// How much to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Also open every camera and run every model once.
    #[arg(long)]
    probe: bool,
    /// Also read every evidence file that waits for the server and compare it with its report.
    #[arg(long)]
    store: bool,
    /// With --store, while the agent is stopped: remove files that nobody names and those that are
    /// damaged; the next start tells the server what is lost.
    #[arg(long, requires = "store")]
    repair: bool,
    /// How long a camera may take, in seconds.
    #[arg(long, value_name = "S", default_value_t = 10)]
    timeout: u64,
}

/// Checks the configuration.
///
/// # Errors
/// With every fault of the configuration, or where the probe cannot start.
pub(super) fn run(config: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let file = config.display().to_string();
    let config = Config::load(config)?;
    let cameras = config.cameras.len();
    let models: Vec<String> = config.models.iter().map(named).collect();
    say(&format!(
        "{file}: OK ({cameras} camera(s), model {})",
        models.join(", ")
    ))?;
    for line in config.cameras.iter().flat_map(check_place::lines) {
        say(&line)?;
    }
    let mut well = true;
    if args.store {
        let mode = match args.repair {
            true => check_store::Mode::Repair,
            false => check_store::Mode::Look,
        };
        well = check_store::run(&config, mode)? == check_store::Verdict::Sound;
    }
    if args.probe {
        well = probe_all(&config, args)? && well;
    }
    Ok(match well {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn probe_all(config: &Config, args: &Args) -> anyhow::Result<bool> {
    let mut rows: Vec<Row> = config
        .models
        .iter()
        .map(|model| probe_model(model, config))
        .collect();
    rows.extend(probe_verifier(config));
    rows.extend(probe_cameras(
        &config.cameras,
        Duration::from_secs(args.timeout),
    )?);
    rows.extend(probe_poses(&config.cameras)?);
    print_table(&rows)?;
    Ok(rows.iter().all(|row| row.result.is_ok()))
}

/// A model's name, and that it needs no file, where it needs none.
fn named(model: &ModelConfig) -> String {
    let file = &model.manifest.file.name;
    match model.file.is_none() && built_in_file(file).is_some() {
        true => format!("{} (in the program)", model.manifest.name),
        false => model.manifest.name.clone(),
    }
}

struct Row {
    what: &'static str,
    name: String,
    result: Result<String, String>,
}

fn print_table(rows: &[Row]) -> std::io::Result<()> {
    let width = rows
        .iter()
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(0);
    for row in rows {
        let (state, text) = match &row.result {
            Ok(text) => ("ok", text),
            Err(text) => ("FAILED", text),
        };
        say(&format!(
            "{:<6}  {:<width$}  {state:<6}  {text}",
            row.what, row.name
        ))?;
    }
    Ok(())
}

fn probe_model(model: &ModelConfig, config: &Config) -> Row {
    let result = run_once(model, config).map_err(|error| format!("{error:#}"));
    Row {
        what: "model",
        name: model.manifest.name.clone(),
        result,
    }
}

/// The second look at what burns, where a camera asks for one; having none is no fault.
fn probe_verifier(config: &Config) -> Option<Row> {
    if !config.cameras.iter().any(verify::wanted) {
        return None;
    }
    let said = |classifier: Option<Classifier>| match classifier {
        Some(classifier) => format!(
            "looks again at fire and smoke: {}",
            classifier.manifest().name
        ),
        None => "none in this build: fire_smoke goes by the detector alone".to_owned(),
    };
    let started = verify::start(config).map_err(anyhow::Error::from);
    Some(Row {
        what: "model",
        name: "verifier".to_owned(),
        result: started.map(said).map_err(|error| format!("{error:#}")),
    })
}

/// Loads the model and looks at a grey picture; the second look is timed, the first warms up.
fn run_once(model: &ModelConfig, config: &Config) -> anyhow::Result<String> {
    let began = Instant::now();
    let detector = Detector::start(model, &config.detect)?;
    let loaded = began.elapsed();
    let picture = grey(PictureSize {
        width: 1280,
        height: 720,
    });
    detector.detect(&picture)?;
    let began = Instant::now();
    detector.detect(&picture)?;
    let look = began.elapsed().as_secs_f64() * 1e3;
    let classes = model.manifest.object_classes().join(" ");
    Ok(format!(
        "loaded in {} ms, {look:.1} ms a picture, sees {classes}",
        loaded.as_millis()
    ))
}

fn grey(size: PictureSize) -> Frame {
    let plane = |width: u32, height: u32| Plane {
        data: Bytes::from(vec![128; width as usize * height as usize]),
        stride: width as usize,
    };
    let (half_width, half_height) = (size.width / 2, size.height / 2);
    Frame {
        pts: StreamTime::ZERO,
        wall: Timestamp::now(),
        size,
        format: PixelFormat::I420,
        range: ColorRange::Limited,
        matrix: ColorMatrix::Bt709,
        planes: vec![
            plane(size.width, size.height),
            plane(half_width, half_height),
            plane(half_width, half_height),
        ],
    }
}

/// Where each camera that is asked for it says it looks.
fn probe_poses(cameras: &[CameraConfig]) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the probe")?;
    let mut rows = Vec::new();
    for camera in cameras {
        let PoseSource::Onvif(onvif) = &camera.poses.source else {
            continue;
        };
        let client = http_client(client_config(&ServerConfig {
            ca_file: camera.ca_file.clone(),
            ..ServerConfig::default()
        })?)?;
        let said = runtime.block_on(pose::probe(&client, onvif, &camera.poses));
        let said = said.map(|state| match (state, state.pose()) {
            (_, Some(pose)) => format!("stands in pose {}", camera.poses.name(pose).unwrap_or("")),
            (PoseState::Turning, None) => "turns".to_owned(),
            (_, None) => "stands where no pose is".to_owned(),
        });
        rows.push(Row {
            what: "pose",
            name: camera.id.to_string(),
            result: said.map_err(|error| format!("{:#}", anyhow::Error::from(error))),
        });
    }
    Ok(rows)
}

fn probe_cameras(cameras: &[CameraConfig], timeout: Duration) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the probe")?;
    let looks = cameras.iter().flat_map(streams).map(|stream| async move {
        let result = probe_stream(&stream, timeout)
            .await
            .map_err(|error| format!("{error:#}"));
        Row {
            what: "camera",
            name: stream.name,
            result,
        }
    });
    Ok(runtime.block_on(futures_util::future::join_all(looks)))
}

/// One stream of a camera's, and what becomes of it.
struct Stream<'c> {
    camera: &'c CameraConfig,
    name: String,
    url: &'c Url,
    duty: Duty,
    role: &'static str,
}

fn streams(camera: &CameraConfig) -> Vec<Stream<'_>> {
    let id = camera.id.to_string();
    match &camera.sub_url {
        None => vec![Stream {
            camera,
            name: id,
            url: &camera.url,
            duty: Duty::Analyse,
            role: "",
        }],
        Some(sub_url) => vec![
            Stream {
                camera,
                name: format!("{id} main"),
                url: &camera.url,
                duty: Duty::Keep,
                role: ", kept for evidence",
            },
            Stream {
                camera,
                name: format!("{id} sub"),
                url: sub_url,
                duty: Duty::Analyse,
                role: ", analysed",
            },
        ],
    }
}

async fn probe_stream(stream: &Stream<'_>, timeout: Duration) -> anyhow::Result<String> {
    let Stream { camera, url, .. } = stream;
    let password = camera
        .password
        .as_ref()
        .map(|secret| Zeroizing::new(secret.expose().to_owned()));
    let address = StreamAddress {
        url: StreamUrl::parse(url.as_str(), password)?,
        transport: camera.transport,
        ca_file: camera.ca_file.clone(),
    };
    match probe(&address, stream.duty, timeout).await {
        Ok(report) => Ok(format!(
            "{}{}{}",
            described(&report, camera.transport),
            stream.role,
            gate_advice(&report, stream)
        )),
        Err(error) => {
            let remedy = error.remedy();
            anyhow::bail!("{:#}. {remedy}", anyhow::Error::from(error))
        }
    }
}

/// What keeps the activity gate from saving anything, and what helps.
fn gate_advice(report: &ProbeReport, stream: &Stream<'_>) -> String {
    let policy = GatePolicy::of(stream.camera);
    let gated = stream.duty == Duty::Analyse && policy.mode == GateMode::Auto;
    let longest = policy.longest_keyframe_interval().as_secs_f64();
    let interval = report.gop.zip(report.fps);
    match interval.map(|(gop, fps)| f64::from(gop) / fps) {
        Some(interval) if gated && interval > 1.05 * longest => format!(
            ", keyframes too rare for the activity gate, so every picture is decoded: set the camera \
             to one every {longest:.1} s or less, or raise shortest_event_s"
        ),
        _ => String::new(),
    }
}

fn described(report: &ProbeReport, transport: Transport) -> String {
    let mut parts = vec![report.codec.to_string()];
    parts.extend(
        report
            .size
            .map(|size| format!("{}×{}", size.width, size.height)),
    );
    parts.extend(report.fps.map(|fps| format!("{fps:.1} fps")));
    parts.push(match (report.gop, report.fps) {
        (Some(gop), Some(fps)) => {
            format!("keyframe every {gop} ({:.1} s)", f64::from(gop) / fps)
        }
        (Some(gop), None) => format!("keyframe every {gop}"),
        (None, _) => "no second keyframe seen: give --timeout more seconds".to_owned(),
    });
    parts.extend(
        report
            .bit_rate
            .map(|rate| format!("{:.1} Mbit/s", rate / 1e6)),
    );
    parts.push(match (report.carrier, transport) {
        (Carrier::Tcp, Transport::Auto) => "over TCP, since UDP brings nothing".to_owned(),
        (carrier, _) => format!("over {carrier}"),
    });
    parts.push(format!(
        "first keyframe after {} ms",
        report.first_keyframe.as_millis()
    ));
    parts.push(match report.clock {
        Told::Yes => "tells the time".to_owned(),
        Told::NotYet => "has not told the time yet".to_owned(),
    });
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Codec;

    fn report() -> ProbeReport {
        ProbeReport {
            codec: Codec::H265,
            size: Some(PictureSize {
                width: 1920,
                height: 1080,
            }),
            fps: Some(25.0),
            gop: Some(50),
            first_keyframe: Duration::from_millis(310),
            bit_rate: Some(2.04e6),
            carrier: Carrier::Tcp,
            clock: Told::Yes,
        }
    }

    #[test]
    fn a_probe_says_what_comes_and_how() {
        assert_eq!(
            described(&report(), Transport::Tcp),
            "H.265, 1920×1080, 25.0 fps, keyframe every 50 (2.0 s), 2.0 Mbit/s, over TCP, \
             first keyframe after 310 ms, tells the time"
        );
        let alone = ProbeReport {
            gop: None,
            clock: Told::NotYet,
            ..report()
        };
        let said = described(&alone, Transport::Auto);
        assert!(said.contains("no second keyframe seen"), "{said}");
        assert!(
            said.contains("over TCP, since UDP brings nothing"),
            "{said}"
        );
        assert!(said.contains("has not told the time yet"), "{said}");
    }

    #[test]
    fn each_stream_of_a_camera_is_looked_at() {
        let text = "[[camera]]\nid = \"a\"\nurl = \"rtsp://h/1\"\nsub_url = \"rtsp://h/2\"\n\
            [[camera]]\nid = \"b\"\nurl = \"rtsp://h/3\"\n";
        let config = Config::parse(text, Path::new("agent.toml")).unwrap();
        let looked: Vec<(String, Duty)> = config
            .cameras
            .iter()
            .flat_map(streams)
            .map(|stream| (stream.name, stream.duty))
            .collect();
        let expected = [
            ("a main".to_owned(), Duty::Keep),
            ("a sub".to_owned(), Duty::Analyse),
            ("b".to_owned(), Duty::Analyse),
        ];
        assert_eq!(looked, expected);
    }
}
