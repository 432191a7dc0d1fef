//! Looks at one view of one camera, a few times a second at most: what stands there, how it is lit,
//! whether the camera still looks where it did.
//!
//! It never asks for a picture: it takes what is analysed anyway, and leaves out what comes too soon.

use std::time::Duration;

use jiff::Timestamp;

use super::error::MotionError;
use super::glance::Glance;
use super::luma::LumaPicture;
use super::reference::{Aim, References};
use super::shift::shift_between;
use super::signs::{PoseSign, SceneSigns};
use super::watch::{MotionOptions, MotionWatch, View};
use crate::camera::Frame;
use crate::time::StreamTime;

/// Width of the luma pictures that are looked at.
const WIDTH: u32 = 320;
/// How often the aim is looked at.
const AIM_EVERY: Duration = Duration::from_secs(10);
/// A view without such a contrast and mean level says nothing of where a camera looks.
const SHOWS: (f32, f32) = (12.0, 30.0);
/// How often it is compared with the view that was learnt.
const COMPARE_EVERY: Duration = Duration::from_secs(4);
/// The camera moves where more than this share of its picture changes from one moment to the next.
const TURNING: f32 = 0.35;
/// A pixel is another than in the last look from so many levels on.
const ANOTHER_LEVEL: u8 = 2;
/// A shift is believed from this confidence on,
const CONFIDENT: f32 = 0.25;
/// and is one from this share of the picture's width on: two pixels of what is looked at. By less,
/// edges stay where the background has them.
const SHIFTED: f32 = 0.006;
/// A stream that comes back within this time shows the view that it showed.
const LONGEST_BREAK: Duration = Duration::from_secs(600);

/// What a view is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// What stands in it, and how the camera is.
    Things,
    /// How the camera is.
    Condition,
}

impl Attention {
    /// What comes sooner after the last look is left out. For things a little less than a quarter of
    /// a second, so that of five pictures a second every other one is taken.
    const fn least_period(self) -> Duration {
        match self {
            Self::Things => Duration::from_millis(240),
            Self::Condition => Duration::from_millis(1900),
        }
    }
}

/// Looks at one view.
#[derive(Debug)]
pub struct ViewWatch {
    attention: Attention,
    motion: MotionWatch,
    references: References,
    aim: Aim,
    aimed_at: Option<StreamTime>,
    before: Option<LumaPicture>,
    looked_at: Option<StreamTime>,
    compared_at: Option<StreamTime>,
    pose: PoseSign,
    shifted: u32,
    signs: Option<SceneSigns>,
    last_wall: Option<Timestamp>,
    broke_at: Option<Break>,
}

/// A stream that ended.
#[derive(Debug, Clone, Copy)]
struct Break {
    wall: Option<Timestamp>,
}

