//! What moves, from picture to picture.

use super::cv::Component;
use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// Something that moves, or has not stood long enough to be called standing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blob {
    /// Around it, in pixels of the source.
    pub bbox: PixelBox,
    /// Its own area, in square pixels of the source.
    pub area: f32,
    /// Since when there is something that it grew out of.
    pub since: StreamTime,
}

/// Gives each part of the picture the age of what was there before: of those it overlaps, the
/// oldest that it overlaps enough.
pub(super) fn aged(at: StreamTime, parts: Vec<(PixelBox, f32)>, before: &[Blob]) -> Vec<Blob> {
    /// Of the smaller one's area.
    const OVERLAP: f32 = 0.3;
    let since = |bbox: &PixelBox| {
        let ancestors = before.iter().filter(|old| {
            let smaller = old.bbox.area().min(bbox.area());
            old.bbox.intersection(bbox) >= OVERLAP * smaller
        });
        ancestors.map(|old| old.since).min().unwrap_or(at)
    };
    parts
        .into_iter()
        .map(|(bbox, area)| Blob {
            since: since(&bbox),
            bbox,
            area,
        })
        .collect()
}

impl Component {
    /// Around it, in its own pixels.
    pub(super) fn bbox(&self) -> PixelBox {
        #[expect(
            clippy::cast_precision_loss,
            reason = "small pictures are at most some thousand pixels wide"
        )]
        let [x, y, w, h] = [self.left, self.top, self.width, self.height].map(|side| side as f32);
        PixelBox { x, y, w, h }
    }
}
