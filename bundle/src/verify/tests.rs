//! Bundles whole and damaged, forged and incomplete: each is told as what it is.

use std::io::Cursor;
use std::path::PathBuf;

use contract::v1::{Evidence, EvidenceKind, SecretKey};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::archive::{Entry, LOCAL_HEADER, Plan};
use crate::dossier::{Bundle, BundleError, Dossier, EvidenceFile};
use crate::manifest::tests::{report, sealing};
use crate::record::{Decision, Release};
use crate::seal::sign_manifest;

fn server_key() -> SecretKey {
    SecretKey::from_bytes(&[1; 32])
}

fn agent_key() -> SecretKey {
    SecretKey::from_bytes(&[2; 32])
}

/// A bundle's parts before they are put together, with small evidence.
struct Case {
    report: contract::v1::AutoReport,
    enrolment: EnrolmentRecord,
    review: ReviewRecord,
    contents: Vec<(contract::v1::EvidenceId, Vec<u8>)>,
    sequence_is_first: bool,
}

impl Case {
    fn new() -> Self {
        let mut report = report();
        let mut contents = Vec::new();
        for entry in &mut report.evidence {
            let (id, kind) = (entry.id(), entry.kind());
            let Evidence::Sealed { bytes, sha256, .. } = entry else {
                continue;
            };
            if kind.is_seal() {
                continue;
            }
            let content = format!("{} of a test, no picture", kind.as_str()).into_bytes();
            *bytes = content.len() as u64;
            *sha256 = Sha256Hex::of(&content).to_string();
            contents.push((id, content));
        }
        let typed_at: Timestamp = "2026-11-02T03:20:00Z".parse().unwrap();
        Self {
            enrolment: EnrolmentRecord {
                agent: report.agent.clone(),
                public_key: agent_key().public(),
                valid_from: "2026-10-01T00:00:00Z".parse().unwrap(),
                valid_until: None,
            },
            review: ReviewRecord {
                event_id: report.event_id,
                incident_id: "0192f3a0-5c1e-7d20-8a41-3f5b9c0d1e30".to_owned(),
                incident_number: 7,
                state: "confirmed".to_owned(),
                decisions: vec![Decision {
                    at: typed_at,
                    actor: "lan".to_owned(),
                    action: "confirm".to_owned(),
                    reason: None,
                }],
                vehicle: Vehicle::Identified {
                    plate: "75A-123.45".parse().unwrap(),
                    typed_by: "lan".to_owned(),
                    typed_at,
                },
                received_at: "2026-11-02T03:14:40Z".parse().unwrap(),
                chain: ChainStanding::Linked,
                release: Some(Release {
                    by: "minh".to_owned(),
                    at: "2026-11-02T03:30:00Z".parse().unwrap(),
                }),
            },
            report,
            contents,
            sequence_is_first: false,
        }
    }

    fn manifest(&self) -> Vec<u8> {
        let mut sealing = sealing();
        if self.sequence_is_first {
            sealing.link = crate::Link::after("one", None);
        }
        let manifest = Manifest::of(&self.report, sealing).unwrap();
        manifest.to_bytes().unwrap()
    }

    fn assemble(&self) -> Result<Vec<u8>, BundleError> {
        let manifest = self.manifest();
        let evidence: Vec<EvidenceFile> = self
            .contents
            .iter()
            .map(|(id, bytes)| EvidenceFile {
                id: *id,
                fingerprint: Fingerprint::of(bytes),
            })
            .collect();
        let dossier = Dossier {
            manifest: &manifest,
            signature: &sign_manifest(&agent_key(), &manifest),
            enrolment: &self.enrolment,
            review: &self.review,
            evidence: &evidence,
        };
        let bundle = Bundle::assemble(&dossier, &server_key())?;
        let mut out = Vec::new();
        let open = |id| {
            let (_, bytes) = self.contents.iter().find(|(own, _)| *own == id).unwrap();
            Ok(bytes.as_slice())
        };
        bundle.write_to(&mut out, open).unwrap();
        assert_eq!(out.len() as u64, bundle.len());
        Ok(out)
    }

