//! Slow decoders in 64-bit floats, straight from the papers' formulas, to hold the real ones to.

use super::fixture::{Answer, Filled, SIDE};

/// Class by its place in the model's list, score, and corners clipped to the picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) class: usize,
    pub(super) score: f64,
    pub(super) corners: [f64; 4],
}

/// Everything that a form's answer says, in the order of its numbers.
pub(super) fn decode(form: &str, answer: &Answer) -> Vec<Seen> {
    let all: Vec<Option<Seen>> = match form {
        "vong" => rows(answer, 0, 7)
            .map(|r| middle(&r[4..], 1.0, &r))
            .collect(),
        "yolox" => yolox(answer),
        "yolov5" => rows(answer, 0, 8)
            .map(|r| middle(&r[5..], r[4], &r))
            .collect(),
        "yolov8" => yolov8(answer, 0),
        "yolov8 with heads" => yolov8(answer, 1),
        "yolov8 suppressed" => rows(answer, 0, 6)
            .map(|r| keep(r[5] as usize, r[4], [r[0], r[1], r[2], r[3]]))
            .collect(),
        "nanodet" => nanodet(answer),
        "nanodet split" => nanodet_split(answer),
        "fastestdet" => fastestdet(answer),
        "detr" => rows(answer, 0, 3)
            .zip(rows(answer, 1, 4))
            .map(|(logits, b)| {
                let scores: Vec<f64> = logits.iter().map(|x| sigmoid(*x)).collect();
                middle(
                    &scores,
                    1.0,
                    &b.iter().map(|x| x * f64::from(SIDE)).collect::<Vec<_>>(),
                )
            })
            .collect(),
        "detr with nothing" => rows(answer, 1, 4)
            .zip(rows(answer, 0, 4))
            .map(|(logits, b)| {
                let sum: f64 = logits.iter().map(|x| x.exp()).sum();
                let scores: Vec<f64> = logits.iter().map(|x| x.exp() / sum).collect();
                middle(
                    &scores[..3],
                    1.0,
                    &b.iter().map(|x| x * f64::from(SIDE)).collect::<Vec<_>>(),
                )
            })
            .collect(),
        "detr finished" => {
            let Filled::I64(labels) = &answer.outputs[0].2 else {
                panic!("labels are integers")
            };
            let labels = labels.iter().map(|label| *label as usize);
            labels
                .zip(rows(answer, 1, 4))
                .zip(rows(answer, 2, 1))
                .map(|((label, b), score)| keep(label, score[0], [b[0], b[1], b[2], b[3]]))
                .collect()
        }
        other => panic!("no reference for {other}"),
    };
    all.into_iter().flatten().collect()
}

fn rows(answer: &Answer, output: usize, width: usize) -> impl Iterator<Item = Vec<f64>> {
    let rows = answer.floats(output).chunks(width);
    rows.map(|row| row.iter().map(|x| f64::from(*x)).collect())
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn best(scores: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, score) in scores.iter().enumerate() {
        if *score >= best.1 {
            best = (class, *score);
        }
    }
    best
}

fn middle(scores: &[f64], factor: f64, r: &[f64]) -> Option<Seen> {
    let (class, score) = best(scores);
    let corners = [
        r[0] - r[2] / 2.0,
        r[1] - r[3] / 2.0,
        r[0] + r[2] / 2.0,
        r[1] + r[3] / 2.0,
    ];
    keep(class, factor * score, corners)
}

fn keep(class: usize, score: f64, corners: [f64; 4]) -> Option<Seen> {
    let corners = corners.map(|side| side.clamp(0.0, f64::from(SIDE)));
    let real = corners[2] - corners[0] >= 0.01 && corners[3] - corners[1] >= 0.01;
    // The dog does not matter to us.
    (score >= 0.25 && class != 1 && class < 3 && real).then_some(Seen {
        class,
        score: score.min(1.0),
        corners,
    })
}

