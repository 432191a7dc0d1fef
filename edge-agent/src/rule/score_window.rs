//! The last pictures of one place: in how many something burned there, how surely, and whether it
//! grows, stands still or wanders. Detectors flicker; what burns persists, and is never still.
//!
//! Pure, in stream time. What does not belong here: which box is of which place, what to tell.

use std::collections::VecDeque;
use std::time::Duration;

use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// What one picture said of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    /// The best score, 0 to 1.
    pub(super) score: f32,
    /// That score as a multiple of its class's threshold.
    pub(super) strength: f32,
    /// Everything that burned there, together.
    pub(super) bbox: PixelBox,
    /// The verifier's probability above what refutes, where it was asked: negative refutes.
    pub(super) verdict: Option<f32>,
}

/// The last pictures of one place; a picture that shows nothing there is a miss.
#[derive(Debug, Clone)]
pub(super) struct ScoreWindow {
    span: Duration,
    least_pictures: usize,
    pictures: VecDeque<(StreamTime, Option<Hit>)>,
}

/// Most pictures in memory, whatever the span.
const MOST_PICTURES: usize = 900;

impl ScoreWindow {
    /// A window that reaches back `span`, or `least_pictures` where they reach further.
    pub(super) const fn new(span: Duration, least_pictures: usize) -> Self {
        Self {
            span,
            least_pictures,
            pictures: VecDeque::new(),
        }
    }

    /// Takes the next picture; times never go back.
    pub(super) fn push(&mut self, at: StreamTime, hit: Option<Hit>) {
        self.pictures.push_back((at, hit));
        while self.pictures.len() > self.least_pictures
            && self.pictures.front().is_some_and(|(then, _)| {
                at.since(*then) > self.span || self.pictures.len() > MOST_PICTURES
            })
        {
            self.pictures.pop_front();
        }
    }

    fn hits(&self) -> impl DoubleEndedIterator<Item = (StreamTime, &Hit)> {
        self.pictures
            .iter()
            .filter_map(|(at, hit)| Some((*at, hit.as_ref()?)))
    }

    /// Pictures in which something burned there.
    pub(super) fn hit_count(&self) -> usize {
        self.hits().count()
    }

    /// The last of them.
    pub(super) fn last_hit(&self) -> Option<(StreamTime, &Hit)> {
        self.hits().next_back()
    }

    /// The share of pictures with a hit, from the first hit of the window on, 0 to 1.
    pub(super) fn persistence(&self) -> f32 {
        let since_first = self
            .pictures
            .iter()
            .skip_while(|(_, hit)| hit.is_none())
            .count();
        ratio(self.hit_count(), since_first)
    }

    /// The mean score of the hits, 0 to 1.
    pub(super) fn mean_score(&self) -> f32 {
        mean(self.hits().map(|(_, hit)| hit.score))
    }

    /// The mean strength of the hits; 1 is at the threshold.
    pub(super) fn mean_strength(&self) -> f32 {
        mean(self.hits().map(|(_, hit)| hit.strength))
    }

    /// The mean of what the verifier said above what refutes; none where it was never asked.
    pub(super) fn verdict(&self) -> Option<f32> {
        let asked = || self.hits().filter_map(|(_, hit)| hit.verdict);
        asked().next().map(|_| mean(asked()))
    }

    /// How many times larger the later half of the hits is than the earlier one, by area; 1 where
    /// there are fewer than four.
    pub(super) fn growth(&self) -> f32 {
        let areas: Vec<f32> = self.hits().map(|(_, hit)| hit.bbox.area()).collect();
        if areas.len() < 4 {
            return 1.0;
        }
        let (earlier, later) = areas.split_at(areas.len() / 2);
        let before = mean(earlier.iter().copied());
        if before > 0.0 {
            mean(later.iter().copied()) / before
        } else {
            1.0
        }
    }

    /// How much a hit's edges differ from the mean box, as a share of its mean side (root mean
    /// square); a lamp's hardly do.
    pub(super) fn restlessness(&self) -> f32 {
        let boxes: Vec<PixelBox> = self.hits().map(|(_, hit)| hit.bbox).collect();
        let edges: [fn(&PixelBox) -> f32; 4] = [
            |bbox| bbox.x,
            |bbox| bbox.y,
            |bbox| bbox.x + bbox.w,
            |bbox| bbox.y + bbox.h,
        ];
        let spread = edges.iter().map(|edge| {
            let middle = mean(boxes.iter().map(edge));
            mean(boxes.iter().map(|bbox| (edge(bbox) - middle).powi(2)))
        });
        mean(spread).sqrt() / mean_side(&boxes)
    }

