//! Why a gate is open, as enums with a word each: labels of metrics, fields of a status.

/// Why a gate is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Waking {
    /// The configuration says so.
    Off,
    /// The connection is young: background and keyframe interval are not known yet.
    Learning,
    /// Something changed in a part of the picture.
    Change,
    /// The whole picture changed: the camera was turned, covered, or went over to infrared.
    WholePicture,
    /// Keyframes come too rarely for the shortest event that a rule must not miss.
    KeyframesTooRare,
    /// The analysis sees something.
    Attention(Cause),
}

/// What the analysis sees that keeps a gate open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An event is open.
    Event,
    /// A track that a rule may count is alive.
    Track,
    /// The detector sees something that a rule may count.
    Hit,
}

impl Waking {
    /// A word, for labels.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Learning => "learning",
            Self::Change => "change",
            Self::WholePicture => "whole_picture",
            Self::KeyframesTooRare => "keyframes_too_rare",
            Self::Attention(Cause::Event) => "event",
            Self::Attention(Cause::Track) => "track",
            Self::Attention(Cause::Hit) => "hit",
        }
    }
}
