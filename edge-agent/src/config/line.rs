//! `[[camera.line]]`: named lines across the way, e.g. a stop line, from one point to another; each in every pose, or in
//! one.

use contract::v1::ZoneId;
use sha2::{Digest as _, Sha256};

use super::fault::Wrong;
use super::pose::{PoseId, Poses};
use super::section::Section;
use super::value;
use super::zone::{Measure, ZoneConfig, read_pose};
use crate::geometry::NormPoint;

/// `[[camera.line]]`: a line that things cross.
#[derive(Debug, Clone, PartialEq)]
pub struct LineConfig {
    /// Its name, unique among the camera's lines and zones: reports name it as their zone.
    pub id: ZoneId,
    /// Its ends.
    pub ends: [NormPoint; 2],
    /// A point beyond it: who crosses towards it goes forward. None where both ways are alike.
    pub towards: Option<NormPoint>,
    /// The pose in which it is there; in every one where none is named.
    pub pose: Option<PoseId>,
}

impl LineConfig {
    /// SHA-256 of ends and direction, hexadecimal: which line was in force.
    #[must_use]
    pub fn version(&self) -> String {
        let mut hasher = Sha256::new();
        for point in self.ends.iter().chain(&self.towards) {
            hasher.update(point.x.to_be_bytes());
            hasher.update(point.y.to_be_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

/// Ends that are nearer to each other than this share of the picture make no line.
const SHORTEST: f32 = 0.01;
/// A point that is nearer to the line than this lies on neither side of it.
const ON_THE_LINE: f32 = 0.005;

pub(super) fn read(camera: &Section<'_>, zones: &[ZoneConfig], poses: &Poses) -> Vec<LineConfig> {
    let mut lines: Vec<LineConfig> = Vec::new();
    for section in camera.tables("line") {
        let id = section.required("id", &value::parsed::<ZoneId>);
        if let Some(id) = &id
            && (lines.iter().any(|line| line.id == *id) || zones.iter().any(|zone| zone.id == *id))
        {
            let wrong = Wrong::new(
                format!("\"{id}\" is the name of another line or zone"),
                "rename one of them; reports name either as their zone",
            );
            section.note("id", wrong);
        }
        let measure = Measure::read(&section);
        let ends = section.required("points", &|raw| {
            let [from, to] =
                value::array::<2, _>(value::array::<2, f32>(value::real))(raw)?.map(point);
            Ok([measure.point(from)?, measure.point(to)?])
        });
        let towards = section.optional("towards", &|raw| {
            measure.point(point(value::array::<2, f32>(value::real)(raw)?))
        });
        if let Some(ends) = ends {
            check(&section, ends, towards);
        }
        let pose = read_pose(&section, poses);
        section.finish();
        if let (Some(id), Some(ends)) = (id, ends) {
            lines.push(LineConfig {
                id,
                ends,
                towards,
                pose,
            });
        }
    }
    lines
}

const fn point([x, y]: [f32; 2]) -> NormPoint {
    NormPoint { x, y }
}

fn check(section: &Section<'_>, [from, to]: [NormPoint; 2], towards: Option<NormPoint>) {
    let (across, down) = (to.x - from.x, to.y - from.y);
    let length = across.hypot(down);
    if length < SHORTEST {
        let wrong = Wrong::new(
            "its two ends are one point",
            "give both ends of the line as [[x, y], [x, y]]",
        );
        section.note("points", wrong);
        return;
    }
    let Some(towards) = towards else { return };
    let off = (across * (towards.y - from.y) - down * (towards.x - from.x)) / length;
    if off.abs() < ON_THE_LINE {
        let wrong = Wrong::new(
            "lies on the line",
            "give a point that is clearly beyond the line, e.g. in the junction",
        );
        section.note("towards", wrong);
    }
}
