//! A fragmented MP4 or QuickTime file of one video track (ISO/IEC 14496-12), with what GStreamer's
//! muxer leaves out: an edit list, so that the first picture is shown at zero although pictures are
//! reordered, and an index of the fragments, so that a player seeks without reading the file. Pure.
//!
//! What does not belong here: which pictures go in (`clip`), where they come from (`camera`).

mod avc;
mod boxes;
mod header;
mod hevc;
mod times;

use bytes::Bytes;

use boxes::{boxed, full_box, put_u16, put_u32, put_u64, signed};
pub(super) use times::{Times, times};

use crate::camera::{Codec, nal};
use crate::geometry::PictureSize;

/// A fragment ends with the GOP that reaches this length, one second: short enough to seek in, long enough that
/// its header does not matter.
const FRAGMENT_TICKS: u64 = 90_000;

/// One encoded picture as the camera sent it.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Whether decoding can begin here.
    pub(super) keyframe: bool,
    /// H.264 and H.265: a byte stream with start codes (Annex B). MJPEG: a JPEG file.
    pub(super) data: Bytes,
}

/// A track: what it is and its pictures in decode order, the first a keyframe.
#[derive(Debug)]
pub(super) struct Track<'a> {
    pub(super) codec: Codec,
    pub(super) size: PictureSize,
    pub(super) samples: &'a [Sample],
    pub(super) times: &'a Times,
}

/// Why there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// The first keyframe lacks what a decoder needs first.
    #[error("the first keyframe carries no {0}")]
    ParameterSet(&'static str),
    /// A parameter set cannot be read.
    #[error("the camera's {0} cannot be read")]
    Unreadable(&'static str),
    /// A picture is larger than the format can say.
    #[error("a picture or a fragment is too large for the format")]
    TooLarge,
}

/// The media type of the file that [`write()`] makes.
pub(super) const fn mime(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 | Codec::H265 => "video/mp4",
        // MPEG-4 has no sample entry for Motion JPEG that players agree on; QuickTime has.
        Codec::Mjpeg => "video/quicktime",
    }
}

/// The whole file.
///
/// # Errors
/// [`ContainerError`].
pub(super) fn write(track: &Track<'_>) -> Result<Vec<u8>, ContainerError> {
    let payload: usize = track.samples.iter().map(|sample| sample.data.len()).sum();
    let mut out = Vec::with_capacity(payload + payload / 64 + 4096);
    header::write(&mut out, track)?;
    let fragments: Vec<Fragment> = fragments(track);
    let mut media = Vec::with_capacity(payload + payload / 64);
    let mut sizes = Vec::with_capacity(fragments.len());
    for (number, fragment) in (1..).zip(&fragments) {
        let start = media.len();
        write_fragment(&mut media, track, fragment, number)?;
        sizes.push(u32::try_from(media.len() - start).map_err(|_| ContainerError::TooLarge)?);
    }
    write_index(&mut out, track, &fragments, &sizes);
    out.append(&mut media);
    Ok(out)
}

/// Samples `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fragment {
    from: usize,
    to: usize,
}

/// Whole GOPs, as many as fill a fragment's length.
fn fragments(track: &Track<'_>) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    let mut from = 0;
    for (index, sample) in track.samples.iter().enumerate().skip(1) {
        let length = track.times.decode(index) - track.times.decode(from);
        if sample.keyframe && length >= FRAGMENT_TICKS {
            fragments.push(Fragment { from, to: index });
            from = index;
        }
    }
    fragments.push(Fragment {
        from,
        to: track.samples.len(),
    });
    fragments
}

