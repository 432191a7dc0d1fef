//! `hvcC`: what an H.265 decoder must know first (ISO/IEC 14496-15 §8.3.3.1).

use super::ContainerError;
use super::boxes::put_u16;
use crate::camera::bits::Bits;
use crate::camera::nal::{unescaped, units};

const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;
/// Bytes of `profile_tier_level` of the whole stream.
const PROFILE: usize = 12;

/// The record, from the parameter sets of the first keyframe.
pub(super) fn record(keyframe: &[u8]) -> Result<Vec<u8>, ContainerError> {
    let units = units(keyframe);
    let of_type = |wanted: u8, name| {
        let is_wanted = |unit: &&[u8]| unit.first().is_some_and(|byte| byte >> 1 & 0x3f == wanted);
        let found: Vec<&[u8]> = units.iter().copied().filter(is_wanted).collect();
        match found.is_empty() {
            true => Err(ContainerError::ParameterSet(name)),
            false => Ok((wanted, found)),
        }
    };
    let sets = [
        of_type(VPS, "video parameter set")?,
        of_type(SPS, "sequence parameter set")?,
        of_type(PPS, "picture parameter set")?,
    ];
    let sps = sets[1].1[0];
    let facts = Facts::of(sps).ok_or(ContainerError::Unreadable("sequence parameter set"))?;
    let mut out = vec![1];
    out.extend_from_slice(&facts.profile);
    put_u16(&mut out, 0xf000); // least spatial segmentation: none stated
    out.push(0xfc); // kind of parallelism: not stated
    out.push(0xfc | facts.chroma);
    out.push(0xf8 | facts.luma_depth);
    out.push(0xf8 | facts.chroma_depth);
    put_u16(&mut out, 0); // mean picture rate: not stated
    out.push(facts.layers << 3 | facts.nested << 2 | 3); // lengths of four bytes
    out.push(3);
    for (kind, found) in &sets {
        out.push(*kind);
        put_u16(
            &mut out,
            u16::try_from(found.len()).map_err(|_| ContainerError::TooLarge)?,
        );
        for set in found {
            put_u16(
                &mut out,
                u16::try_from(set.len()).map_err(|_| ContainerError::TooLarge)?,
            );
            out.extend_from_slice(set);
        }
    }
    Ok(out)
}

/// What the record repeats of a sequence parameter set (ITU-T H.265 §7.3.2.2.1).
struct Facts {
    profile: [u8; PROFILE],
    layers: u8,
    nested: u8,
    chroma: u8,
    luma_depth: u8,
    chroma_depth: u8,
}

impl Facts {
    fn of(sps: &[u8]) -> Option<Self> {
        let payload = unescaped(sps);
        let profile = payload.get(3..3 + PROFILE)?.try_into().ok()?;
        let mut bits = Bits::of(payload.get(2..)?);
        let _vps = bits.bits(4)?;
        let sub_layers = bits.bits(3)?;
        let nested = bits.bit()?;
        bits.skip(PROFILE * 8);
        bits.skip_sub_layers(sub_layers)?;
        let _id = bits.golomb()?;
        let chroma = bits.golomb()?;
        if chroma == 3 {
            let _separate_planes = bits.bit()?;
        }
        let _size = (bits.golomb()?, bits.golomb()?);
        if bits.bit()? == 1 {
            for _ in 0..4 {
                let _crop = bits.golomb()?;
            }
        }
        let (luma_depth, chroma_depth) = (bits.golomb()?, bits.golomb()?);
        if chroma > 3 || luma_depth > 7 || chroma_depth > 7 {
            return None;
        }
        let byte = |value: u32| u8::try_from(value).unwrap_or_default();
        Some(Self {
            profile,
            layers: byte(sub_layers) + 1,
            nested: byte(nested),
            chroma: byte(chroma),
            luma_depth: byte(luma_depth),
            chroma_depth: byte(chroma_depth),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyframe_without_parameter_sets_is_refused() {
        let missing = ContainerError::ParameterSet("video parameter set");
        assert_eq!(record(&[0, 0, 1, 0x26, 1, 0x88]), Err(missing));
        let unreadable = ContainerError::Unreadable("sequence parameter set");
        let short = [
            0, 0, 1, 0x40, 1, 1, 0, 0, 1, 0x42, 1, 1, 0, 0, 1, 0x44, 1, 1,
        ];
        assert_eq!(record(&short), Err(unreadable));
    }
}
