//! Looks at one view, picture by picture.

use std::collections::HashSet;
use std::time::Duration;

use super::blob::{Blob, aged};
use super::cv;
use super::error::MotionError;
use super::luma::LumaPicture;
use super::pixels::{Pixel, Pixels};
use super::region::{Change, RegionId, Standing, StillRegion, change_in, is_nothing, join};
use super::shift::shift_between;
use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// How a view is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionOptions {
    /// How long a thing must stand to be called standing. Default 3 s.
    pub still_after: Duration,
    /// How long it must be away to be called gone. Default 2 s.
    pub clear_after: Duration,
    /// Least area of what is told, as a share of the picture. Default 0.0005: at 1080p a square of
    /// 32 pixels.
    pub least_area: f32,
    /// How long most of the view must differ before it is learnt anew. Default 5 s.
    pub relearn_after: Duration,
    /// Most regions at a time; beyond it none is told. Default 64.
    pub most_regions: usize,
}

impl Default for MotionOptions {
    fn default() -> Self {
        Self {
            still_after: Duration::from_secs(3),
            clear_after: Duration::from_secs(2),
            least_area: 0.0005,
            relearn_after: Duration::from_secs(5),
            most_regions: 64,
        }
    }
}

/// How well the view is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// Not yet: there have been too few pictures.
    Learning,
    /// It is, and this picture is of it.
    Steady,
    /// Most of the picture is not as it was: something large before the lens, a camera that turns,
    /// a lamp. Nothing is told of such a picture.
    Disturbed,
    /// It stayed so: the view is learnt anew, and what stood there is forgotten.
    Relearnt,
}

/// What one picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    /// How well the view is known.
    pub view: View,
    /// What moves.
    pub moving: Vec<Blob>,
    /// What stands and did not when the view was learnt, by number.
    pub still: Vec<StillRegion>,
    /// What stood until now.
    pub gone: Vec<StillRegion>,
    /// How much brighter than the background the view is; 1 is as bright.
    pub light: f32,
    /// The share of the picture that changes right now, 0 to 1; 0 until the view is known.
    pub changing: f32,
}

/// The view is disturbed where more than this share of it differs.
const DISTURBED: f32 = 0.6;
/// A thing stands when so much of it does.
const STANDS: f32 = 0.6;
/// The camera moved while the view was learnt where its first and last picture lie so far from each other,
/// as a share of the width, with that confidence: as for a nudge, but this one is asked once.
const NUDGED: (f32, f32) = (0.006, 0.15);
/// It is learnt anew for that so often; a camera that never holds still shows as one that is disturbed.
const MOST_AIMED: u32 = 3;

/// Looks at one view.
#[derive(Debug)]
pub struct MotionWatch {
    options: MotionOptions,
    pixels: Pixels,
    size: Option<PictureSize>,
    /// The first picture, until the view is known.
    first: Option<LumaPicture>,
    /// How often the camera was aimed while the view was learnt.
    aimed: u32,
    before: Option<StreamTime>,
    moving: Vec<Blob>,
    standing: Vec<Standing>,
    disturbed_since: Option<StreamTime>,
    next_id: u64,
}

