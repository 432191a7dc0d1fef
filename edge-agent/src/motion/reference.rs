//! What a camera is to look at: pictures of the view in some lights, and how a picture lies to them.
//!
//! Unlike the background it is not learnt anew when the view changes: that is what is to be found.

use std::time::Duration;

use super::error::MotionError;
use super::luma::LumaPicture;
use super::shift::{Shift, shift_between};
use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// How a picture lies to what the camera is to look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// Nobody compared them.
    Unknown,
    /// It shows the same view.
    Holds,
    /// It shows the view shifted, turned, or larger.
    Shifted(Shift),
    /// The two have nothing in common.
    Lost,
}

/// Most lights of one view.
const MOST: usize = 4;
/// From this confidence on two pictures are of one view,
const ALIKE: f32 = 0.15;
/// and below this one they have nothing in common.
const UNLIKE: f32 = 0.1;
/// Alike, but less than this: another light, worth remembering,
const OTHER_LIGHT: f32 = 0.35;
/// not more often than this.
const REMEMBER_EVERY: Duration = Duration::from_secs(600);
/// The view holds within this share of the picture's width,
const SHIFTED: f32 = 0.015;
/// so many degrees,
const TURNED: f32 = 1.5;
/// and this factor.
const SCALED: f32 = 0.03;

/// Pictures of one view.
#[derive(Debug, Default)]
pub(super) struct References {
    /// The best known light first.
    pictures: Vec<LumaPicture>,
    remembered_at: Option<StreamTime>,
}

impl References {
    /// Compares a picture with the view. The first one to be compared with anything is the view.
    pub(super) fn compare(
        &mut self,
        at: StreamTime,
        picture: &LumaPicture,
    ) -> Result<Aim, MotionError> {
        if self.size().is_some_and(|size| size != picture.size()) {
            self.pictures.clear();
        }
        if self.pictures.is_empty() {
            self.remember(at, picture);
            return Ok(Aim::Holds);
        }
        let mut best: Option<Shift> = None;
        for index in 0..self.pictures.len() {
            let shift = shift_between(&self.pictures[index], picture)?;
            if shift.confidence >= ALIKE && holds(&shift, picture) {
                self.pictures[..=index].rotate_right(1);
                if shift.confidence < OTHER_LIGHT && self.may_remember(at) {
                    self.remember(at, picture);
                }
                return Ok(Aim::Holds);
            }
            if best.is_none_or(|best| shift.confidence > best.confidence) {
                best = Some(shift);
            }
        }
        Ok(match best {
            Some(shift) if shift.confidence >= ALIKE => Aim::Shifted(shift),
            Some(shift) if shift.confidence >= UNLIKE => Aim::Unknown,
            _ => Aim::Lost,
        })
    }

    /// The stream broke: times begin anew, the view is the same.
    pub(super) const fn resume(&mut self, at: StreamTime) {
        if self.remembered_at.is_some() {
            self.remembered_at = Some(at);
        }
    }

    /// Whether nothing is known of the view yet.
    pub(super) const fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    fn size(&self) -> Option<PictureSize> {
        self.pictures.first().map(LumaPicture::size)
    }

    fn may_remember(&self, at: StreamTime) -> bool {
        self.remembered_at
            .is_none_or(|last| at.since(last) >= REMEMBER_EVERY)
    }

    fn remember(&mut self, at: StreamTime, picture: &LumaPicture) {
        self.pictures.truncate(MOST - 1);
        self.pictures.insert(0, picture.clone());
        self.remembered_at = Some(at);
    }
}

fn holds(shift: &Shift, picture: &LumaPicture) -> bool {
    let (width, _) = picture.source().as_f32();
    shift.dx.hypot(shift.dy) <= SHIFTED * width
        && shift.turn.abs() <= TURNED
        && (shift.scale - 1.0).abs() <= SCALED
}