/// `moof` and `mdat`.
fn write_fragment(
    out: &mut Vec<u8>,
    track: &Track<'_>,
    fragment: &Fragment,
    number: u32,
) -> Result<(), ContainerError> {
    const KEYFRAME: u32 = 0x0200_0000; // depends on no other
    const DELTA: u32 = 0x0101_0000; // depends on others, is no sync sample
    // data offset; duration, size, flags and composition offset of each sample
    const RUN_FLAGS: u32 = 0x0000_0f01;
    const DEFAULT_BASE_IS_MOOF: u32 = 0x0002_0000;

    let samples = track.samples.get(fragment.from..fragment.to);
    let samples = samples.unwrap_or_default();
    let stored: Vec<Stored<'_>> = samples
        .iter()
        .map(|sample| Stored::of(track.codec, &sample.data))
        .collect();
    let sizes: Vec<u32> = stored
        .iter()
        .map(|stored| u32::try_from(stored.len()).map_err(|_| ContainerError::TooLarge))
        .collect::<Result<_, _>>()?;
    let start = out.len();
    let mut data_offset = 0;
    boxed(out, b"moof", |out| {
        full_box(out, b"mfhd", (0, 0), |out| put_u32(out, number));
        boxed(out, b"traf", |out| {
            full_box(out, b"tfhd", (0, DEFAULT_BASE_IS_MOOF), |out| {
                put_u32(out, header::TRACK_ID);
            });
            full_box(out, b"tfdt", (1, 0), |out| {
                put_u64(out, track.times.decode(fragment.from));
            });
            full_box(out, b"trun", (1, RUN_FLAGS), |out| {
                put_u32(out, u32::try_from(sizes.len()).unwrap_or(u32::MAX));
                data_offset = out.len();
                put_u32(out, 0);
                for (index, size) in (fragment.from..fragment.to).zip(&sizes) {
                    put_u32(out, track.times.duration(index));
                    put_u32(out, *size);
                    let keyframe = track.samples.get(index).is_some_and(|s| s.keyframe);
                    put_u32(out, if keyframe { KEYFRAME } else { DELTA });
                    put_u32(out, signed(track.times.offset(index)));
                }
            });
        });
    });
    // From the first byte of `moof` to the first of the media, behind the header of `mdat`.
    let offset = u32::try_from(out.len() - start + 8).map_err(|_| ContainerError::TooLarge)?;
    if let Some(place) = out.get_mut(data_offset..data_offset + 4) {
        place.copy_from_slice(&offset.to_be_bytes());
    }
    let total: u64 = sizes.iter().map(|size| u64::from(*size)).sum();
    if total > u64::from(u32::MAX) - 16 {
        return Err(ContainerError::TooLarge);
    }
    boxed(out, b"mdat", |out| {
        for stored in &stored {
            stored.put(out);
        }
    });
    Ok(())
}

/// `sidx`: where each fragment lies and how long it is shown.
fn write_index(out: &mut Vec<u8>, track: &Track<'_>, fragments: &[Fragment], sizes: &[u32]) {
    full_box(out, b"sidx", (1, 0), |out| {
        put_u32(out, header::TRACK_ID);
        put_u32(out, header::TIMESCALE);
        // Times as they are shown: the edit list is applied.
        put_u64(out, 0);
        put_u64(out, 0);
        put_u16(out, 0);
        put_u16(out, u16::try_from(fragments.len()).unwrap_or(u16::MAX));
        let ends = fragments
            .iter()
            .skip(1)
            .map(|next| track.times.shown(next.from))
            .chain([track.times.end_shown()]);
        for ((fragment, size), end) in fragments.iter().zip(sizes).zip(ends) {
            put_u32(out, *size & 0x7fff_ffff);
            let shown = end.saturating_sub(track.times.shown(fragment.from));
            put_u32(out, u32::try_from(shown).unwrap_or(u32::MAX));
            // Each starts with a picture that decodes alone (a stream access point), of type 1, or
            // of type 3 where pictures that come after it are shown before it.
            let leading = (fragment.from..fragment.to)
                .any(|index| track.times.shown(index) < track.times.shown(fragment.from));
            put_u32(out, if leading { 0xb000_0000 } else { 0x9000_0000 });
        }
    });
}

/// A picture as the file holds it.
enum Stored<'a> {
    Whole(&'a [u8]),
    /// Each unit behind its length, as H.264 and H.265 lie in MP4.
    Units(Vec<&'a [u8]>),
}

impl<'a> Stored<'a> {
    fn of(codec: Codec, data: &'a [u8]) -> Self {
        match codec {
            Codec::Mjpeg => Self::Whole(data),
            Codec::H264 | Codec::H265 => Self::Units(nal::units(data)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Whole(data) => data.len(),
            Self::Units(units) => units.iter().map(|unit| unit.len() + 4).sum(),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Whole(data) => out.extend_from_slice(data),
            Self::Units(units) => {
                for unit in units {
                    put_u32(out, u32::try_from(unit.len()).unwrap_or(u32::MAX));
                    out.extend_from_slice(unit);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
