//! `verify` of both programs as people run it: a process, a file, an exit status, words.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bundle::{
    Bundle, ChainStanding, Dossier, EnrolmentRecord, EvidenceFile, Fingerprint, Link, Manifest,
    Release, ReviewRecord, Sealing, Vehicle, sign_manifest,
};
use contract::v1::{AutoReport, Evidence, EvidenceId, SecretKey, sign};
use serde_json::Value;
use system_tests::harness::{Program, path_of};

/// When the manifest was sealed.
const SEALED_AT: &str = "2026-11-02T03:14:31Z";

fn server_key() -> SecretKey {
    SecretKey::from_bytes(&[1; 32])
}

fn agent_key() -> SecretKey {
    SecretKey::from_bytes(&[2; 32])
}

/// A released bundle whose agent's key ended at `until`.
fn bundle_with_key(until: Option<&str>) -> Vec<u8> {
    let text = include_str!("../../contract/golden/v1/report.sealed.json");
    let mut envelope: Value = serde_json::from_str(text).unwrap();
    let mut report: AutoReport = serde_json::from_value(envelope["data"].take()).unwrap();
    let mut contents: Vec<(EvidenceId, Vec<u8>)> = Vec::new();
    for entry in &mut report.evidence {
        let (id, kind) = (entry.id(), entry.kind());
        if let Evidence::Sealed { bytes, sha256, .. } = entry
            && !kind.is_seal()
        {
            let content = format!("{} of a test, no picture", kind.as_str()).into_bytes();
            *bytes = content.len() as u64;
            *sha256 = Fingerprint::of(&content).sha256.to_string();
            contents.push((id, content));
        }
    }
    let sealing = Sealing {
        build: "edge-agent 0.1.0".to_owned(),
        last_seen: "2026-11-02T03:14:17.75Z".parse().unwrap(),
        sealed_at: SEALED_AT.parse().unwrap(),
        link: Link::after("one", None),
    };
    let manifest = Manifest::of(&report, sealing).unwrap().to_bytes().unwrap();
    let typed_at = "2026-11-02T03:20:00Z".parse().unwrap();
    let files: Vec<EvidenceFile> = contents
        .iter()
        .map(|(id, bytes)| EvidenceFile {
            id: *id,
            fingerprint: Fingerprint::of(bytes),
        })
        .collect();
    let dossier = Dossier {
        manifest: &manifest,
        signature: &sign_manifest(&agent_key(), &manifest),
        enrolment: &EnrolmentRecord {
            agent: report.agent.clone(),
            public_key: agent_key().public(),
            valid_from: "2026-10-01T00:00:00Z".parse().unwrap(),
            valid_until: until.map(|until| until.parse().unwrap()),
        },
        review: &ReviewRecord {
            event_id: report.event_id,
            incident_id: "0192f3a0-5c1e-7d20-8a41-3f5b9c0d1e30".to_owned(),
            incident_number: 7,
            state: "confirmed".to_owned(),
            decisions: vec![],
            vehicle: Vehicle::Identified {
                plate: "75A-123.45".parse().unwrap(),
                typed_by: "lan".to_owned(),
                typed_at,
            },
            received_at: "2026-11-02T03:14:40Z".parse().unwrap(),
            chain: ChainStanding::First,
            release: Some(Release {
                by: "minh".to_owned(),
                at: "2026-11-02T03:30:00Z".parse().unwrap(),
            }),
        },
        evidence: &files,
    };
    let bundle = Bundle::assemble(&dossier, &server_key()).unwrap();
    let mut out = Vec::new();
    let open = |id| {
        let (_, bytes) = contents.iter().find(|(own, _)| *own == id).unwrap();
        Ok(bytes.as_slice())
    };
    bundle.write_to(&mut out, open).unwrap();
    out
}

/// Both programs' word on a file, by the server's key alone: no enrolment, no configuration.
fn verify(folder: &Path, bytes: &[u8]) -> [(Output, String); 2] {
    let file = folder.join("bundle.zip");
    std::fs::write(&file, bytes).unwrap();
    let config = folder.join("server.toml");
    std::fs::write(&config, "").unwrap();
    let key = server_key().public().to_string();
    [
        (Program::EdgeAgent, folder.join("no-agent.toml")),
        (Program::IngestServer, config),
    ]
    .map(|(program, config): (Program, PathBuf)| {
        let output = Command::new(path_of(program).unwrap())
            .arg("--config")
            .arg(config)
            .args(["verify", "--server-key", &key])
            .arg(&file)
            .env("VONG_DATA_DIR", folder.join("no-data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output, said)
    })
}

#[track_caller]
fn is_whole(folder: &Path, bytes: &[u8]) {
    for (output, said) in verify(folder, bytes) {
        assert!(output.status.success(), "{output:?}");
        assert!(said.contains("whole: event"), "{said}");
    }
}

#[track_caller]
fn is_faulty(folder: &Path, bytes: &[u8], fault: &str) {
    for (output, said) in verify(folder, bytes) {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(
            said.contains("NOT WHOLE") && said.contains(fault),
            "{fault}: {said}"
        );
    }
}

#[test]
fn a_whole_bundle_is_told_so_and_any_flipped_bit_by_its_part() {
    let folder = tempfile::tempdir().unwrap();
    let whole = bundle_with_key(None);
    is_whole(folder.path(), &whole);
    let place = |text: &[u8]| {
        whole
            .windows(text.len())
            .position(|here| here == text)
            .unwrap()
    };
    for (at, part) in [
        (place(b"clip of a test"), "fault: evidence/clip-"),
        (place(b"still of a test"), "fault: evidence/still-"),
        (
            place(b"\"VUOT-DEN-DO\""),
            "fault: manifest.json: bytes altered",
        ),
        (place(b"75A-123.45"), "fault: "),
        (0, "fault: "),
        (whole.len() - 1, "fault: "),
    ] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        is_faulty(folder.path(), &flipped, part);
    }
    let longer = [&whole[..], b"\0"].concat();
    is_faulty(folder.path(), &longer, "fault: ");
    is_faulty(folder.path(), &whole[..whole.len() / 2], "fault: ");
    is_faulty(folder.path(), b"no bundle", "fault: ");
}

#[test]
fn another_servers_key_and_no_file_are_failures() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.zip");
    std::fs::write(&file, bundle_with_key(None)).unwrap();
    let stranger = SecretKey::from_bytes(&[9; 32]).public().to_string();
    let missing = folder.path().join("missing.zip");
    for program in [Program::EdgeAgent, Program::IngestServer] {
        for (key, file) in [(&stranger, &file), (&stranger, &missing)] {
            let output = Command::new(path_of(program).unwrap())
                .args(["verify", "--server-key", key])
                .arg(file)
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(!output.status.success(), "{output:?}");
        }
    }
}

