//! A piece of evidence, the copies derived from it, and through whose hands it went.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::incident::{IntervalView, uuid};
use super::words::{
    ActWord, CopyStateWord, CopyWord, EvidenceKindWord, EvidenceState, RecipientWord,
    UnavailableWord,
};
use super::{json, time, word};
use crate::custody::{self, Detail, Entry};
use crate::export::Recipient;
use crate::store::entity::{derived_copy, evidence};
use crate::store::{CopyKind, StoreError};

/// A piece of evidence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceView {
    /// Its id.
    pub id: Uuid,
    /// The event it proves.
    pub event_id: Uuid,
    /// What it shows.
    pub kind: EvidenceKindWord,
    /// Where it stands.
    pub state: EvidenceState,
    /// Media type, once sealed.
    pub mime: Option<String>,
    /// Length in bytes, once sealed.
    pub bytes: Option<i64>,
    /// SHA-256 of the bytes, once sealed.
    pub sha256: Option<String>,
    /// When the camera saw what it shows; a picture has only a start.
    pub shown: Option<IntervalView>,
    /// Which part of a clip it is, where the camera was away in between.
    pub part: Option<PartView>,
    /// The track that a crop shows.
    pub track: Option<i64>,
    /// Why it will never exist.
    pub reason: Option<UnavailableWord>,
    /// Where its bytes are, once stored: a path on this server, range requests welcome. For whoever may
    /// unmask it names the purpose `review`; for others it is answered with the redacted copy.
    pub url: Option<String>,
    /// The copy that every browser plays; only of clips.
    pub viewing: Option<CopyView>,
    /// The copy in which nobody but the reported vehicle is recognised, once somebody asked for it.
    pub redacted: Option<CopyView>,
}

/// Which part of a clip.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Part)]
pub struct PartView {
    /// Its place in the order of time, from 1.
    pub number: i64,
    /// How many parts there are.
    pub of: i64,
}

/// A copy derived from a piece of evidence. It is not the evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DerivedCopy)]
pub struct CopyView {
    /// Where it stands.
    pub state: CopyStateWord,
    /// SHA-256 of the original it is derived from.
    pub derived_from: String,
    /// Why it was not made, as a word; of one that waits, why it failed the last time.
    pub reason: Option<String>,
    /// The programs that made it, with version and model.
    pub program: Option<String>,
    /// How: `h264_720p`, `heads_and_plate_areas`, `plate_detector_and_heads`.
    pub method: Option<String>,
    /// Whether the reported vehicle stayed recognisable: `kept`, `none`; redacted copies only.
    pub offender: Option<String>,
    /// Media type.
    pub mime: Option<String>,
    /// Length in bytes.
    pub bytes: Option<i64>,
    /// SHA-256 of its bytes.
    pub sha256: Option<String>,
    /// When it was made.
    pub made_at: Option<Timestamp>,
    /// Where its bytes are, once made.
    pub url: Option<String>,
}

/// Through whose hands a piece went.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustodyLog {
    /// Oldest first.
    pub entries: Vec<CustodyEntryView>,
    /// The first entry that was changed, removed or slipped in; `null` where the log holds.
    pub broken_at: Option<i64>,
}

/// One thing that happened to a piece.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodyEntry)]
pub struct CustodyEntryView {
    /// Counts from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// A user name, `agent/…`, `server/intake` or `server/copies`.
    pub actor: String,
    /// What was done.
    pub act: ActWord,
    /// With which copy; `null` for the original.
    pub copy: Option<CopyWord>,
    /// What else there is to say.
    pub detail: CustodyDetailView,
    /// The hash that chains it to the entry before.
    pub hash: String,
}

/// What there is to say beside who, when and what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodyDetail)]
pub struct CustodyDetailView {
    /// SHA-256 of the bytes that the entry is about.
    pub sha256: Option<String>,
    /// SHA-256 of the original that a copy was derived from.
    pub derived_from: Option<String>,
    /// Length of those bytes.
    pub bytes: Option<u64>,
    /// The programs, with version and model, that made the copy.
    pub program: Option<String>,
    /// How, as a word.
    pub method: Option<String>,
    /// Whether the reported vehicle stayed recognisable.
    pub offender: Option<String>,
    /// Why not, or to whom, as a word.
    pub reason: Option<String>,
    /// The person's own words.
    pub note: Option<String>,
}

/// For whom a redacted copy is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisclosureRequest {
    /// To whom.
    pub to: RecipientWord,
    /// Why, in the person's own words; at most 2,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

