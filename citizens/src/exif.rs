//! What a picture tells of itself: where and when it was taken, and which way up it is.
//!
//! Exif 2.32 in the one place where each format keeps it: a JPEG's APP1 segment, a PNG's `eXIf` chunk,
//! a WebP's `EXIF` chunk. The server keeps place and time as facts, and then no byte of it: the picture is
//! encoded anew. Bytes are foreign; whatever does not fit is left out, and nothing panics.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::sniff::{Format, sniff};

/// Entries of one directory that are looked at.
const MOST_ENTRIES: u16 = 512;

const ORIENTATION: u16 = 0x0112;
const EXIF_IFD: u16 = 0x8769;
const GPS_IFD: u16 = 0x8825;
const TAKEN: u16 = 0x9003;
const TAKEN_OFFSET: u16 = 0x9011;
const GPS_LAT_REF: u16 = 1;
const GPS_LAT: u16 = 2;
const GPS_LON_REF: u16 = 3;
const GPS_LON: u16 = 4;
const GPS_ERROR: u16 = 0x1f;

/// When a picture was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A moment.
    At(Timestamp),
    /// By a clock of which nobody says how it stands to UTC.
    Local(DateTime),
}

/// What a picture tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Facts {
    /// Latitude and longitude, WGS84.
    pub place: Option<(f64, f64)>,
    /// How far off the place may be, metres.
    pub error_m: Option<f64>,
    /// When it was taken.
    pub taken: Option<Taken>,
    /// Exif's number of which way up it is, 1 (as it lies) to 8.
    pub orientation: Option<u8>,
}

/// Reads what a file tells of itself; nothing where it tells nothing.
#[must_use]
pub fn read(file: &[u8]) -> Facts {
    let block = match sniff(file) {
        Some(Format::Jpeg) => of_jpeg(file),
        Some(Format::Png) => of_png(file),
        Some(Format::WebP) => of_webp(file),
        Some(Format::Mp4 | Format::QuickTime) | None => None,
    };
    block
        .and_then(Tiff::open)
        .map_or_else(Facts::default, |tiff| tiff.facts())
}

fn of_jpeg(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(2..)?;
    loop {
        let [0xff, marker, high, low, ..] = *rest else {
            return None;
        };
        // The picture itself begins; what comes after it is not looked at.
        if marker == 0xda || marker == 0xd9 {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        if marker == 0xe1
            && let Some(block) = segment.strip_prefix(b"Exif\0\0")
        {
            return Some(block);
        }
        rest = rest.get(2 + length..)?;
    }
}

fn of_png(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(8..)?;
    loop {
        let length = usize::try_from(u32::from_be_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
        let data = rest.get(8..)?.get(..length)?;
        match rest.get(4..8)? {
            b"eXIf" => return Some(data),
            b"IEND" => return None,
            _ => rest = rest.get(8..)?.get(length..)?.get(4..)?,
        }
    }
}

fn of_webp(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let length = usize::try_from(u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?)).ok()?;
        let data = rest.get(8..)?.get(..length)?;
        if rest.get(..4)? == b"EXIF" {
            // Some writers keep the prefix of JPEG.
            return Some(data.strip_prefix(b"Exif\0\0").unwrap_or(data));
        }
        rest = rest.get(8..)?.get(length + length % 2..)?;
    }
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

struct Tiff<'a> {
    bytes: &'a [u8],
    order: Order,
}

struct Entry<'a> {
    tag: u16,
    sort: u16,
    count: usize,
    value: &'a [u8],
}