    fn bytes(&self) -> Vec<u8> {
        self.assemble().unwrap()
    }
}

fn judge(bytes: &[u8]) -> Verdict {
    verify(&mut Cursor::new(bytes), &server_key().public()).unwrap()
}

fn told(verdict: &Verdict) -> Vec<String> {
    verdict.faults.iter().map(ToString::to_string).collect()
}

/// The files of an archive, to be changed and put together again.
fn unpack(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut source = Cursor::new(bytes);
    let reading = readings(&mut source).unwrap().remove(0);
    let mut files = BTreeMap::new();
    for file in reading.files {
        let mut content = Vec::new();
        data(&mut source, &file)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        files.insert(file.name, content);
    }
    files
}

fn pack(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let entry = |(name, bytes): (&String, &Vec<u8>)| {
        let print = Fingerprint::of(bytes);
        Entry {
            name: name.clone(),
            bytes: print.bytes,
            crc32: print.crc32,
        }
    };
    let plan = Plan::new(files.iter().map(entry).collect()).unwrap();
    let mut out = Vec::new();
    for entry in plan.entries() {
        out.extend(Plan::local_header(entry));
        out.extend(&files[&entry.name]);
    }
    out.extend(plan.tail());
    out
}

/// Replaces a file, and makes the index say what is there now, signed by `key`.
fn reindex(files: &mut BTreeMap<String, Vec<u8>>, key: &SecretKey) {
    let mut index: Index = serde_json::from_slice(&files[layout::INDEX]).unwrap();
    index.files = files
        .iter()
        .filter(|(name, _)| ![layout::INDEX, layout::INDEX_SIGNATURE].contains(&name.as_str()))
        .map(|(name, bytes)| layout::Listed::new(name, &Fingerprint::of(bytes)))
        .collect();
    let bytes = serde_json::to_vec(&index).unwrap();
    let signature = contract::v1::sign(key, INDEX_DOMAIN, &bytes);
    files.insert(layout::INDEX.to_owned(), bytes);
    files.insert(
        layout::INDEX_SIGNATURE.to_owned(),
        format!("{signature}\n").into_bytes(),
    );
}

#[test]
fn a_whole_bundle_is_good_and_always_the_same_bytes() {
    let case = Case::new();
    let verdict = judge(&case.bytes());
    assert_eq!(told(&verdict), Vec::<String>::new());
    assert_eq!(verdict.remarks, [Remark::ClockUnknown]);
    let (manifest, hash) = verdict.manifest.unwrap();
    assert_eq!(manifest.event.id, case.report.event_id);
    assert_eq!(hash, Sha256Hex::of(&case.manifest()));
    assert_eq!(case.bytes(), Case::new().bytes());
}

#[test]
fn without_a_plate_it_says_so_and_cannot_be_released() {
    let mut case = Case::new();
    case.review.vehicle = Vehicle::NotIdentified;
    let refused = case.assemble().unwrap_err();
    assert!(
        matches!(refused, BundleError::Missing(MissingField::Plate)),
        "{refused}"
    );
    assert!(refused.to_string().contains("review.plate"), "{refused}");
    case.review.release = None;
    let bytes = case.bytes();
    let verdict = judge(&bytes);
    assert!(verdict.is_good(), "{:?}", verdict.faults);
    assert_eq!(
        verdict.remarks,
        [
            Remark::NotReleased,
            Remark::VehicleNotIdentified,
            Remark::ClockUnknown
        ]
    );
    let page = String::from_utf8(unpack(&bytes).remove(layout::PAGE).unwrap()).unwrap();
    assert!(page.contains("CHƯA XÁC ĐỊNH PHƯƠNG TIỆN") && page.contains("VEHICLE NOT IDENTIFIED"));
}

