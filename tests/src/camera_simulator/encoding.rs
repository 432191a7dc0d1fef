//! How footage is encoded and sent. One line per codec, launch fragments all.

/// How footage that the project renders is encoded, and of which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// The codec.
    pub codec: FootageCodec,
    /// The picture's width and height are divided by this; 1 for the footage's own size.
    pub smaller: u32,
}

/// The codecs that cameras send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FootageCodec {
    /// H.264, by `openh264enc`, which is BSD-2-Clause; x264, which is GPL, is never used.
    H264,
    /// H.265, by x265 where the machine has it: for tests, never shipped.
    H265,
    /// Motion JPEG.
    Mjpeg,
}

impl Default for Encoding {
    fn default() -> Self {
        Self {
            codec: FootageCodec::H264,
            smaller: 1,
        }
    }
}

impl FootageCodec {
    /// From I420 pictures to encoded ones: a keyframe a second, so that a newcomer soon sees something.
    pub(super) const fn encoder(self) -> &'static str {
        match self {
            Self::H264 => {
                "openh264enc gop-size=10 bitrate=2000000 rate-control=bitrate complexity=low"
            }
            Self::H265 => {
                "x265enc speed-preset=superfast key-int-max=10 bitrate=2000 log-level=none"
            }
            Self::Mjpeg => "jpegenc quality=90",
        }
    }

    /// Access units as cameras send them, parameter sets before each keyframe.
    pub(super) const fn units(self) -> &'static str {
        match self {
            Self::H264 => {
                "h264parse config-interval=-1 \
                 ! video/x-h264,stream-format=byte-stream,alignment=au \
                 ! appsink name=units sync=false"
            }
            Self::H265 => {
                "h265parse config-interval=-1 \
                 ! video/x-h265,stream-format=byte-stream,alignment=au \
                 ! appsink name=units sync=false"
            }
            Self::Mjpeg => "jpegparse ! image/jpeg ! appsink name=units sync=false",
        }
    }

    /// RTP payloader.
    pub(super) const fn payloader(self) -> &'static str {
        match self {
            Self::H264 => "rtph264pay config-interval=-1 pt=96",
            Self::H265 => "rtph265pay config-interval=-1 pt=96",
            Self::Mjpeg => "rtpjpegpay pt=26",
        }
    }
}
