//! What a clip's header says before anything decodes it: which codec, how large. Foreign bytes: every
//! length is held against what is there, and nothing is taken into memory beyond a stated bound.
//!
//! ISO/IEC 14496-12 §4.2 (boxes), §8.5.2 (sample descriptions), §12.1.3 (visual sample entries);
//! 14496-15 §5.3.3 (`avcC`). QuickTime files have the same form.

use std::io::{Cursor, Read, Seek, SeekFrom};

use super::failure::Failure;

/// Most bytes of a `moov` box: an hour of a camera's clip has less than one MiB.
const MAX_MOOV_BYTES: u64 = 16 * 1024 * 1024;
/// Most boxes of a file that are passed over to find the `moov`.
const MAX_BOXES: usize = 65_536;
/// Widest and highest picture that is decoded: 4096 × 2304, some 14 MB each.
pub(super) const MAX_SIZE: (u32, u32) = (4096, 2304);

/// What a clip is encoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// H.264; whether every browser plays this profile.
    H264(Playable),
    /// H.265.
    H265,
    /// Motion JPEG.
    Mjpeg,
}

/// Whether browsers play it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Playable {
    /// Chromium and Firefox do.
    Everywhere,
    /// Some do not.
    Somewhere,
}

/// What a clip's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The codec of its first picture track.
    pub(super) codec: Codec,
    /// Width in pixels.
    pub(super) width: u32,
    /// Height in pixels.
    pub(super) height: u32,
}

/// Reads the header of a clip.
///
/// # Errors
/// [`Failure::Unreadable`] where it is no such file or cut off within its header,
/// [`Failure::UnknownCodec`], [`Failure::BadSize`].
pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Header, Failure> {
    let moov = moov(file)?;
    let entry = traks(&moov)
        .find_map(sample_entry)
        .ok_or(Failure::Unreadable)?;
    header(entry)
}

/// Whether the first bytes of a clip say that browsers play it as it is.
pub(super) fn plays_everywhere(head: &[u8]) -> bool {
    let header = read(&mut Cursor::new(head));
    header.is_ok_and(|header| header.codec == Codec::H264(Playable::Everywhere))
}

/// The body of the `moov` box, wherever it lies.
fn moov(file: &mut (impl Read + Seek)) -> Result<Vec<u8>, Failure> {
    let unreadable = |_| Failure::Unreadable;
    let end = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        if end.saturating_sub(at) < 8 {
            break;
        }
        file.seek(SeekFrom::Start(at)).map_err(unreadable)?;
        let mut start = [0; 16];
        let have = read_up_to(file, &mut start).map_err(unreadable)?;
        let (kind, header, length) = box_start(start.get(..have).unwrap_or_default(), end - at)
            .ok_or(Failure::Unreadable)?;
        if &kind == b"moov" {
            let body = length - header;
            if body > MAX_MOOV_BYTES {
                return Err(Failure::Unreadable);
            }
            file.seek(SeekFrom::Start(at + header))
                .map_err(unreadable)?;
            let mut bytes = Vec::new();
            file.take(body)
                .read_to_end(&mut bytes)
                .map_err(unreadable)?;
            return Ok(bytes);
        }
        at += length;
    }
    Err(Failure::Unreadable)
}

fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut have = 0;
    while let Some(rest) = buffer.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => have += more,
        }
    }
    Ok(have)
}

/// Kind, length of the box's own header, and its whole length, of what is left of `room` bytes.
fn box_start(bytes: &[u8], room: u64) -> Option<([u8; 4], u64, u64)> {
    let kind = bytes.get(4..8)?.try_into().ok()?;
    let (header, length) = match u32_at(bytes, 0)? {
        0 => (8, room),
        1 => {
            let large = bytes.get(8..16)?.try_into().ok()?;
            (16, u64::from_be_bytes(large))
        }
        short => (8, u64::from(short)),
    };
    (header <= length && length <= room).then_some((kind, header, length))
}

/// The boxes of a body, as far as they are whole.
fn boxes(mut body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, header, length) = box_start(body, body.len() as u64)?;
        let (whole, rest) = body.split_at_checked(usize::try_from(length).ok()?)?;
        body = rest;
        Some((kind, whole.get(usize::try_from(header).ok()?..)?))
    })
}

fn child<'a>(body: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(body).find_map(|(kind, inner)| (&kind == wanted).then_some(inner))
}

fn traks(moov: &[u8]) -> impl Iterator<Item = &[u8]> {
    boxes(moov).filter_map(|(kind, inner)| (&kind == b"trak").then_some(inner))
}

/// The first sample entry of a picture track, its own header included.
fn sample_entry(trak: &[u8]) -> Option<&[u8]> {
    let mdia = child(trak, b"mdia")?;
    if child(mdia, b"hdlr")?.get(8..12)? != b"vide" {
        return None;
    }
    let stbl = child(child(mdia, b"minf")?, b"stbl")?;
    // Version, flags and count precede the entries.
    let entries = child(stbl, b"stsd")?.get(8..)?;
    let (_, _, length) = box_start(entries, entries.len() as u64)?;
    entries.get(..usize::try_from(length).ok()?)
}

