//! A street that the project draws itself, for machines without clips: a carriageway, a pavement, and
//! vehicles that come, stop and go by a storyboard, drawn plainly enough that YOLOX-Nano knows them.
//!
//! Pure: a storyboard and a time give a picture. What does not belong here: encoding and streaming
//! (`camera_simulator`), zones and rules (the configuration of whoever watches).

mod brush;
mod noise;
mod storyboard;
mod street;
mod timecode;
mod vehicle;

pub use storyboard::{Storyboard, Visit};
pub use timecode::read as read_timecode;
pub use vehicle::VehicleKind;

use std::time::Duration;

use tiny_skia::Pixmap;

/// Picture width in pixels.
pub const WIDTH: u32 = 960;
/// Picture height in pixels.
pub const HEIGHT: u32 = 540;
/// Pictures per second.
pub const PICTURES_PER_SECOND: u32 = 10;

/// One picture: tightly packed RGBA, [`WIDTH`] × [`HEIGHT`].
#[derive(Debug, Clone)]
pub struct Picture {
    /// `WIDTH * HEIGHT * 4` bytes, opaque.
    pub rgba: Vec<u8>,
}

/// Draws scenes; holds what does not move.
#[derive(Debug)]
pub struct Renderer {
    street: Pixmap,
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

impl Renderer {
    /// Draws the street once.
    #[must_use]
    pub fn new() -> Self {
        Self {
            street: street::draw(),
        }
    }

    /// The picture at a time of the storyboard, which repeats.
    #[must_use]
    pub fn picture(&self, storyboard: &Storyboard, at: Duration) -> Picture {
        let mut pixmap = self.street.clone();
        for vehicle in storyboard.vehicles_at(at) {
            vehicle::draw(&mut pixmap, &vehicle);
        }
        timecode::draw(&mut pixmap, storyboard.number_at(at));
        let mut rgba = pixmap.take();
        noise::add(&mut rgba, at);
        Picture { rgba }
    }

    /// Every picture of one round of the storyboard.
    pub fn pictures<'a>(
        &'a self,
        storyboard: &'a Storyboard,
    ) -> impl Iterator<Item = Picture> + 'a {
        let count = storyboard.length.as_millis() * u128::from(PICTURES_PER_SECOND) / 1000;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        (0..count).map(move |index| {
            self.picture(
                storyboard,
                Duration::from_secs(1) * index / PICTURES_PER_SECOND,
            )
        })
    }
}
