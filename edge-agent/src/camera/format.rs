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

const FORMATS: &[Format] = &[
    Format {
        codec: Codec::H264,
        rtp_encoding: "H264",
        media_type: "video/x-h264",
        depayloader: "rtph264depay",
        parser: "h264parse config-interval=-1",
        unit_caps: "video/x-h264,stream-format=byte-stream,alignment=au",
        decoder: "avdec_h264 max-threads={threads}",
    },
    Format {
        codec: Codec::H265,
        rtp_encoding: "H265",
        media_type: "video/x-h265",
        depayloader: "rtph265depay",
        parser: "h265parse config-interval=-1",
        unit_caps: "video/x-h265,stream-format=byte-stream,alignment=au",
        decoder: "avdec_h265 max-threads={threads}",
    },
    Format {
        codec: Codec::Mjpeg,
        rtp_encoding: "JPEG",
        media_type: "image/jpeg",
        depayloader: "rtpjpegdepay",
        parser: "jpegparse",
        unit_caps: "image/jpeg",
        decoder: "jpegdec",
    },
];

/// What cameras and recordings also send, by its RTP encoding name or media type, as people call it.
const KNOWN_AND_REFUSED: &[(&str, &str)] = &[
    ("MP4V-ES", "MPEG-4 Part 2"),
    ("video/mpeg, mpegversion 4", "MPEG-4 Part 2"),
    ("video/x-divx", "MPEG-4 Part 2"),
    ("video/x-xvid", "MPEG-4 Part 2"),
    ("MPV", "MPEG-1 or MPEG-2"),
    ("video/mpeg", "MPEG-1 or MPEG-2"),
    ("video/x-vp8", "VP8"),
    ("video/x-vp9", "VP9"),
    ("video/x-av1", "AV1"),
    ("video/x-raw", "uncompressed video"),
];

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
            .map(|format| format.codec.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What people call a codec that the table lacks; its RTP encoding name or media type where that is
/// all that is known.
pub(crate) fn name_of_refused(word: &str) -> String {
    let known = KNOWN_AND_REFUSED
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word));
    match known {
        Some((_, name)) => format!("{name} ({word})"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_is_found_by_each_of_its_names() {
        for format in FORMATS {
            let by_rtp = Format::of_rtp(&format.rtp_encoding.to_lowercase());
            assert_eq!(by_rtp, Some(format));
            assert_eq!(Format::of_media_type(format.media_type), Some(format));
            assert_eq!(Format::of_codec(format.codec), Some(format));
        }
        assert_eq!(Format::supported(), "H.264, H.265, MJPEG");
    }

    #[test]
    fn what_is_refused_is_called_by_its_name() {
        assert_eq!(name_of_refused("mp4v-es"), "MPEG-4 Part 2 (mp4v-es)");
        assert_eq!(name_of_refused("X-SNOW"), "X-SNOW");
    }
}
