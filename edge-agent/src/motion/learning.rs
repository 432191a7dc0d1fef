//! The first pictures of a view: what it is when nothing is there, and what came or went meanwhile.
//!
//! Where one level lasts, that is the ground, and a median finds it. Where a pixel showed one level for a
//! while and then another for most of the time, to the end, something may have come: each pixel remembers
//! both, and who sees which pixels hang together says whether it did. So what is put down while the view is
//! learnt does not become a part of it.
//!
//! Pure. What does not belong here: later pictures (`pixels`), which pixels hang together (`watch`).

use std::time::Duration;

use super::light::Light;

/// The pictures that a view is learnt from,
const PICTURES: usize = 15;
/// and the least time between two of them: what drives by is in few.
const PERIOD: Duration = Duration::from_millis(400);
/// Levels of one thing differ by at most so much from picture to picture: what counts as a change later.
const ALIKE: u8 = 10;
/// What came and stays is in more than half of them: where it is in fewer, the level in the middle of all is
/// that of before anyhow.
const STAYS: usize = PICTURES / 2 + 1;
/// The last level is that in the middle of so many.
const LATEST: usize = 3;
/// What was there before must be in so many, and in half of those before: of a street where one thing drives
/// off and another stops, nobody can say what the ground is.
const WAS_THERE: usize = 2;
/// Seconds in which light may settle; between two of these pictures it has.
const AT_ONCE: f32 = 60.0;

/// The first pictures of a view, until there are enough.
#[derive(Debug, Default)]
pub(super) struct FirstPictures {
    /// Each with the time that had gone by.
    pictures: Vec<(Duration, Vec<u8>)>,
    elapsed: Duration,
}

/// What one pixel showed in the first pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FirstLevels {
    /// The level in the middle of all.
    pub(super) middle: f32,
    /// The level that it had first and has no more, where there are two.
    pub(super) before: Option<f32>,
    /// The level that it has at the end,
    pub(super) last: f32,
    /// and for how long, in seconds.
    pub(super) last_for: f32,
}

impl FirstPictures {
    /// Takes a picture `dt` after the last one; says what each pixel showed once there are enough.
    pub(super) fn take(&mut self, dt: Duration, levels: &[u8]) -> Option<Vec<FirstLevels>> {
        self.elapsed = self.elapsed.saturating_add(dt);
        let due = |(last, _): &(Duration, Vec<u8>)| self.elapsed.saturating_sub(*last) >= PERIOD;
        if !self.pictures.last().is_none_or(due) {
            return None;
        }
        self.pictures.push((self.elapsed, levels.to_vec()));
        if self.pictures.len() < PICTURES {
            return None;
        }
        let pictures = std::mem::take(&mut self.pictures);
        let alike: Vec<Vec<u8>> = pictures
            .iter()
            .map(|(_, picture)| as_bright_as(levels, picture))
            .collect();
        let times: Vec<Duration> = pictures.iter().map(|(at, _)| *at).collect();
        let shown = |cell: usize| {
            let levels: Vec<u8> = alike.iter().map(|levels| levels[cell]).collect();
            let as_seen: Vec<u8> = pictures.iter().map(|(_, levels)| levels[cell]).collect();
            FirstLevels {
                middle: f32::from(middle(&as_seen)),
                ..levels_of(&times, &levels)
            }
        };
        Some((0..levels.len()).map(shown).collect())
    }
}

/// A picture in the light of another one: a camera that has just begun exposes anew, and that is nothing
/// that came.
fn as_bright_as(last: &[u8], picture: &[u8]) -> Vec<u8> {
    let mut light = Light::new();
    let both = picture
        .iter()
        .copied()
        .zip(last.iter().copied().map(f32::from));
    light.look(AT_ONCE, both, last.len());
    picture
        .iter()
        .map(|level| rounded(light.at_ground(*level)))
        .collect()
}

fn rounded(level: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a level"
    )]
    let level = level.round().clamp(0.0, 255.0) as u8;
    level
}

fn levels_of(times: &[Duration], levels: &[u8]) -> FirstLevels {
    let now = latest_level(levels);
    let stays = levels.iter().rev().take_while(|level| alike(**level, now));
    let stays = stays.count();
    let (earlier, latest) = levels.split_at(levels.len() - stays);
    let since = times.get(earlier.len()).copied().unwrap_or_default();
    let until = times.last().copied().unwrap_or_default();
    FirstLevels {
        middle: f32::from(middle(levels)),
        before: (stays >= STAYS).then(|| usual(earlier)).flatten(),
        last: f32::from(middle(latest)),
        last_for: until.saturating_sub(since).as_secs_f32(),
    }
}

