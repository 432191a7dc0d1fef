//! What the whole picture shows and what its windows show, each thing once.

use crate::detect::{Detection, suppress};
use crate::geometry::{PictureSize, PixelBox};

/// A box so near to a window's border, as a share of the window's side, is cut by it.
const CUT: f32 = 0.01;
/// A box longer than this share of the window's side lacks what is around it; the whole picture
/// shows it.
const TOO_LARGE: f32 = 0.6;
/// A box of a window lies so much within one of the picture, or the other way: one thing, seen whole
/// and in part.
const WITHIN: f32 = 0.75;

/// Merges; best first. `nms_iou` is the model's own. Fire and smoke count only in the whole picture:
/// what is around it tells smoke from haze.
#[must_use]
pub fn merged(
    whole: Vec<Detection>,
    parts: Vec<(PixelBox, Vec<Detection>)>,
    size: PictureSize,
    nms_iou: f32,
) -> Vec<Detection> {
    let mut seen = whole.clone();
    for (window, found) in parts {
        let kept = found.into_iter().filter(|one| {
            !matches!(&*one.class, "smoke" | "fire")
                && one.bbox.w.max(one.bbox.h) <= TOO_LARGE * window.w
                && !is_cut(&one.bbox, &window, size)
                && !whole.iter().any(|other| better_in_part(other, one))
        });
        seen.extend(kept);
    }
    let seen = suppress(seen, nms_iou);
    // A window's whole thing stands for the picture's part of it.
    let in_part = |one: &Detection| {
        seen.iter().any(|other| {
            !std::ptr::eq(one, other) && other.score > one.score && same_in_part(one, other)
        })
    };
    let whole = |one: &Detection| whole.contains(one);
    seen.iter()
        .filter(|one| !in_part(one) || whole(one))
        .cloned()
        .collect()
}

fn better_in_part(picture: &Detection, window: &Detection) -> bool {
    picture.score >= window.score && same_in_part(picture, window)
}

/// One lies in the other, of one class.
fn same_in_part(a: &Detection, b: &Detection) -> bool {
    let smaller = a.bbox.area().min(b.bbox.area());
    a.class == b.class && a.bbox.intersection(&b.bbox) >= WITHIN * smaller
}

/// A border of the window that is one of the picture cuts nothing more.
fn is_cut(bbox: &PixelBox, window: &PixelBox, size: PictureSize) -> bool {
    let (width, height) = size.as_f32();
    let near = (CUT * window.w).max(2.0);
    let inner = |gap: f32, to_picture: f32| gap <= near && to_picture > near;
    inner(bbox.x - window.x, window.x)
        || inner(bbox.y - window.y, window.y)
        || inner(
            window.x + window.w - bbox.x - bbox.w,
            width - window.x - window.w,
        )
        || inner(
            window.y + window.h - bbox.y - bbox.h,
            height - window.y - window.h,
        )
}