fn yolox(answer: &Answer) -> Vec<Option<Seen>> {
    let mut numbers = rows(answer, 0, 8);
    let mut seen = Vec::new();
    for stride in [8, 16, 32] {
        for y in 0..SIDE / stride {
            for x in 0..SIDE / stride {
                let r = numbers.next().unwrap();
                let s = f64::from(stride);
                let at = [
                    (r[0] + f64::from(x)) * s,
                    (r[1] + f64::from(y)) * s,
                    r[2].exp() * s,
                    r[3].exp() * s,
                ];
                seen.push(middle(&r[5..], r[4], &at));
            }
        }
    }
    assert!(numbers.next().is_none());
    seen
}

fn yolov8(answer: &Answer, output: usize) -> Vec<Option<Seen>> {
    let planes: Vec<Vec<f64>> = rows(answer, output, 84).collect();
    let place = |a: usize| {
        let column: Vec<f64> = planes.iter().map(|plane| plane[a]).collect();
        middle(&column[4..], 1.0, &column)
    };
    (0..84).map(place).collect()
}

fn nanodet_cell(scores: &[f64], distances: &[f64], x: f64, y: f64, stride: f64) -> Option<Seen> {
    let side = |at: usize| {
        let weights = &distances[at * 8..at * 8 + 8];
        let sum: f64 = weights.iter().map(|w| w.exp()).sum();
        let mean: f64 = weights
            .iter()
            .enumerate()
            .map(|(d, w)| d as f64 * w.exp() / sum)
            .sum();
        mean * stride
    };
    let (class, score) = best(scores);
    keep(
        class,
        score,
        [x - side(0), y - side(1), x + side(2), y + side(3)],
    )
}

fn nanodet(answer: &Answer) -> Vec<Option<Seen>> {
    let mut numbers = rows(answer, 0, 35);
    let mut seen = Vec::new();
    for stride in [8, 16, 32, 64] {
        for y in 0..SIDE / stride {
            for x in 0..SIDE / stride {
                let r = numbers.next().unwrap();
                let (x, y) = (f64::from(x * stride), f64::from(y * stride));
                seen.push(nanodet_cell(&r[..3], &r[3..], x, y, f64::from(stride)));
            }
        }
    }
    seen
}

fn nanodet_split(answer: &Answer) -> Vec<Option<Seen>> {
    let mut seen = Vec::new();
    for (level, stride) in [8_u32, 16, 32, 64].into_iter().enumerate() {
        let columns = (SIDE / stride) as usize;
        let cells = rows(answer, 2 * level, 3).zip(rows(answer, 2 * level + 1, 32));
        for (cell, (scores, distances)) in cells.enumerate() {
            let s = f64::from(stride);
            let x = (cell % columns) as f64 * s + (s - 1.0) / 2.0;
            let y = (cell / columns) as f64 * s + (s - 1.0) / 2.0;
            seen.push(nanodet_cell(&scores, &distances, x, y, s));
        }
    }
    seen
}

fn fastestdet(answer: &Answer) -> Vec<Option<Seen>> {
    let planes: Vec<Vec<f64>> = rows(answer, 0, 16).collect();
    let cell = |at: usize| {
        let (column, row) = ((at % 4) as f64, (at / 4) as f64);
        let shares: Vec<f64> = planes[5..].iter().map(|plane| plane[at]).collect();
        let (class, share) = best(&shares);
        let score = planes[0][at].powf(0.6) * share.powf(0.4);
        let (cx, cy) = (
            (column + planes[1][at].tanh()) / 4.0,
            (row + planes[2][at].tanh()) / 4.0,
        );
        let (w, h) = (sigmoid(planes[3][at]), sigmoid(planes[4][at]));
        let corners = [cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0];
        keep(class, score, corners.map(|side| side * f64::from(SIDE)))
    };
    (0..16).map(cell).collect()
}
