//! `check`: what each camera's calibration and poses come to, a line each.

use crate::config::{Calibration, CameraConfig, Land, PoseSource};

/// What is worth knowing of a camera's place; nothing where it has no calibration and does not turn.
pub(super) fn lines(camera: &CameraConfig) -> Vec<String> {
    let id = &camera.id;
    let mut lines = Vec::new();
    lines.extend(
        camera
            .calibration
            .as_ref()
            .map(|calibration| format!("camera {id}: {}", described(calibration, camera))),
    );
    let source = match &camera.poses.source {
        PoseSource::Fixed => None,
        PoseSource::Timed(timed) => {
            Some(format!("a tour of {} stops by the clock", timed.tour.len()))
        }
        PoseSource::Onvif(onvif) => Some(format!(
            "asked of {} every {} s",
            onvif.url,
            onvif.poll.as_secs_f64()
        )),
        PoseSource::Mqtt => Some("told over MQTT".to_owned()),
    };
    lines.extend(source.map(|source| {
        let poses = camera.poses.named.len();
        format!("camera {id}: {poses} pose(s), {source}")
    }));
    for pose in &camera.poses.named {
        let said = match &pose.calibration {
            Some(calibration) => described(calibration, camera),
            None => "no calibration: its reports have the camera's position".to_owned(),
        };
        lines.push(format!("camera {id}, pose {}: {said}", pose.name));
    }
    lines
}

fn described(calibration: &Calibration, camera: &CameraConfig) -> String {
    let version = calibration.version(camera.elevation.as_ref());
    let short: String = version.chars().take(12).collect();
    let said = match calibration {
        Calibration::Street(street) => {
            let error = street.plane.reprojection_error();
            let fits = match street.pairs {
                4 => " (four pairs always fit: a fifth would tell how well they were measured)",
                _ => "",
            };
            format!(
                "{} point pairs, reprojection error {error:.2} m{fits}",
                street.pairs
            )
        }
        Calibration::Tower(tower) => {
            let ground = match (&camera.elevation, tower.land) {
                (Some(elevation), _) => format!("heights from {} file(s)", elevation.files),
                (None, Land::Flat) => "level ground".to_owned(),
                (None, Land::Unknown) => "no heights: reports have a direction alone".to_owned(),
            };
            format!(
                "looks {}° from north, {}° down, ± {}°, {ground}",
                tower.azimuth, tower.tilt, tower.uncertainty_deg
            )
        }
    };
    format!("{said}; calibration {short}…")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn told(keys: &str) -> String {
        let text = format!(
            "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam\"\nurl = \"rtsp://h/p\"\n{keys}\n"
        );
        let config = Config::parse(&text, Path::new("agent.toml")).unwrap();
        lines(&config.cameras[0]).join("\n")
    }

    #[test]
    fn the_reprojection_error_is_told() {
        let five = "[camera.calibration]\npairs = [[0.2, 0.9, 16.4637, 107.5909], [0.8, 0.9, 16.4637, 107.59095], \
            [0.35, 0.5, 16.4639, 107.5909], [0.65, 0.5, 16.4639, 107.59095], [0.5, 0.7, 16.46385, 107.59093]]\n";
        let said = told(five);
        assert!(
            said.contains("5 point pairs, reprojection error "),
            "{said}"
        );
        assert!(
            !said.contains("error 0.00 m"),
            "the fifth pair disagrees: {said}"
        );
        let four = five.replace(", [0.5, 0.7, 16.46385, 107.59093]", "");
        assert!(told(&four).contains("a fifth would tell"));
        assert_eq!(told(""), "");
    }

    #[test]
    fn every_pose_has_a_line() {
        let said = told(
            "place = { lat = 16.5, lon = 107.5 }\n[camera.poses]\nsource = \"mqtt\"\n[[camera.pose]]\nname = \"north\"\n\
             [camera.pose.calibration]\nheight_m = 30\nazimuth = 10\ntilt = 3\nfield_of_view = 60\n\
             [[camera.pose]]\nname = \"home\"\n",
        );
        assert!(
            said.contains("camera cam: 2 pose(s), told over MQTT"),
            "{said}"
        );
        assert!(
            said.contains("pose north: looks 10° from north, 3° down, ± 1°"),
            "{said}"
        );
        assert!(said.contains("pose home: no calibration"), "{said}");
    }
}
