//! Which pictures the agent handles, by their size. Pure.

use crate::geometry::PictureSize;

/// Most pixels of a picture that is decoded again and again: 25 megapixels, above what cameras of
/// streets have, below 8K, whose reference pictures alone take a gigabyte.
const MOST_ANALYSED: u64 = 25_000_000;
/// Most pixels of a picture that is kept as it is and decoded for a still at most: 8K UHD and more.
const MOST_KEPT: u64 = 67_108_864;
/// Longest side of either: what JPEG, H.264 and H.265 at their highest levels stay below.
const LONGEST_SIDE: u32 = 16_384;

/// What becomes of a stream's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duty {
    /// They are decoded and analysed.
    Analyse,
    /// They are kept for evidence; a still is decoded now and then.
    Keep,
}

impl Duty {
    /// The stream's name in logs and metrics.
    #[must_use]
    pub const fn stream(self) -> &'static str {
        match self {
            Self::Analyse => "analysed",
            Self::Keep => "main",
        }
    }
}

/// A size as a stream states it; a side may be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatedSize {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Why pictures of a size are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SizeFault {
    /// A side is zero.
    #[error("the stream says that its pictures are {width}×{height}: of no size")]
    Nothing {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// More than can be handled.
    #[error(
        "the pictures are {width}×{height}; at most {} megapixels are {}",
        most / 1_000_000,
        what_becomes(*duty)
    )]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The most pixels,
        most: u64,
        /// of pictures with this duty.
        duty: Duty,
    },
}

const fn what_becomes(duty: Duty) -> &'static str {
    match duty {
        Duty::Analyse => "analysed",
        Duty::Keep => "kept",
    }
}

impl StatedSize {
    /// The size, where pictures of it are taken.
    pub(crate) fn taken(self, duty: Duty) -> Result<PictureSize, SizeFault> {
        let Self { width, height } = self;
        let most = match duty {
            Duty::Analyse => MOST_ANALYSED,
            Duty::Keep => MOST_KEPT,
        };
        if width == 0 || height == 0 {
            return Err(SizeFault::Nothing { width, height });
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > most || width.max(height) > LONGEST_SIDE {
            return Err(SizeFault::TooLarge {
                width,
                height,
                most,
                duty,
            });
        }
        Ok(PictureSize { width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_k_is_kept_and_not_analysed_and_nothing_is_neither() {
        let taken = |width, height, duty| StatedSize { width, height }.taken(duty);
        for (width, height) in [(320, 240), (3840, 2160), (5472, 3648), (1, 1)] {
            let size = taken(width, height, Duty::Analyse).unwrap();
            assert_eq!((size.width, size.height), (width, height));
        }
        assert!(taken(7680, 4320, Duty::Keep).is_ok());
        let too_large = taken(7680, 4320, Duty::Analyse).unwrap_err();
        assert_eq!(
            too_large.to_string(),
            "the pictures are 7680×4320; at most 25 megapixels are analysed"
        );
        for (width, height) in [(0, 240), (320, 0), (0, 0)] {
            let nothing = taken(width, height, Duty::Keep).unwrap_err();
            assert!(nothing.to_string().contains("of no size"), "{nothing}");
        }
        for (width, height) in [(20_000, 2), (u32::MAX, u32::MAX)] {
            assert!(taken(width, height, Duty::Keep).is_err());
        }
    }
}
