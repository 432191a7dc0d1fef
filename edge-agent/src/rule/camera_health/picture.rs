//! What the pictures say of the camera that takes them: frozen, covered, moved, out of focus, dark.
//!
//! Everything is held against what this camera usually shows. Fog and dusk come slowly, a hand and a
//! lid at once: what comes slowly is never called covered.

use std::time::Duration;

use super::daylight::Daylight;
use super::lasting::Verdict;
use crate::motion::{Aim, Glance, SceneSigns};
use crate::time::StreamTime;

/// What one picture says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PictureVerdicts {
    pub(super) frozen: Verdict,
    pub(super) covered: Verdict,
    pub(super) moved: Verdict,
    pub(super) out_of_focus: Verdict,
    pub(super) too_dark: Verdict,
}

/// Holds one camera's pictures against what it usually shows.
#[derive(Debug, Default)]
pub(super) struct PictureJudge {
    /// What it showed lately, while it showed anything.
    lately: Option<Usual>,
    /// What it shows in weak, middle and full light.
    usual: [Option<Usual>; 3],
    before: Option<StreamTime>,
    good_at: Option<StreamTime>,
    last_aim: Option<Aim>,
    covered: Latch,
    elsewhere: Latch,
    same: u32,
}

/// Whether something that came at once is still so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Latch {
    #[default]
    Off,
    On,
}

/// What a view usually shows.
#[derive(Debug, Clone, Copy)]
struct Usual {
    contrast: f32,
    focus: f32,
    learnt_for: Duration,
}

/// What comes within this time after a good picture came at once.
const AT_ONCE: Duration = Duration::from_secs(15);
/// What was shown lately is a mean over about this time,
const LATELY: Duration = Duration::from_secs(60);
/// what is usual over this one, once it was learnt for a minute.
const USUALLY: Duration = Duration::from_secs(3600);
const LEARNT_IN: Duration = Duration::from_secs(60);
/// A picture whose levels spread by this much of the usual is as good as any,
const GOOD: f32 = 0.7;
/// by this much, covered,
const COLLAPSED: f32 = 0.4;
/// or by this much where all detail but this share is gone too.
const VEILED: f32 = 0.6;
const NO_DETAIL: f32 = 0.15;
/// Flat: no view has so little.
const FLAT: f32 = 3.0;
/// Focus below this share of the usual is lost,
const SOFT: f32 = 0.35;
/// above this one it is there.
const SHARP: f32 = 0.6;
/// Mean level and spread of a picture that shows black.
const BLACK: (f32, f32) = (22.0, 12.0);
/// The same of one that is too dark to tell anything by: an eighth of a street's daylight. Levels of limited
/// range begin at 16.
const DARK: (f32, f32) = (34.0, 12.0);
/// Mean levels that part weak, middle and full light.
const LIGHTS: [f32; 2] = [50.0, 110.0];
/// A shift by so much of the picture's width, turn in degrees, or scale is another view.
const MOVED: (f32, f32, f32) = (0.04, 3.0, 0.05);
/// A picture is the last one where no more than this share of it changed,
const UNCHANGED: f32 = 0.0005;
/// for so many looks.
const FROZEN_LOOKS: u32 = 8;

impl PictureJudge {
    /// Looks at a picture; `width` is the picture's.
    pub(super) fn look(
        &mut self,
        at: StreamTime,
        signs: &SceneSigns,
        width: f32,
        daylight: Daylight,
    ) -> PictureVerdicts {
        let glance = &signs.glance;
        let dt = self
            .before
            .map_or(Duration::ZERO, |before| at.since(before));
        self.before = Some(at);
        let covered = self.covered(at, signs, daylight);
        let frozen = self.frozen(signs);
        let moved = self.moved(signs, width, daylight);
        let out_of_focus = self.out_of_focus(glance, moved);
        let too_dark = match (is_below(DARK, glance), daylight) {
            (true, _) if self.covered == Latch::On => Verdict::Unknown,
            (true, Daylight::Day) => Verdict::Bad,
            (true, Daylight::Unsure) => Verdict::Unknown,
            (true, Daylight::Night) | (false, _) => Verdict::Good,
        };
        self.learn(at, dt, signs, moved);
        PictureVerdicts {
            frozen,
            covered,
            moved,
            out_of_focus,
            too_dark,
        }
    }

    /// The stream broke: times begin anew, the view is the same.
    pub(super) const fn resume(&mut self) {
        (self.before, self.good_at, self.same) = (None, None, 0);
    }

    fn frozen(&mut self, signs: &SceneSigns) -> Verdict {
        let glance = &signs.glance;
        match signs.change {
            // Where nothing is to be seen, nothing changes.
            _ if is_black(glance) || glance.luma.contrast < FLAT || self.covered == Latch::On => {
                Verdict::Unknown
            }
            None => Verdict::Unknown,
            Some(change) if change > UNCHANGED => {
                self.same = 0;
                Verdict::Good
            }
            Some(_) => {
                self.same = self.same.saturating_add(1);
                match self.same >= FROZEN_LOOKS {
                    true => Verdict::Bad,
                    false => Verdict::Unknown,
                }
            }
        }
    }

