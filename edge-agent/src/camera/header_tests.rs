//! Sizes out of headers: real encoders' ones, hand-made ones, and every kind of rubbish.

use proptest::prelude::*;

use super::*;
use crate::camera::clips_fixture::encoded;

/// Numbers put together bit by bit.
#[derive(Default)]
struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    fn bits(mut self, value: u32, count: u32) -> Self {
        self.bits
            .extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn golomb(self, value: u32) -> Self {
        let length = (value + 1).ilog2();
        self.bits(0, length).bits(value + 1, length + 1)
    }

    /// A unit behind a start code, with what keeps it from looking like one.
    fn unit(mut self, head: &[u8]) -> Vec<u8> {
        self = self.bits(1, 1);
        while !self.bits.len().is_multiple_of(8) {
            self = self.bits(0, 1);
        }
        let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        let (mut unit, mut zeros) = (vec![0, 0, 0, 1], 0);
        for byte in head.iter().copied().chain(self.bits.chunks(8).map(byte)) {
            if zeros == 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            unit.push(byte);
        }
        unit
    }
}

/// A baseline H.264 set of so many macroblocks, with a cropping rectangle where there is one.
pub(crate) fn h264_set(across: u32, down: u32, crop: Option<[u32; 4]>) -> Vec<u8> {
    let mut sps = Writer::default()
        .golomb(0)
        .golomb(0)
        .golomb(2)
        .golomb(1)
        .bits(0, 1)
        .golomb(across - 1)
        .golomb(down - 1)
        .bits(0b11, 2)
        .bits(u32::from(crop.is_some()), 1);
    for side in crop.into_iter().flatten() {
        sps = sps.golomb(side);
    }
    sps.bits(0, 1).unit(&[0x67, 66, 0xc0, 30])
}

fn h265_set(width: u32, height: u32) -> Vec<u8> {
    Writer::default()
        .bits(0, 8)
        .bits(0, 32)
        .bits(0, 32)
        .bits(0, 32)
        .golomb(0)
        .golomb(1)
        .golomb(width)
        .golomb(height)
        .bits(0, 1)
        .unit(&[0x42, 0x01])
}

fn jpeg_header(width: u16, height: u16) -> Vec<u8> {
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    vec![
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8, h1, h0, w1, w0, 1, 1, 0x11,
        0,
    ]
}

#[test]
fn hand_made_headers_say_what_was_put_into_them() {
    let cases = [
        (Codec::H264, h264_set(20, 15, None), (320, 240)),
        (
            Codec::H264,
            h264_set(120, 68, Some([0, 0, 0, 4])),
            (1920, 1080),
        ),
        (Codec::H264, h264_set(480, 270, None), (7680, 4320)),
        (Codec::H264, h264_set(1, 1, Some([8, 8, 0, 0])), (0, 16)),
        (Codec::H264, h264_set(1, 1, Some([0, 0, 500, 500])), (16, 0)),
        (Codec::H265, h265_set(3840, 2160), (3840, 2160)),
        (Codec::H265, h265_set(0, 2160), (0, 2160)),
        (Codec::Mjpeg, jpeg_header(640, 480), (640, 480)),
        (Codec::Mjpeg, jpeg_header(640, 0), (640, 0)),
    ];
    for (codec, unit, expected) in cases {
        assert_eq!(read_header(codec, &unit), Some(expected), "{codec}");
    }
}

#[test]
fn real_encoders_headers_are_read_with_their_cropping() {
    let picture =
        "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=322,height=182,framerate=25/1";
    for (codec, encoder) in [
        (
            Codec::H264,
            "openh264enc ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au",
        ),
        (
            Codec::H265,
            "x265enc log-level=none ! h265parse config-interval=-1 \
             ! video/x-h265,stream-format=byte-stream,alignment=au",
        ),
        (Codec::Mjpeg, "jpegenc"),
    ] {
        let (_, units) = encoded(codec, &format!("{picture} ! {encoder}"));
        assert_eq!(
            read_header(codec, &units[0].data),
            Some((322, 182)),
            "{codec}"
        );
    }
}

#[test]
fn a_picture_without_a_header_says_nothing() {
    for codec in [Codec::H264, Codec::H265, Codec::Mjpeg] {
        for unit in [
            &[][..],
            &[0xff, 0xd8],
            &[0xff, 0xd8, 0xff, 0xd9],
            &[0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff],
            &[0, 0, 1, 0x67],
            &[0, 0, 1, 0x65, 0x88, 0x80],
        ] {
            assert_eq!(read_header(codec, unit), None, "{codec}: {unit:?}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_without_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        for (codec, mut unit) in [
            (Codec::H264, h264_set(120, 68, Some([0, 0, 0, 4]))),
            (Codec::H265, h265_set(1920, 1080)),
            (Codec::Mjpeg, jpeg_header(640, 480)),
        ] {
            for (at, byte) in &flips {
                let at = at.index(unit.len());
                unit[at] = *byte;
            }
            let _ = stated_size(codec, &unit);
            let _ = stated_size(codec, &bytes);
            for head in [&[0, 0, 1, 0x67, 100][..], &[0, 0, 1, 0x42, 1], &[0xff, 0xd8]] {
                let _ = stated_size(codec, &[head, &bytes[..]].concat());
            }
        }
    }

    #[test]
    fn every_size_comes_back(width in 1..9_000_u32, height in 1..9_000_u32) {
        prop_assert_eq!(read_header(Codec::H265, &h265_set(width, height)), Some((width, height)));
        let (across, down) = (width.div_ceil(16), height.div_ceil(16));
        let set = h264_set(across, down, None);
        prop_assert_eq!(read_header(Codec::H264, &set), Some((across * 16, down * 16)));
    }
}
