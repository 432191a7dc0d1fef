//! One camera: an RTSP server with one path, its media, and its plug.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;

use super::feeder::{self, Behaviour, Control, Which};
use super::footage::Footage;
use super::simulator::SimulatorError;
use super::wire;

/// The role that may watch where a password is asked.
const VIEWER: &str = "viewer";

/// How long a listener may take to close.
const LONGEST_GOODBYE: Duration = Duration::from_secs(5);

/// How often the footage is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playback {
    /// Again and again without a seam; times go on.
    Looped,
    /// From the first connection on, then the stream ends.
    Once,
}

/// User and password that the camera asks for.
#[derive(Clone)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// One simulated camera.
pub(super) struct Device {
    id: String,
    server: rtsp::RTSPServer,
    control: Arc<Control>,
    port: u16,
    /// Accepts connections; none while the camera is unplugged.
    listener: Option<glib::Source>,
}

impl Device {
    /// Opens a camera on a free port of the loopback interface.
    pub(super) fn open(
        id: &str,
        footage: Footage,
        playback: Playback,
        credentials: Option<&Credentials>,
        context: &glib::MainContext,
    ) -> Result<Self, SimulatorError> {
        let server = rtsp::RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service("0");
        let control = Control::new();
        let factory = factory(footage, playback, Which::First, &control);
        if let Some(credentials) = credentials {
            ask_for(credentials, &server, &factory);
        }
        let mounts = server.mount_points().ok_or(SimulatorError::NoMountPoints)?;
        mounts.add_factory(&format!("/{id}"), factory);
        let mut device = Self {
            id: id.to_owned(),
            server,
            control,
            port: 0,
            listener: None,
        };
        device.plug_in(context)?;
        Ok(device)
    }

    /// Opens a second stream of the camera, which films at the same moments.
    pub(super) fn add_stream(
        &self,
        name: &str,
        footage: Footage,
    ) -> Result<String, SimulatorError> {
        let mounts = self
            .server
            .mount_points()
            .ok_or(SimulatorError::NoMountPoints)?;
        let factory = factory(footage, Playback::Looped, Which::Beside, &self.control);
        mounts.add_factory(&format!("/{}/{name}", self.id), factory);
        Ok(format!("{}/{name}", self.url()))
    }

    /// `rtsp://127.0.0.1:PORT/ID`, without user or password.
    pub(super) fn url(&self) -> String {
        format!("rtsp://127.0.0.1:{}/{}", self.port, self.id)
    }

    /// Accepts connections, on the same port as before, and sends.
    pub(super) fn plug_in(&mut self, context: &glib::MainContext) -> Result<(), SimulatorError> {
        self.control.behave(Behaviour::Sending);
        if self.listener.is_some() {
            return Ok(());
        }
        let listener = self
            .server
            .create_source(None::<&rtsp::gio::Cancellable>)
            .map_err(|source| SimulatorError::Bind {
                camera: self.id.clone(),
                source,
            })?;
        listener.attach(Some(context));
        self.listener = Some(listener);
        self.port = u16::try_from(self.server.bound_port()).unwrap_or(0);
        self.server.set_service(&self.port.to_string());
        Ok(())
    }

    /// Closes every connection and refuses new ones.
    pub(super) fn unplug(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.destroy();
            drop(listener);
            self.wait_until_refused();
        }
        self.control.end_streams();
        for client in self.server.client_filter(None) {
            client.close();
        }
    }

    /// The main loop may hold the listener until it has come round, and whoever connects meanwhile is
    /// broken off, not refused.
    fn wait_until_refused(&self) {
        let deadline = Instant::now() + LONGEST_GOODBYE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Keeps every connection and sends nothing.
    pub(super) fn stall(&self) {
        self.control.behave(Behaviour::Stalled);
    }
}

impl Device {
    /// Keeps every connection and sends noise.
    pub(super) fn garble(&self) {
        self.control.behave(Behaviour::Garbling);
    }

    /// Films something else of the same codec, on the connections that are too.
    pub(super) fn film(&self, footage: Footage) {
        self.control.film(footage);
    }

    /// Tells a time that is so far ahead.
    pub(super) fn lie(&self, ahead: Duration) {
        self.control.set_clock_ahead(ahead);
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// One media shared by all who watch, fed from memory.
fn factory(
    footage: Footage,
    playback: Playback,
    which: Which,
    control: &Arc<Control>,
) -> rtsp::RTSPMediaFactory {
    let factory = rtsp::RTSPMediaFactory::new();
    let control = Arc::clone(control);
    factory.set_launch(&format!(
        "( appsrc name=camera is-live=true format=time max-bytes=67108864 ! {} name=pay0 )",
        footage.codec.payloader()
    ));
    factory.set_shared(true);
    factory.connect_media_configure(move |_, media| {
        wire::attach_clock(media, &control);
        let source = media
            .element()
            .downcast::<gst::Bin>()
            .ok()
            .and_then(|bin| bin.by_name("camera"))
            .and_downcast::<AppSrc>();
        if let Some(source) = source {
            feeder::start(
                source,
                footage.clone(),
                playback,
                which,
                Arc::clone(&control),
            );
        }
    });
    factory
}

fn ask_for(credentials: &Credentials, server: &rtsp::RTSPServer, factory: &rtsp::RTSPMediaFactory) {
    let auth = rtsp::RTSPAuth::new();
    let token = rtsp::RTSPToken::builder()
        .field(rtsp::RTSP_TOKEN_MEDIA_FACTORY_ROLE.to_owned(), VIEWER)
        .build();
    let basic = rtsp::RTSPAuth::make_basic(&credentials.user, &credentials.password);
    auth.add_basic(&basic, &token);
    factory.add_role_from_structure(
        &gst::Structure::builder(VIEWER)
            .field(rtsp::RTSP_PERM_MEDIA_FACTORY_ACCESS.to_owned(), true)
            .field(rtsp::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT.to_owned(), true)
            .build(),
    );
    server.set_auth(Some(&auth));
}
