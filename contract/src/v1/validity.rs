//! What the types of a report cannot say: ranges, lengths, and the order of times. The agent checks
//! before it signs, the server after it has verified. How a report parses does not belong here.

use super::evidence::Evidence;
use super::limits::{
    MAX_BOXES_PER_TRACK, MAX_CAMERA_NAME_BYTES, MAX_DETAIL_BYTES, MAX_EVIDENCE_BYTES,
    MAX_EVIDENCE_ENTRIES, MAX_TRACKS, MAX_WORD_BYTES,
};
use super::report::{AutoReport, Basis, ModelRef, NormBox, TrackBrief, TrackSpeed};

/// How far a box may reach over the picture's edge: its numbers are rounded to four decimals, each
/// for itself.
const EDGE_TOLERANCE: f32 = 1e-3;

/// What is wrong with a report that parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {problem}")]
pub struct ReportFault {
    /// The field's path.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl AutoReport {
    /// Checks what the type system cannot: ranges, lengths and the order of times.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ReportFault> {
        self.validate_event()?;
        self.validate_words()?;
        self.validate_tracks()?;
        self.validate_evidence()
    }

    fn validate_event(&self) -> Result<(), ReportFault> {
        require(self.revision > 0, "revision", "counts from 1")?;
        require(
            (1..=MAX_DETAIL_BYTES).contains(&self.detail.len()),
            "detail",
            "must have 1 to 64 bytes",
        )?;
        require(
            is_fraction(self.confidence),
            "confidence",
            "must lie between 0 and 1",
        )?;
        require(
            self.occurred
                .end
                .is_none_or(|end| end >= self.occurred.start),
            "occurred.end",
            "must not come before the start",
        )?;
        require(
            self.place.is_none_or(|place| place.is_valid()),
            "place",
            "must hold finite numbers in range",
        )?;
        require(
            self.heading.is_none_or(|heading| heading.is_valid()),
            "heading",
            "must hold finite numbers in range",
        )
    }

    fn validate_words(&self) -> Result<(), ReportFault> {
        require(
            is_word(&self.rule_version),
            "rule_version",
            "must have 1 to 64 bytes",
        )?;
        require(
            self.pose.as_deref().is_none_or(is_word),
            "pose",
            "must have 1 to 64 bytes",
        )?;
        require(
            self.camera_name
                .as_ref()
                .is_none_or(|name| name.len() <= MAX_CAMERA_NAME_BYTES),
            "camera_name",
            "must have at most 256 bytes",
        )?;
        self.basis.as_ref().map_or(Ok(()), validate_basis)?;
        let Some(ModelRef { name, sha256 }) = &self.model else {
            return Ok(());
        };
        require(is_word(name), "model.name", "must have 1 to 64 bytes")?;
        require(is_sha256_hex(sha256), "model.sha256", NOT_A_HASH)
    }

    fn validate_tracks(&self) -> Result<(), ReportFault> {
        require(
            self.tracks.len() <= MAX_TRACKS,
            "tracks",
            "holds too many tracks",
        )?;
        self.tracks.iter().try_for_each(validate_track)?;
        require(
            self.speeds.len() <= MAX_TRACKS,
            "speeds",
            "holds too many speeds",
        )?;
        require(
            self.speeds.iter().all(is_speed),
            "speeds",
            "must hold finite numbers in range",
        )
    }

    fn validate_evidence(&self) -> Result<(), ReportFault> {
        require(
            self.evidence.len() <= MAX_EVIDENCE_ENTRIES,
            "evidence",
            "holds too many entries",
        )?;
        for (index, entry) in self.evidence.iter().enumerate() {
            let earlier = &self.evidence[..index];
            require(
                earlier.iter().all(|other| other.id() != entry.id()),
                "evidence[].id",
                "stands there twice",
            )?;
            validate_sealed(entry)?;
        }
        Ok(())
    }
}

const NOT_A_HASH: &str = "must be 64 lower-case hexadecimal digits";

fn validate_basis(basis: &Basis) -> Result<(), ReportFault> {
    let hashes = [Some(&basis.config_version), basis.zone_version.as_ref()];
    require(
        hashes.into_iter().flatten().all(|hash| is_sha256_hex(hash)),
        "basis",
        NOT_A_HASH,
    )?;
    let words = [&basis.calibration_version, &basis.proposed_offence];
    require(
        words.into_iter().flatten().all(|word| is_word(word)),
        "basis",
        "must have words of 1 to 64 bytes",
    )
}

fn validate_track(track: &TrackBrief) -> Result<(), ReportFault> {
    require(
        is_word(&track.class),
        "tracks[].class",
        "must have 1 to 64 bytes",
    )?;
    require(
        is_fraction(track.score),
        "tracks[].score",
        "must lie between 0 and 1",
    )?;
    require(
        track.boxes.len() <= MAX_BOXES_PER_TRACK,
        "tracks[].boxes",
        "holds too many boxes",
    )?;
    require(
        track.boxes.iter().all(lies_in_the_picture),
        "tracks[].boxes",
        "must lie inside the picture, in fractions of it",
    )
}

fn validate_sealed(entry: &Evidence) -> Result<(), ReportFault> {
    let Evidence::Sealed {
        bytes,
        sha256,
        mime,
        shown,
        part,
        ..
    } = entry
    else {
        return Ok(());
    };
    require(is_sha256_hex(sha256), "evidence[].sha256", NOT_A_HASH)?;
    require(is_word(mime), "evidence[].mime", "must have 1 to 64 bytes")?;
    require(
        (1..=MAX_EVIDENCE_BYTES).contains(bytes),
        "evidence[].bytes",
        "is zero or over the limit",
    )?;
    require(
        shown.is_none_or(|shown| shown.end.is_none_or(|end| end >= shown.start)),
        "evidence[].shown.end",
        "must not come before the start",
    )?;
    require(
        part.is_none_or(|part| part.of >= 2 && (1..=part.of).contains(&part.number)),
        "evidence[].part",
        "must be one of at least two parts",
    )
}

const fn require(
    holds: bool,
    field: &'static str,
    problem: &'static str,
) -> Result<(), ReportFault> {
    if holds {
        Ok(())
    } else {
        Err(ReportFault { field, problem })
    }
}

/// Never true of a number that is not finite.
fn is_fraction(number: f32) -> bool {
    (0.0..=1.0).contains(&number)
}

fn lies_in_the_picture(bbox: &NormBox) -> bool {
    [bbox.x, bbox.y, bbox.w, bbox.h]
        .into_iter()
        .all(is_fraction)
        && bbox.x + bbox.w <= 1.0 + EDGE_TOLERANCE
        && bbox.y + bbox.h <= 1.0 + EDGE_TOLERANCE
}

fn is_speed(speed: &TrackSpeed) -> bool {
    let (kmh, off) = (speed.kmh, speed.uncertainty_kmh);
    kmh.is_finite() && kmh >= 0.0 && off.is_finite() && off > 0.0
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD_BYTES).contains(&text.len())
}

fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
