//! What the rest of the agent sees of one track.

use std::sync::Arc;

use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// A track's number, unique within one camera and agent run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// Where a track stands in its life. After [`Life::Lost`] it is removed and no longer told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// Detected too few times to be believed.
    Tentative,
    /// Believed, and detected in this picture.
    Confirmed,
    /// Believed, but not detected in this picture: it coasts where the motion model expects it.
    Lost,
}

impl Life {
    /// Whether it was detected often enough to be believed, seen now or not.
    #[must_use]
    pub const fn is_believed(self) -> bool {
        match self {
            Self::Tentative => false,
            Self::Confirmed | Self::Lost => true,
        }
    }
}

/// One object followed over time, as of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its number.
    pub id: TrackId,
    /// Its class: the one with the highest summed score so far.
    pub class: Arc<str>,
    /// The best score it ever had, 0 to 1.
    pub score: f32,
    /// Where it is now: half of it what was detected, half what the motion model says. A detector's
    /// box jitters by some hundredths of its size, this one by less.
    pub bbox: PixelBox,
    /// When it was first detected.
    pub first_seen: StreamTime,
    /// When it was last detected; before now while it coasts.
    pub last_seen: StreamTime,
    /// Where it stands in its life.
    pub life: Life,
    /// Since when it stands still, where it does.
    pub still_since: Option<StreamTime>,
}
