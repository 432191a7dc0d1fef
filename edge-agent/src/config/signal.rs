//! `[[camera.signal]]`: traffic signals that this camera's rules go by, read off the picture, told by a
//! controller, or both. A camera that turns reads each in one pose.

use contract::v1::{PublicKey, UnitId, ZoneId};

use super::fault::Wrong;
use super::pose::{PoseId, Poses};
use super::section::Section;
use super::value;
use super::zone::{Measure, Polygon, polygon, read_pose};

/// `[[camera.signal]]`: one signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalConfig {
    /// Its name, unique within the camera.
    pub id: ZoneId,
    /// Its head in the picture.
    pub lamp: Option<LampConfig>,
    /// Who tells its state over MQTT.
    pub controller: Option<ControllerConfig>,
    /// The pose in which its head is seen; in every one where none is named.
    pub pose: Option<PoseId>,
}

/// A signal head in the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct LampConfig {
    /// The head, all its lenses.
    pub head: Polygon,
    /// Where each lens lies, where that is said: red, amber, green. A colour counts in its lens only.
    pub lenses: [Option<Polygon>; 3],
    /// How strong a colour must be to be lit: the difference of the strongest and the weakest of red,
    /// green and blue, 0 to 1. Default 0.3.
    pub lit_from: f32,
}

/// A traffic-signal controller.
#[derive(Debug, Clone, PartialEq)]
pub struct ControllerConfig {
    /// Its name: it tells on `vong/v1/signals/{name}/state`.
    pub id: UnitId,
    /// Which of its signals.
    pub group: String,
    /// Whose signature its messages must carry; none is asked for where there is no key.
    pub key: Option<PublicKey>,
}

/// Most bytes of a group's name.
const MOST_GROUP_BYTES: usize = 64;

pub(super) fn read(camera: &Section<'_>, poses: &Poses) -> Vec<SignalConfig> {
    let mut signals: Vec<SignalConfig> = Vec::new();
    for section in camera.tables("signal") {
        let id = section.required("id", &value::parsed::<ZoneId>);
        if let Some(id) = &id
            && signals.iter().any(|signal| signal.id == *id)
        {
            let wrong = Wrong::new(
                format!("signal \"{id}\" is defined twice"),
                "rename one of them",
            );
            section.note("id", wrong);
        }
        let lamp = read_lamp(&section);
        let controller = read_controller(&section);
        if !section.has("lamp") && !section.has("controller") {
            let wrong = Wrong::new(
                "nothing tells its state",
                "add `lamp = [[x, y], …]` around its head in the picture, or `controller = …`",
            );
            section.note("lamp", wrong);
        }
        let pose = read_pose(&section, poses);
        if section.has("lamp") && !section.has("pose") && !poses.is_fixed() {
            let wrong = Wrong::new(
                "is read in one view, and this camera turns",
                "add `pose = …`: in which pose its head lies there",
            );
            section.note("lamp", wrong);
        }
        section.finish();
        if let Some(id) = id {
            signals.push(SignalConfig {
                id,
                lamp,
                controller,
                pose,
            });
        }
    }
    signals
}

fn read_lamp(section: &Section<'_>) -> Option<LampConfig> {
    let measure = Measure::read(section);
    let shape = |raw: &toml::de::DeValue<'_>| polygon(raw, measure);
    let head = section.optional("lamp", &shape);
    let lenses = ["red", "amber", "green"].map(|key| section.optional(key, &shape));
    let lit_from = section.or("lit_from", 0.3, &value::share);
    Some(LampConfig {
        head: head?,
        lenses,
        lit_from,
    })
}

fn read_controller(section: &Section<'_>) -> Option<ControllerConfig> {
    let id = section.optional("controller", &value::parsed::<UnitId>);
    let group = section.optional("group", &value::text_up_to(MOST_GROUP_BYTES));
    let key = section.optional("controller_key", &value::parsed::<PublicKey>);
    if section.has("controller") && !section.has("group") {
        let wrong = Wrong::new(
            "missing",
            "add `group = …`: which of the controller's signals this is",
        );
        section.note("group", wrong);
    }
    Some(ControllerConfig {
        id: id?,
        group: group?,
        key,
    })
}
