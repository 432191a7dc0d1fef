//! Serves clips, or the rendered scenes, as RTSP cameras; takes `drop ID`, `stall ID`, `back ID` and
//! `quit` as lines on standard input, and ends with it.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Parser;
use system_tests::camera_simulator::{CameraSimulator, Credentials, Footage, Playback};
use system_tests::rendered_scene::Storyboard;

#[derive(Parser)]
#[command(about = "Serves clips, or rendered scenes, as RTSP cameras", long_about = None)]
struct Arguments {
    /// `ID=CLIP`, or `ID=scene` for the rendered street, `ID=fire-scene` for the rendered fire; one
    /// for each camera.
    #[arg(long = "camera", required = true, value_name = "ID=CLIP")]
    cameras: Vec<String>,
    /// Play each clip once instead of again and again.
    #[arg(long)]
    once: bool,
    /// `USER:PASSWORD` that every camera asks for.
    #[arg(long, value_name = "USER:PASSWORD")]
    credentials: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let playback = if arguments.once {
        Playback::Once
    } else {
        Playback::Looped
    };
    let credentials = arguments
        .credentials
        .as_deref()
        .map(parse_credentials)
        .transpose()?;
    let simulator = CameraSimulator::start();
    let cameras = arguments.cameras.iter().map(|camera| {
        let (id, clip) = camera.split_once('=').context("--camera takes ID=CLIP")?;
        let clip = clip.to_owned();
        // Drawing and encoding take seconds: all cameras' at once.
        Ok((id, std::thread::spawn(move || footage(&clip))))
    });
    let cameras: Vec<_> = cameras.collect::<anyhow::Result<_>>()?;
    let mut out = std::io::stdout().lock();
    for (id, footage) in cameras {
        let footage = footage
            .join()
            .map_err(|_| anyhow::anyhow!("{id}: its footage cannot be made"))??;
        let url = simulator.add(id, footage, playback, credentials.as_ref())?;
        writeln!(out, "{id} {url}")?;
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let done = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["drop", id] => simulator.drop_camera(id).map_err(anyhow::Error::from),
            ["stall", id] => simulator.stall(id).map_err(anyhow::Error::from),
            ["back", id] => simulator.come_back(id).map_err(anyhow::Error::from),
            ["quit"] => return Ok(()),
            _ => Err(anyhow::anyhow!(
                "expected `drop ID`, `stall ID`, `back ID` or `quit`"
            )),
        };
        match done {
            Ok(()) => writeln!(out, "ok {line}")?,
            Err(error) => writeln!(out, "error {error:#}")?,
        }
    }
    Ok(())
}

fn footage(clip: &str) -> anyhow::Result<Footage> {
    Ok(match clip {
        "scene" => Footage::from_storyboard(&Storyboard::street())?,
        "fire-scene" => Footage::from_storyboard(&Storyboard::yard_fire())?,
        path => Footage::from_clip(Path::new(path))?,
    })
}

fn parse_credentials(text: &str) -> anyhow::Result<Credentials> {
    let Some((user, password)) = text.split_once(':') else {
        bail!("--credentials takes USER:PASSWORD");
    };
    Ok(Credentials {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}
