//! Reads detections: `picture, number, left, top, width, height, score[, …]`, a line each.
//!
//! The number and whatever follows the score are not looked at. What does not belong here: what is
//! done about a bad line.

use std::sync::Arc;

use crate::detect::Detection;
use crate::geometry::PixelBox;

/// Columns that a line must have; `MOTChallenge` has three more that mean nothing here.
const NEEDED: usize = 7;
/// A picture's number beyond this is a mistake: four months at 100 pictures a second.
const LAST_PICTURE: u32 = 1_000_000_000;

/// No picture is so large, and no score.
const GREATEST: f32 = 1e7;

/// One detection and the number of its picture, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The picture.
    pub picture: u32,
    /// What was seen; its score is on the detector's own scale, whatever that is.
    pub detection: Detection,
}

/// What a text says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Read {
    /// The detections, by picture; within a picture in the order of the text.
    pub seen: Vec<Seen>,
    /// The lines that say none. Each line that is not blank is in one of the two.
    pub bad: Vec<BadLine>,
}

/// A line that is not a detection.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// Why a line is not a detection.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineFault {
    /// Bytes that are no text.
    #[error("not UTF-8 text")]
    NotText,
    /// Too few columns.
    #[error("{found} columns where at least 7 are needed: picture,id,left,top,width,height,score")]
    Short {
        /// How many it has.
        found: usize,
    },
    /// A column that is no number, or an absurd one.
    #[error("{column} {value:?} is no number from -10000000 to 10000000")]
    NoNumber {
        /// Which.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// A picture's number that is none.
    #[error("picture {value:?}: give a whole number from 1 to 1000000000")]
    Picture {
        /// What stands there.
        value: String,
    },
    /// A box without an area.
    #[error("a box of {w} × {h} pixels: both sides must be more than 0")]
    Empty {
        /// Its width.
        w: f32,
        /// Its height.
        h: f32,
    },
}

/// Reads a text. All detections get one class, since the format knows none.
#[must_use]
pub fn read(text: &[u8]) -> Read {
    let class: Arc<str> = "person".into();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut read = Read::default();
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match read_line(line, &class) {
            Ok(seen) => read.seen.push(seen),
            Err(fault) => read.bad.push(BadLine {
                line: index + 1,
                fault,
            }),
        }
    }
    read.seen.sort_by_key(|seen| seen.picture);
    read
}

fn read_line(line: &[u8], class: &Arc<str>) -> Result<Seen, LineFault> {
    let line = std::str::from_utf8(line).map_err(|_| LineFault::NotText)?;
    let columns: Vec<&str> = line.split(',').map(str::trim).collect();
    let [picture, _, x, y, w, h, score, ..] = columns[..] else {
        let found = columns.len();
        debug_assert!(found < NEEDED, "seven columns are a detection");
        return Err(LineFault::Short { found });
    };
    let picture = picture_of(picture)?;
    let bbox = PixelBox {
        x: number("left", x)?,
        y: number("top", y)?,
        w: number("width", w)?,
        h: number("height", h)?,
    };
    if bbox.w <= 0.0 || bbox.h <= 0.0 {
        let PixelBox { w, h, .. } = bbox;
        return Err(LineFault::Empty { w, h });
    }
    let detection = Detection {
        class: Arc::clone(class),
        score: number("score", score)?,
        bbox,
    };
    Ok(Seen { picture, detection })
}

/// Some tools write whole numbers as `1.0` or `1e0`.
fn picture_of(value: &str) -> Result<u32, LineFault> {
    let number = value.parse::<f64>().ok();
    let whole = number.filter(|n| n.fract() == 0.0 && (1.0..=f64::from(LAST_PICTURE)).contains(n));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and in range"
    )]
    whole.map(|n| n as u32).ok_or_else(|| LineFault::Picture {
        value: excerpt(value),
    })
}

fn number(column: &'static str, value: &str) -> Result<f32, LineFault> {
    let number = value.parse::<f32>().ok().filter(|n| n.abs() <= GREATEST);
    number.ok_or_else(|| LineFault::NoNumber {
        column,
        value: excerpt(value),
    })
}

/// A line without commas may be as long as the file.
fn excerpt(value: &str) -> String {
    value.chars().take(40).collect()
}
