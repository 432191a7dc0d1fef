//! The checked-in JSON Schemas are the types' own, and every golden message is valid against its own.
//!
//! `UPDATE_SCHEMA=1 cargo test -p contract schema` (or `make schema`) writes them anew.

use std::path::PathBuf;

use contract::v1::schemas;
use serde_json::Value;

use crate::golden;

fn path_of(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("schema/v1")
        .join(file)
}

#[test]
fn the_checked_in_schemas_are_current() {
    for (file, schema) in schemas() {
        let path = path_of(file);
        let current = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &current).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            checked_in == current,
            "{} is not what the types say now: run `make schema` and read the difference",
            path.display()
        );
    }
}

#[test]
fn no_schema_is_left_over() {
    let known: Vec<&str> = schemas().into_iter().map(|(file, _)| file).collect();
    for entry in std::fs::read_dir(path_of("")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            known.contains(&file.as_str()),
            "schema/v1/{file} belongs to no message"
        );
    }
}

fn validator(message: &str) -> jsonschema::Validator {
    let file = format!("{message}.json");
    let (_, schema) = schemas()
        .into_iter()
        .find(|(name, _)| *name == file)
        .expect(message);
    let schema = serde_json::to_value(schema).unwrap();
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{message}: {error}"))
}

#[test]
fn golden_messages_are_valid_against_their_schema() {
    for golden in golden::all()
        .iter()
        .filter(|golden| golden.message != "signature")
    {
        let value = golden.value();
        let faults: Vec<String> = validator(&golden.message)
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{}: {faults:#?}", golden.file);
    }
}

#[test]
fn the_report_schema_refuses_what_validation_refuses() {
    let validator = validator("report");
    let good: Value = serde_json::from_slice(&golden::read("report.updated.json")).unwrap();
    for (pointer, bad) in [
        ("/data/revision", Value::from(0)),
        ("/data/confidence", Value::from(1.5)),
        ("/data/camera", Value::from("../etc")),
        ("/data/phase", Value::from("exploded")),
        ("/data/occurred/start", Value::Null),
        ("/data/evidence/0/sha256", Value::from("ABC")),
        ("/data/place/position/lat", Value::from(91.0)),
        ("/type", Value::from("vong.report.v2")),
    ] {
        let mut value = good.clone();
        *value.pointer_mut(pointer).expect(pointer) = bad;
        assert!(!validator.is_valid(&value), "{pointer} must be refused");
    }
}
