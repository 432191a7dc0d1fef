//! One line per codec: which RTP payload it comes in, which elements handle it.
//!
//! To support another codec, add its line here; nothing else names an element of a codec.

use super::access_unit::Codec;

/// How one codec is received and decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// The codec.
    pub(crate) codec: Codec,
    /// RTP encoding name (RFC 3551 §6 and the payload's own RFC).
    pub(crate) rtp_encoding: &'static str,
    /// Media type of the encoded pictures.
    pub(crate) media_type: &'static str,
    /// RTP depayloader.
    pub(crate) depayloader: &'static str,
    /// Parser, as a launch fragment. Parameter sets ride in front of every keyframe, so that a
    /// passage decodes without what came before it.
    pub(crate) parser: &'static str,
    /// Caps of one access unit as the ring holds it.
    pub(crate) unit_caps: &'static str,
    /// Software decoder; `{threads}` is filled in.
    pub(crate) decoder: &'static str,
}

const FORMATS: &[Format] = &[Format {
    codec: Codec::H264,
    rtp_encoding: "H264",
    media_type: "video/x-h264",
    depayloader: "rtph264depay",
    parser: "h264parse config-interval=-1",
    unit_caps: "video/x-h264,stream-format=byte-stream,alignment=au",
    decoder: "avdec_h264 max-threads={threads}",
}];

impl Format {
    pub(crate) fn of_rtp(encoding: &str) -> Option<&'static Self> {
        FORMATS
            .iter()
            .find(|format| format.rtp_encoding.eq_ignore_ascii_case(encoding))
    }

    pub(crate) fn of_media_type(media_type: &str) -> Option<&'static Self> {
        FORMATS
            .iter()
            .find(|format| format.media_type == media_type)
    }

    pub(crate) fn of_codec(codec: Codec) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.codec == codec)
    }

    /// The codecs of the table, for messages.
    pub(crate) fn supported() -> String {
        FORMATS
            .iter()
            .map(|format| format.rtp_encoding)
            .collect::<Vec<_>>()
            .join(", ")
    }
}
