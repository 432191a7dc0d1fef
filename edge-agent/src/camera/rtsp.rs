//! RTSP over TCP to encoded access units. The only place that speaks to a camera.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::access_unit::{AccessUnit, StreamInfo};
use super::decoder::named;
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::parameter_sets::ParameterSets;
use super::sample;
use super::source::Patience;
use super::timeline::{Leaps, Timeline};
use super::url::StreamUrl;
use crate::clock::SenderReport;

/// Jitter buffer in ms: TCP neither loses nor reorders, so this only smooths the camera's clock.
const LATENCY_MS: u32 = 200;
/// Units between GStreamer's thread and the camera's task. When full, GStreamer's thread waits, TCP
/// stops reading, and the camera itself drops or disconnects: nothing is lost inside a GOP here.
const UNITS: usize = 64;
/// Faults of one session. When full, the first ones already end it and later ones say no more.
const FAULTS: usize = 4;

/// What a session delivers.
#[derive(Debug)]
pub(crate) enum Received {
    /// What the following units are; again when the codec or the picture's size changes.
    Stream(StreamInfo),
    /// The next access unit, in decode order.
    Unit(AccessUnit),
    /// The camera said what time it is.
    Time(SenderReport),
}

/// One connection to a camera.
pub(crate) struct Session {
    pipeline: gst::Pipeline,
    received: mpsc::Receiver<Received>,
    faults: mpsc::Receiver<CameraError>,
}

impl Session {
    /// Begins to connect; success or failure comes out of [`Session::next`].
    pub(crate) fn open(url: &StreamUrl, patience: Patience) -> Result<Self, CameraError> {
        let what = "the RTSP receiver";
        gst::init().map_err(|error| CameraError::Pipeline {
            what,
            source: GstFault::new("gstreamer", error.to_string()),
        })?;
        let broken = |error: glib::BoolError| CameraError::Pipeline {
            what,
            source: GstFault::new("rtspsrc", error.message),
        };
        let pipeline = gst::Pipeline::new();
        let camera = gst::ElementFactory::make("rtspsrc")
            .build()
            .map_err(broken)?;
        pipeline.add(&camera).map_err(broken)?;
        configure(&camera, url, patience);
        let (fault_tx, faults) = mpsc::channel(FAULTS);
        let (unit_tx, received) = mpsc::channel(UNITS);
        report_errors(&pipeline, fault_tx.clone());
        select_video(&camera, fault_tx.clone());
        hear_time(&camera, unit_tx.clone());
        receive_video(&camera, &pipeline, unit_tx, fault_tx, patience);
        let session = Self {
            pipeline,
            received,
            faults,
        };
        // A failure posts an error on the bus as well, which says more.
        let _ = session.pipeline.set_state(gst::State::Playing);
        Ok(session)
    }

    /// The next thing from the camera.
    ///
    /// # Errors
    /// Why the session is over; [`CameraError::Stalled`] where nothing came within `wait`.
    pub(crate) async fn next(&mut self, wait: Duration) -> Result<Received, CameraError> {
        tokio::select! {
            biased;
            Some(fault) = self.faults.recv() => Err(fault),
            received = self.received.recv() => received.ok_or(CameraError::EndOfStream),
            () = tokio::time::sleep(wait) => Err(CameraError::Stalled(wait)),
        }
    }

    /// Says good-bye to the camera, off the runtime's threads: the TEARDOWN waits for the network.
    pub(crate) async fn close(self) {
        // A panic in there was already printed; the session is gone either way.
        drop(tokio::task::spawn_blocking(move || drop(self)).await);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // First the receivers: GStreamer's thread may wait for room in the channel.
        self.received.close();
        while self.received.try_recv().is_ok() {}
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn configure(camera: &gst::Element, url: &StreamUrl, patience: Patience) {
    let connect = u64::try_from(patience.connect.as_micros()).unwrap_or(u64::MAX);
    camera.set_property("location", url.location());
    camera.set_property_from_str("protocols", "tcp");
    camera.set_property("latency", LATENCY_MS);
    camera.set_property("tcp-timeout", connect);
    if let Some(credentials) = url.credentials() {
        camera.set_property("user-id", credentials.user());
        camera.set_property("user-pw", credentials.password());
    }
}

fn report_errors(pipeline: &gst::Pipeline, faults: mpsc::Sender<CameraError>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(error) = message.view() {
            // Full: see FAULTS. Closed: the session is being dropped.
            drop(faults.try_send(CameraError::from_receive(error)));
        }
        gst::BusSyncReply::Drop
    });
}

/// Takes the first video stream of a known codec and refuses everything else, before SETUP.
fn select_video(camera: &gst::Element, faults: mpsc::Sender<CameraError>) {
    let chosen = AtomicBool::new(false);
    camera.connect("select-stream", false, move |values| {
        let caps = values
            .get(2)
            .and_then(|value| value.get::<gst::Caps>().ok());
        let field = |name| {
            caps.as_ref()
                .and_then(|caps| caps.structure(0))
                .and_then(|s| s.get::<String>(name).ok())
        };
        let wanted = field("media").as_deref() == Some("video") && {
            let encoding = field("encoding-name").unwrap_or_default();
            let known = Format::of_rtp(&encoding).is_some();
            if !known {
                // Full: see FAULTS. Closed: the session is being dropped.
                drop(faults.try_send(CameraError::unsupported(&encoding)));
            }
            known && !chosen.swap(true, Ordering::Relaxed)
        };
        Some(wanted.to_value())
    });
}

