//! From where a camera's motors stand to its pose. Pure.

use super::soap::{Moving, Status};
use crate::config::{PoseId, PtzPosition};
use crate::pose::PoseState;

/// The poses of one camera as its motors know them, and where they stood last.
#[derive(Debug)]
pub(super) struct Stance {
    stands: Vec<(PoseId, PtzPosition)>,
    tolerance: f64,
    before: Option<PtzPosition>,
}

impl Stance {
    pub(super) const fn new(stands: Vec<(PoseId, PtzPosition)>, tolerance: f64) -> Self {
        Self {
            stands,
            tolerance,
            before: None,
        }
    }

    /// The state that a status means. Where the camera does not say whether it moves, two positions that
    /// differ say it.
    pub(super) fn state(&mut self, status: &Status) -> PoseState {
        let before = std::mem::replace(&mut self.before, status.position);
        let Some(position) = status.position else {
            return match status.moving {
                Moving::Yes => PoseState::Turning,
                Moving::No | Moving::Unsaid => PoseState::Unknown,
            };
        };
        let went = before.is_some_and(|before| apart(&before, &position) > self.tolerance);
        match status.moving {
            Moving::Yes => return PoseState::Turning,
            Moving::Unsaid if went => return PoseState::Turning,
            Moving::Unsaid | Moving::No => {}
        }
        let nearest = self
            .stands
            .iter()
            .map(|(pose, stand)| (apart(stand, &position), *pose))
            .filter(|(apart, _)| *apart <= self.tolerance)
            .min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map_or(PoseState::Unknown, |(_, pose)| PoseState::At(pose))
    }
}

/// The largest distance on any axis; an axis that one of them does not say does not count.
fn apart(a: &PtzPosition, b: &PtzPosition) -> f64 {
    let zoom = a.zoom.zip(b.zoom).map_or(0.0, |(a, b)| (a - b).abs());
    (a.pan - b.pan).abs().max((a.tilt - b.tilt).abs()).max(zoom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(pan: f64, zoom: Option<f64>) -> PtzPosition {
        PtzPosition {
            pan,
            tilt: 0.1,
            zoom,
        }
    }

    #[test]
    fn a_pose_is_where_the_motors_stand_still_near_one() {
        let stands = vec![(PoseId(0), at(0.0, Some(0.0))), (PoseId(1), at(0.5, None))];
        let (here, there) = (PoseState::At(PoseId(0)), PoseState::At(PoseId(1)));
        let mut stance = Stance::new(stands, 0.02);
        for (position, moving, expected, why) in [
            (Some(at(0.01, Some(0.0))), Moving::No, here, "near enough"),
            (
                Some(at(0.0, Some(0.3))),
                Moving::No,
                PoseState::Unknown,
                "zoomed in",
            ),
            (
                Some(at(0.2, None)),
                Moving::Yes,
                PoseState::Turning,
                "on its way",
            ),
            (
                Some(at(0.5, Some(0.9))),
                Moving::No,
                there,
                "a pose that does not care for zoom",
            ),
            (
                Some(at(0.5, Some(0.9))),
                Moving::Unsaid,
                there,
                "it does not say, and stood there before",
            ),
            (
                Some(at(0.0, Some(0.0))),
                Moving::Unsaid,
                PoseState::Turning,
                "it was elsewhere a moment ago",
            ),
            (Some(at(0.0, Some(0.0))), Moving::Unsaid, here, "and stands"),
            (
                Some(at(-0.7, None)),
                Moving::No,
                PoseState::Unknown,
                "where no pose is",
            ),
            (
                None,
                Moving::No,
                PoseState::Unknown,
                "it does not say where",
            ),
            (None, Moving::Yes, PoseState::Turning, "but that it moves"),
        ] {
            assert_eq!(
                stance.state(&Status { position, moving }),
                expected,
                "{why}"
            );
        }
    }
}
