//! The file's structure; what players make of it is tested with the clips.

use proptest::prelude::*;

use super::*;
use crate::time::StreamTime;

const SIZE: PictureSize = PictureSize {
    width: 320,
    height: 240,
};

/// A box's kind and content.
type Found<'a> = (&'a [u8], &'a [u8]);

fn boxes(mut bytes: &[u8]) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    while bytes.len() >= 8 {
        let length = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
        found.push((&bytes[4..8], &bytes[8..length]));
        bytes = &bytes[length..];
    }
    assert!(bytes.is_empty(), "boxes fill their parent");
    found
}

fn inside<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> &'a [u8] {
    let found = boxes(bytes)
        .into_iter()
        .find(|(found, _)| *found == &kind[..]);
    found
        .unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(kind)))
        .1
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn jpeg(number: u8, length: usize) -> Sample {
    Sample {
        keyframe: true,
        data: Bytes::from(vec![number; length]),
    }
}

fn file(codec: Codec, samples: &[Sample], ms: &[i64]) -> Vec<u8> {
    let shown: Vec<_> = ms
        .iter()
        .map(|ms| StreamTime::from_nanos(ms * 1_000_000))
        .collect();
    let times = times(&shown);
    write(&Track {
        codec,
        size: SIZE,
        samples,
        times: &times,
    })
    .unwrap()
}

#[test]
fn motion_jpeg_is_quicktime_and_lies_there_as_it_came() {
    let samples: Vec<Sample> = (1..=60).map(|n| jpeg(n, usize::from(n) * 3)).collect();
    let ms: Vec<i64> = (0..60).map(|n| n * 40).collect();
    let bytes = file(Codec::Mjpeg, &samples, &ms);
    assert_eq!(&inside(&bytes, b"ftyp")[..4], b"qt  ");
    let media: Vec<u8> = boxes(&bytes)
        .into_iter()
        .filter(|(kind, _)| kind == b"mdat")
        .flat_map(|(_, data)| data.to_vec())
        .collect();
    let sent: Vec<u8> = samples.iter().flat_map(|s| s.data.to_vec()).collect();
    assert_eq!(media, sent);
    let fragments = boxes(&bytes)
        .iter()
        .filter(|(kind, _)| kind == b"moof")
        .count();
    assert_eq!(
        fragments, 3,
        "one a second, though every picture is a keyframe"
    );
}

#[test]
fn the_same_pictures_make_the_same_bytes() {
    let samples = [jpeg(1, 10), jpeg(2, 20)];
    let once = file(Codec::Mjpeg, &samples, &[0, 40]);
    assert_eq!(once, file(Codec::Mjpeg, &samples, &[0, 40]));
}

#[test]
fn an_edit_list_stands_there_only_where_it_says_something() {
    let samples = [jpeg(1, 10), jpeg(2, 20), jpeg(3, 5)];
    let trak = |bytes: &[u8]| inside(inside(bytes, b"moov"), b"trak").to_vec();
    let plain = trak(&file(Codec::Mjpeg, &samples, &[0, 40, 80]));
    assert!(!boxes(&plain).iter().any(|(kind, _)| kind == b"edts"));
    let reordered = trak(&file(Codec::Mjpeg, &samples, &[0, 80, 40]));
    let list = inside(inside(&reordered, b"edts"), b"elst");
    assert_eq!(
        (word(list, 8), word(list, 12)),
        (3 * 3600, 3600),
        "length, delay"
    );
}

proptest! {
    #[test]
    fn the_index_and_the_offsets_lead_to_the_pictures(
        lengths in prop::collection::vec(1..300_usize, 1..120),
        step in 10..700_i64,
    ) {
        let samples: Vec<Sample> = (0..).zip(&lengths).map(|(n, length)| jpeg(n, *length)).collect();
        let ms: Vec<i64> = (0..).map(|n| n * step).take(samples.len()).collect();
        let bytes = file(Codec::Mjpeg, &samples, &ms);
        let index = inside(&bytes, b"sidx");
        let count = usize::from(u16::from_be_bytes(index[30..32].try_into().unwrap()));
        let end_of_index = bytes.windows(4).position(|w| w == b"sidx").unwrap() + 4 + index.len();
        let (mut at, mut shown, mut seen) = (end_of_index, 0, 0);
        for entry in 0..count {
            let size = word(index, 32 + entry * 12) as usize;
            shown += u64::from(word(index, 36 + entry * 12));
            let fragment = &bytes[at..at + size];
            let run = inside(inside(inside(fragment, b"moof"), b"traf"), b"trun").to_vec();
            let mut data = word(&run, 8) as usize;
            for sample in 0..word(&run, 4) as usize {
                let length = word(&run, 12 + sample * 16 + 4) as usize;
                prop_assert!(fragment[data..data + length] == samples[seen].data[..]);
                data += length;
                seen += 1;
            }
            prop_assert_eq!(data, size, "nothing lies behind the last picture");
            at += size;
        }
        prop_assert_eq!((at, seen), (bytes.len(), samples.len()));
        let last = if samples.len() == 1 { 40 } else { step };
        prop_assert_eq!(shown, (ms[ms.len() - 1] + last).unsigned_abs() * 90);
    }
}
