//! What is known of one signal.

use contract::v1::ZoneId;

use crate::time::StreamTime;

/// What a signal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignalState {
    /// Stop.
    Red,
    /// Red is about to come, or to go.
    Amber,
    /// Go.
    Green,
    /// Nobody knows.
    Unknown(Doubt),
}

/// Why nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// No lens is lit: it is off, hidden, or too faint.
    Dark,
    /// Something covers its head.
    Hidden,
    /// Two colours are lit at once.
    TwoColours,
    /// Its controller has said nothing for too long.
    Silent,
    /// Its controller says another state than its lamp shows.
    Disagrees,
}

impl SignalState {
    /// The word in replays and overlays.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The lamp in the picture.
    Lamp,
    /// The controller.
    Controller,
    /// Both.
    Both,
}

/// A signal as of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalReading {
    /// Which.
    pub signal: ZoneId,
    /// What it shows.
    pub state: SignalState,
    /// Since when it shows that.
    pub since: StreamTime,
    /// When it was last seen, or said, to show that; before now while it is taken to go on.
    pub seen_at: StreamTime,
    /// Who says so.
    pub source: Source,
}
