//! A real RTSP server in the test's own process, on a free port, and what it can do wrong.

use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;

use super::rtsp_tricks::{Trick, Tricks};

/// User that a locked server knows.
pub(crate) const USER: &str = "operator";
/// Their password.
pub(crate) const PASSWORD: &str = "s3cret-Pass";

/// Who may watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    Open,
    /// Whoever has the password, which goes over the wire as it is.
    Locked,
    /// Whoever has the password, which does not go over the wire.
    Digest,
    /// Everybody, over TLS: a certificate and its key (PEM).
    Tls(String),
}

/// The server; it stops when dropped.
pub(crate) struct RtspServer {
    access: Access,
    port: u16,
    server: rtsp::RTSPServer,
    tricks: Tricks,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

const SOURCE: &str = "videotestsrc is-live=true pattern=ball animation-mode=wall-time motion=sweep";
const PICTURE: &str =
    "capsfilter name=size caps=video/x-raw,format=I420,width=320,height=240,framerate=25/1";
const H264: &str = "openh264enc gop-size=12 ! identity name=wire ! rtph264pay name=pay0";
const H265: &str = "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=12 log-level=none \
    ! h265parse ! identity name=wire ! rtph265pay name=pay0";
/// Pictures that are sent before those that they follow, across keyframes too.
const REORDERED: &str = "x265enc speed-preset=superfast key-int-max=12 log-level=none \
    option-string=bframes=3:b-adapt=0:scenecut=0:open-gop=1 \
    ! h265parse ! identity name=wire ! rtph265pay name=pay0";
const MJPEG: &str = "jpegenc ! identity name=wire ! rtpjpegpay name=pay0";

fn mounts() -> Vec<(&'static str, String)> {
    vec![
        ("/ball", format!("( {SOURCE} ! {PICTURE} ! {H264} )")),
        (
            "/still",
            format!("( videotestsrc is-live=true pattern=smpte75 ! {PICTURE} ! {H264} )"),
        ),
        (
            "/small",
            format!(
                "( {SOURCE} ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! {H264} )"
            ),
        ),
        (
            "/short",
            format!("( {SOURCE} num-buffers=50 ! {PICTURE} ! {H264} )"),
        ),
        (
            "/wrap",
            format!("( {SOURCE} ! {PICTURE} ! {H264} timestamp-offset=4294877296 )"),
        ),
        ("/h265", format!("( {SOURCE} ! {PICTURE} ! {H265} )")),
        (
            "/reordered",
            format!("( {SOURCE} ! {PICTURE} ! {REORDERED} )"),
        ),
        ("/mjpeg", format!("( {SOURCE} ! {PICTURE} ! {MJPEG} )")),
        (
            "/one-keyframe",
            format!(
                "( {SOURCE} ! {PICTURE} ! openh264enc gop-size=1000000 scene-change-detection=false \
                 ! rtph264pay name=pay0 )"
            ),
        ),
        (
            "/vp8",
            format!("( {SOURCE} ! {PICTURE} ! vp8enc deadline=1 ! rtpvp8pay name=pay0 )"),
        ),
        (
            "/mpeg4",
            format!("( {SOURCE} ! {PICTURE} ! avenc_mpeg4 ! rtpmp4vpay name=pay0 )"),
        ),
        (
            "/sound",
            "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 )".to_owned(),
        ),
    ]
}

impl RtspServer {
    /// Serves `/ball` (endless), `/still` (nothing moves), `/small` (the ball, smaller), `/short`
    /// (ends after 2 s), `/wrap` (its RTP timestamps begin anew after 1 s), `/h265`, `/reordered`
    /// (H.265 with open groups of pictures), `/mjpeg`, `/one-keyframe` (at its beginning), `/vp8` and `/mpeg4` (codecs the agent does not know), `/sound` (no video). All balls
    /// go round by the wall clock, once a second.
    pub(crate) fn start(access: Access) -> Self {
        Self::serving(access, &mounts())
    }

    /// Serves a recording as it is, again and again for each who comes.
    pub(crate) fn playing(recording: &std::path::Path) -> Self {
        let launch = format!(
            "( filesrc location=\"{}\" ! qtdemux ! h264parse ! rtph264pay name=pay0 )",
            recording.display()
        );
        Self::serving(Access::Open, &[("/recording", launch)])
    }

    fn serving(access: Access, mounted: &[(&str, String)]) -> Self {
        gst::init().unwrap();
        let server = rtsp::RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service("0");
        let tricks = Tricks::default();
        let mounts = server.mount_points().unwrap();
        for (path, launch) in mounted {
            mounts.add_factory(path, factory(launch, &access, tricks.clone()));
        }
        server.set_auth(auth(&access).as_ref());
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
            access,
            port,
            server,
            tricks,
            main_loop,
            thread: Some(thread),
        }
    }

    /// Address of a path, without credentials.
    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = match self.access {
            Access::Tls(_) => "rtsps",
            Access::Open | Access::Locked | Access::Digest => "rtsp",
        };
        format!("{scheme}://127.0.0.1:{}{path}", self.port)
    }

    /// Its port on the loopback interface.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Disconnects every client, as a camera that restarts does.
    pub(crate) fn kick(&self) {
        self.server
            .client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
    }

    /// From now on serves under one path what another has, as a camera does that was set to another
    /// codec and restarts for it.
    pub(crate) fn swap(&self, path: &str, with: &str) {
        let mounted = mounts();
        let (_, launch) = mounted.iter().find(|(known, _)| *known == with).unwrap();
        let points = self.server.mount_points().unwrap();
        points.remove_factory(path);
        points.add_factory(path, factory(launch, &self.access, self.tricks.clone()));
        self.kick();
    }

    /// Plays a trick on all streams from now on; another takes its place.
    pub(crate) fn play(&self, trick: Trick) {
        self.tricks.play(trick);
    }

    /// Stops sending pictures while connections stay.
    pub(crate) fn stall(&self) {
        self.play(Trick::Silence);
    }
}

fn auth(access: &Access) -> Option<rtsp::RTSPAuth> {
    let token = rtsp::RTSPToken::builder()
        .field("media.factory.role", "user")
        .build();
    let auth = rtsp::RTSPAuth::new();
    match access {
        Access::Open => return None,
        Access::Locked => auth.add_basic(&rtsp::RTSPAuth::make_basic(USER, PASSWORD), &token),
        Access::Digest => {
            auth.set_supported_methods(rtsp::gst_rtsp::RTSPAuthMethod::Digest);
            auth.add_digest(USER, PASSWORD, &token);
        }
        Access::Tls(pem) => {
            let certificate = rtsp::gio::TlsCertificate::from_pem(pem).unwrap();
            auth.set_tls_certificate(Some(&certificate));
            let mut token = token;
            auth.set_default_token(Some(&mut token));
        }
    }
    Some(auth)
}

fn factory(launch: &str, access: &Access, tricks: Tricks) -> rtsp::RTSPMediaFactory {
    let factory = rtsp::RTSPMediaFactory::new();
    factory.set_launch(launch);
    factory.set_shared(true);
    factory.connect_media_configure(move |_, media| {
        tricks.attach(media);
    });
    if *access != Access::Open {
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