impl<'a> Tiff<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let order = match bytes.get(..4)? {
            b"II*\0" => Order::Little,
            b"MM\0*" => Order::Big,
            _ => return None,
        };
        Some(Self { bytes, order })
    }

    fn short(&self, bytes: &[u8]) -> Option<u16> {
        let bytes = bytes.get(..2)?.try_into().ok()?;
        Some(match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    fn long(&self, bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.get(..4)?.try_into().ok()?;
        Some(match self.order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    fn at(&self, offset: u32) -> Option<&'a [u8]> {
        self.bytes.get(usize::try_from(offset).ok()?..)
    }

    fn directory(&self, offset: u32) -> Vec<Entry<'a>> {
        let Some(start) = self.at(offset) else {
            return Vec::new();
        };
        let count = self.short(start).unwrap_or(0).min(MOST_ENTRIES);
        let entry = |index: u16| {
            let raw = start.get(2 + usize::from(index) * 12..)?.get(..12)?;
            let sort = self.short(raw.get(2..)?)?;
            let count = usize::try_from(self.long(raw.get(4..)?)?).ok()?;
            let length = size(sort)?.checked_mul(count)?;
            let inline = raw.get(8..)?;
            let value = if length <= 4 {
                inline.get(..length)?
            } else {
                self.at(self.long(inline)?)?.get(..length)?
            };
            let tag = self.short(raw)?;
            Some(Entry {
                tag,
                sort,
                count,
                value,
            })
        };
        (0..count).filter_map(entry).collect()
    }

    fn facts(&self) -> Facts {
        let root = self.bytes.get(4..).and_then(|rest| self.long(rest));
        let root = root.map_or_else(Vec::new, |offset| self.directory(offset));
        let below = |tag| {
            let offset = find(&root, tag).and_then(|entry| self.long(entry.value));
            offset.map_or_else(Vec::new, |offset| self.directory(offset))
        };
        let (exif, gps) = (below(EXIF_IFD), below(GPS_IFD));
        let orientation = find(&root, ORIENTATION)
            .filter(|entry| entry.sort == 3)
            .and_then(|entry| self.short(entry.value))
            .and_then(|number| u8::try_from(number).ok())
            .filter(|number| (1..=8).contains(number));
        Facts {
            place: self.place(&gps),
            error_m: find(&gps, GPS_ERROR)
                .and_then(|entry| self.rationals(entry).first().copied())
                .filter(|metres| (0.0..=100_000.0).contains(metres)),
            taken: taken(&exif),
            orientation,
        }
    }

    fn place(&self, gps: &[Entry<'_>]) -> Option<(f64, f64)> {
        let degrees = |tag, reference, negative: &[u8]| {
            let parts = self.rationals(find(gps, tag)?);
            let [degrees, minutes, seconds] = parts.get(..3)? else {
                return None;
            };
            let sign = if find(gps, reference)?.value.starts_with(negative) {
                -1.0
            } else {
                1.0
            };
            Some(sign * (degrees + minutes / 60.0 + seconds / 3_600.0))
        };
        let lat = degrees(GPS_LAT, GPS_LAT_REF, b"S")?;
        let lon = degrees(GPS_LON, GPS_LON_REF, b"W")?;
        // Telephones without a fix write zeros.
        let is_place = lat.abs() <= 90.0 && lon.abs() <= 180.0 && (lat, lon) != (0.0, 0.0);
        is_place.then_some((lat, lon))
    }

    fn rationals(&self, entry: &Entry<'_>) -> Vec<f64> {
        if !matches!(entry.sort, 5 | 10) {
            return Vec::new();
        }
        let pair = |raw: &[u8]| {
            let (above, below) = (self.long(raw)?, self.long(raw.get(4..)?)?);
            (below != 0).then(|| f64::from(above) / f64::from(below))
        };
        entry
            .value
            .chunks_exact(8)
            .take(entry.count)
            .map_while(pair)
            .collect()
    }
}

/// Bytes of one value of a TIFF type.
const fn size(sort: u16) -> Option<usize> {
    match sort {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

fn find<'e, 'a>(entries: &'e [Entry<'a>], tag: u16) -> Option<&'e Entry<'a>> {
    entries.iter().find(|entry| entry.tag == tag)
}

fn ascii(entries: &[Entry<'_>], tag: u16) -> Option<String> {
    let entry = find(entries, tag).filter(|entry| entry.sort == 2)?;
    let text = std::str::from_utf8(entry.value).ok()?;
    Some(text.trim_matches(['\0', ' ']).to_owned())
}

fn taken(exif: &[Entry<'_>]) -> Option<Taken> {
    let text = ascii(exif, TAKEN)?;
    let local = DateTime::strptime("%Y:%m:%d %H:%M:%S", &text).ok()?;
    let offset = ascii(exif, TAKEN_OFFSET);
    let moment = offset.and_then(|offset| {
        format!("{}{offset}", local.strftime("%Y-%m-%dT%H:%M:%S"))
            .parse()
            .ok()
    });
    Some(moment.map_or(Taken::Local(local), Taken::At))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A TIFF block with a root, an Exif and a GPS directory, little-endian.
    fn block(orientation: u16, lat: [u32; 3], lon_ref: u8, offset: Option<&str>) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        let entry = |tag: u16, sort: u16, count: u32, value: u32| {
            let mut raw = Vec::new();
            raw.extend(tag.to_le_bytes());
            raw.extend(sort.to_le_bytes());
            raw.extend(count.to_le_bytes());
            raw.extend(value.to_le_bytes());
            raw
        };
        // Root at 8: 3 entries = 2 + 36 + 4 bytes, ends at 50.
        bytes.extend(3_u16.to_le_bytes());
        bytes.extend(entry(ORIENTATION, 3, 1, u32::from(orientation)));
        bytes.extend(entry(EXIF_IFD, 4, 1, 50));
        bytes.extend(entry(GPS_IFD, 4, 1, 120));
        bytes.extend([0; 4]);
        // Exif at 50.
        bytes.extend(2_u16.to_le_bytes());
        bytes.extend(entry(TAKEN, 2, 20, 80));
        bytes.extend(entry(
            if offset.is_some() { TAKEN_OFFSET } else { 1 },
            2,
            7,
            100,
        ));
        bytes.extend([0; 4]);
        assert_eq!(bytes.len(), 80);
        bytes.extend(b"2026:11:22 10:30:00\0");
        bytes.extend(format!("{:\0<7}", offset.unwrap_or("")).bytes());
        bytes.resize(120, 0);
        // GPS at 120: 4 entries = 2 + 48 + 4, ends at 174.
        bytes.extend(4_u16.to_le_bytes());
        bytes.extend(entry(GPS_LAT_REF, 2, 2, u32::from(b'N')));
        bytes.extend(entry(GPS_LAT, 5, 3, 174));
        bytes.extend(entry(GPS_LON_REF, 2, 2, u32::from(lon_ref)));
        bytes.extend(entry(GPS_LON, 5, 3, 198));
        bytes.extend([0; 4]);
        for part in lat.into_iter().chain([107, 30, 0]) {
            bytes.extend(part.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
        }
        bytes
    }

    fn jpeg(block: &[u8]) -> Vec<u8> {
        let mut file = b"\xff\xd8\xff\xe0\0\x04ab\xff\xe1".to_vec();
        file.extend(u16::try_from(block.len() + 8).unwrap().to_be_bytes());
        file.extend(b"Exif\0\0");
        file.extend(block);
        file.extend(b"\xff\xda\0\x02");
        file
    }

    #[test]
    fn place_time_and_side_are_read_from_every_format() {
        let block = block(6, [16, 27, 36], b'E', Some("+07:00"));
        let expected = Facts {
            place: Some((16.46, 107.5)),
            error_m: None,
            taken: Some(Taken::At("2026-11-22T03:30:00Z".parse().unwrap())),
            orientation: Some(6),
        };
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDRx0000".to_vec();
        png.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
        png.extend(b"eXIf");
        png.extend(&block);
        let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x03\0\0\0abc\0EXIF".to_vec();
        webp.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
        webp.extend(&block);
        for file in [jpeg(&block), png, webp] {
            assert_eq!(read(&file), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let without = read(&jpeg(&block(9, [0, 0, 0], b'W', None)));
        assert_eq!(without.orientation, None);
        assert_eq!(without.place, Some((0.0, -107.5)));
        assert!(matches!(without.taken, Some(Taken::Local(_))));
        assert_eq!(read(&jpeg(&block(1, [91, 0, 0], b'E', None))).place, None);
        assert_eq!(read(b"\xff\xd8\xff\xe0\0\x04ab\xff\xda"), Facts::default());
        assert_eq!(read(b""), Facts::default());
    }

    proptest! {
        /// Foreign bytes in every frame: never a panic, never a place outside the world.
        #[test]
        fn foreign_bytes(block in proptest::collection::vec(any::<u8>(), 0..400), flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..12)) {
            let mut good = jpeg(&self::block(6, [16, 27, 36], b'E', Some("+07:00")));
            for (at, byte) in flips {
                let at = at.index(good.len());
                good[at] = byte;
            }
            for file in [good, jpeg(&block), [b"\x89PNG\r\n\x1a\n".as_slice(), &block].concat(), [b"RIFF\0\0\0\0WEBP".as_slice(), &block].concat()] {
                let facts = read(&file);
                if let Some((lat, lon)) = facts.place {
                    prop_assert!(lat.abs() <= 90.0 && lon.abs() <= 180.0);
                }
            }
        }
    }
}
