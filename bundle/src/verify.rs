//! Verifies a bundle offline, and names every part that does not fit, and how.
//!
//! In this order: the archive is rebuilt from its parts and compared byte for byte; the index must
//! be the pinned server's, and every file what the index says; the agent's key must be what the
//! server vouches for, at that time; the manifest must be that key's; every part what the manifest
//! says; the chain link well formed. A damaged archive ends the verification: nothing in it is
//! worth reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::str::FromStr;

use contract::v1::{PublicKey, SignatureError, Signed, verify as verify_signature};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::archive::read::{Found, Reading, data, readings};
use crate::archive::{MOST_BYTES, Region};
use crate::chain::{ChainFault, Link, check_links};
use crate::digest::{Fingerprint, Sha256Hex};
use crate::layout::{self, BUNDLE_FORMAT, Index, evidence_name};
use crate::manifest::{Manifest, MissingField, PartState, missing_for_bundle, missing_for_release};
use crate::record::{ChainStanding, EnrolmentRecord, ReviewRecord, Vehicle};
use crate::seal::{ENROLMENT_DOMAIN, INDEX_DOMAIN, MANIFEST_DOMAIN};

/// Most bytes of a record that is read into memory. Evidence is not.
const MOST_RECORD_BYTES: u64 = 4 * 1024 * 1024;

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Its bytes are not what they were.
    Altered,
    /// It is not there.
    Missing,
    /// It does not belong there.
    Unexpected,
    /// It cannot be read; the text says why.
    Unreadable(String),
    /// Its signature does not fit its bytes.
    SignatureWrong,
    /// It is signed with, or names, a key that is not the one it must be.
    KeyUnknown,
    /// The key could not sign at that time.
    KeyNotValid {
        /// The time in question.
        at: Timestamp,
        /// From when it could.
        from: Timestamp,
        /// Since when it could not.
        until: Option<Timestamp>,
    },
    /// It does not fit into the chain of manifests.
    ChainMismatch,
    /// It contradicts another part, which is named.
    Contradicts(&'static str),
    /// A mandatory field is not there.
    FieldMissing(MissingField),
    /// The bundle is larger than this form can be: 4 GiB.
    TooLarge,
    /// The file is no bundle.
    NotABundle,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => f.write_str("bytes altered"),
            Self::Missing => f.write_str("missing"),
            Self::Unexpected => f.write_str("does not belong there"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::SignatureWrong => f.write_str("signature wrong"),
            Self::KeyUnknown => f.write_str("key unknown: not the expected one"),
            Self::KeyNotValid { at, from, until } => {
                write!(f, "key not valid at {at}: valid from {from}")?;
                until.map_or(Ok(()), |until| write!(f, " until {until}"))
            }
            Self::ChainMismatch => f.write_str("chain mismatch"),
            Self::Contradicts(other) => write!(f, "contradicts {other}"),
            Self::FieldMissing(field) => write!(f, "`{}` is missing", field.as_str()),
            Self::TooLarge => f.write_str("larger than 4 GiB, which no bundle is"),
            Self::NotABundle => f.write_str("not a bundle, or damaged beyond reading"),
        }
    }
}

/// One part that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The exact part, e.g. `evidence/clip-….mp4` or `the ZIP header before manifest.json`.
    pub part: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.problem)
    }
}

/// What whoever uses a whole bundle should know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// It was not released: for internal use only.
    NotReleased,
    /// The vehicle is not identified.
    VehicleNotIdentified,
    /// The server did not hold the manifest before this one.
    PredecessorMissing,
    /// Nobody knows how far the agent's clock was off.
    ClockUnknown,
    /// The agent's clock was behind: it sealed before its key was enrolled.
    ClockBehindKey,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReleased => "not released: for internal use only",
            Self::VehicleNotIdentified => "the vehicle is not identified",
            Self::PredecessorMissing => "the server did not hold the manifest before this one",
            Self::ClockUnknown => "how far the agent's clock was off is unknown",
            Self::ClockBehindKey => {
                "the agent's clock was behind: it sealed before its key was enrolled"
            }
        })
    }
}

/// What the verification found.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Everything that does not fit. The bundle is good where there is nothing.
    pub faults: Vec<Fault>,
    /// What else to know.
    pub remarks: Vec<Remark>,
    /// The manifest and the hash of its exact bytes, where it could be read.
    pub manifest: Option<(Manifest, Sha256Hex)>,
}