/// A key that is being replaced signs on for a week: its end lies ahead when the manifest is sealed,
/// and behind when somebody verifies. What it sealed before stands.
#[test]
fn an_old_key_stands_for_what_it_sealed_before_its_end() {
    let folder = tempfile::tempdir().unwrap();
    for until in ["2026-11-09T03:00:00Z", "2026-11-02T03:14:31.001Z"] {
        is_whole(folder.path(), &bundle_with_key(Some(until)));
    }
}

/// No server makes such a bundle: `assemble` refuses. One that did is caught offline, with the dates.
#[test]
fn a_key_that_ended_before_the_sealing_is_named_with_its_dates() {
    let folder = tempfile::tempdir().unwrap();
    let forged = with_earlier_end(&bundle_with_key(Some("2026-11-02T03:14:31.001Z")));
    let fault = "fault: agent.pub: key not valid at 2026-11-02T03:14:31Z: \
                 valid from 2026-10-01T00:00:00Z until 2026-11-02T03:14:30.999Z";
    is_faulty(folder.path(), &forged, fault);
}

/// Moves the key's end before the sealing, and signs enrolment and index again, as a server that lies
/// would.
fn with_earlier_end(bundle: &[u8]) -> Vec<u8> {
    let mut archive = Archive(bundle.to_vec());
    let enrolment = archive.file("enrolment.json");
    let enrolment = replaced(&enrolment, b"03:14:31.001Z", b"03:14:30.999Z");
    let signature = sign(&server_key(), "vong.enrolment-record.v1", &enrolment);
    let signature = format!("{signature}\n").into_bytes();
    let mut index = archive.file("index.json");
    for (name, new) in [
        ("enrolment.json", &enrolment),
        ("enrolment.sig", &signature),
    ] {
        let old = archive.file(name);
        let hash = |bytes: &[u8]| Fingerprint::of(bytes).sha256.to_string().into_bytes();
        index = replaced(&index, &hash(&old), &hash(new));
        archive.put(name, new);
    }
    let signature = sign(&server_key(), "vong.bundle-index.v1", &index);
    archive.put("index.json", &index);
    archive.put("index.sig", format!("{signature}\n").as_bytes());
    archive.0
}

fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = text
        .windows(old.len())
        .position(|here| here == old)
        .unwrap();
    [&text[..at], new, &text[at + old.len()..]].concat()
}

/// A ZIP file without compression whose files are replaced by others of the same length.
struct Archive(Vec<u8>);

impl Archive {
    /// Where the local header of a file is.
    fn header(&self, name: &str) -> usize {
        let here = |at: &usize| {
            self.0[*at..].starts_with(b"PK\x03\x04")
                && self.0[at + 30..].starts_with(name.as_bytes())
                && self.short(at + 26) == name.len()
        };
        (0..self.0.len() - 30).find(here).unwrap()
    }

    fn short(&self, at: usize) -> usize {
        usize::from(u16::from_le_bytes([self.0[at], self.0[at + 1]]))
    }

    fn place(&self, name: &str) -> (usize, usize) {
        let header = self.header(name);
        let length = u32::from_le_bytes(self.0[header + 18..header + 22].try_into().unwrap());
        let start = header + 30 + self.short(header + 26) + self.short(header + 28);
        (start, start + length as usize)
    }

    fn file(&self, name: &str) -> Vec<u8> {
        let (start, end) = self.place(name);
        self.0[start..end].to_vec()
    }

    fn put(&mut self, name: &str, new: &[u8]) {
        let (start, end) = self.place(name);
        assert_eq!(end - start, new.len(), "{name}");
        let old = Fingerprint::of(&self.0[start..end]).crc32.to_le_bytes();
        self.0[start..end].copy_from_slice(new);
        // Once in the file's own header, once in the directory.
        let places: Vec<usize> = (0..self.0.len() - 4)
            .filter(|at| self.0[*at..at + 4] == old)
            .collect();
        for at in places {
            self.0[at..at + 4].copy_from_slice(&Fingerprint::of(new).crc32.to_le_bytes());
        }
    }
}
