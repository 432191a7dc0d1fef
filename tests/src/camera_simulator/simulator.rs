//! The cameras of one test or demo, and the main loop that serves them all.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer::glib;

use super::device::{Credentials, Device, Playback};
use super::footage::Footage;

/// Why a camera could not be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// No port could be bound.
    #[error("camera {camera}: no port on 127.0.0.1 could be bound")]
    Bind {
        /// The camera.
        camera: String,
        /// What the system said.
        #[source]
        source: glib::Error,
    },
    /// The RTSP server came without mount points, which GStreamer rules out.
    #[error("the RTSP server has no mount points")]
    NoMountPoints,
    /// There is no such camera.
    #[error("no camera named {0}")]
    Unknown(String),
}

/// Serves any number of simulated cameras until it is dropped.
pub struct CameraSimulator {
    context: glib::MainContext,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
    devices: Mutex<BTreeMap<String, Device>>,
}

impl CameraSimulator {
    /// Starts the main loop; no camera yet.
    #[must_use]
    pub fn start() -> Self {
        let context = glib::MainContext::new();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let thread = std::thread::spawn({
            let main_loop = main_loop.clone();
            move || main_loop.run()
        });
        let devices = Mutex::new(BTreeMap::new());
        Self {
            context,
            main_loop,
            thread: Some(thread),
            devices,
        }
    }

    /// Adds a camera and returns its URL, which holds no password.
    ///
    /// # Errors
    /// [`SimulatorError::Bind`] where no port is free.
    pub fn add(
        &self,
        id: &str,
        footage: Footage,
        playback: Playback,
        credentials: Option<&Credentials>,
    ) -> Result<String, SimulatorError> {
        let device = Device::open(id, footage, playback, credentials, &self.context)?;
        let url = device.url();
        self.devices().insert(id.to_owned(), device);
        Ok(url)
    }

    /// Unplugs a camera: its connections break and new ones are refused.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`] where no camera has that name.
    pub fn drop_camera(&self, id: &str) -> Result<(), SimulatorError> {
        self.with(id, |device| {
            device.unplug();
            Ok(())
        })
    }

    /// Strikes a camera dumb: its connections stay and nothing comes.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`] where no camera has that name.
    pub fn stall(&self, id: &str) -> Result<(), SimulatorError> {
        self.with(id, |device| {
            device.stall();
            Ok(())
        })
    }

    /// Has a camera send noise: its connections stay and nothing that comes can be decoded.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`] where no camera has that name.
    pub fn garble(&self, id: &str) -> Result<(), SimulatorError> {
        self.with(id, |device| {
            device.garble();
            Ok(())
        })
    }

    /// Has a camera film something else from now on, of another size perhaps, on the connections that
    /// are too. Footage of another codec is not taken: a session has one.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`] where no camera has that name.
    pub fn film(&self, id: &str, footage: &Footage) -> Result<(), SimulatorError> {
        self.with(id, |device| {
            device.film(footage.clone());
            Ok(())
        })
    }

    /// Has a camera tell a time in its RTCP sender reports that is so far ahead.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`] where no camera has that name.
    pub fn lie(&self, id: &str, ahead: Duration) -> Result<(), SimulatorError> {
        self.with(id, |device| {
            device.lie(ahead);
            Ok(())
        })
    }

    /// Adds a second stream to a camera, which films at the same moments, and returns its URL.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`] where no camera has that name.
    pub fn add_stream(
        &self,
        id: &str,
        name: &str,
        footage: &Footage,
    ) -> Result<String, SimulatorError> {
        let mut url = String::new();
        self.with(id, |device| {
            url = device.add_stream(name, footage.clone())?;
            Ok(())
        })?;
        Ok(url)
    }

    /// Brings a camera back from any of these but what it films, on the same URL.
    ///
    /// # Errors
    /// [`SimulatorError`] where the name is unknown or its port was taken meanwhile.
    pub fn come_back(&self, id: &str) -> Result<(), SimulatorError> {
        self.with(id, |device| device.plug_in(&self.context))
    }

    fn with(
        &self,
        id: &str,
        act: impl FnOnce(&mut Device) -> Result<(), SimulatorError>,
    ) -> Result<(), SimulatorError> {
        let mut devices = self.devices();
        act(devices
            .get_mut(id)
            .ok_or_else(|| SimulatorError::Unknown(id.to_owned()))?)
    }

    fn devices(&self) -> MutexGuard<'_, BTreeMap<String, Device>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CameraSimulator {
    fn drop(&mut self) {
        self.devices().clear();
        self.main_loop.quit();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
