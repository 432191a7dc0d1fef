//! Which of the vehicles in a clip is the reported one: the only thing that stays recognisable.
//!
//! The report says where it was in the picture that decided; from there its box is followed from look
//! to look, both ways. Nothing else keeps anything recognisable: not a place, since the next vehicle
//! drives where the reported one drove. Where two vehicles could be meant the following ends, and what
//! was the reported vehicle is covered from there on like any other.

use std::time::Duration;

use super::area::{Area, Seen};

/// Furthest that the look at the deciding picture may be from it.
const NEAR: Duration = Duration::from_millis(300);
/// Least overlap with what the agent reported.
const SAME: f32 = 0.4;
/// Least overlap from one look to the next.
const NEXT: f32 = 0.4;
/// How much better the best must fit than a second vehicle that is not the same.
const CLEAR: f32 = 0.15;
/// Overlap over which two boxes of one look are of one vehicle.
const ONE: f32 = 0.6;
/// Looks in a row in which it may be missed.
const MAX_MISSED: usize = 2;

/// What was found in one picture of a clip.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// When, from the clip's first picture on.
    pub(super) at: Duration,
    pub(super) seen: Vec<Seen>,
}

/// Where the reported vehicles were, and when.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    pub(super) at: Duration,
    pub(super) boxes: Vec<Area>,
}

/// A reported vehicle was not found where the report says it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotFound;

/// The boxes of the reported vehicles in each look.
///
/// # Errors
/// [`NotFound`].
pub(super) fn follow(looks: &[Look], anchor: &Anchor) -> Result<Vec<Vec<Area>>, NotFound> {
    let mut kept = vec![Vec::new(); looks.len()];
    let away = |look: &Look| look.at.abs_diff(anchor.at);
    let nearest = (0..looks.len()).min_by_key(|at| looks.get(*at).map(away));
    let start = nearest
        .filter(|at| looks.get(*at).is_some_and(|look| away(look) <= NEAR))
        .ok_or(NotFound)?;
    for reported in &anchor.boxes {
        let first = looks
            .get(start)
            .and_then(|look| best(look, *reported, SAME));
        let first = first.ok_or(NotFound)?;
        note(&mut kept, start, first);
        let forward = start + 1..looks.len();
        trail(looks, first, forward, &mut kept);
        trail(looks, first, (0..start).rev(), &mut kept);
    }
    Ok(kept)
}

fn trail(looks: &[Look], first: Area, order: impl Iterator<Item = usize>, kept: &mut [Vec<Area>]) {
    let (mut here, mut before, mut missed) = (first, first, 0);
    for at in order {
        let Some(look) = looks.get(at) else { return };
        // Where it would be if it went on as it went.
        let expected = before.towards(here, 2.0);
        match unmistakable(look, expected) {
            Ok(Some(found)) => {
                note(kept, at, found);
                (before, here, missed) = (here, found, 0);
            }
            Ok(None) if missed < MAX_MISSED => {
                (before, here, missed) = (here, expected, missed + 1);
            }
            _ => return,
        }
    }
}

fn note(kept: &mut [Vec<Area>], at: usize, area: Area) {
    if let Some(areas) = kept.get_mut(at) {
        areas.push(area);
    }
}

fn vehicles(look: &Look) -> impl Iterator<Item = Area> {
    let vehicles = look.seen.iter().filter(|one| one.sort.is_vehicle());
    vehicles.map(|one| one.area)
}

fn best(look: &Look, near: Area, least: f32) -> Option<Area> {
    vehicles(look)
        .filter(|area| area.iou(near) >= least)
        .max_by(|a, b| a.iou(near).total_cmp(&b.iou(near)))
}

/// Several vehicles could be meant.
struct Mistakable;

fn unmistakable(look: &Look, near: Area) -> Result<Option<Area>, Mistakable> {
    let Some(found) = best(look, near, NEXT) else {
        return Ok(None);
    };
    let rival = vehicles(look)
        .filter(|area| area.iou(found) < ONE)
        .any(|area| area.iou(near) > found.iou(near) - CLEAR && area.iou(near) > 0.1);
    if rival {
        Err(Mistakable)
    } else {
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::super::area::Sort;
    use super::*;

    fn car(x: f32) -> Seen {
        let area = Area {
            x0: x,
            y0: 0.4,
            x1: x + 0.2,
            y1: 0.6,
        };
        Seen {
            sort: Sort::Vehicle,
            area,
        }
    }

    fn looks(cars: &[&[f32]]) -> Vec<Look> {
        let look = |(number, cars): (u32, &&[f32])| Look {
            at: Duration::from_millis(125) * number,
            seen: cars.iter().map(|x| car(*x)).collect(),
        };
        (0..).zip(cars).map(look).collect()
    }

    /// In which looks something stays recognisable, and where.
    fn kept(cars: &[&[f32]], look: u32, x: f32) -> Result<Vec<Option<f32>>, NotFound> {
        let anchor = Anchor {
            at: Duration::from_millis(125) * look,
            boxes: vec![car(x).area],
        };
        let kept = follow(&looks(cars), &anchor)?;
        Ok(kept
            .iter()
            .map(|areas| areas.first().map(|area| area.x0))
            .collect())
    }

    #[test]
    fn a_vehicle_is_followed_both_ways_and_the_one_behind_it_is_not() {
        // Another car drives where this one drove, half a second later.
        let cars: [&[f32]; 5] = [&[0.1], &[0.15], &[0.2], &[0.25], &[0.3, 0.05]];
        let expected = [0.1, 0.15, 0.2, 0.25, 0.3].map(Some);
        assert_eq!(kept(&cars, 2, 0.21).unwrap(), expected);
        let gone: [&[f32]; 5] = [&[0.1], &[0.15], &[0.2], &[], &[0.05]];
        let expected = [Some(0.1), Some(0.15), Some(0.2), None, None];
        assert_eq!(kept(&gone, 1, 0.15).unwrap(), expected);
    }

    #[test]
    fn a_miss_is_bridged_and_a_mistakable_one_ends_it() {
        let missed: [&[f32]; 4] = [&[0.1], &[], &[0.1], &[0.1]];
        assert_eq!(
            kept(&missed, 0, 0.1).unwrap(),
            [Some(0.1), None, Some(0.1), Some(0.1)]
        );
        let beside: [&[f32]; 3] = [&[0.1], &[0.08, 0.12], &[0.1]];
        let told = kept(&beside, 0, 0.1).unwrap();
        // Both boxes overlap by more than half: one vehicle, seen twice.
        assert!(told.iter().all(Option::is_some), "{told:?}");
        let beside: [&[f32]; 3] = [&[0.1], &[0.04, 0.16], &[0.1]];
        assert_eq!(kept(&beside, 0, 0.1).unwrap(), [Some(0.1), None, None]);
    }

    #[test]
    fn what_was_reported_must_be_found_again() {
        let cars: [&[f32]; 2] = [&[0.1], &[0.1]];
        assert_eq!(kept(&cars, 0, 0.6), Err(NotFound));
        assert_eq!(kept(&cars, 9, 0.1), Err(NotFound));
        assert_eq!(kept(&[], 0, 0.1), Err(NotFound));
    }
}