impl MotionWatch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new(options: MotionOptions) -> Self {
        Self {
            options,
            pixels: Pixels::new(),
            size: None,
            first: None,
            aimed: 0,
            before: None,
            moving: Vec::new(),
            standing: Vec::new(),
            disturbed_since: None,
            next_id: 1,
        }
    }

    /// Takes one picture in. A picture of another size begins anew.
    ///
    /// # Errors
    /// [`MotionError::OpenCv`] where `OpenCV` refuses; the next picture may go well.
    pub fn look(&mut self, at: StreamTime, picture: &LumaPicture) -> Result<Motion, MotionError> {
        if self.size != Some(picture.size()) {
            self.forget();
            self.size = Some(picture.size());
        }
        let dt = self
            .before
            .map_or(Duration::ZERO, |before| at.since(before));
        self.before = Some(self.before.map_or(at, |before| before.max(at)));
        if !self.pixels.is_known() {
            self.learn(dt, picture)?;
            return Ok(self.told(picture, View::Learning, Vec::new()));
        }
        self.pixels
            .look(dt, picture.levels(), self.options.still_after);
        if let Some(view) = self.disturbance(at) {
            let gone = match view {
                View::Relearnt => self.regions(picture),
                _ => Vec::new(),
            };
            if view == View::Relearnt {
                self.pixels = Pixels::new();
                self.standing.clear();
            }
            self.moving.clear();
            return Ok(self.told(picture, view, gone));
        }
        let gone = self.clear(at, picture);
        self.find_standing(at, picture)?;
        self.find_moving(at, picture)?;
        Ok(self.told(picture, View::Steady, gone))
    }

    /// The view may be another: it is learnt anew. Numbers go on.
    pub fn forget(&mut self) {
        self.pixels = Pixels::new();
        (self.first, self.aimed, self.before) = (None, 0, None);
        self.moving.clear();
        self.standing.clear();
        self.disturbed_since = None;
    }

    /// The stream broke and is back after `away`, on another time line, at `at`: the view is
    /// believed to be the same, and what stood there goes on standing.
    pub fn resume(&mut self, at: StreamTime, away: Duration) {
        let Some(before) = self.before else { return };
        let resumed = at - away;
        let moved = |time: StreamTime| resumed - before.since(time);
        self.moving
            .iter_mut()
            .for_each(|blob| blob.since = moved(blob.since));
        self.standing
            .iter_mut()
            .for_each(|standing| standing.rebase(before, resumed));
        self.disturbed_since = self.disturbed_since.map(moved);
        self.before = Some(resumed);
    }

    /// The view when nothing is there, as bright as now; none until it is known.
    #[must_use]
    pub fn background(&self) -> Option<LumaPicture> {
        let size = self.size.filter(|_| self.pixels.is_known())?;
        Some(LumaPicture::from_levels(size, self.pixels.background()))
    }

    fn disturbance(&mut self, at: StreamTime) -> Option<View> {
        if self.pixels.disturbed() <= DISTURBED {
            self.disturbed_since = None;
            return None;
        }
        let since = *self.disturbed_since.get_or_insert(at);
        if at.since(since) < self.options.relearn_after {
            return Some(View::Disturbed);
        }
        self.disturbed_since = None;
        Some(View::Relearnt)
    }

    /// Takes one of the first pictures in. What came while they were taken is no part of the view; a
    /// camera that was aimed meanwhile begins anew.
    fn learn(&mut self, dt: Duration, picture: &LumaPicture) -> Result<(), MotionError> {
        self.pixels.learn(dt, picture.levels());
        if !self.pixels.is_known() {
            self.first.get_or_insert_with(|| picture.clone());
            return Ok(());
        }
        let first = self.first.take();
        if self.aimed < MOST_AIMED && first.is_some_and(|first| is_nudged(&first, picture)) {
            self.aimed += 1;
            self.pixels = Pixels::new();
            return Ok(());
        }
        let came = self.came(picture);
        let nothing = HashSet::new();
        self.pixels.settle(came.as_ref().unwrap_or(&nothing));
        came.map(drop)
    }

    /// Where something came while the view was learnt. What went, what is lit otherwise and what nobody can
    /// tell shows later, as it would have then.
    fn came(&self, picture: &LumaPicture) -> Result<HashSet<u32>, MotionError> {
        let width = picture.size().width;
        let parts = self.parts(picture, Pixels::changed_meanwhile)?.into_iter();
        let came = parts.filter(|part| change_in(&part.cells, &self.pixels, width) == Change::Came);
        Ok(came.flat_map(|part| part.cells).collect())
    }

    fn clear(&mut self, at: StreamTime, picture: &LumaPicture) -> Vec<StillRegion> {
        let (pixels, clear_after) = (&self.pixels, self.options.clear_after);
        let left: Vec<Standing> = self
            .standing
            .extract_if(.., |standing| standing.is_gone(at, pixels, clear_after))
            .collect();
        for standing in &left {
            self.pixels.accept(&standing.cells, picture.size().width);
        }
        left.iter().map(|standing| standing.told(picture)).collect()
    }

    fn find_standing(&mut self, at: StreamTime, picture: &LumaPicture) -> Result<(), MotionError> {
        let width = picture.size().width;
        // All that hangs together is one thing, though not every pixel of it stands equally long.
        let mut parts = self.parts(picture, |pixels, cell| match pixels.kinds()[cell] {
            Pixel::Still => true,
            Pixel::Moving => !pixels.is_changing(cell),
            Pixel::Background => false,
        })?;
        parts.retain(|part| self.stands(&part.cells));
        for part in parts {
            let mut known = self.standing.iter_mut();
            if let Some(known) = known.find(|standing| standing.shares(&part, width)) {
                known.follow(&part.cells, &self.pixels);
            } else if is_nothing(&part.cells, &self.pixels, width) {
                self.pixels.accept(&part.cells, width);
            } else if self.standing.len() < self.options.most_regions {
                let id = RegionId(self.next_id);
                self.next_id += 1;
                self.standing
                    .push(Standing::new(id, at, part.cells, &self.pixels));
            }
        }
        join(&mut self.standing, &self.pixels, width);
        Ok(())
    }

    fn stands(&self, cells: &[u32]) -> bool {
        let kinds = self.pixels.kinds();
        let still = cells
            .iter()
            .filter(|cell| kinds[**cell as usize] == Pixel::Still);
        count(still.count()) >= STANDS * count(cells.len())
    }

    fn find_moving(&mut self, at: StreamTime, picture: &LumaPicture) -> Result<(), MotionError> {
        let (across, down) = picture.scale();
        let parts = self.parts(picture, |pixels, cell| {
            pixels.kinds()[cell] == Pixel::Moving
        })?;
        let parts = parts.iter().map(|part| {
            let area = count(part.cells.len()) * across * down;
            (picture.to_source(part.bbox()), area)
        });
        self.moving = aged(at, parts.collect(), &self.moving);
        Ok(())
    }

    fn parts(
        &self,
        picture: &LumaPicture,
        in_it: impl Fn(&Pixels, usize) -> bool,
    ) -> Result<Vec<cv::Component>, MotionError> {
        let cells = 0..picture.levels().len();
        let mask = cells.map(|cell| if in_it(&self.pixels, cell) { 255 } else { 0 });
        let mask: Vec<u8> = mask.collect();
        let width = picture.size().width;
        let least = self.least_cells(picture);
        cv::components(&cv::cleaned(&mask, width)?, width, least)
    }

    fn least_cells(&self, picture: &LumaPicture) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of the pixels"
        )]
        let least = (count(picture.levels().len()) * self.options.least_area) as usize;
        least.max(1)
    }

    fn regions(&self, picture: &LumaPicture) -> Vec<StillRegion> {
        let all = self.standing.iter();
        all.map(|standing| standing.told(picture)).collect()
    }

    fn told(&self, picture: &LumaPicture, view: View, gone: Vec<StillRegion>) -> Motion {
        Motion {
            view,
            moving: self.moving.clone(),
            still: self.regions(picture),
            gone,
            light: self.pixels.light(),
            changing: self.pixels.changing_share(),
        }
    }
}

/// Whether the camera moved between two pictures; who cannot be compared did not.
fn is_nudged(first: &LumaPicture, last: &LumaPicture) -> bool {
    let Ok(shift) = shift_between(first, last) else {
        return false;
    };
    let (share, confidence) = NUDGED;
    let (width, _) = last.source().as_f32();
    shift.confidence >= confidence && shift.dx.hypot(shift.dy) > share * width
}

impl Standing {
    fn told(&self, picture: &LumaPicture) -> StillRegion {
        let (across, down) = picture.scale();
        let whole = cv::Component::of(self.cells.clone(), picture.size().width);
        StillRegion {
            id: self.id,
            bbox: picture.to_source(whole.bbox()),
            area: count(self.cells.len()) * across * down,
            since: self.since,
            last_seen: self.last_seen,
            contrast: self.contrast,
        }
    }
}

fn count(pixels: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
    let count = pixels as f32;
    count
}
