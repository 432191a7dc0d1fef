//! Evidence as one sealed file that stands by itself.
//!
//! The agent writes a [`Manifest`] of everything that proves an event, chains it to the one before
//! it and signs its exact bytes. The server adds its signed records and puts all of it into one
//! deterministic archive ([`Bundle`]); [`verify`](fn@verify) takes that apart again, offline, and
//! names the part that does not fit.
//!
//! Pure but for `Read`, `Seek` and `Write` of the caller's. What does not belong here: making
//! pictures and clips, keeping or sending them, deciding who may have a bundle.

mod digest;
mod known;
mod archive;
mod chain;
mod seal;
mod record;
mod manifest;
mod layout;
mod texts;
mod page;
mod readme;
mod dossier;
mod verify;

pub use chain::{ChainFault, ChainHead, Link, check_links};
pub use digest::{Digest, Fingerprint, NotSha256, Sha256Hex};
pub use dossier::{Bundle, BundleError, Dossier, EvidenceFile, Piece};
pub use known::Known;
pub use manifest::{
    AgentFacts, CameraFacts, ClockFacts, EventFacts, MANIFEST_FORMAT, Manifest, ManifestError,
    MissingField, Part, PartState, Sealing, ZoneFacts, missing_for_bundle, missing_for_release,
    schema,
};
pub use record::{
    ChainStanding, Decision, EnrolmentRecord, Plate, PlateError, Release, ReviewRecord, Vehicle,
};
pub use seal::{MANIFEST_DOMAIN, sign_manifest, verify_manifest};
pub use texts::{Language, field_name};
pub use verify::{Fault, Problem, Remark, Verdict, chain_faults, verify};