impl From<RecipientWord> for Recipient {
    fn from(word: RecipientWord) -> Self {
        match word {
            RecipientWord::Citizen => Self::Citizen,
            RecipientWord::Training => Self::Training,
        }
    }
}

impl From<CopyWord> for CopyKind {
    fn from(word: CopyWord) -> Self {
        match word {
            CopyWord::Viewing => Self::Viewing,
            CopyWord::Redacted => Self::Redacted,
        }
    }
}

impl EvidenceView {
    /// Names the purpose of a review wherever the bytes show more than the redacted copy.
    pub(in crate::http) fn for_review(&mut self) {
        let viewing = self.viewing.as_mut().and_then(|copy| copy.url.as_mut());
        for url in self.url.as_mut().into_iter().chain(viewing) {
            let join = if url.contains('?') { '&' } else { '?' };
            url.push(join);
            url.push_str("purpose=review");
        }
    }

    /// A piece with its copies, which lie below `place`, the path of its incident or command. `copies`
    /// may hold other pieces' as well.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(
        place: &str,
        row: evidence::Model,
        copies: &[derived_copy::Model],
    ) -> Result<Self, StoreError> {
        const TABLE: &str = "evidence";
        let state: EvidenceState = word(&row.state, TABLE, "state")?;
        let path = format!("{place}/evidence/{}", row.id);
        let copy = |kind: CopyKind| {
            copies
                .iter()
                .find(|copy| {
                    copy.event_id == row.event_id
                        && copy.evidence_id == row.id
                        && copy.kind == kind.as_str()
                })
                .map(|copy| CopyView::new(&path, kind, copy))
                .transpose()
        };
        let shown = row
            .shown_start
            .map(|start| IntervalView::new(start, row.shown_end, TABLE));
        Ok(Self {
            id: uuid(&row.id, TABLE, "id")?,
            event_id: uuid(&row.event_id, TABLE, "event_id")?,
            kind: word(&row.kind, TABLE, "kind")?,
            state,
            viewing: copy(CopyKind::Viewing)?,
            redacted: copy(CopyKind::Redacted)?,
            shown: shown.transpose()?,
            part: row
                .part_number
                .zip(row.part_of)
                .map(|(number, of)| PartView { number, of }),
            track: row.track,
            mime: row.mime,
            bytes: row.bytes,
            sha256: row.sha256,
            reason: row
                .reason
                .as_deref()
                .map(|text| word(text, TABLE, "reason"))
                .transpose()?,
            url: (state == EvidenceState::Stored).then_some(path),
        })
    }
}

impl CopyView {
    /// A copy of the piece at `path`.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(path: &str, kind: CopyKind, row: &derived_copy::Model) -> Result<Self, StoreError> {
        const TABLE: &str = "derived_copies";
        let state: CopyStateWord = word(&row.state, TABLE, "state")?;
        let url = format!("{path}?copy={}", kind.as_str());
        Ok(Self {
            state,
            derived_from: row.source_sha256.clone(),
            reason: row.reason.clone(),
            program: row.program.clone(),
            method: row.method.clone(),
            offender: row.offender.clone(),
            mime: row.mime.clone(),
            bytes: row.bytes,
            sha256: row.sha256.clone(),
            made_at: row
                .made_at
                .map(|at| time(at, TABLE, "made_at"))
                .transpose()?,
            url: (state == CopyStateWord::Made).then_some(url),
        })
    }
}

impl CustodyLog {
    /// The log of a piece, held against its own hashes.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn new(piece: &evidence::Model, entries: Vec<(Entry, String)>) -> Result<Self, StoreError> {
        let checked = custody::verify(
            (&piece.event_id, &piece.id),
            entries.iter().map(|(entry, hash)| (entry, hash.as_str())),
        );
        Ok(Self {
            broken_at: checked.err().map(|broken| broken.seq),
            entries: entries
                .into_iter()
                .map(|(entry, hash)| CustodyEntryView::new(entry, hash))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl CustodyEntryView {
    fn new(entry: Entry, hash: String) -> Result<Self, StoreError> {
        const TABLE: &str = "custody";
        let detail: Detail = json(&entry.detail, TABLE, "detail")?;
        Ok(Self {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor,
            act: word(&entry.act, TABLE, "act")?,
            copy: entry
                .copy
                .as_deref()
                .map(|text| word(text, TABLE, "copy_kind"))
                .transpose()?,
            detail: CustodyDetailView {
                sha256: detail.sha256,
                derived_from: detail.derived_from,
                bytes: detail.bytes,
                program: detail.program,
                method: detail.method,
                offender: detail.offender,
                reason: detail.reason,
                note: detail.note,
            },
            hash,
        })
    }
}
