//! A piece's file name, and its rank when room must be made. Pure.

use std::fmt;

use contract::v1::{EvidenceId, EvidenceKind, Severity};

use super::store::{Held, NewPiece};

const SEVERITIES: [(Severity, &str); 4] = [
    (Severity::Low, "low"),
    (Severity::Medium, "medium"),
    (Severity::High, "high"),
    (Severity::Critical, "critical"),
];
const KINDS: [EvidenceKind; 3] = [
    EvidenceKind::Still,
    EvidenceKind::StillOverlay,
    EvidenceKind::Clip,
];
const EXTENSIONS: [(&str, &str); 3] = [
    ("image/jpeg", "jpg"),
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
];

/// `{severity}.{kind}.{id}.{extension}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PieceName {
    pub(super) id: EvidenceId,
    pub(super) kind: EvidenceKind,
    pub(super) severity: Severity,
    extension: &'static str,
}

impl PieceName {
    pub(super) fn of(piece: &NewPiece<'_>) -> Option<Self> {
        let (_, extension) = EXTENSIONS
            .into_iter()
            .find(|(mime, _)| *mime == piece.mime)?;
        let NewPiece {
            id, kind, severity, ..
        } = *piece;
        Some(Self {
            id,
            kind,
            severity,
            extension,
        })
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        let (severity, kind, id, extension) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let none_left = parts.next().is_none();
        let (severity, _) = SEVERITIES.into_iter().find(|(_, word)| *word == severity)?;
        let kind = KINDS.into_iter().find(|known| known.as_str() == kind)?;
        let (_, extension) = EXTENSIONS
            .into_iter()
            .find(|(_, known)| *known == extension)?;
        let id = id.parse().ok()?;
        none_left.then_some(Self {
            id,
            kind,
            severity,
            extension,
        })
    }

    pub(super) const fn rank(&self) -> Rank {
        Rank::new(self.id, self.kind, self.severity)
    }
}

impl fmt::Display for PieceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = SEVERITIES.iter().find(|(known, _)| *known == self.severity);
        let severity = severity.map_or("low", |(_, word)| *word);
        write!(
            f,
            "{severity}.{}.{}.{}",
            self.kind.as_str(),
            self.id,
            self.extension
        )
    }
}

/// Order in which pieces go, the smallest first: clips before overlays before stills, then severity,
/// then age (ids sort by birth).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    kind: u8,
    severity: Severity,
    id: EvidenceId,
}

impl Rank {
    const fn new(id: EvidenceId, kind: EvidenceKind, severity: Severity) -> Self {
        let kind = match kind {
            EvidenceKind::Clip => 0,
            EvidenceKind::StillOverlay => 1,
            EvidenceKind::Still => 2,
        };
        Self { kind, severity, id }
    }

    pub(super) const fn of(piece: &Held) -> Self {
        Self::new(piece.id, piece.kind, piece.severity)
    }
}
