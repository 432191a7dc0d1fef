//! Desired state and commands: what is out of range is refused, and every fault names its field.

use contract::v1::{
    Action, CameraDesired, Desired, EventType, FieldFault, FieldProblem, MAX_CLIP_SECONDS,
    MAX_CORNERS, MAX_DESIRED_BYTES, MAX_SIMULATED_SECONDS, Parameter, decode, encode,
};
use serde_json::json;

use crate::golden;

fn whole() -> Desired {
    decode::<Desired>(&golden::read("desired.whole.json"), EventType::Desired)
        .unwrap()
        .data
}

fn refused(change: impl FnOnce(&mut CameraDesired)) -> Vec<(String, FieldProblem)> {
    let mut desired = whole();
    change(desired.cameras.values_mut().next().unwrap());
    faults(desired.validate())
}

fn faults(outcome: Result<(), Vec<FieldFault>>) -> Vec<(String, FieldProblem)> {
    outcome
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|fault| (fault.field, fault.problem))
        .collect()
}

fn only(field: &str, problem: FieldProblem) -> Vec<(String, FieldProblem)> {
    vec![(field.to_owned(), problem)]
}

#[test]
fn the_golden_state_is_valid_and_small_enough() {
    let desired = whole();
    assert_eq!(desired.validate(), Ok(()));
    let bytes = golden::read("desired.whole.json");
    assert!(
        encode(&decode::<Desired>(&bytes, EventType::Desired).unwrap())
            .unwrap()
            .len()
            < MAX_DESIRED_BYTES
    );
}

#[test]
fn lines_and_lamps_lie_inside_of_the_picture() {
    let golden = golden::read("desired.lines.json");
    let desired = decode::<Desired>(&golden, EventType::Desired).unwrap().data;
    assert_eq!(desired.validate(), Ok(()));
    let refused = |change: fn(&mut CameraDesired)| {
        let mut desired = desired.clone();
        change(desired.cameras.values_mut().next().unwrap());
        faults(desired.validate())
    };
    let outside = refused(|camera| {
        for line in camera.lines.as_mut().unwrap().values_mut() {
            line.points[1] = [0.5, 1.5];
        }
    });
    let field = |field: &str| {
        (
            format!("cameras.cam-12.{field}"),
            FieldProblem::OutsidePicture,
        )
    };
    assert_eq!(outside, [field("lines.bridge"), field("lines.stop")]);
    let beyond = refused(|camera| {
        let lines = camera.lines.as_mut().unwrap();
        lines.values_mut().last().unwrap().towards = Some([f32::NAN, 0.5]);
    });
    assert_eq!(beyond, [field("lines.stop")]);
    let crossed = refused(|camera| {
        let lamps = camera.lamps.as_mut().unwrap();
        lamps.values_mut().for_each(|lamp| {
            lamp.green = Some(vec![[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
            lamp.lit_from = Some(1.5);
        });
    });
    assert_eq!(
        crossed,
        [
            (
                "cameras.cam-12.lamps.main".to_owned(),
                FieldProblem::SelfIntersecting
            ),
            (
                "cameras.cam-12.lamps.main.lit_from".to_owned(),
                FieldProblem::OutOfRange
            ),
        ]
    );
}

#[test]
fn every_fault_of_desired_state_names_its_field() {
    let square = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    assert_eq!(
        refused(|c| c.masks = Some(vec![square.clone(), vec![[0.0, 0.0], [1.0, 1.0]]])),
        only("cameras.cam-12.masks[1]", FieldProblem::TooFewCorners)
    );
    let shapes = [
        (
            vec![[0.0, 0.0], [0.5, 1.5], [1.0, 0.0]],
            FieldProblem::OutsidePicture,
        ),
        (
            vec![[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]],
            FieldProblem::SelfIntersecting,
        ),
        (vec![[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]], FieldProblem::Flat),
        (
            vec![[f32::NAN, 0.0], [0.5, 0.5], [1.0, 0.0]],
            FieldProblem::OutsidePicture,
        ),
        (vec![[0.0, 0.0]; MAX_CORNERS + 1], FieldProblem::TooMany),
    ];
    for (shape, problem) in shapes {
        assert_eq!(
            refused(|c| {
                c.zones
                    .as_mut()
                    .unwrap()
                    .values_mut()
                    .for_each(|zone| *zone = shape.clone());
            }),
            only("cameras.cam-12.zones.kerb", problem)
        );
    }
    assert_eq!(
        refused(|c| c.rules[0].rule.rule = "Parking!".to_owned()),
        only("cameras.cam-12.rules[0].rule", FieldProblem::BadName)
    );
    assert_eq!(
        refused(|c| c.rules.push(c.rules[0].clone())),
        only("cameras.cam-12.rules[1]", FieldProblem::Duplicate)
    );
    assert_eq!(
        refused(|c| c.muted.push(c.muted[0].clone())),
        only("cameras.cam-12.muted[1]", FieldProblem::Duplicate)
    );
    assert_eq!(
        refused(|c| {
            c.rules[0]
                .parameters
                .insert("dwell_s".to_owned(), Parameter::Number(f64::INFINITY));
        }),
        only(
            "cameras.cam-12.rules[0].parameters.dwell_s",
            FieldProblem::OutOfRange
        )
    );
    let mut desired = whole();
    desired.danger_level = Some(6);
    assert_eq!(
        faults(desired.validate()),
        only("danger_level", FieldProblem::OutOfRange)
    );
}

#[test]
fn a_parameter_keeps_its_type() {
    for (value, wanted) in [
        (json!(true), Parameter::Flag(true)),
        (json!(120), Parameter::Whole(120)),
        (json!(120.5), Parameter::Number(120.5)),
        (json!("high"), Parameter::Word("high".to_owned())),
        (json!(["car"]), Parameter::Words(vec!["car".to_owned()])),
    ] {
        let read: Parameter = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(read, wanted);
        assert_eq!(serde_json::to_value(&read).unwrap(), value);
    }
    assert!(serde_json::from_value::<Parameter>(json!({ "a": 1 })).is_err());
}

#[test]
fn every_fault_of_a_command_names_its_field() {
    let camera = "cam-1".parse().unwrap();
    let clip = |seconds| Action::Clip {
        camera: "cam-1".parse().unwrap(),
        seconds,
    };
    assert_eq!(Action::Snapshot { camera }.validate(), Ok(()));
    assert_eq!(clip(MAX_CLIP_SECONDS).validate(), Ok(()));
    for seconds in [0, MAX_CLIP_SECONDS + 1] {
        assert_eq!(
            faults(clip(seconds).validate()),
            only("action.seconds", FieldProblem::OutOfRange)
        );
    }
    let simulate: Action = serde_json::from_value(json!({
        "type": "simulate", "camera": "cam-1", "rule": "../x", "danger_level": 0,
        "parameters": { "BAD": 1 }, "seconds": MAX_SIMULATED_SECONDS + 1
    }))
    .unwrap();
    let fields: Vec<String> = faults(simulate.validate())
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(
        fields,
        [
            "action.rule",
            "action.parameters",
            "action.danger_level",
            "action.seconds"
        ]
    );
}
