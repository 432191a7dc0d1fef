//! One decoded picture: the decoder's own planes, borrowed not copied.

use bytes::Bytes;
use jiff::Timestamp;

use crate::geometry::PictureSize;
use crate::time::StreamTime;

/// How luma and chroma lie in the planes. Chroma is subsampled two by two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Three planes: Y, U, V.
    I420,
    /// Two planes: Y, interleaved UV.
    Nv12,
}

/// Which levels stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColorRange {
    /// Luma 16–235, chroma 16–240.
    Limited,
    /// 0–255.
    Full,
}

/// How RGB became luma and chroma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColorMatrix {
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
}

/// One plane: rows of `stride` bytes, of which the picture's are the first ones.
#[derive(Debug, Clone)]
pub struct Plane {
    /// The bytes from the first row on; at least `stride × (rows − 1) + row bytes`.
    pub data: Bytes,
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// One decoded picture.
#[derive(Debug, Clone)]
pub struct Frame {
    /// When it is shown, in the connection's stream time.
    pub pts: StreamTime,
    /// The wall clock of that moment, from the connection's anchor.
    pub wall: Timestamp,
    /// Size in pixels.
    pub size: PictureSize,
    /// How the planes are laid out.
    pub format: PixelFormat,
    /// Levels.
    pub range: ColorRange,
    /// Colour matrix.
    pub matrix: ColorMatrix,
    /// Y, U, V for I420; Y, UV for NV12.
    pub planes: Vec<Plane>,
}
