//! The three parts that nobody can do without, each alone and on the same bytes.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::Course;
use crate::camera::{Receivers, Units, decode_alone};
use crate::cmd::{cpu_seconds, rounded};
use crate::detect::BareModel;

/// Ticks of the processor's clock are hundredths of a second: over this much of it they are lost.
const ENOUGH_CPU_S: f64 = 1.5;

pub(super) fn run(course: &Course) -> anyhow::Result<Value> {
    let receivers = Receivers::start(&course.urls)?;
    let connected = Instant::now();
    let mut first = 0;
    while first == 0 {
        ensure!(
            connected.elapsed() < Duration::from_secs(30),
            "no picture within 30 s; is a camera there?"
        );
        std::thread::sleep(Duration::from_millis(100));
        first = receivers.take().count();
    }
    std::thread::sleep(course.warm_up);
    drop(receivers.take());
    let (began, before) = (Instant::now(), cpu()?);
    std::thread::sleep(course.lasting);
    let (received_s, wall_s) = (cpu()? - before, began.elapsed().as_secs_f64());
    let units = receivers.take();
    drop(receivers);
    let per_second = real(units.count()) / wall_s;
    let units = units.from_first_keyframe();
    ensure!(units.count() > 0, "no keyframe within {wall_s:.0} s");
    let keyframes = units.keyframes();
    let picture_s = decoding(&units)?;
    let keyframe_s = decoding(&keyframes)?;
    let inference_s = inference(course)?;
    Ok(json!({
        "part": "alone",
        "streams": course.urls.len(),
        "seconds": rounded(wall_s),
        "pictures_per_s": rounded(per_second),
        "keyframes_per_s": per_second * real(keyframes.count()) / real(units.count()),
        // Processor seconds: of a stream's second, a picture, a keyframe, an inference.
        "receive_s": received_s / wall_s / real(course.urls.len()),
        "decode_picture_s": picture_s,
        "decode_keyframe_s": keyframe_s,
        "inference_s": inference_s,
        "model": course.model.manifest.name,
    }))
}

/// Processor seconds that a picture takes to decode.
fn decoding(units: &Units) -> anyhow::Result<f64> {
    let before = cpu()?;
    let mut pictures = 0;
    let mut spent = 0.0;
    while spent < ENOUGH_CPU_S {
        pictures += decode_alone(units)?;
        spent = cpu()? - before;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand pictures")]
    let pictures = pictures as f64;
    Ok(spent / pictures)
}

/// Processor seconds of an inference, its tensor filled before.
fn inference(course: &Course) -> anyhow::Result<f64> {
    let mut model = BareModel::load(&course.model, &course.detect)?;
    model.run()?;
    let before = cpu()?;
    let mut runs = 0;
    let mut spent = 0.0;
    while spent < ENOUGH_CPU_S {
        model.run()?;
        runs += 1;
        spent = cpu()? - before;
    }
    Ok(spent / f64::from(runs))
}

fn cpu() -> anyhow::Result<f64> {
    cpu_seconds().context("/proc/self/stat says no processor time")
}

fn real(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand pictures")]
    let real = count as f64;
    real
}
