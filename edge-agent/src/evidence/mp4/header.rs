//! What stands in front of the fragments: brands, the track, its edit list, its decoder's set-up.

use super::boxes::{boxed, full_box, put_u16, put_u32};
use super::{ContainerError, Track, avc, hevc, times};
use crate::camera::Codec;

pub(super) const TRACK_ID: u32 = 1;
pub(super) const TIMESCALE: u32 = times::TICKS_PER_SECOND;

/// One as 16.16 fixed point.
const ONE: u32 = 0x0001_0000;
/// No language is stated (ISO 639-2/T `und`, three times five bits).
const UNDETERMINED: u16 = 0x55c4;
/// Neither scaled nor turned.
const IDENTITY: [u32; 9] = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000];

/// `ftyp` and `moov`.
pub(super) fn write(out: &mut Vec<u8>, track: &Track<'_>) -> Result<(), ContainerError> {
    let entry = sample_entry(track)?;
    boxed(out, b"ftyp", |out| {
        let brands: &[&[u8; 4]] = match track.codec {
            Codec::Mjpeg => &[b"qt  "],
            Codec::H264 => &[b"isom", b"iso6", b"avc1", b"mp41"],
            Codec::H265 => &[b"isom", b"iso6", b"hvc1", b"mp41"],
        };
        out.extend_from_slice(brands[0]);
        put_u32(out, 0x200);
        for brand in brands {
            out.extend_from_slice(*brand);
        }
    });
    boxed(out, b"moov", |out| {
        movie_header(out);
        boxed(out, b"trak", |out| {
            track_header(out, track);
            edit_list(out, track);
            boxed(out, b"mdia", |out| media(out, &entry));
        });
        boxed(out, b"mvex", |out| {
            full_box(out, b"mehd", (0, 0), |out| put_u32(out, shown_ticks(track)));
            full_box(out, b"trex", (0, 0), |out| {
                for value in [TRACK_ID, 1, 0, 0, 0] {
                    put_u32(out, value);
                }
            });
        });
    });
    Ok(())
}

/// How long the file is shown. Below 2³² ticks: a clip lasts minutes, those are half a day.
fn shown_ticks(track: &Track<'_>) -> u32 {
    let shown = track.times.end_shown() - track.times.first_shown();
    u32::try_from(shown).unwrap_or(u32::MAX)
}

fn movie_header(out: &mut Vec<u8>) {
    full_box(out, b"mvhd", (0, 0), |out| {
        // Made, changed: not stated, so that the same pictures make the same bytes. The samples
        // that count here lie in the fragments: no duration.
        for value in [0, 0, TIMESCALE, 0, ONE] {
            put_u32(out, value);
        }
        put_u16(out, 0x0100); // volume
        put_u16(out, 0);
        put_u32(out, 0);
        put_u32(out, 0);
        IDENTITY.iter().for_each(|value| put_u32(out, *value));
        (0..6).for_each(|_| put_u32(out, 0));
        put_u32(out, TRACK_ID + 1);
    });
}

fn track_header(out: &mut Vec<u8>, track: &Track<'_>) {
    // enabled, in the movie, in its preview
    full_box(out, b"tkhd", (0, 7), |out| {
        for value in [0, 0, TRACK_ID, 0, 0, 0, 0] {
            put_u32(out, value);
        }
        // layer, group, volume (none: no sound), reserved
        (0..4).for_each(|_| put_u16(out, 0));
        IDENTITY.iter().for_each(|value| put_u32(out, *value));
        put_u32(out, track.size.width << 16);
        put_u32(out, track.size.height << 16);
    });
}

/// Showing begins with the first picture shown, however much later that is than the first decoded.
fn edit_list(out: &mut Vec<u8>, track: &Track<'_>) {
    let delay = track.times.first_shown();
    if delay == 0 {
        return;
    }
    boxed(out, b"edts", |out| {
        full_box(out, b"elst", (0, 0), |out| {
            put_u32(out, 1);
            put_u32(out, shown_ticks(track));
            put_u32(out, u32::try_from(delay).unwrap_or(u32::MAX));
            put_u32(out, ONE);
        });
    });
}

fn media(out: &mut Vec<u8>, entry: &[u8]) {
    full_box(out, b"mdhd", (0, 0), |out| {
        for value in [0, 0, TIMESCALE, 0] {
            put_u32(out, value);
        }
        put_u16(out, UNDETERMINED);
        put_u16(out, 0);
    });
    full_box(out, b"hdlr", (0, 0), |out| {
        put_u32(out, 0);
        out.extend_from_slice(b"vide");
        (0..3).for_each(|_| put_u32(out, 0));
        out.extend_from_slice(b"camera\0");
    });
    boxed(out, b"minf", |out| {
        full_box(out, b"vmhd", (0, 1), |out| {
            (0..4).for_each(|_| put_u16(out, 0));
        });
        boxed(out, b"dinf", |out| {
            full_box(out, b"dref", (0, 0), |out| {
                put_u32(out, 1);
                // flag: the media is in this file
                full_box(out, b"url ", (0, 1), |_| {});
            });
        });
        boxed(out, b"stbl", |out| {
            full_box(out, b"stsd", (0, 0), |out| {
                put_u32(out, 1);
                out.extend_from_slice(entry);
            });
            // No samples here: all are in fragments.
            full_box(out, b"stts", (0, 0), |out| put_u32(out, 0));
            full_box(out, b"stsc", (0, 0), |out| put_u32(out, 0));
            full_box(out, b"stsz", (0, 0), |out| {
                put_u32(out, 0);
                put_u32(out, 0);
            });
            full_box(out, b"stco", (0, 0), |out| put_u32(out, 0));
        });
    });
}

fn sample_entry(track: &Track<'_>) -> Result<Vec<u8>, ContainerError> {
    let first = track.samples.first().map(|sample| &sample.data[..]);
    let first = first.unwrap_or_default();
    let (kind, set_up) = match track.codec {
        Codec::H264 => (b"avc1", Some((b"avcC", avc::record(first)?))),
        Codec::H265 => (b"hvc1", Some((b"hvcC", hevc::record(first)?))),
        Codec::Mjpeg => (b"jpeg", None),
    };
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| ContainerError::TooLarge);
    let (width, height) = (side(track.size.width)?, side(track.size.height)?);
    let mut out = Vec::new();
    boxed(&mut out, kind, |out| {
        out.extend_from_slice(&[0; 6]);
        put_u16(out, 1); // the only data reference
        out.extend_from_slice(&[0; 16]);
        put_u16(out, width);
        put_u16(out, height);
        put_u32(out, 72 << 16); // pixels an inch, across
        put_u32(out, 72 << 16); // and down
        put_u32(out, 0);
        put_u16(out, 1); // one picture a sample
        out.extend_from_slice(&[0; 32]); // no compressor's name
        put_u16(out, 24); // bits a pixel
        put_u16(out, 0xffff);
        if let Some((kind, record)) = &set_up {
            boxed(out, kind, |out| out.extend_from_slice(record));
        }
    });
    Ok(out)
}
