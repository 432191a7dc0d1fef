//! How large the pictures are, by the bytes the camera sent: out of the sequence parameter set of
//! H.264 and H.265, out of the frame header of a JPEG file. Pure.
//!
//! These bytes come from outside: nothing here may panic, loop or reserve memory by what they say.
//! What does not belong here: anything else a decoder needs; decoders read it themselves.

use super::access_unit::Codec;
use super::bits::Bits;
use super::nal::{each_unit, unescaped};
use super::size::StatedSize;

/// H.264 profiles whose parameter set says how colours are sampled (ITU-T H.264 §7.3.2.1.1).
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Longest parameter set that is looked into; a real one has some dozen bytes.
const LONGEST_SET: usize = 1024;

/// The size that a picture's own header states, in pixels as shown. A side is zero where the header
/// says so, or crops more than there is; `None` where it states none or cannot be read.
pub(crate) fn stated_size(codec: Codec, unit: &[u8]) -> Option<StatedSize> {
    match codec {
        Codec::H264 => sequence(unit, |first| first & 0x1f == 7).and_then(of_h264),
        Codec::H265 => sequence(unit, |first| first >> 1 & 0x3f == 33).and_then(of_h265),
        Codec::Mjpeg => of_jpeg(unit),
    }
}

/// Reads a picture's header for its size, across and down; `None` where it states none.
///
/// This is how the agent first looks at what a camera sent. Public for the fuzz targets.
#[must_use]
pub fn read_header(codec: Codec, unit: &[u8]) -> Option<(u32, u32)> {
    stated_size(codec, unit).map(|size| (size.width, size.height))
}

/// The first sequence parameter set of an access unit.
fn sequence(unit: &[u8], is_wanted: impl Fn(u8) -> bool) -> Option<&[u8]> {
    let set = each_unit(unit).find(|unit| unit.first().copied().is_some_and(&is_wanted))?;
    set.get(..LONGEST_SET.min(set.len()))
}

/// ITU-T H.264 §7.3.2.1.1 up to the cropping rectangle.
fn of_h264(sps: &[u8]) -> Option<StatedSize> {
    let payload = unescaped(sps);
    let profile = *payload.get(1)?;
    let mut bits = Bits::of(payload.get(4..)?);
    let _id = bits.golomb()?;
    let mut chroma = Chroma::Quarter;
    if HIGH_PROFILES.contains(&profile) {
        chroma = Chroma::read(&mut bits)?;
        let _depths = (bits.golomb()?, bits.golomb()?);
        let _transform_bypass = bits.bit()?;
        if bits.bit()? == 1 {
            skip_scaling_lists(&mut bits, chroma)?;
        }
    }
    let _frame_numbers = bits.golomb()?;
    skip_picture_order(&mut bits)?;
    let _references = bits.golomb()?;
    let _gaps = bits.bit()?;
    let (across, down) = (bits.golomb()?, bits.golomb()?);
    let frames_only = bits.bit()?;
    if frames_only == 0 {
        let _adaptive = bits.bit()?;
    }
    let _direct = bits.bit()?;
    let fields = 2 - frames_only;
    let coded = StatedSize {
        width: across.saturating_add(1).saturating_mul(16),
        height: down
            .saturating_add(1)
            .saturating_mul(16)
            .saturating_mul(fields),
    };
    let (unit_x, unit_y) = chroma.crop_units();
    cropped(&mut bits, coded, (unit_x, unit_y * fields))
}

fn skip_scaling_lists(bits: &mut Bits<'_>, chroma: Chroma) -> Option<()> {
    let lists = if chroma == Chroma::Whole { 12 } else { 8 };
    for list in 0..lists {
        if bits.bit()? == 0 {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                // An increment lies in −128 to 127; one that does not is of no valid set.
                next = (last + i64::from(bits.signed_golomb()?)).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

fn skip_picture_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.golomb()? {
        0 => {
            let _bits = bits.golomb()?;
        }
        1 => {
            let _always_zero = bits.bit()?;
            let _offsets = (bits.signed_golomb()?, bits.signed_golomb()?);
            // At most 255 by the standard.
            for _ in 0..bits.golomb()?.min(255) {
                let _offset = bits.signed_golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// ITU-T H.265 §7.3.2.2.1 up to the conformance window.
fn of_h265(sps: &[u8]) -> Option<StatedSize> {
    const GENERAL_PROFILE_BITS: usize = 96;
    let payload = unescaped(sps);
    let mut bits = Bits::of(payload.get(2..)?);
    let _vps = bits.bits(4)?;
    let sub_layers = bits.bits(3)?;
    let _nested = bits.bit()?;
    bits.skip(GENERAL_PROFILE_BITS);
    bits.skip_sub_layers(sub_layers)?;
    let _id = bits.golomb()?;
    let chroma = Chroma::read(&mut bits)?;
    let coded = StatedSize {
        width: bits.golomb()?,
        height: bits.golomb()?,
    };
    cropped(&mut bits, coded, chroma.crop_units())
}

/// What a cropping rectangle leaves, in units of so many pixels across and down.
fn cropped(
    bits: &mut Bits<'_>,
    coded: StatedSize,
    (unit_x, unit_y): (u32, u32),
) -> Option<StatedSize> {
    if bits.bit()? == 0 {
        return Some(coded);
    }
    let mut side = || Some(bits.golomb()?.saturating_add(bits.golomb()?));
    let (across, down) = (side()?, side()?);
    Some(StatedSize {
        width: coded.width.saturating_sub(across.saturating_mul(unit_x)),
        height: coded.height.saturating_sub(down.saturating_mul(unit_y)),
    })
}

/// How colours are sampled, as far as cropping counts in it (ITU-T H.264 table 6-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chroma {
    None,
    Quarter,
    Half,
    Whole,
    /// Three planes, each coded as if it were grey.
    Planes,
}

impl Chroma {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        Some(match bits.golomb()? {
            0 => Self::None,
            1 => Self::Quarter,
            2 => Self::Half,
            3 if bits.bit()? == 1 => Self::Planes,
            3 => Self::Whole,
            _ => return None,
        })
    }

    /// Pixels across and down that one step of cropping takes.
    const fn crop_units(self) -> (u32, u32) {
        match self {
            Self::None | Self::Whole | Self::Planes => (1, 1),
            Self::Quarter => (2, 2),
            Self::Half => (2, 1),
        }
    }
}

/// The frame header of a JPEG file (ITU-T T.81 §B.2.2).
fn of_jpeg(file: &[u8]) -> Option<StatedSize> {
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, tail @ ..] = rest else {
            return None;
        };
        match marker {
            // Fill, and markers that stand alone.
            0xff => rest = rest.get(1..)?,
            0x01 | 0xd0..=0xd7 => rest = tail,
            // The frame's header; C4, C8 and CC are something else.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let [_, _, _precision, h1, h0, w1, w0, ..] = tail else {
                    return None;
                };
                return Some(StatedSize {
                    width: u32::from(u16::from_be_bytes([*w1, *w0])),
                    height: u32::from(u16::from_be_bytes([*h1, *h0])),
                });
            }
            // The picture itself, or the end, before any header.
            0xd8..=0xda => return None,
            _ => {
                let [high, low, ..] = tail else { return None };
                let length = usize::from(u16::from_be_bytes([*high, *low])).max(2);
                rest = tail.get(length..)?;
            }
        }
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
pub(super) mod tests;