#[test]
fn the_page_shows_every_part_and_nothing_from_elsewhere() {
    let mut case = Case::new();
    case.report.camera_name = Some("<script>alert(1)</script>".to_owned());
    let page = String::from_utf8(unpack(&case.bytes()).remove(layout::PAGE).unwrap()).unwrap();
    for needle in [
        "evidence/still-",
        "evidence/still_overlay-",
        "<video controls",
        "evidence/clip-",
        "75A-123.45",
        "2026-11-02 10:14:15.600",
        "VUOT-DEN-DO",
        "lang=\"en\"",
    ] {
        assert!(page.contains(needle), "{needle}");
    }
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    assert_eq!(
        page.matches("<table>").count(),
        page.matches("</table>").count()
    );
}

/// Where each byte of a bundle belongs.
fn regions(bytes: &[u8]) -> Vec<Region> {
    let files = unpack(bytes);
    let mut regions = Vec::with_capacity(bytes.len());
    for (name, content) in &files {
        let header = Region::LocalHeader(name.clone());
        regions.extend(vec![header; LOCAL_HEADER + name.len()]);
        regions.extend(vec![Region::Data(name.clone()); content.len()]);
    }
    for name in files.keys() {
        let entry = Region::DirectoryEntry(name.clone());
        regions.extend(vec![entry; crate::archive::DIRECTORY_ENTRY + name.len()]);
    }
    regions.extend(vec![Region::EndRecord; crate::archive::END_RECORD]);
    assert_eq!(regions.len(), bytes.len());
    regions
}

