//! Scenes that the project draws itself, for machines without clips: a carriageway, a pavement, hills,
//! and what comes, stops, burns and goes by a storyboard, drawn plainly enough that detectors know it.
//! An [`Album`] throws dice for single pictures of the same things with their boxes, to learn from.
//!
//! Pure: a storyboard and a time give a picture. What does not belong here: encoding and streaming
//! (`camera_simulator`), zones and rules (the configuration of whoever watches).

mod brush;
mod dice;
mod noise;
mod timecode;

mod actor;
mod fire;
mod living;
mod vehicle;

mod backdrop;
mod country;
mod street;

mod album;
mod storyboard;

pub use actor::{ActorKind, Class};
pub use album::{Album, Label, LabelledPicture};
pub use backdrop::Backdrop;
pub use storyboard::{Storyboard, Visit};
pub use timecode::read as read_timecode;

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

/// Draws a storyboard; holds what does not move.
#[derive(Debug)]
pub struct Renderer<'a> {
    storyboard: &'a Storyboard,
    backdrop: Pixmap,
}

impl<'a> Renderer<'a> {
    /// Draws the backdrop once.
    #[must_use]
    pub fn of(storyboard: &'a Storyboard) -> Self {
        Self {
            storyboard,
            backdrop: storyboard.backdrop.draw(),
        }
    }

    /// The picture at a time of the storyboard, which repeats.
    #[must_use]
    pub fn picture(&self, at: Duration) -> Picture {
        let mut pixmap = self.backdrop.clone();
        for actor in self.storyboard.actors_at(at) {
            actor.draw(&mut pixmap);
        }
        timecode::draw(&mut pixmap, self.storyboard.number_at(at));
        let mut rgba = pixmap.take();
        noise::add(&mut rgba, at);
        Picture { rgba }
    }

    /// Every picture of one round of the storyboard.
    pub fn pictures(&self) -> impl Iterator<Item = Picture> + '_ {
        self.times().map(|at| self.picture(at))
    }

    /// When each of them is taken.
    pub fn times(&self) -> impl Iterator<Item = Duration> + use<> {
        let length = self.storyboard.length.as_millis();
        let count = length * u128::from(PICTURES_PER_SECOND) / 1000;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        (0..count).map(|index| Duration::from_secs(1) * index / PICTURES_PER_SECOND)
    }
}