fn header(entry: &[u8]) -> Result<Header, Failure> {
    let kind = entry.get(4..8).ok_or(Failure::Unreadable)?;
    let codec = match kind {
        b"avc1" | b"avc3" => Codec::H264(playable(entry)),
        b"hvc1" | b"hev1" => Codec::H265,
        b"jpeg" | b"mjpa" | b"mjpg" => Codec::Mjpeg,
        _ => return Err(Failure::UnknownCodec),
    };
    let side = |at| {
        entry
            .get(at..at + 2)?
            .try_into()
            .ok()
            .map(u16::from_be_bytes)
    };
    let width = u32::from(side(32).ok_or(Failure::Unreadable)?);
    let height = u32::from(side(34).ok_or(Failure::Unreadable)?);
    // A picture of a pixel row or two is no camera's, and no encoder takes it.
    if width < 16 || height < 16 || width > MAX_SIZE.0 || height > MAX_SIZE.1 {
        return Err(Failure::BadSize);
    }
    Ok(Header {
        codec,
        width,
        height,
    })
}

/// Baseline, Main and High are played everywhere; 10 bits and 4:2:2 are not.
fn playable(entry: &[u8]) -> Playable {
    const VISUAL_ENTRY: usize = 86;
    let profile = entry
        .get(VISUAL_ENTRY..)
        .and_then(|extensions| child(extensions, b"avcC"))
        .and_then(|record| record.get(1).copied());
    match profile {
        Some(66 | 77 | 88 | 100) => Playable::Everywhere,
        _ => Playable::Somewhere,
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], kind, body].concat()
    }

    fn clip(kind: &[u8; 4], width: u16, height: u16, profile: u8) -> Vec<u8> {
        let mut entry = vec![0; 78];
        entry[24..26].copy_from_slice(&width.to_be_bytes());
        entry[26..28].copy_from_slice(&height.to_be_bytes());
        entry.extend(boxed(b"avcC", &[1, profile, 0, 30]));
        let stsd = [&[0; 8][..], &boxed(kind, &entry)].concat();
        let stbl = boxed(b"stbl", &boxed(b"stsd", &stsd));
        let hdlr = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0vide\0\0\0\0");
        let mdia = boxed(b"mdia", &[hdlr, boxed(b"minf", &stbl)].concat());
        let moov = boxed(b"moov", &boxed(b"trak", &mdia));
        [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[7; 99]), moov].concat()
    }

    fn told(bytes: &[u8]) -> Result<Header, Failure> {
        read(&mut Cursor::new(bytes))
    }

    #[test]
    fn codec_and_size_are_told_before_anything_is_decoded() {
        let everywhere = Codec::H264(Playable::Everywhere);
        let somewhere = Codec::H264(Playable::Somewhere);
        #[rustfmt::skip]
        let table: [(&[u8; 4], u8, Codec); 6] = [
            (b"avc1", 100, everywhere),
            (b"avc3", 66,  everywhere),
            (b"avc1", 110, somewhere),
            (b"hvc1", 1,   Codec::H265),
            (b"hev1", 1,   Codec::H265),
            (b"jpeg", 1,   Codec::Mjpeg),
        ];
        for (kind, profile, codec) in table {
            let expected = Header {
                codec,
                width: 1920,
                height: 1080,
            };
            assert_eq!(told(&clip(kind, 1920, 1080, profile)), Ok(expected));
        }
        assert_eq!(
            told(&clip(b"mp4v", 640, 480, 1)),
            Err(Failure::UnknownCodec)
        );
    }

    #[test]
    fn pictures_of_no_size_or_of_8k_are_refused() {
        for (width, height) in [
            (0, 0),
            (0, 720),
            (1280, 0),
            (8, 8),
            (7680, 4320),
            (4096, 2305),
        ] {
            let clip = clip(b"hvc1", width, height, 1);
            assert_eq!(told(&clip), Err(Failure::BadSize), "{width}×{height}");
        }
        assert!(told(&clip(b"hvc1", 4096, 2304, 1)).is_ok());
    }

    #[test]
    fn every_truncation_is_unreadable() {
        let clip = clip(b"hvc1", 640, 480, 1);
        for end in 0..clip.len() {
            assert_eq!(told(&clip[..end]), Err(Failure::Unreadable), "{end}");
        }
    }

    #[test]
    fn the_head_of_a_clip_says_whether_it_plays_where_its_header_comes_first() {
        let header_last = clip(b"avc1", 640, 480, 100);
        assert!(plays_everywhere(&header_last));
        assert!(!plays_everywhere(&header_last[..120]));
        let moov = header_last
            .windows(4)
            .position(|four| four == b"moov")
            .unwrap()
            - 4;
        let (rest, moov) = header_last.split_at(moov);
        let header_first = [moov, rest].concat();
        assert!(plays_everywhere(&header_first[..moov.len() + 20]));
        assert!(!plays_everywhere(&clip(b"avc1", 640, 480, 110)));
        assert!(!plays_everywhere(&clip(b"hvc1", 640, 480, 100)));
    }

    #[test]
    fn a_box_longer_than_the_file_or_without_end_is_unreadable() {
        let mut lies = clip(b"hvc1", 640, 480, 1);
        lies[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(told(&lies), Err(Failure::Unreadable));
        let nested = boxed(b"moov", &boxed(b"moov", b""));
        assert_eq!(told(&nested), Err(Failure::Unreadable));
        // A length below the box's own header would never move on.
        assert_eq!(
            told(&[0, 0, 0, 2, b'f', b'r', b'e', b'e', 0]),
            Err(Failure::Unreadable)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..400_usize, byte: u8) {
            let _ = told(&bytes);
            bytes = clip(b"avc1", 640, 480, 100);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = told(&bytes);
        }
    }
}
