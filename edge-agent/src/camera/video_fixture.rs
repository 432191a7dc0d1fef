//! Video for tests: pictures drawn on the spot, encoded, as access units.

use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::access_unit::{AccessUnit, Codec, StreamInfo};
use super::parameter_sets::ParameterSets;
use super::sample;
use super::timeline::{Leaps, Timeline};
use crate::geometry::PictureSize;

/// Encodes luma planes at a rate as H.264 with an encoder of a launch line; chroma is grey.
pub(crate) fn encoded_video(
    size: PictureSize,
    fps: u32,
    encoder: &str,
    pictures: impl Iterator<Item = Vec<u8>> + Send + 'static,
) -> (StreamInfo, Vec<Arc<AccessUnit>>) {
    gst::init().unwrap();
    let PictureSize { width, height } = size;
    let line = format!(
        "appsrc name=pictures format=time block=true max-bytes=4000000 \
         caps=video/x-raw,format=I420,width={width},height={height},framerate={fps}/1 \
         ! {encoder} ! h264parse config-interval=-1 \
         ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=units sync=false"
    );
    let pipeline = gst::parse::launch(&line).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let element = |name: &str| pipeline.by_name(name).unwrap();
    let source = element("pictures").downcast::<gst_app::AppSrc>().unwrap();
    let units = element("units").downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let feeder = std::thread::spawn(move || {
        let chroma = vec![128; (width / 2 * (height / 2) * 2) as usize];
        for (number, mut picture) in (0_u64..).zip(pictures) {
            picture.extend_from_slice(&chroma);
            let mut buffer = gst::Buffer::from_mut_slice(picture);
            let at = number * 1_000_000_000 / u64::from(fps);
            let open = buffer.get_mut().unwrap();
            open.set_pts(gst::ClockTime::from_nseconds(at));
            open.set_duration(gst::ClockTime::from_nseconds(
                1_000_000_000 / u64::from(fps),
            ));
            source.push_buffer(buffer).unwrap();
        }
        source.end_of_stream().unwrap();
    });
    let mut timeline = Timeline::new(Leaps::Keep);
    let mut sets = ParameterSets::default();
    let (mut caps, mut taken) = (String::new(), Vec::new());
    while let Ok(sample) = units.pull_sample() {
        caps = sample.caps().unwrap().to_string();
        let unit = sample::access_unit(&sample, &mut timeline, Duration::ZERO);
        taken.extend(unit.map(|unit| Arc::new(sets.complete(Codec::H264, unit))));
    }
    feeder.join().unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    let codec = Codec::H264;
    let size = Some(size);
    (StreamInfo { codec, caps, size }, taken)
}
