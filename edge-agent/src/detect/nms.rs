//! Non-maximum suppression: of boxes of one class that overlap much, the best stays.

use super::Detection;

/// Keeps the best of each heap of overlapping boxes of one class, best first.
#[must_use]
pub fn suppress(mut detections: Vec<Detection>, most_iou: f32) -> Vec<Detection> {
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in detections {
        let same = kept.iter().filter(|better| better.class == candidate.class);
        if same
            .clone()
            .all(|better| better.bbox.iou(&candidate.bbox) <= most_iou)
        {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use proptest::prelude::*;

    fn detection(class: &str, score: f32, x: f32) -> Detection {
        Detection {
            class: class.into(),
            score,
            bbox: PixelBox {
                x,
                y: 0.0,
                w: 10.0,
                h: 10.0,
            },
        }
    }

    #[test]
    fn the_best_of_a_heap_stays_and_other_classes_do_not_count() {
        let heap = vec![
            detection("car", 0.5, 1.0),
            detection("car", 0.9, 0.0),
            detection("person", 0.4, 0.0),
            detection("car", 0.3, 30.0),
        ];
        let kept: Vec<(String, f32)> = suppress(heap, 0.5)
            .into_iter()
            .map(|d| (d.class.to_string(), d.score))
            .collect();
        let wanted = [("car", 0.9), ("person", 0.4), ("car", 0.3)];
        assert_eq!(kept, wanted.map(|(class, score)| (class.to_owned(), score)));
    }

    proptest! {
        #[test]
        fn no_two_that_stay_overlap_too_much_and_the_best_stays(
            heap in proptest::collection::vec((0.0_f32..1.0, 0.0_f32..50.0), 1..40),
        ) {
            let heap: Vec<_> = heap.iter().map(|&(score, x)| detection("car", score, x)).collect();
            let best = heap.iter().map(|d| d.score).fold(0.0, f32::max);
            let kept = suppress(heap, 0.4);
            prop_assert_eq!(kept[0].score, best);
            for (at, a) in kept.iter().enumerate() {
                prop_assert!(kept[at + 1..].iter().all(|b| a.bbox.iou(&b.bbox) <= 0.4));
            }
        }
    }
}
