//! Square windows around subjects: how large, and which few of them show most.

use crate::geometry::{PictureSize, PixelBox};

/// A subject fills about this share of its window's side: the rest is what it stands in, without
/// which a model takes it for something else.
const SHARE: f32 = 1.0 / 6.0;
/// A subject with a longer side than this, in pixels of the model's input, is seen well in the whole
/// picture.
const SEEN_WELL: f32 = 64.0;
/// A window is at least this share of the model's input: beyond twice its size a picture only blurs.
const LEAST: f32 = 0.5;
/// A window that shows things less than this much larger is not worth its price.
const WORTH: f32 = 1.3;

/// A picture and the model's input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Framing {
    pub(super) size: PictureSize,
    input: f32,
}

/// Something that deserves a closer look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub(super) bbox: PixelBox,
    /// The side of its window.
    pub(super) side: f32,
    /// What seeing it is worth.
    pub(super) weight: f32,
}

impl Framing {
    pub(super) const fn of(size: PictureSize, input: f32) -> Self {
        Self { size, input }
    }

    /// The largest window that shows things enough larger.
    fn most(&self) -> f32 {
        let (width, height) = self.size.as_f32();
        (width.max(height) / WORTH).min(width.min(height))
    }

    /// Whether any window shows more than the whole picture does.
    pub(super) fn magnifies(&self) -> bool {
        self.most() > LEAST * self.input && {
            let (width, height) = self.size.as_f32();
            width.max(height) > WORTH * self.input
        }
    }

    /// Whether a thing of that side is small to the model.
    pub(super) fn is_small(&self, side: f32) -> bool {
        let (width, height) = self.size.as_f32();
        side * self.input / width.max(height) < SEEN_WELL
    }

    /// The side of the window for a thing of that side.
    pub(super) fn side_for(&self, side: f32) -> f32 {
        let most = self.most();
        (side / SHARE).clamp((LEAST * self.input).min(most), most)
    }

    /// The square of that side around a point, moved into the picture.
    pub(super) fn square(&self, (cx, cy): (f32, f32), side: f32) -> PixelBox {
        let (width, height) = self.size.as_f32();
        let start = |middle: f32, length: f32| (middle - side / 2.0).min(length - side).max(0.0);
        PixelBox {
            x: start(cx, width).round(),
            y: start(cy, height).round(),
            w: side.floor(),
            h: side.floor(),
        }
    }
}

/// At most `budget` windows that show as much as possible, by greed: each time the one that shows
/// most of what no window shows yet.
pub(super) fn around(subjects: &[Subject], frame: &Framing, budget: usize) -> Vec<PixelBox> {
    let mut left: Vec<Subject> = subjects.to_vec();
    let mut chosen = Vec::new();
    while chosen.len() < budget {
        let gain = |window: &PixelBox| -> f32 {
            let shown = left.iter().filter(|subject| shows(window, subject));
            shown.map(|subject| subject.weight).sum()
        };
        let candidates = left.iter().map(|subject| window_of(subject, &left, frame));
        let best = candidates
            .map(|window| (gain(&window), window))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, window)) = best.filter(|(gain, _)| *gain > 0.0) else {
            break;
        };
        left.retain(|subject| !shows(&window, subject));
        chosen.push(window);
    }
    chosen
}

/// Around a subject and its neighbours, as far as they fit.
fn window_of(subject: &Subject, others: &[Subject], frame: &Framing) -> PixelBox {
    let mut around = subject.bbox;
    for other in others {
        let both = hull(&around, &other.bbox);
        // Things of other sizes get windows of their own.
        let alike = (0.5..=2.0).contains(&(other.side / subject.side));
        if alike && both.w.max(both.h) <= 0.8 * subject.side {
            around = both;
        }
    }
    let middle = around.centre();
    frame.square((middle.x, middle.y), subject.side)
}

/// All of it, and it is not too small there.
fn shows(window: &PixelBox, subject: &Subject) -> bool {
    window.intersection(&subject.bbox) >= 0.95 * subject.bbox.area()
        && window.w <= 2.0 * subject.side
}

fn hull(a: &PixelBox, b: &PixelBox) -> PixelBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    PixelBox {
        x,
        y,
        w: (a.x + a.w).max(b.x + b.w) - x,
        h: (a.y + a.h).max(b.y + b.h) - y,
    }
}
