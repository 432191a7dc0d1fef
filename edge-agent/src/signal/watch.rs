//! All signals of one camera, picture by picture.

use contract::v1::ZoneId;

use super::lamp;
use super::pixels::HeadMap;
use super::reader::LampReader;
use super::state::{SignalReading, Source};
use crate::camera::Frame;
use crate::config::{CameraConfig, LampConfig};

/// Reads one camera's signals.
#[derive(Debug)]
pub struct SignalWatch {
    signals: Vec<Signal>,
}

#[derive(Debug)]
struct Signal {
    id: ZoneId,
    lamp: Option<Lamp>,
}

#[derive(Debug)]
struct Lamp {
    config: LampConfig,
    map: Option<HeadMap>,
    reader: LampReader,
}

impl SignalWatch {
    /// The signals of a configured camera.
    #[must_use]
    pub fn of(camera: &CameraConfig) -> Self {
        let signal = |signal: &crate::config::SignalConfig| Signal {
            id: signal.id.clone(),
            lamp: signal.lamp.clone().map(Lamp::new),
        };
        Self {
            signals: camera.signals.iter().map(signal).collect(),
        }
    }

    /// What each signal shows as of this picture, in the order of the configuration. Times must not go
    /// back between two calls of [`SignalWatch::end`].
    pub fn look(&mut self, frame: &Frame) -> Vec<SignalReading> {
        let signals = self.signals.iter_mut();
        signals.filter_map(|signal| signal.look(frame)).collect()
    }

    /// The stream ended or broke: what comes next is another time line.
    pub fn end(&mut self) {
        for signal in &mut self.signals {
            if let Some(lamp) = &mut signal.lamp {
                lamp.reader = LampReader::new();
            }
        }
    }
}

impl Signal {
    fn look(&mut self, frame: &Frame) -> Option<SignalReading> {
        let (state, since, seen_at) = self.lamp.as_mut()?.look(frame);
        Some(SignalReading {
            signal: self.id.clone(),
            state,
            since,
            seen_at,
            source: Source::Lamp,
        })
    }
}

impl Lamp {
    const fn new(config: LampConfig) -> Self {
        Self {
            config,
            map: None,
            reader: LampReader::new(),
        }
    }

    fn look(
        &mut self,
        frame: &Frame,
    ) -> (
        super::SignalState,
        crate::time::StreamTime,
        crate::time::StreamTime,
    ) {
        let map = match self.map.take() {
            Some(map) if map.size() == frame.size => map,
            _ => HeadMap::of(&self.config, frame.size),
        };
        let glimpse = lamp::look(&map.read(frame), self.config.lit_from);
        self.map = Some(map);
        self.reader.take(frame.pts, glimpse)
    }
}