/// The last level, less the noise of one picture.
fn latest_level(levels: &[u8]) -> u8 {
    let last = levels.last().copied().unwrap_or_default();
    let of_three = middle(&levels[levels.len().saturating_sub(LATEST)..]);
    if alike(last, of_three) {
        of_three
    } else {
        last
    }
}

/// The level that most of these have, the first of several; none where hardly two agree.
fn usual(levels: &[u8]) -> Option<f32> {
    let of_one = |one: u8| {
        levels
            .iter()
            .copied()
            .filter(move |other| alike(one, *other))
    };
    let mut best: Option<(usize, u8)> = None;
    for level in levels.iter().copied() {
        let count = of_one(level).count();
        if count >= WAS_THERE && best.is_none_or(|(most, _)| count > most) {
            best = Some((count, level));
        }
    }
    let best = best.filter(|(count, _)| 2 * count >= levels.len());
    best.map(|(_, level)| f32::from(middle(&of_one(level).collect::<Vec<_>>())))
}

fn alike(one: u8, other: u8) -> bool {
    one.abs_diff(other) <= ALIKE
}

/// The level in the middle; 0 of none.
fn middle(levels: &[u8]) -> u8 {
    let mut sorted = levels.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one pixel is said to have shown, of these levels half a second apart, in a view that is as it
    /// was and as bright as is said.
    fn shown_in(light: impl Fn(usize) -> f32, levels: [u8; PICTURES]) -> FirstLevels {
        let mut first = FirstPictures::default();
        let mut said = None;
        for (number, level) in levels.into_iter().enumerate() {
            assert_eq!(said, None, "too early");
            let lit = |level: u8| rounded(f32::from(level) * light(number));
            let mut picture: Vec<u8> = (0..100).map(|cell| lit(60 + cell)).collect();
            picture.push(lit(level));
            said = first.take(Duration::from_millis(500), &picture);
        }
        *said.unwrap().last().unwrap()
    }

    fn shown(levels: [u8; PICTURES]) -> FirstLevels {
        shown_in(|_| 1.0, levels)
    }

    #[test]
    fn a_camera_that_exposes_anew_shows_nothing_new() {
        let settles = |number: usize| 1.0 - 0.3 * (-(number as f32) / 4.0).exp();
        let steady = shown_in(settles, [120; PICTURES]);
        let change = steady.before.map(|before| (before - steady.last).abs());
        assert!(change.is_none_or(|change| change < 6.0), "{steady:?}");
        let bag = [
            100, 100, 100, 100, 180, 180, 180, 180, 180, 180, 180, 180, 180, 180, 180,
        ];
        let bag = shown_in(settles, bag);
        let before = bag.before.unwrap();
        assert!((bag.last - before).abs() > 60.0, "{bag:?}");
    }

    #[test]
    fn a_pixel_that_shows_one_level_has_no_other() {
        let steady = shown([
            100, 103, 98, 101, 99, 102, 100, 97, 104, 100, 99, 101, 100, 98, 102,
        ]);
        assert_eq!((steady.before, steady.middle), (None, 100.0));
        // Somebody walks by, twice.
        let passed = shown([
            100, 101, 40, 55, 100, 99, 101, 100, 100, 30, 99, 100, 102, 100, 100,
        ]);
        assert_eq!(passed.middle, 100.0);
        assert!(
            passed
                .before
                .is_none_or(|before| (before - 100.0).abs() < 3.0)
        );
    }

    #[test]
    fn what_comes_and_stays_is_told_from_what_was_there_before() {
        // A bag after a second, put down by somebody who hides the place for another.
        let bag = shown([
            100, 101, 60, 35, 180, 181, 180, 179, 180, 181, 182, 180, 180, 179, 180,
        ]);
        assert_eq!((bag.before, bag.last), (Some(101.0), 180.0));
        assert!((bag.last_for - 5.0).abs() < 0.01, "{bag:?}");
        // So late that nobody can say whether it stays.
        let late = shown([
            100, 101, 99, 100, 100, 101, 100, 99, 100, 100, 100, 100, 100, 180, 181,
        ]);
        assert_eq!((late.before, late.middle), (None, 100.0));
        // Nothing before it agrees with itself.
        let crowd = shown([
            10, 40, 70, 110, 140, 180, 180, 180, 180, 180, 180, 180, 180, 180, 180,
        ]);
        assert_eq!(crowd.before, None);
    }

    #[test]
    fn pictures_that_come_too_soon_are_left_out() {
        let mut first = FirstPictures::default();
        let quick = (0..200).find_map(|number| {
            let said = first.take(Duration::from_millis(100), &[7]);
            said.map(|_| number)
        });
        assert_eq!(quick, Some(56), "fifteen pictures, 0.4 s apart");
    }
}