    /// How far the foot of the first quarter of the hits is from that of the last quarter, in mean
    /// sides: what burns stays where it burns, however its plume drifts.
    pub(super) fn wandering(&self) -> f32 {
        let boxes: Vec<PixelBox> = self.hits().map(|(_, hit)| hit.bbox).collect();
        let quarter = boxes.len().div_ceil(4);
        let foot = |boxes: &[PixelBox]| {
            let feet = || boxes.iter().map(PixelBox::bottom_centre);
            (
                mean(feet().map(|foot| foot.x)),
                mean(feet().map(|foot| foot.y)),
            )
        };
        let (before_x, before_y) = foot(&boxes[..quarter]);
        let (after_x, after_y) = foot(&boxes[boxes.len() - quarter..]);
        (after_x - before_x).hypot(after_y - before_y) / mean_side(&boxes)
    }
}

/// In pixels, at least 1.
fn mean_side(boxes: &[PixelBox]) -> f32 {
    mean(boxes.iter().map(|bbox| (bbox.w + bbox.h) / 2.0)).max(1.0)
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    #[expect(clippy::cast_precision_loss, reason = "some hundred pictures")]
    let count = count.max(1) as f32;
    sum / count
}

fn ratio(part: usize, whole: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "some hundred pictures")]
    let (part, whole) = (part as f32, whole.max(1) as f32);
    part / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(score: f32, side: f32) -> Hit {
        Hit {
            score,
            strength: score / 0.4,
            bbox: PixelBox {
                x: 100.0,
                y: 200.0 - side,
                w: side,
                h: side,
            },
            verdict: None,
        }
    }

    fn window(pictures: &[(f64, Option<Hit>)]) -> ScoreWindow {
        let mut window = ScoreWindow::new(Duration::from_secs(10), 6);
        for (second, hit) in pictures {
            window.push(StreamTime::from_secs_f64(*second), *hit);
        }
        window
    }

    #[test]
    fn misses_before_the_first_hit_do_not_count_and_later_ones_do() {
        let seen = window(&[
            (0.0, None),
            (0.2, Some(hit(0.6, 50.0))),
            (0.4, None),
            (0.6, Some(hit(0.4, 50.0))),
        ]);
        assert_eq!(seen.hit_count(), 2);
        assert!((seen.persistence() - 2.0 / 3.0).abs() < 1e-6);
        assert!((seen.mean_score() - 0.5).abs() < 1e-6);
        assert!((seen.mean_strength() - 1.25).abs() < 1e-5);
    }

    #[test]
    fn old_pictures_leave_unless_they_are_few() {
        let quick: Vec<_> = (0..100)
            .map(|i| (f64::from(i) * 0.2, Some(hit(0.5, 9.0))))
            .collect();
        assert_eq!(window(&quick).hit_count(), 51);
        let slow: Vec<_> = (0..20)
            .map(|i| (f64::from(i) * 60.0, Some(hit(0.5, 9.0))))
            .collect();
        assert_eq!(window(&slow).hit_count(), 6);
    }

    #[test]
    fn growth_stillness_and_wandering() {
        let growing: Vec<_> = (0_u8..8)
            .map(|i| (f64::from(i), Some(hit(0.5, 40.0 + 8.0 * f32::from(i)))))
            .collect();
        assert!(window(&growing).growth() > 1.5);
        let still: Vec<_> = (0_u8..8)
            .map(|i| (f64::from(i), Some(hit(0.5, 40.0))))
            .collect();
        assert!(window(&still).restlessness() < 1e-4);
        assert!(window(&growing).restlessness() > 0.05);
        let passing: Vec<_> = (0_u8..8)
            .map(|i| {
                let mut hit = hit(0.5, 40.0);
                hit.bbox.x += 30.0 * f32::from(i);
                (f64::from(i), Some(hit))
            })
            .collect();
        assert!(window(&passing).wandering() > 2.0);
        assert!(window(&growing).wandering() < 0.5);
    }

    #[test]
    fn the_verifier_is_silent_until_it_is_asked() {
        let mut refuted = hit(0.5, 40.0);
        refuted.verdict = Some(-0.2);
        assert_eq!(window(&[(0.0, Some(hit(0.5, 40.0)))]).verdict(), None);
        let seen = window(&[(0.0, Some(hit(0.5, 40.0))), (0.2, Some(refuted))]);
        assert_eq!(seen.verdict(), Some(-0.2));
    }
}