/// Passes the camera's RTCP sender reports on. They come through the session's jitter buffer, which
/// has the packet itself beside what it makes of it.
fn hear_time(camera: &gst::Element, heard: mpsc::Sender<Received>) {
    camera.connect("new-manager", false, move |values| {
        let manager = values.get(1)?.get::<gst::Element>().ok()?;
        let heard = heard.clone();
        manager.connect("new-jitterbuffer", false, move |values| {
            let buffer = values.get(1)?.get::<gst::Element>().ok()?;
            let heard = heard.clone();
            buffer.connect("handle-sync", false, move |values| {
                let arrival = Timestamp::now();
                let sync = values.get(1)?.get::<gst::Structure>().ok()?;
                let packet = sync.get::<gst::Buffer>("sr-buffer").ok()?;
                let ntp = sample::sender_report_time(&packet)?;
                // Full: the next report comes in some seconds. Closed: the session is being dropped.
                drop(heard.try_send(Received::Time(SenderReport { ntp, arrival })));
                None
            });
            None
        });
        None
    });
}

fn receive_video(
    camera: &gst::Element,
    pipeline: &gst::Pipeline,
    units: mpsc::Sender<Received>,
    faults: mpsc::Sender<CameraError>,
    patience: Patience,
) {
    let pipeline = pipeline.downgrade();
    camera.connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else {
            return;
        };
        if let Err(error) = attach(&pipeline, pad, &units, &faults, patience) {
            // Full: see FAULTS. Closed: the session is being dropped.
            drop(faults.try_send(error));
        }
    });
}

fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    units: &mpsc::Sender<Received>,
    faults: &mpsc::Sender<CameraError>,
    patience: Patience,
) -> Result<(), CameraError> {
    let encoding = pad
        .current_caps()
        .and_then(|caps| caps.structure(0)?.get::<String>("encoding-name").ok())
        .unwrap_or_default();
    let format = Format::of_rtp(&encoding).ok_or_else(|| CameraError::unsupported(&encoding))?;
    let what = "the depayloader";
    let broken = |error: glib::BoolError| CameraError::Pipeline {
        what,
        source: GstFault::new(what, error.message),
    };
    // appsink holds 8 units and then makes the depayloader wait; see UNITS.
    let description = format!(
        "{} ! {} ! {} ! appsink name=units sync=false async=false max-buffers=8",
        format.depayloader, format.parser, format.unit_caps
    );
    let bin = gst::parse::bin_from_description(&description, true).map_err(|error| {
        CameraError::Pipeline {
            what,
            source: GstFault::new(what, error.to_string()),
        }
    })?;
    let sink: gst_app::AppSink = named(&bin, "units", what)?;
    deliver(&sink, units.clone(), faults.clone(), patience);
    pipeline.add(&bin).map_err(broken)?;
    bin.sync_state_with_parent().map_err(broken)?;
    let input = bin
        .static_pad("sink")
        .ok_or_else(|| CameraError::Pipeline {
            what,
            source: GstFault::new(what, "no input"),
        })?;
    pad.link(&input)
        .map(drop)
        .map_err(|error| CameraError::Pipeline {
            what,
            source: GstFault::new(what, error.to_string()),
        })
}

fn deliver(
    sink: &gst_app::AppSink,
    units: mpsc::Sender<Received>,
    faults: mpsc::Sender<CameraError>,
    patience: Patience,
) {
    let mut timeline = Timeline::new(Leaps::Close(patience.stall.saturating_mul(2)));
    let mut sets = ParameterSets::default();
    let mut current: Option<StreamInfo> = None;
    let ended = faults.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let send = |received| {
                units
                    .blocking_send(received)
                    .map_err(|_| gst::FlowError::Flushing)
            };
            let Some(caps) = sample.caps() else {
                return Err(gst::FlowError::NotNegotiated);
            };
            match sample::stream_info(caps) {
                Ok(info) if current.as_ref().is_none_or(|c| c.is_other(&info)) => {
                    current = Some(info.clone());
                    send(Received::Stream(info))?;
                }
                Ok(_) => {}
                Err(error) => {
                    // Full: see FAULTS. Closed: the session is being dropped.
                    drop(faults.try_send(error));
                    return Err(gst::FlowError::NotNegotiated);
                }
            }
            let codec = current.as_ref().map(|info| info.codec);
            let unit = sample::access_unit(&sample, &mut timeline);
            if let (Some(codec), Some(unit)) = (codec, unit) {
                send(Received::Unit(sets.complete(codec, unit)))?;
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .eos(move |_| {
            // Full: see FAULTS. Closed: the session is being dropped.
            drop(ended.try_send(CameraError::EndOfStream));
        });
    sink.set_callbacks(callbacks.build());
}