impl ViewWatch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new(attention: Attention) -> Self {
        Self {
            attention,
            motion: MotionWatch::new(MotionOptions::default()),
            references: References::default(),
            aim: Aim::Unknown,
            aimed_at: None,
            before: None,
            looked_at: None,
            compared_at: None,
            pose: PoseSign::Unknown,
            shifted: 0,
            signs: None,
            last_wall: None,
            broke_at: None,
        }
    }

    /// What it is looked at for, from now on.
    pub const fn attend(&mut self, attention: Attention) {
        self.attention = attention;
    }

    /// Looks at a picture at that time, unless the last look was a moment ago.
    ///
    /// # Errors
    /// [`MotionError`] where it cannot be looked at; the next one may go well.
    pub fn look(&mut self, at: StreamTime, frame: &Frame) -> Result<(), MotionError> {
        if !self.is_due(at) {
            return Ok(());
        }
        let picture = LumaPicture::of(frame, WIDTH)?;
        self.look_at(at, Some(frame.wall), picture)
    }

    /// What the picture of that time showed; none where it was left out.
    #[must_use]
    pub fn signs(&self, at: StreamTime) -> Option<&SceneSigns> {
        self.signs.as_ref().filter(|_| self.looked_at == Some(at))
    }

    /// The stream ended or broke; the next picture may be of another time line.
    pub fn end(&mut self) {
        if self.looked_at.take().is_some() {
            self.broke_at = Some(Break {
                wall: self.last_wall,
            });
        }
        (self.compared_at, self.aimed_at, self.before, self.signs) = (None, None, None, None);
        (self.pose, self.shifted) = (PoseSign::Unknown, 0);
    }

    fn is_due(&self, at: StreamTime) -> bool {
        self.looked_at
            .is_none_or(|last| at > last && at.since(last) >= self.attention.least_period())
    }

    pub(crate) fn look_at(
        &mut self,
        at: StreamTime,
        wall: Option<Timestamp>,
        picture: LumaPicture,
    ) -> Result<(), MotionError> {
        self.take_up(at, wall);
        (self.looked_at, self.last_wall, self.signs) = (Some(at), wall, None);
        let before = self.before.take();
        let same_size = before.filter(|before| before.size() == picture.size());
        let change = same_size.map(|before| changed_share(&before, &picture));
        let motion = self.motion.look(at, &picture)?;
        let pose = match motion.changing > TURNING {
            true => PoseSign::Turning,
            false => self.compare(at, motion.view, &picture)?,
        };
        let glance = Glance::of(&picture)?;
        self.look_at_aim(at, &glance, motion.view, &picture)?;
        self.signs = Some(SceneSigns {
            glance,
            aim: self.aim,
            motion,
            change,
            pose,
        });
        self.before = Some(picture);
        Ok(())
    }

    /// After a break, what stood there goes on standing where the break was short.
    fn take_up(&mut self, at: StreamTime, wall: Option<Timestamp>) {
        let Some(broke) = self.broke_at.take() else {
            return;
        };
        self.references.resume(at);
        let away = wall
            .zip(broke.wall)
            .map(|(now, then)| now.duration_since(then));
        let away = away.and_then(|away| Duration::try_from(away).ok());
        match away.filter(|away| *away <= LONGEST_BREAK) {
            Some(away) => self.motion.resume(at, away),
            None => self.motion.forget(),
        }
    }

    /// Compares a picture with what the camera is to look at, now and then. A dark or flat view is
    /// none that could be known again.
    fn look_at_aim(
        &mut self,
        at: StreamTime,
        glance: &Glance,
        view: View,
        picture: &LumaPicture,
    ) -> Result<(), MotionError> {
        let (contrast, mean) = SHOWS;
        let shows = glance.luma.contrast >= contrast && glance.luma.mean >= mean;
        let due = self.aimed_at.is_none_or(|last| at.since(last) >= AIM_EVERY);
        if !due || !shows || (view == View::Learning && self.references.is_empty()) {
            return Ok(());
        }
        self.aimed_at = Some(at);
        self.aim = self.references.compare(at, picture)?;
        Ok(())
    }

    /// Compares a picture with the view that was learnt, now and then. A camera that was nudged is
    /// learnt anew: every edge of its view would stand there as a thing.
    fn compare(
        &mut self,
        at: StreamTime,
        view: View,
        picture: &LumaPicture,
    ) -> Result<PoseSign, MotionError> {
        if view == View::Learning || view == View::Relearnt {
            (self.pose, self.shifted) = (PoseSign::Unknown, 0);
            return Ok(self.pose);
        }
        let due = self
            .compared_at
            .is_none_or(|last| at.since(last) >= COMPARE_EVERY);
        if !due {
            return Ok(self.pose);
        }
        self.compared_at = Some(at);
        let Some(background) = self.motion.background() else {
            return Ok(PoseSign::Unknown);
        };
        let shift = shift_between(&background, picture)?;
        self.pose = PoseSign::Lies(shift);
        let (width, _) = picture.source().as_f32();
        let is_shifted =
            shift.confidence >= CONFIDENT && shift.dx.hypot(shift.dy) > SHIFTED * width;
        self.shifted = if is_shifted { self.shifted + 1 } else { 0 };
        if self.shifted >= 2 {
            self.shifted = 0;
            self.motion.forget();
        }
        Ok(self.pose)
    }
}

fn changed_share(before: &LumaPicture, now: &LumaPicture) -> f32 {
    let pairs = before.levels().iter().zip(now.levels());
    let other = pairs.filter(|(before, now)| before.abs_diff(**now) >= ANOTHER_LEVEL);
    #[expect(clippy::cast_precision_loss, reason = "a share of pixels")]
    let share = other.count() as f32 / now.levels().len().max(1) as f32;
    share
}
