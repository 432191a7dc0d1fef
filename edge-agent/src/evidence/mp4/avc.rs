//! `avcC`: what an H.264 decoder must know first (ISO/IEC 14496-15 §5.3.3.1).

use super::ContainerError;
use super::boxes::put_u16;
use crate::camera::bits::Bits;
use crate::camera::nal::{unescaped, units};

const SPS: u8 = 7;
const PPS: u8 = 8;
/// Profiles whose parameter set says how colours are sampled (ITU-T H.264 §7.3.2.1.1).
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The record, from the parameter sets of the first keyframe.
pub(super) fn record(keyframe: &[u8]) -> Result<Vec<u8>, ContainerError> {
    let units = units(keyframe);
    let of_type = |wanted: u8| -> Vec<&[u8]> {
        let is_wanted = |unit: &&[u8]| unit.first().is_some_and(|byte| byte & 0x1f == wanted);
        units.iter().copied().filter(is_wanted).collect()
    };
    let (sps, pps) = (of_type(SPS), of_type(PPS));
    let first = sps.first();
    let first = first.ok_or(ContainerError::ParameterSet("sequence parameter set"))?;
    if pps.is_empty() {
        return Err(ContainerError::ParameterSet("picture parameter set"));
    }
    let unreadable = ContainerError::Unreadable("sequence parameter set");
    let [_, profile, constraints, level, ..] = **first else {
        return Err(unreadable);
    };
    // version; then lengths of four bytes, reserved bits set
    let mut out = vec![1, profile, constraints, level, 0xff];
    put_sets(&mut out, 0xe0, &sps)?;
    put_sets(&mut out, 0, &pps)?;
    if HIGH_PROFILES.contains(&profile) {
        let (chroma, luma_depth, chroma_depth) = sampling(first).ok_or(unreadable)?;
        out.extend([0xfc | chroma, 0xf8 | luma_depth, 0xf8 | chroma_depth, 0]);
    }
    Ok(out)
}

fn put_sets(out: &mut Vec<u8>, reserved: u8, sets: &[&[u8]]) -> Result<(), ContainerError> {
    // The reserved bits leave the count what they do not take.
    let count = u8::try_from(sets.len())
        .ok()
        .filter(|count| count & reserved == 0);
    out.push(reserved | count.ok_or(ContainerError::TooLarge)?);
    for set in sets {
        let length = u16::try_from(set.len()).map_err(|_| ContainerError::TooLarge)?;
        put_u16(out, length);
        out.extend_from_slice(set);
    }
    Ok(())
}

/// `chroma_format_idc`, and bits a sample beyond eight of luma and chroma.
fn sampling(sps: &[u8]) -> Option<(u8, u8, u8)> {
    let payload = unescaped(sps);
    let mut bits = Bits::of(payload.get(4..)?);
    let _id = bits.golomb()?;
    let chroma = bits.golomb()?;
    if chroma == 3 {
        let _separate_planes = bits.bit()?;
    }
    let (luma_depth, chroma_depth) = (bits.golomb()?, bits.golomb()?);
    (chroma <= 3 && luma_depth <= 6 && chroma_depth <= 6).then_some((
        byte(chroma),
        byte(luma_depth),
        byte(chroma_depth),
    ))
}

/// A number that was checked to be small.
fn byte(value: u32) -> u8 {
    u8::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyframe_without_parameter_sets_is_refused() {
        let missing = ContainerError::ParameterSet("sequence parameter set");
        assert_eq!(record(&[0, 0, 1, 0x65, 0x88]), Err(missing));
        let no_pps = [0, 0, 1, 0x67, 66, 0xc0, 30, 0x80];
        let missing = ContainerError::ParameterSet("picture parameter set");
        assert_eq!(record(&no_pps), Err(missing));
    }

    #[test]
    fn more_sets_than_the_record_can_count_are_refused() {
        let stream = [&[0, 0, 1, 0x67, 66, 0xc0, 30, 0x80][..]; 32].concat();
        let stream = [&stream[..], &[0, 0, 1, 0x68, 0xce]].concat();
        assert_eq!(record(&stream), Err(ContainerError::TooLarge));
    }

    #[test]
    fn a_baseline_record_is_the_sets_behind_their_lengths() {
        let stream = [
            0, 0, 1, 0x67, 66, 0xc0, 30, 0x80, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65, 0x88,
        ];
        let expected = [
            1, 66, 0xc0, 30, 0xff, 0xe1, 0, 5, 0x67, 66, 0xc0, 30, 0x80, 1, 0, 2, 0x68, 0xce,
        ];
        assert_eq!(record(&stream).unwrap(), expected);
    }
}
