//! RTSP to encoded access units: the session. The only place that speaks to a camera.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::access_unit::{AccessUnit, StreamInfo};
use super::address::{Carrier, StreamAddress};
use super::fault::{CameraError, GstFault};
use super::format::Format;
use super::receive::{self, Handover, Held, Sink};
use super::sample;
use super::size::Duty;
use super::source::Patience;
use super::trust;
use crate::clock::SenderReport;

/// Jitter buffer in ms. TCP neither loses nor reorders, so there nothing waits in it; over UDP it is
/// how long a packet that was overtaken is waited for.
const LATENCY_MS: u32 = 200;
/// The kernel's buffer for UDP in bytes: a keyframe of 4K comes at once. The kernel's own limit
/// (`net.core.rmem_max`) may be lower.
const UDP_BUFFER: i32 = 2 << 20;
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
    /// Something went wrong on the way that the stream goes on from.
    Mishap(Mishap),
}

/// What a stream goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Packets were lost: pictures are missing, and others are smeared up to the next keyframe.
    Loss,
    /// The camera's timestamps leapt; time goes on where it stood.
    Leap,
}

impl Mishap {
    /// Its word in metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Leap => "leap",
        }
    }
}

/// One connection to a camera.
pub(crate) struct Session {
    pipeline: gst::Pipeline,
    received: mpsc::Receiver<Received>,
    faults: mpsc::Receiver<CameraError>,
    held: Held,
}

impl Session {
    /// Begins to connect; success or failure comes out of [`Session::next`].
    pub(crate) fn open(
        address: &StreamAddress,
        carrier: Carrier,
        duty: Duty,
        handover: Handover,
        patience: Patience,
    ) -> Result<Self, CameraError> {
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
        configure(&camera, address, carrier, patience);
        let (fault_tx, faults) = mpsc::channel(FAULTS);
        let (unit_tx, received) = mpsc::channel(UNITS);
        trust::apply(&camera, address.ca_file.as_deref(), fault_tx.clone())?;
        report_errors(&pipeline, carrier, fault_tx.clone());
        select_video(&camera, fault_tx.clone());
        hear_time(&camera, unit_tx.clone());
        let held = Held::default();
        let sink = Sink {
            units: unit_tx,
            faults: fault_tx,
            longest_leap: patience.stall.saturating_mul(2),
            duty,
            handover,
            held: held.clone(),
        };
        receive::video(&camera, &pipeline, sink);
        let session = Self {
            pipeline,
            received,
            faults,
            held,
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

    /// What had come when the session ended and was not taken yet, in order.
    pub(crate) fn rest(&mut self) -> impl Iterator<Item = Received> {
        self.received.close();
        let queued = std::iter::from_fn(|| self.received.try_recv().ok());
        queued.chain(self.held.take())
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

fn configure(camera: &gst::Element, address: &StreamAddress, carrier: Carrier, patience: Patience) {
    let url = &address.url;
    let connect = u64::try_from(patience.connect.as_micros()).unwrap_or(u64::MAX);
    camera.set_property("location", url.location());
    let protocols = match carrier {
        Carrier::Tcp => "tcp",
        Carrier::Udp => "udp",
    };
    camera.set_property_from_str("protocols", protocols);
    camera.set_property("udp-buffer-size", UDP_BUFFER);
    // How long nothing may come is for the connection to judge.
    camera.set_property("timeout", 0_u64);
    camera.set_property("latency", LATENCY_MS);
    // Timestamps as the camera made them. By itself rtspsrc moves them by when packets come, so that a
    // burst or B-pictures at the beginning end up in another order; see pace.rs for what follows the clock.
    camera.set_property_from_str("buffer-mode", "none");
    // Since GStreamer 1.22; before, streams of one camera are matched by their arrival alone.
    if camera
        .find_property("add-reference-timestamp-meta")
        .is_some()
    {
        camera.set_property("add-reference-timestamp-meta", true);
    }
    camera.set_property("tcp-timeout", connect);
    if let Some(credentials) = url.credentials() {
        camera.set_property("user-id", credentials.user());
        camera.set_property("user-pw", credentials.password());
    }
}

fn report_errors(pipeline: &gst::Pipeline, carrier: Carrier, faults: mpsc::Sender<CameraError>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(error) = message.view() {
            // Full: see FAULTS. Closed: the session is being dropped.
            drop(faults.try_send(CameraError::from_receive(error, carrier)));
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
