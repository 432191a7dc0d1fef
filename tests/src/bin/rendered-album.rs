//! Writes pictures that the project draws, with their boxes as YOLO text, for a detector to learn
//! from: `images/NUMBER.png`, `labels/NUMBER.txt` and `classes.txt` in a folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use system_tests::rendered_scene::{Album, HEIGHT, LabelledPicture, WIDTH};

#[derive(Parser)]
#[command(about = "Writes rendered pictures with their boxes as YOLO text", long_about = None)]
struct Arguments {
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// How many pictures.
    #[arg(long, default_value_t = 300)]
    count: u32,
    /// What the dice begin with; the same seed gives the same pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Width of the pictures in pixels; the height follows.
    #[arg(long, default_value_t = 512)]
    width: u32,
}

/// The words of the classes, in the order of their numbers.
const CLASSES: &str = "person\ntwo_wheeler\ncar\nlarge_vehicle\ncattle\nfire\nsmoke\n";

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    for folder in ["images", "labels"] {
        let folder = arguments.out.join(folder);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::write(arguments.out.join("classes.txt"), CLASSES)?;
    let album = Album {
        seed: arguments.seed,
    };
    let press = Press::start(&arguments.out.join("images"), arguments.width)?;
    for number in 0..arguments.count {
        let LabelledPicture { picture, labels } = album.picture(number);
        let mut text = String::new();
        for label in labels {
            let [x, y, w, h] = label.bbox;
            writeln!(text, "{} {x:.5} {y:.5} {w:.5} {h:.5}", label.class as u8)?;
        }
        let file = arguments.out.join(format!("labels/{number:05}.txt"));
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
        press.print(number, picture.rgba)?;
    }
    press.end()
}

/// Writes PNG files.
struct Press {
    pipeline: gst::Pipeline,
    pictures: AppSrc,
}

impl Press {
    fn start(folder: &Path, width: u32) -> anyhow::Result<Self> {
        gst::init()?;
        let height = width * HEIGHT / WIDTH;
        let files = folder.join("%05d.png");
        let pipeline = gst::parse::launch(&format!(
            "appsrc name=pictures format=time block=true ! videoscale method=lanczos \
             ! videoconvert ! video/x-raw,format=RGB,width={width},height={height} \
             ! pngenc compression-level=6 ! multifilesink location=\"{}\"",
            files.display()
        ))?;
        let pipeline = pipeline
            .downcast::<gst::Pipeline>()
            .map_err(|_| anyhow::anyhow!("not a pipeline"))?;
        let pictures = pipeline
            .by_name("pictures")
            .and_downcast::<AppSrc>()
            .context("no source in the pipeline")?;
        let caps = format!("video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},framerate=1/1");
        pictures.set_caps(Some(&caps.parse::<gst::Caps>()?));
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, pictures })
    }

    fn print(&self, number: u32, rgba: Vec<u8>) -> anyhow::Result<()> {
        let mut buffer = gst::Buffer::from_mut_slice(rgba);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::SECOND * u64::from(number));
        }
        self.pictures.push_buffer(buffer)?;
        Ok(())
    }

    fn end(self) -> anyhow::Result<()> {
        self.pictures.end_of_stream()?;
        let bus = self.pipeline.bus().context("a pipeline has a bus")?;
        let last = bus.timed_pop_filtered(
            gst::ClockTime::from_seconds(60),
            &[gst::MessageType::Eos, gst::MessageType::Error],
        );
        self.pipeline.set_state(gst::State::Null)?;
        let last = last.context("the last picture is not written after a minute")?;
        anyhow::ensure!(
            last.type_() == gst::MessageType::Eos,
            "GStreamer cannot write the pictures: {last:?}"
        );
        Ok(())
    }
}