    fn covered(&mut self, at: StreamTime, signs: &SceneSigns, daylight: Daylight) -> Verdict {
        let glance = &signs.glance;
        let Some(lately) = self.lately else {
            // It was never seen to show anything.
            return match glance.luma.contrast < FLAT && daylight == Daylight::Day {
                true => Verdict::Bad,
                false => Verdict::Unknown,
            };
        };
        let contrast = glance.luma.contrast / lately.contrast.max(1.0);
        let detail = detail(glance) / lately.detail().max(0.01);
        let lost = signs.aim == Aim::Lost;
        let collapsed = contrast < COLLAPSED || (contrast < VEILED && detail < NO_DETAIL && lost);
        if collapsed && self.came_at_once(at) {
            self.covered = Latch::On;
        }
        if contrast >= VEILED && !lost {
            self.covered = Latch::Off;
        }
        match (self.covered, collapsed) {
            (Latch::On, _) => Verdict::Bad,
            (Latch::Off, true) => Verdict::Unknown,
            (Latch::Off, false) => Verdict::Good,
        }
    }

    fn moved(&mut self, signs: &SceneSigns, width: f32, daylight: Daylight) -> Verdict {
        let glance = &signs.glance;
        let held = self.last_aim.replace(signs.aim) == Some(Aim::Holds);
        match signs.aim {
            Aim::Unknown => Verdict::Unknown,
            Aim::Holds => {
                self.elsewhere = Latch::Off;
                Verdict::Good
            }
            Aim::Shifted(shift) => {
                let (far, turned, scaled) = MOVED;
                let is_moved = shift.dx.hypot(shift.dy) >= far * width
                    || shift.turn.abs() >= turned
                    || (shift.scale - 1.0).abs() >= scaled;
                match is_moved {
                    true => Verdict::Bad,
                    false => Verdict::Unknown,
                }
            }
            Aim::Lost => {
                // A view as rich as the last one, and none of it the same. At dusk cameras go over to
                // infrared, which looks like that.
                let rich = self.lately.is_some_and(|lately| {
                    glance.luma.contrast >= 0.5 * lately.contrast
                        && detail(glance) >= 0.5 * lately.detail()
                });
                if held && rich && daylight == Daylight::Day && self.covered == Latch::Off {
                    self.elsewhere = Latch::On;
                }
                match self.elsewhere {
                    Latch::On => Verdict::Bad,
                    Latch::Off => Verdict::Unknown,
                }
            }
        }
    }

    fn out_of_focus(&self, glance: &Glance, moved: Verdict) -> Verdict {
        let usual = self.usual[light(glance)].filter(|usual| usual.learnt_for >= LEARNT_IN);
        let Some(usual) = usual else {
            return Verdict::Unknown;
        };
        let clear = glance.luma.contrast >= VEILED * usual.contrast;
        if !clear || moved == Verdict::Bad || self.covered == Latch::On || is_black(glance) {
            return Verdict::Unknown;
        }
        if glance.focus < SOFT * usual.focus {
            Verdict::Bad
        } else if glance.focus >= SHARP * usual.focus {
            Verdict::Good
        } else {
            Verdict::Unknown
        }
    }

    fn came_at_once(&self, at: StreamTime) -> bool {
        self.good_at.is_some_and(|good| at.since(good) <= AT_ONCE)
    }

    fn learn(&mut self, at: StreamTime, dt: Duration, signs: &SceneSigns, moved: Verdict) {
        let glance = &signs.glance;
        if self.covered == Latch::On || moved == Verdict::Bad || is_black(glance) {
            return;
        }
        let good = self
            .lately
            .is_none_or(|lately| glance.luma.contrast >= GOOD * lately.contrast);
        if good {
            self.good_at = Some(at);
        }
        if good || !self.came_at_once(at) {
            let lately = self.lately.get_or_insert(Usual::of(glance));
            lately.follow(glance, dt, LATELY);
        }
        let soft = |usual: &Usual| {
            usual.learnt_for >= LEARNT_IN
                && (glance.focus < SHARP * usual.focus
                    || glance.luma.contrast < VEILED * usual.contrast)
        };
        let usual = &mut self.usual[light(glance)];
        if !usual.as_ref().is_some_and(soft) {
            usual
                .get_or_insert(Usual::of(glance))
                .follow(glance, dt, USUALLY);
        }
    }
}

impl Usual {
    const fn of(glance: &Glance) -> Self {
        Self {
            contrast: glance.luma.contrast,
            focus: glance.focus,
            learnt_for: Duration::ZERO,
        }
    }

    fn detail(&self) -> f32 {
        self.focus * self.contrast * self.contrast
    }

    /// An even mean at first, then one over `constant`.
    fn follow(&mut self, glance: &Glance, dt: Duration, constant: Duration) {
        // A gap in the stream teaches no more than a look.
        let dt = dt.min(AT_ONCE);
        self.learnt_for += dt;
        let over = self.learnt_for.min(constant).as_secs_f32().max(0.1);
        let share = (dt.as_secs_f32() / over).clamp(0.0, 1.0);
        self.contrast += share * (glance.luma.contrast - self.contrast);
        self.focus += share * (glance.focus - self.focus);
    }
}

fn detail(glance: &Glance) -> f32 {
    glance.focus * glance.luma.contrast * glance.luma.contrast
}

fn is_black(glance: &Glance) -> bool {
    is_below(BLACK, glance)
}

fn is_below((mean, contrast): (f32, f32), glance: &Glance) -> bool {
    glance.luma.mean < mean && glance.luma.contrast < contrast
}

fn light(glance: &Glance) -> usize {
    LIGHTS
        .iter()
        .filter(|least| glance.luma.mean >= **least)
        .count()
}
