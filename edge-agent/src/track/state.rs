//! What the rest of the agent sees of one track.

use std::sync::Arc;

use crate::geometry::PixelBox;
use crate::time::StreamTime;

/// A track's number, unique within one camera and agent run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// One object followed over time, as of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its number.
    pub id: TrackId,
    /// Its class: the one with the highest summed score so far.
    pub class: Arc<str>,
    /// The best score it ever had, 0 to 1.
    pub score: f32,
    /// Where it is now.
    pub bbox: PixelBox,
    /// When it was first detected.
    pub first_seen: StreamTime,
    /// When it was last detected; before now while it coasts.
    pub last_seen: StreamTime,
    /// Detected often enough to be believed.
    pub confirmed: bool,
}