impl Verdict {
    /// Whether everything fits.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    /// What there is to say of the file `name`, a line each; the first says whether it is whole.
    #[must_use]
    pub fn lines(&self, name: &str) -> Vec<String> {
        let mut lines = Vec::new();
        match (&self.manifest, self.is_good()) {
            (Some((manifest, _)), true) => lines.push(format!(
                "{name}: whole: event {}, {} of {}, manifest {} of chain {}, sealed {}",
                manifest.event.id,
                manifest.event.detail,
                manifest.camera.id,
                manifest.chain.sequence,
                manifest.chain.chain,
                manifest.sealed_at,
            )),
            _ => lines.push(format!("{name}: NOT WHOLE")),
        }
        lines.extend(self.faults.iter().map(|fault| format!("  fault: {fault}")));
        lines.extend(
            self.remarks
                .iter()
                .map(|remark| format!("  note: {remark}")),
        );
        lines
    }

    fn fault(&mut self, part: impl Into<String>, problem: Problem) {
        let fault = Fault {
            part: part.into(),
            problem,
        };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// What is wrong between the manifests of several bundles, agent by agent.
#[must_use]
pub fn chain_faults(verdicts: &[Verdict]) -> Vec<ChainFault> {
    let mut agents: BTreeMap<&str, Vec<(Link, Sha256Hex)>> = BTreeMap::new();
    for (manifest, hash) in verdicts
        .iter()
        .filter_map(|verdict| verdict.manifest.as_ref())
    {
        let links = agents.entry(manifest.agent.id.as_str()).or_default();
        links.push((manifest.chain.clone(), hash.clone()));
    }
    let faults = agents.values().flat_map(|links| check_links(links));
    // Bundles are handed out one by one: those in between are simply not at hand.
    faults
        .filter(|fault| !matches!(fault, ChainFault::Gap { .. }))
        .collect()
}

/// Verifies a bundle against the server's key, which the caller has from elsewhere: the one inside
/// proves nothing.
///
/// # Errors
/// The reader's. Whatever the bytes are, they are no error but a verdict.
pub fn verify<R: Read + Seek>(source: &mut R, server_key: &PublicKey) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    if source.seek(SeekFrom::End(0))? > MOST_BYTES {
        verdict.fault("the file", Problem::TooLarge);
        return Ok(verdict);
    }
    let Some(reading) = best_reading(source)? else {
        verdict.fault("the file", Problem::NotABundle);
        return Ok(verdict);
    };
    for region in &reading.damage {
        let problem = match region {
            Region::AfterEnd => Problem::Unexpected,
            _ => Problem::Altered,
        };
        verdict.fault(region.to_string(), problem);
    }
    if verdict.is_good() {
        let contents = Contents::read(source, &reading.files)?;
        Verification {
            contents: &contents,
            server_key,
            verdict: &mut verdict,
        }
        .run();
    }
    Ok(verdict)
}

/// The reading that explains most; of equal ones the one whose names the index lists.
fn best_reading<R: Read + Seek>(source: &mut R) -> io::Result<Option<Reading>> {
    let mut readings = readings(source)?;
    let cheapest = readings.first().map(|reading| reading.cost);
    readings.retain(|reading| Some(reading.cost) == cheapest);
    for (at, reading) in readings.iter().enumerate().skip(1) {
        if is_listed(source, reading)? {
            return Ok(Some(readings.swap_remove(at)));
        }
    }
    Ok(readings.into_iter().next())
}

fn is_listed<R: Read + Seek>(source: &mut R, reading: &Reading) -> io::Result<bool> {
    let Some(file) = reading.files.iter().find(|file| file.name == layout::INDEX) else {
        return Ok(false);
    };
    let mut bytes = Vec::new();
    data(source, file)?
        .take(MOST_RECORD_BYTES)
        .read_to_end(&mut bytes)?;
    let Ok(index) = serde_json::from_slice::<Index>(&bytes) else {
        return Ok(false);
    };
    let names: BTreeSet<&str> = reading
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    let mut listed: BTreeSet<&str> = index.files.iter().map(|file| file.name.as_str()).collect();
    listed.extend([layout::INDEX, layout::INDEX_SIGNATURE]);
    Ok(names == listed)
}

/// The files of a bundle: fingerprints of all, bytes of the records.
struct Contents {
    fingerprints: BTreeMap<String, Fingerprint>,
    records: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    fn read<R: Read + Seek>(source: &mut R, files: &[Found]) -> io::Result<Self> {
        let mut contents = Self {
            fingerprints: BTreeMap::new(),
            records: BTreeMap::new(),
        };
        for file in files {
            let is_record = layout::ALWAYS.contains(&file.name.as_str());
            let mut data = data(source, file)?;
            let fingerprint = if is_record && file.bytes <= MOST_RECORD_BYTES {
                let mut bytes = Vec::new();
                data.read_to_end(&mut bytes)?;
                let fingerprint = Fingerprint::of(&bytes);
                contents.records.insert(file.name.clone(), bytes);
                fingerprint
            } else {
                Fingerprint::read(&mut data)?
            };
            contents.fingerprints.insert(file.name.clone(), fingerprint);
        }
        Ok(contents)
    }

