//! A real RTSP server in the test's own process, on a free port.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;

/// User that a locked server knows.
pub(crate) const USER: &str = "operator";
/// Their password.
pub(crate) const PASSWORD: &str = "s3cret-Pass";

/// Who may watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Open,
    Locked,
}

/// The server; it stops when dropped.
pub(crate) struct RtspServer {
    port: u16,
    server: rtsp::RTSPServer,
    valves: Arc<Mutex<Vec<gst::Element>>>,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

impl RtspServer {
    /// Serves `/ball` (endless), `/short` (ends after 2 s), `/wrap` (its RTP timestamps begin anew
    /// after 1 s), `/h265`, `/mjpeg`, `/vp8` (a codec the agent does not know) and `/sound` (no video).
    pub(crate) fn start(access: Access) -> Self {
        gst::init().unwrap();
        let server = rtsp::RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service("0");
        let valves = Arc::new(Mutex::new(Vec::new()));
        let mounts = server.mount_points().unwrap();
        let picture = "video/x-raw,format=I420,width=320,height=240,framerate=25/1";
        let h264 = "openh264enc gop-size=12 ! valve name=valve ! rtph264pay name=pay0";
        let source = "videotestsrc is-live=true pattern=ball";
        for (path, launch) in [
            ("/ball", format!("( {source} ! {picture} ! {h264} )")),
            (
                "/short",
                format!("( {source} num-buffers=50 ! {picture} ! {h264} )"),
            ),
            (
                "/wrap",
                format!("( {source} ! {picture} ! {h264} timestamp-offset=4294877296 )"),
            ),
            (
                "/h265",
                format!(
                    "( {source} ! {picture} ! x265enc speed-preset=ultrafast tune=zerolatency \
                     key-int-max=12 log-level=none ! h265parse ! rtph265pay name=pay0 )"
                ),
            ),
            (
                "/mjpeg",
                format!("( {source} ! {picture} ! jpegenc ! rtpjpegpay name=pay0 )"),
            ),
            (
                "/vp8",
                format!("( {source} ! {picture} ! vp8enc deadline=1 ! rtpvp8pay name=pay0 )"),
            ),
            (
                "/sound",
                "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 )".to_owned(),
            ),
        ] {
            mounts.add_factory(path, factory(&launch, access, valves.clone()));
        }
        if access == Access::Locked {
            let auth = rtsp::RTSPAuth::new();
            let token = rtsp::RTSPToken::builder()
                .field("media.factory.role", "user")
                .build();
            auth.add_basic(&rtsp::RTSPAuth::make_basic(USER, PASSWORD), &token);
            server.set_auth(Some(&auth));
        }
        let context = glib::MainContext::new();
        server.attach(Some(&context)).unwrap();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let port = u16::try_from(server.bound_port()).unwrap();
        let thread = std::thread::spawn({
            let main_loop = main_loop.clone();
            move || {
                let context = main_loop.context();
                context.with_thread_default(|| main_loop.run()).unwrap();
            }
        });
        Self {
            port,
            server,
            valves,
            main_loop,
            thread: Some(thread),
        }
    }

    /// Address of a path, without credentials.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}{path}", self.port)
    }

    /// Disconnects every client, as a camera that restarts does.
    pub(crate) fn kick(&self) {
        self.server
            .client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
    }

    /// Stops sending pictures while connections stay.
    pub(crate) fn stall(&self) {
        for valve in self.valves.lock().unwrap().iter() {
            valve.set_property("drop", true);
        }
    }
}

fn factory(
    launch: &str,
    access: Access,
    valves: Arc<Mutex<Vec<gst::Element>>>,
) -> rtsp::RTSPMediaFactory {
    let factory = rtsp::RTSPMediaFactory::new();
    factory.set_launch(launch);
    factory.set_shared(true);
    factory.connect_media_configure(move |_, media| {
        let bin = media.element().downcast::<gst::Bin>().unwrap();
        valves.lock().unwrap().extend(bin.by_name("valve"));
    });
    if access == Access::Locked {
        let rights = gst::Structure::builder("user")
            .field("media.factory.access", true)
            .field("media.factory.construct", true)
            .build();
        factory.add_role_from_structure(&rights);
    }
    factory
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        self.kick();
        self.main_loop.quit();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// An address where nothing listens.
pub(crate) fn closed_url() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    format!("rtsp://127.0.0.1:{port}/ball")
}
