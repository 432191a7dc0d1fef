//! Rows that are decoded already: the box's middle and size in pixels of the input, maybe an
//! objectness, then a score between 0 and 1 for each class. Suppression happens outside.

use super::output::{Outlet, Output, first, outlets};
use super::sight::{Middle, Sight};
use crate::config::Manifest;
use crate::detect::Detection;

/// What stands before a row's class scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// `[1, A, 4 + C]`, ours: the box alone.
    Box,
    /// `[1, A, 5 + C]`, `YOLOv5` (also v6, v7 as commonly exported): the box and its objectness, by
    /// which the class scores count.
    BoxAndObjectness,
}

impl Rows {
    /// Numbers before the class scores.
    const fn head(self) -> usize {
        match self {
            Self::Box => 4,
            Self::BoxAndObjectness => 5,
        }
    }

    pub(super) fn expected(self, classes: usize) -> String {
        format!("f32[1, A, {}]", self.head() + classes)
    }

    pub(super) fn select(self, manifest: &Manifest, outlets: &[Outlet<'_>]) -> Option<usize> {
        let row = self.head() + manifest.classes.len();
        first(outlets, |outlet| outlet.is_f32(&[Some(1), None, Some(row)]))
    }

    pub(super) fn decode(
        self,
        sight: &Sight<'_>,
        outputs: &[Output<'_>],
    ) -> Option<Vec<Detection>> {
        let chosen = self.select(sight.manifest, &outlets(outputs))?;
        let rows = outputs[chosen]
            .floats()?
            .chunks_exact(self.head() + sight.classes());
        Some(rows.filter_map(|row| self.row(sight, row)).collect())
    }

    fn row(self, sight: &Sight<'_>, row: &[f32]) -> Option<Detection> {
        let objectness = match self {
            Self::Box => 1.0,
            Self::BoxAndObjectness => row[4],
        };
        // Most of YOLOv5's rows end here: a class score is at most 1.
        if !sight.reaches(objectness) {
            return None;
        }
        let (class, score) = Sight::best(row[self.head()..].iter().copied())?;
        let at = Middle {
            cx: row[0],
            cy: row[1],
            w: row[2],
            h: row[3],
        };
        sight.detection(class, objectness * score, at)
    }
}
