//! What a file is, by its own first bytes: what its name or its sender says is not believed.

/// A kind of file that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, ISO/IEC 10918-1.
    Jpeg,
    /// PNG, RFC 2083.
    Png,
    /// WebP, RFC 9649.
    WebP,
    /// MPEG-4, ISO/IEC 14496-12.
    Mp4,
    /// QuickTime, the older sister of MPEG-4.
    QuickTime,
}

impl Format {
    /// The media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
        }
    }

    /// Whether it moves.
    #[must_use]
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::QuickTime)
    }
}

/// What a file is; none where it is nothing that is taken. Sixteen bytes are enough to tell.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    let at = |from: usize, to: usize| bytes.get(from..to);
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(Format::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Format::Png);
    }
    if bytes.starts_with(b"RIFF") && at(8, 12) == Some(b"WEBP") {
        return Some(Format::WebP);
    }
    match (at(4, 8), at(8, 12)) {
        (Some(b"ftyp"), Some(b"qt  ")) => Some(Format::QuickTime),
        // Pictures in the same container: HEIC of a telephone, AVIF. No decoder here takes them.
        (
            Some(b"ftyp"),
            Some(
                b"heic" | b"heix" | b"hevc" | b"heim" | b"mif1" | b"msf1" | b"avif" | b"avis"
                | b"crx ",
            ),
        ) => None,
        (Some(b"ftyp"), Some(_)) => Some(Format::Mp4),
        // QuickTime before there was a brand.
        (Some(b"moov" | b"wide" | b"mdat"), _) => Some(Format::QuickTime),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell() {
        let table: [(&[u8], Option<Format>); 11] = [
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(Format::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0", Some(Format::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Format::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"\0\0\0\x20ftypisom\0\0", Some(Format::Mp4)),
            (b"\0\0\0\x20ftypqt  \0\0", Some(Format::QuickTime)),
            (b"\0\0\0\x20ftypheic\0\0", None),
            (b"\0\0\0\x08wide\0\0\0\0", Some(Format::QuickTime)),
            (b"<html><script>", None),
            (b"MZ\x90", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(sniff(bytes), expected, "{bytes:?}");
        }
    }
}
