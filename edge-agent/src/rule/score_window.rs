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
    /// Where that was.
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

    /// Pictures in which something burned there.
    pub(super) fn hit_count(&self) -> usize {
        let hits = self.pictures.iter().filter(|(_, hit)| hit.is_some());
        hits.count()
    }

    /// Whether the last picture showed something there.
    pub(super) fn is_hit(&self) -> bool {
        self.pictures.back().is_some_and(|(_, hit)| hit.is_some())
    }

    /// The longest run up to now that begins with a hit and has hits in at least such a share of its
    /// pictures, 0 to 1. What flares up where something glimmered before is judged by itself.
    pub(super) fn run(&self, persistence: f32) -> Run {
        let mut left = self.hit_count();
        for (index, (_, hit)) in self.pictures.iter().enumerate() {
            let Some(_) = hit else { continue };
            if ratio(left, self.pictures.len() - index) >= persistence {
                let hits = self.pictures.iter().skip(index);
                let hits = hits.filter_map(|(at, hit)| Some((*at, (*hit)?)));
                return Run {
                    hits: hits.collect(),
                };
            }
            left -= 1;
        }
        Run { hits: Vec::new() }
    }
}

/// The hits of a run of pictures.
#[derive(Debug, Clone)]
pub(super) struct Run {
    hits: Vec<(StreamTime, Hit)>,
}

impl Run {
    fn hits(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().map(|(_, hit)| hit)
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.hits.len()
    }

    /// The first.
    pub(super) fn first(&self) -> Option<&(StreamTime, Hit)> {
        self.hits.first()
    }

    /// The last.
    pub(super) fn last(&self) -> Option<&(StreamTime, Hit)> {
        self.hits.last()
    }

    /// The mean score of the better half of the hits, 0 to 1: a flame flickers, and between two licks
    /// says little.
    pub(super) fn score(&self) -> f32 {
        better_half(self.hits().map(|hit| hit.score))
    }

    /// The mean strength of the better half of the hits; 1 is at the threshold.
    pub(super) fn strength(&self) -> f32 {
        better_half(self.hits().map(|hit| hit.strength))
    }

    /// The mean of what the verifier said above what refutes, of the better half of the hits that it
    /// was asked of; none where it never was.
    pub(super) fn verdict(&self) -> Option<f32> {
        let asked = |hit: &Hit| Some((hit.strength, hit.verdict?));
        let mut asked: Vec<(f32, f32)> = self.hits().filter_map(asked).collect();
        asked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let better = asked.len().div_ceil(2);
        let said = asked.iter().take(better).map(|(_, margin)| *margin);
        (better > 0).then(|| mean(said))
    }

    /// How many times larger the later half of the hits is than the earlier one, by area; 1 where
    /// there are fewer than four.
    pub(super) fn growth(&self) -> f32 {
        let areas: Vec<f32> = self.hits().map(|hit| hit.bbox.area()).collect();
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

    /// How much the edges of the calmest three quarters of the hits differ from the median ones, as a
    /// share of the mean side (root mean square). A lamp's hardly do, even where the detector now
    /// and then takes something beside it in.
    pub(super) fn restlessness(&self) -> f32 {
        let boxes: Vec<PixelBox> = self.hits().map(|hit| hit.bbox).collect();
        let edges: Vec<[f32; 4]> = boxes
            .iter()
            .map(|bbox| [bbox.x, bbox.y, bbox.x + bbox.w, bbox.y + bbox.h])
            .collect();
        let usual = [0, 1, 2, 3].map(|edge| median(edges.iter().map(|edges| edges[edge])));
        let mut spread: Vec<f32> = edges
            .iter()
            .map(|edges| {
                mean(
                    edges
                        .iter()
                        .zip(usual)
                        .map(|(edge, usual)| (edge - usual).powi(2)),
                )
            })
            .collect();
        spread.sort_by(f32::total_cmp);
        let calm = (spread.len() * 3).div_ceil(4);
        mean(spread.into_iter().take(calm)).sqrt() / mean_side(&boxes)
    }

    /// How far the foot of the first quarter of the hits is from that of the last quarter, in mean
    /// sides: what burns stays where it burns, however its plume drifts.
    pub(super) fn wandering(&self) -> f32 {
        let boxes: Vec<PixelBox> = self.hits().map(|hit| hit.bbox).collect();
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

/// 0 where there are none.
fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn better_half(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let half = values.len().div_ceil(2);
    mean(values.into_iter().take(half))
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
    fn a_run_begins_with_a_hit_and_misses_in_it_count() {
        let seen = window(&[
            (0.0, None),
            (0.2, Some(hit(0.6, 50.0))),
            (0.4, None),
            (0.6, Some(hit(0.4, 50.0))),
        ]);
        assert_eq!(seen.hit_count(), 2);
        assert_eq!(seen.run(0.66).len(), 2);
        assert_eq!(seen.run(0.7).len(), 1);
        let seen = seen.run(0.5);
        assert!((seen.score() - 0.6).abs() < 1e-6);
        assert!((seen.strength() - 1.5).abs() < 1e-5);
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
        assert!(window(&growing).run(0.5).growth() > 1.5);
        let still: Vec<_> = (0_u8..8)
            .map(|i| (f64::from(i), Some(hit(0.5, 40.0))))
            .collect();
        assert!(window(&still).run(0.5).restlessness() < 1e-4);
        assert!(window(&growing).run(0.5).restlessness() > 0.05);
        let mut startled = still.clone();
        startled[5].1 = Some(hit(0.5, 300.0));
        assert!(window(&startled).run(0.5).restlessness() < 1e-4);
        let passing: Vec<_> = (0_u8..8)
            .map(|i| {
                let mut hit = hit(0.5, 40.0);
                hit.bbox.x += 30.0 * f32::from(i);
                (f64::from(i), Some(hit))
            })
            .collect();
        assert!(window(&passing).run(0.5).wandering() > 2.0);
        assert!(window(&growing).run(0.5).wandering() < 0.5);
    }

    #[test]
    fn the_verifier_is_silent_until_it_is_asked() {
        let mut refuted = hit(0.5, 40.0);
        refuted.verdict = Some(-0.2);
        assert_eq!(
            window(&[(0.0, Some(hit(0.5, 40.0)))]).run(0.5).verdict(),
            None
        );
        let seen = window(&[(0.0, Some(hit(0.5, 40.0))), (0.2, Some(refuted))]);
        assert_eq!(seen.run(0.5).verdict(), Some(-0.2));
    }
}
