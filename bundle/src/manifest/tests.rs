//! What a manifest says, and which field it lacks.

use contract::v1::{AutoReport, EvidenceKind, UnavailableReason};
use serde_json::{Value, json};

use super::*;
use crate::chain::ChainHead;

/// A report of a red-light violation, all of it settled.
pub(crate) fn report() -> AutoReport {
    let text = include_str!("../../../contract/golden/v1/report.sealed.json");
    let mut envelope: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(envelope["data"].take()).unwrap()
}

pub(crate) fn sealing() -> Sealing {
    Sealing {
        build: "edge-agent 0.1.0".to_owned(),
        last_seen: "2026-11-02T03:14:17.75Z".parse().unwrap(),
        sealed_at: "2026-11-02T03:14:31Z".parse().unwrap(),
        link: Link::after(
            "0192f3a0-0000-7000-8000-000000000001",
            Some(&ChainHead {
                chain: "0192f3a0-0000-7000-8000-000000000001".to_owned(),
                sequence: 41,
                sha256: Sha256Hex::of(b"the manifest before"),
            }),
        ),
    }
}

#[test]
fn it_says_what_the_report_says_and_reads_back_the_same() {
    let manifest = Manifest::of(&report(), sealing()).unwrap();
    assert_eq!(
        Manifest::parse(&manifest.to_bytes().unwrap()).unwrap(),
        manifest
    );
    assert!((manifest.observed_seconds - 32.25).abs() < 1e-9);
    assert_eq!(manifest.chain.sequence, 42);
    assert_eq!(manifest.parts.len(), 3, "the seal is no part of itself");
    assert_eq!(
        manifest.event.proposed_offence.as_deref(),
        Some("VUOT-DEN-DO")
    );
    assert!(manifest.red_light.is_some());
}

#[test]
fn what_nobody_measured_is_unknown_and_never_zero() {
    let mut report = report();
    report.clock.offset_ms = None;
    let manifest = Manifest::of(&report, sealing()).unwrap();
    let value: Value = serde_json::from_slice(&manifest.to_bytes().unwrap()).unwrap();
    for field in [
        "camera_offset_ms",
        "agent_offset_ms",
        "agent_uncertainty_ms",
    ] {
        assert_eq!(value["clock"][field], json!("unknown"), "{field}");
    }
    report.clock.offset_ms = Some(0);
    let manifest = Manifest::of(&report, sealing()).unwrap();
    assert_eq!(manifest.clock.camera_offset_ms, Known::Value(0));
}

#[test]
fn a_mandatory_field_that_is_missing_is_named() {
    let refused = |change: &dyn Fn(&mut AutoReport)| {
        let mut report = report();
        change(&mut report);
        match Manifest::of(&report, sealing()) {
            Err(ManifestError::Missing(field)) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&|report| report.basis = None), MissingField::Basis);
    assert_eq!(
        refused(&|report| report.basis.as_mut().unwrap().zone_version = None),
        MissingField::ZoneVersion
    );
    assert_eq!(
        refused(&|report| report.evidence.push(Evidence::Pending {
            id: EvidenceId::new(),
            kind: EvidenceKind::Clip,
        })),
        MissingField::Parts
    );
    let manifest = Manifest::of(&report(), sealing()).unwrap();
    let bytes = manifest.to_bytes().unwrap();
    let whole: Value = serde_json::from_slice(&bytes).unwrap();
    for field in [
        "format",
        "chain",
        "agent",
        "event",
        "occurred",
        "decided_at",
        "sealed_at",
        "observed_seconds",
        "clock",
        "camera",
        "rule_version",
        "config_version",
        "tracks",
        "parts",
    ] {
        let mut cut = whole.clone();
        cut.as_object_mut().unwrap().remove(field);
        let error = Manifest::parse(&serde_json::to_vec(&cut).unwrap()).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(&format!("`{field}`")), "{field}: {cause}");
    }
}

#[test]
fn a_release_names_every_field_that_it_lacks() {
    let review = |state: &str, vehicle| ReviewRecord {
        event_id: report().event_id,
        incident_id: "0192f3a0-5c1e-7d20-8a41-3f5b9c0d1e30".to_owned(),
        incident_number: 7,
        state: state.to_owned(),
        decisions: vec![],
        vehicle,
        received_at: "2026-11-02T03:14:40Z".parse().unwrap(),
        chain: crate::ChainStanding::Linked,
        release: None,
    };
    let typed = Vehicle::Identified {
        plate: "75A-123.45".parse().unwrap(),
        typed_by: "lan".to_owned(),
        typed_at: "2026-11-02T03:20:00Z".parse().unwrap(),
    };
    let whole = Manifest::of(&report(), sealing()).unwrap();
    assert_eq!(
        missing_for_release(&whole, &review("confirmed", typed.clone())),
        []
    );
    assert_eq!(
        missing_for_release(&whole, &review("confirmed", Vehicle::NotIdentified)),
        [MissingField::Plate]
    );
    assert_eq!(
        missing_for_release(&whole, &review("acknowledged", typed)),
        [MissingField::Confirmation]
    );
    let mut bare = report();
    bare.place = None;
    let basis = bare.basis.as_mut().unwrap();
    (basis.proposed_offence, basis.red_light) = (None, None);
    for entry in &mut bare.evidence {
        *entry = Evidence::Unavailable {
            id: entry.id(),
            kind: entry.kind(),
            reason: UnavailableReason::NotInRing,
        };
    }
    let bare = Manifest::of(&bare, sealing()).unwrap();
    assert_eq!(
        missing_for_release(&bare, &review("new", Vehicle::NotIdentified)),
        [
            MissingField::Still,
            MissingField::Clip,
            MissingField::Place,
            MissingField::ProposedOffence,
            MissingField::RedLight,
            MissingField::Plate,
            MissingField::Confirmation,
        ]
    );
    let cattle = Manifest {
        event: EventFacts {
            kind: Kind::StrayCattle,
            detail: "stray_cattle".to_owned(),
            proposed_offence: None,
            ..whole.event.clone()
        },
        ..whole
    };
    assert_eq!(
        missing_for_release(&cattle, &review("confirmed", Vehicle::NotIdentified)),
        []
    );
}