#[test]
fn every_single_bit_of_a_bundle_is_guarded_and_its_part_is_named() {
    let mut bytes = Case::new().bytes();
    let regions = regions(&bytes);
    for (at, region) in regions.iter().enumerate() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let verdict = judge(&bytes);
            bytes[at] ^= 1 << bit;
            let expected = Fault {
                part: region.to_string(),
                problem: Problem::Altered,
            };
            assert_eq!(verdict.faults, [expected], "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn every_truncation_and_every_appended_byte_fails() {
    let whole = Case::new().bytes();
    for length in 0..whole.len() {
        assert!(
            !judge(&whole[..length]).is_good(),
            "the first {length} bytes"
        );
    }
    for byte in 0..=u8::MAX {
        let mut longer = whole.clone();
        longer.push(byte);
        assert_eq!(
            told(&judge(&longer)),
            ["what follows the end of the archive: does not belong there"]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_large_bundle_with_any_bit_flipped_or_any_end_missing_fails(
        at in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<prop::sample::Index>(),
    ) {
        let mut case = Case::new();
        let clip = case.report.evidence.iter().position(|e| e.kind() == EvidenceKind::Clip).unwrap();
        let content: Vec<u8> = (0..1_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        if let Evidence::Sealed { id, bytes, sha256, .. } = &mut case.report.evidence[clip] {
            *bytes = content.len() as u64;
            *sha256 = Sha256Hex::of(&content).to_string();
            let own = case.contents.iter_mut().find(|(own, _)| own == id).unwrap();
            own.1 = content;
        }
        let mut bytes = case.bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(judge(&bytes).faults.len(), 1);
        bytes[at] ^= 1 << bit;
        prop_assert!(judge(&bytes).is_good());
        let cut = cut.index(bytes.len());
        bytes.truncate(cut);
        prop_assert!(!judge(&bytes).is_good());
    }
}

#[test]
fn a_file_changed_and_packed_again_is_named_as_altered() {
    let whole = unpack(&Case::new().bytes());
    for (name, content) in &whole {
        let mut files = whole.clone();
        let mut changed = content.clone();
        // Inside the text, so that what it holds can still be read.
        let at = changed.len() / 2;
        changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
        files.insert(name.clone(), changed);
        let verdict = judge(&pack(&files));
        // Whether the index or its signature was changed, nobody can tell.
        let signed = name.replace("index.sig", "index.json");
        let named = |fault: &Fault| [name, &signed].contains(&&fault.part);
        let named = verdict.faults.iter().any(named);
        assert!(named, "{name}: {:?}", verdict.faults);
    }
    for name in whole.keys() {
        let mut files = whole.clone();
        files.remove(name);
        let expected = format!("{name}: missing");
        assert!(told(&judge(&pack(&files))).contains(&expected), "{name}");
    }
    let mut files = whole;
    files.insert("evidence/another.jpg".to_owned(), b"x".to_vec());
    assert_eq!(
        told(&judge(&pack(&files))),
        ["evidence/another.jpg: does not belong there"]
    );
}

#[test]
fn who_forges_the_index_too_needs_the_servers_key() {
    let forger = SecretKey::from_bytes(&[9; 32]);
    let still = |files: &BTreeMap<String, Vec<u8>>| {
        files
            .keys()
            .find(|name| name.starts_with("evidence/still-"))
            .unwrap()
            .clone()
    };
    // A forged picture under an index of the forger's.
    let mut files = unpack(&Case::new().bytes());
    files.insert(still(&files), b"another picture".to_vec());
    reindex(&mut files, &forger);
    let verdict = judge(&pack(&files));
    assert!(told(&verdict).contains(&"index.sig: key unknown: not the expected one".to_owned()));
    // Even the server cannot exchange a picture: the agent's manifest names it.
    let mut files = unpack(&Case::new().bytes());
    files.insert(still(&files), b"another picture".to_vec());
    reindex(&mut files, &server_key());
    let expected = format!("{}: bytes altered", still(&files));
    assert_eq!(told(&judge(&pack(&files))), [expected]);
    // Nor change the manifest.
    let mut files = unpack(&Case::new().bytes());
    let text = String::from_utf8(files[layout::MANIFEST].clone()).unwrap();
    let forged = text.replace("VUOT-DEN-DO", "KHAC-CO-BAN");
    assert_ne!(forged, text);
    files.insert(layout::MANIFEST.to_owned(), forged.into_bytes());
    reindex(&mut files, &server_key());
    assert_eq!(
        told(&judge(&pack(&files))),
        ["manifest.json: signature wrong"]
    );
    // A whole bundle of a forger who made up agent and server.
    let mut files = unpack(&Case::new().bytes());
    let manifest = files[layout::MANIFEST].clone();
    let signature = sign_manifest(&forger, &manifest);
    files.insert(
        layout::MANIFEST_SIGNATURE.to_owned(),
        format!("{signature}\n").into_bytes(),
    );
    files.insert(
        layout::AGENT_KEY.to_owned(),
        format!("{}\n", forger.public()).into_bytes(),
    );
    reindex(&mut files, &server_key());
    assert_eq!(
        told(&judge(&pack(&files))),
        [
            "agent.pub: key unknown: not the expected one",
            "manifest.sig: key unknown: not the expected one",
        ]
    );
    let other = SecretKey::from_bytes(&[8; 32]).public();
    let verdict = verify(&mut Cursor::new(Case::new().bytes()), &other).unwrap();
    assert_eq!(
        told(&verdict),
        [
            "index.sig: key unknown: not the expected one",
            "server.pub: key unknown: not the expected one",
            "enrolment.sig: key unknown: not the expected one",
        ]
    );
}

#[test]
fn a_key_that_was_revoked_before_the_event_is_named() {
    let mut case = Case::new();
    case.enrolment.valid_until = Some("2026-11-02T03:14:31Z".parse().unwrap());
    assert!(matches!(case.assemble(), Err(BundleError::Key)));
    // A server that let it pass is caught by the verifier.
    let mut files = unpack(&Case::new().bytes());
    let record = serde_json::to_vec(&case.enrolment).unwrap();
    let signature = contract::v1::sign(&server_key(), ENROLMENT_DOMAIN, &record);
    files.insert(layout::ENROLMENT.to_owned(), record);
    files.insert(
        layout::ENROLMENT_SIGNATURE.to_owned(),
        format!("{signature}\n").into_bytes(),
    );
    reindex(&mut files, &server_key());
    let faults = told(&judge(&pack(&files)));
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("agent.pub: key not valid at 2026-11-02T03:14:31Z"),
        "{faults:?}"
    );
    case.enrolment.valid_until = Some("2026-11-02T03:14:31.001Z".parse().unwrap());
    assert!(
        judge(&case.bytes()).is_good(),
        "revoked after it was sealed"
    );
}

/// Found by the soak: clocks an hour back, right after an enrolment, made good seals worthless.
#[test]
fn what_was_sealed_by_a_clock_behind_the_key_is_whole_and_says_so() {
    let mut case = Case::new();
    case.enrolment.valid_from = "2026-11-02T04:14:31Z".parse().unwrap();
    let verdict = judge(&case.bytes());
    assert!(verdict.is_good(), "{:?}", verdict.faults);
    assert!(verdict.remarks.contains(&Remark::ClockBehindKey));
}

#[test]
fn a_link_that_does_not_fit_is_a_chain_mismatch() {
    let mismatch = ["manifest.json: chain mismatch"];
    let mut case = Case::new();
    case.review.chain = ChainStanding::Contradicted;
    assert_eq!(told(&judge(&case.bytes())), mismatch);
    case.review.chain = ChainStanding::First;
    assert_eq!(
        told(&judge(&case.bytes())),
        mismatch,
        "number 42 is not the first"
    );
    case.sequence_is_first = true;
    assert!(judge(&case.bytes()).is_good());
    case.review.chain = ChainStanding::Linked;
    assert_eq!(
        told(&judge(&case.bytes())),
        mismatch,
        "the first follows nothing"
    );
    let mut case = Case::new();
    case.review.chain = ChainStanding::PredecessorMissing;
    let verdict = judge(&case.bytes());
    assert!(verdict.is_good() && verdict.remarks.contains(&Remark::PredecessorMissing));
}

#[test]
fn evidence_that_is_not_here_or_another_is_refused_before_it_is_packed() {
    let mut case = Case::new();
    let (id, _) = case.contents.pop().unwrap();
    let refused = case.assemble().unwrap_err();
    assert!(
        matches!(refused, BundleError::PartMissing { id: own, .. } if own == id),
        "{refused}"
    );
    let mut case = Case::new();
    case.contents[0].1.push(b'!');
    assert!(matches!(
        case.assemble(),
        Err(BundleError::PartAltered { .. })
    ));
}

#[test]
fn bytes_that_are_no_bundle_are_told_so() {
    for bytes in [&b""[..], b"PK", b"no archive at all, just text", &[0; 4096]] {
        assert_eq!(
            told(&judge(bytes)),
            ["the file: not a bundle, or damaged beyond reading"]
        );
    }
    let other = pack(&BTreeMap::from([("a.txt".to_owned(), b"x".to_vec())]));
    assert!(told(&judge(&other)).contains(&"manifest.json: missing".to_owned()));
}

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden/v1")
        .join(file)
}

/// What has once been made must verify for ever. Written once, with `UPDATE_GOLDEN=1`; a released
/// file is never edited.
#[test]
fn the_golden_bundle_and_manifest_stand() {
    let (bundle, manifest) = (
        golden("bundle.red-light.zip"),
        golden("manifest.red-light.json"),
    );
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(bundle.parent().unwrap()).unwrap();
        std::fs::write(&bundle, Case::new().bytes()).unwrap();
        std::fs::write(&manifest, Case::new().manifest()).unwrap();
    }
    let verdict = judge(&std::fs::read(bundle).unwrap());
    assert_eq!(told(&verdict), Vec::<String>::new());
    let bytes = std::fs::read(manifest).unwrap();
    let parsed = Manifest::parse(&bytes).unwrap();
    assert_eq!(parsed, verdict.manifest.unwrap().0);
    let again: Value = serde_json::from_slice(&parsed.to_bytes().unwrap()).unwrap();
    assert_eq!(again, serde_json::from_slice::<Value>(&bytes).unwrap());
}

#[test]
fn the_checked_in_schema_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema/v1/manifest.json");
    let current = format!(
        "{}\n",
        serde_json::to_string_pretty(&crate::schema()).unwrap()
    );
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &current).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == current,
        "run `make schema` and read the difference"
    );
}
