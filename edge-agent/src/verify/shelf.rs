//! The few last pictures of a camera, some way apart, so that a verifier sees how a place moves.

use std::collections::VecDeque;
use std::time::Duration;

use crate::camera::Frame;

/// Largest gap between two neighbours of a stack, in multiples of the spacing that is wanted: beyond
/// it movement says nothing.
const WIDEST: u32 = 2;

/// Keeps at most one picture fewer than a stack has, since each holds on to a decoder's buffer.
#[derive(Debug)]
pub(super) struct Shelf {
    crops: usize,
    spacing: Duration,
    kept: VecDeque<Frame>,
}

impl Shelf {
    pub(super) const fn new(crops: usize, spacing: Duration) -> Self {
        Self {
            crops,
            spacing,
            kept: VecDeque::new(),
        }
    }

    /// The stack that ends with this picture, oldest first; none where too few pictures lie at about
    /// the spacing before it. Takes the picture up for later ones.
    pub(super) fn stack(&mut self, now: &Frame) -> Option<Vec<Frame>> {
        let breaks = self.kept.back().is_some_and(|last| {
            last.size != now.size
                || last.pts > now.pts
                || now.pts.since(last.pts) > self.spacing * WIDEST
        });
        if breaks {
            self.kept.clear();
        }
        let since_last = self.kept.back().map(|last| now.pts.since(last.pts));
        let apart = since_last.is_none_or(|gap| gap >= self.spacing * 2 / 5);
        let whole = self.kept.len() + 1 >= self.crops;
        let stack = (whole && apart).then(|| self.kept.iter().chain([now]).cloned().collect());
        // Nearly the spacing counts as it, since pictures do not come to the millisecond.
        if since_last.is_none_or(|gap| gap >= self.spacing * 4 / 5) {
            self.kept.push_back(now.clone());
            if self.kept.len() >= self.crops {
                self.kept.pop_front();
            }
        }
        stack
    }

    /// The stream broke: what comes next is another time line.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::camera::{ColorMatrix, ColorRange, PixelFormat, Plane};
    use crate::geometry::PictureSize;
    use crate::time::StreamTime;

    fn frame(second: f64, width: u32) -> Frame {
        let plane = || Plane {
            data: Bytes::from_static(&[128; 4]),
            stride: 2,
        };
        Frame {
            pts: StreamTime::from_secs_f64(second),
            wall: Timestamp::UNIX_EPOCH,
            size: PictureSize { width, height: 2 },
            format: PixelFormat::I420,
            range: ColorRange::Limited,
            matrix: ColorMatrix::Bt601,
            planes: vec![plane(), plane(), plane()],
        }
    }

    fn seconds(stack: &[Frame]) -> Vec<f64> {
        stack.iter().map(|frame| frame.pts.as_secs_f64()).collect()
    }

    #[test]
    fn four_pictures_at_about_the_spacing_are_a_stack() {
        for rate in [2.0, 5.0, 10.0, 25.0] {
            let mut shelf = Shelf::new(4, Duration::from_millis(500));
            let mut stacks = 0;
            for index in 0..100 {
                let Some(stack) = shelf.stack(&frame(f64::from(index) / rate, 2)) else {
                    continue;
                };
                stacks += 1;
                let seconds = seconds(&stack);
                assert_eq!(seconds.len(), 4);
                for pair in seconds.windows(2) {
                    assert!(
                        (0.19..=1.01).contains(&(pair[1] - pair[0])),
                        "{rate}: {seconds:?}"
                    );
                }
                assert!(shelf.kept.len() < 4);
            }
            assert!(stacks >= 30, "{stacks} at {rate} pictures a second");
        }
    }

    #[test]
    fn slow_cameras_gaps_and_other_sizes_give_none() {
        let mut shelf = Shelf::new(4, Duration::from_millis(500));
        for minute in 0..10 {
            assert!(shelf.stack(&frame(f64::from(minute) * 60.0, 2)).is_none());
        }
        let mut shelf = Shelf::new(4, Duration::from_millis(500));
        for index in 0..4 {
            shelf.stack(&frame(f64::from(index) * 0.5, 2));
        }
        assert!(shelf.stack(&frame(2.0, 2)).is_some());
        assert!(shelf.stack(&frame(2.5, 4)).is_none());
    }
}