    fn record(&self, name: &str) -> &[u8] {
        self.records.get(name).map_or(&[], Vec::as_slice)
    }
}

struct Verification<'a> {
    contents: &'a Contents,
    server_key: &'a PublicKey,
    verdict: &'a mut Verdict,
}

impl Verification<'_> {
    fn run(&mut self) {
        for name in layout::ALWAYS {
            if !self.contents.records.contains_key(name) {
                self.verdict.fault(name, Problem::Missing);
            }
        }
        if !self.verdict.is_good() {
            return;
        }
        let server_key = *self.server_key;
        self.signature(
            layout::INDEX,
            layout::INDEX_SIGNATURE,
            INDEX_DOMAIN,
            &server_key,
        );
        let index = self.index();
        self.same_key(layout::SERVER_KEY, &server_key);
        self.signature(
            layout::ENROLMENT,
            layout::ENROLMENT_SIGNATURE,
            ENROLMENT_DOMAIN,
            &server_key,
        );
        let enrolment: Option<EnrolmentRecord> = self.parse(layout::ENROLMENT);
        let review: Option<ReviewRecord> = self.parse(layout::REVIEW);
        if let Some(enrolment) = &enrolment {
            self.same_key(layout::AGENT_KEY, &enrolment.public_key);
            self.signature(
                layout::MANIFEST,
                layout::MANIFEST_SIGNATURE,
                MANIFEST_DOMAIN,
                &enrolment.public_key,
            );
        }
        let Some(manifest) = self.manifest() else {
            return;
        };
        if let Some(enrolment) = &enrolment {
            self.key_was_valid(enrolment, &manifest);
        }
        if index.is_some_and(|index| index.event_id != manifest.event.id) {
            let problem = Problem::Contradicts(layout::INDEX);
            self.verdict.fault(layout::MANIFEST, problem);
        }
        self.parts(&manifest);
        if let Some(review) = &review {
            self.review(review, &manifest);
        }
        self.chain(review.as_ref(), &manifest);
        let hash = Sha256Hex::of(self.contents.record(layout::MANIFEST));
        self.verdict.manifest = Some((manifest, hash));
    }

    /// The index, and every file against it.
    fn index(&mut self) -> Option<Index> {
        let index: Index = self.parse(layout::INDEX)?;
        if index.format != BUNDLE_FORMAT {
            let problem = Problem::Unreadable(format!("format {:?}", index.format));
            self.verdict.fault(layout::INDEX, problem);
        }
        for listed in &index.files {
            match self.contents.fingerprints.get(&listed.name) {
                None => self.verdict.fault(listed.name.as_str(), Problem::Missing),
                Some(print) if print.sha256 != listed.sha256 || print.bytes != listed.bytes => {
                    self.verdict.fault(listed.name.as_str(), Problem::Altered);
                }
                Some(_) => {}
            }
        }
        for name in self.contents.fingerprints.keys() {
            let of_the_index = [layout::INDEX, layout::INDEX_SIGNATURE].contains(&name.as_str());
            if !of_the_index && !index.files.iter().any(|listed| listed.name == *name) {
                self.verdict.fault(name.as_str(), Problem::Unexpected);
            }
        }
        Some(index)
    }

    fn signature(&mut self, file: &str, signature: &str, domain: &str, key: &PublicKey) {
        let Some(signed) = self.line::<Signed>(signature) else {
            return;
        };
        let bytes = self.contents.record(file);
        match verify_signature(key, domain, bytes, &signed) {
            Ok(()) => {}
            Err(SignatureError::OtherKey { .. }) => {
                self.verdict.fault(signature, Problem::KeyUnknown);
            }
            Err(_) => self.verdict.fault(file, Problem::SignatureWrong),
        }
    }

    fn same_key(&mut self, file: &str, expected: &PublicKey) {
        if let Some(key) = self.line::<PublicKey>(file)
            && key != *expected
        {
            self.verdict.fault(file, Problem::KeyUnknown);
        }
    }

    fn manifest(&mut self) -> Option<Manifest> {
        match Manifest::parse(self.contents.record(layout::MANIFEST)) {
            Ok(manifest) => Some(manifest),
            Err(error) => {
                let why = match std::error::Error::source(&error) {
                    Some(cause) => cause.to_string(),
                    None => error.to_string(),
                };
                self.verdict
                    .fault(layout::MANIFEST, Problem::Unreadable(why));
                None
            }
        }
    }

    fn key_was_valid(&mut self, enrolment: &EnrolmentRecord, manifest: &Manifest) {
        if enrolment.agent != manifest.agent.id {
            self.verdict
                .fault(layout::ENROLMENT, Problem::Contradicts(layout::MANIFEST));
        }
        if enrolment.had_ended(manifest.sealed_at) {
            let problem = Problem::KeyNotValid {
                at: manifest.sealed_at,
                from: enrolment.valid_from,
                until: enrolment.valid_until,
            };
            self.verdict.fault(layout::AGENT_KEY, problem);
        }
        if enrolment.predates(manifest.sealed_at) {
            self.verdict.remarks.push(Remark::ClockBehindKey);
        }
    }

    /// Every sealed part against its file, and every file of evidence against the parts.
    fn parts(&mut self, manifest: &Manifest) {
        let mut named = BTreeSet::new();
        for part in &manifest.parts {
            let PartState::Sealed {
                mime,
                bytes,
                sha256,
                ..
            } = &part.state
            else {
                continue;
            };
            let name = evidence_name(part.kind, part.id, mime);
            match self.contents.fingerprints.get(&name) {
                None => self.verdict.fault(name.as_str(), Problem::Missing),
                Some(print) if print.sha256 != *sha256 || print.bytes != *bytes => {
                    self.verdict.fault(name.as_str(), Problem::Altered);
                }
                Some(_) => {}
            }
            named.insert(name);
        }
        for name in self.contents.fingerprints.keys() {
            if !layout::ALWAYS.contains(&name.as_str()) && !named.contains(name) {
                self.verdict.fault(name.as_str(), Problem::Unexpected);
            }
        }
        for field in missing_for_bundle(manifest) {
            self.verdict
                .fault(layout::MANIFEST, Problem::FieldMissing(field));
        }
    }

    fn review(&mut self, review: &ReviewRecord, manifest: &Manifest) {
        if review.event_id != manifest.event.id {
            self.verdict
                .fault(layout::REVIEW, Problem::Contradicts(layout::MANIFEST));
        }
        if review.release.is_some() {
            for field in missing_for_release(manifest, review) {
                self.verdict
                    .fault(layout::REVIEW, Problem::FieldMissing(field));
            }
        } else {
            self.verdict.remarks.push(Remark::NotReleased);
        }
        if review.vehicle == Vehicle::NotIdentified {
            self.verdict.remarks.push(Remark::VehicleNotIdentified);
        }
        if review.chain == ChainStanding::PredecessorMissing {
            self.verdict.remarks.push(Remark::PredecessorMissing);
        }
    }

    fn chain(&mut self, review: Option<&ReviewRecord>, manifest: &Manifest) {
        let contradicted = review.is_some_and(|review| review.chain == ChainStanding::Contradicted);
        let first = manifest.chain.sequence == 1;
        let other_place = review
            .is_some_and(|review| (review.chain == ChainStanding::First) != first && !contradicted);
        if contradicted || other_place || !manifest.chain.is_well_formed() {
            self.verdict.fault(layout::MANIFEST, Problem::ChainMismatch);
        }
        if manifest.clock.agent_offset_ms.value().is_none() {
            self.verdict.remarks.push(Remark::ClockUnknown);
        }
    }

    fn parse<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        match serde_json::from_slice(self.contents.record(name)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.verdict
                    .fault(name, Problem::Unreadable(error.to_string()));
                None
            }
        }
    }

    /// A file of one line.
    fn line<T: FromStr<Err = SignatureError>>(&mut self, name: &str) -> Option<T> {
        let text = std::str::from_utf8(self.contents.record(name)).unwrap_or_default();
        let parsed = text
            .strip_suffix('\n')
            .ok_or(SignatureError::Format)
            .and_then(str::parse);
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.verdict
                    .fault(name, Problem::Unreadable(error.to_string()));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
