//! What the process that makes copies is told to do, and what it answers. It has no database, no
//! network, no key: a file in, a file out.
//!
//! The server starts its own program again with the command `make-copy` for each task, gives the task
//! on its standard input, and holds it to a time and a size in memory. The answer is a file, since
//! libraries write to the standard streams what they like.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::area::Area;
use super::container::{self, Codec, Header, Playable};
use super::failure::Failure;
use super::film::{self, Bounds, Picture};
use super::mosaic::cover;
use super::still;

/// A viewing copy has at most 720 lines.
const VIEWING: Bounds = Bounds {
    width: 1280,
    height: 720,
    bitrate: 2_500_000,
};
/// A redacted copy has at most 1080: what stays recognisable must be legible.
const REDACTED: Bounds = Bounds {
    width: 1920,
    height: 1080,
    bitrate: 5_000_000,
};
/// A picture this long after the one before is looked at. Between two looks at 50 km/h a vehicle goes
/// 1.7 m.
const LOOK_EVERY: Duration = Duration::from_millis(120);
/// For how long before and after a look what was found in it is covered.
pub(super) const HOLD: Duration = Duration::from_millis(300);
/// Most bytes of a task.
const MAX_TASK_BYTES: u64 = 64 * 1024 * 1024;

/// Areas that are covered around one moment of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Covered {
    /// When, from the clip's beginning, microseconds.
    pub(super) at_us: u64,
    pub(super) areas: Vec<Area>,
}

/// One thing to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Work {
    /// Make a clip playable for every browser.
    Viewing { source: PathBuf, out: PathBuf },
    /// Write pictures of a clip into a folder, as `{microseconds}.jpg`.
    Look { source: PathBuf, folder: PathBuf },
    /// Cover areas of a clip. What no look is near to is covered whole.
    CoverClip {
        source: PathBuf,
        out: PathBuf,
        covered: Vec<Covered>,
    },
    /// Cover areas of a picture.
    CoverPicture {
        source: PathBuf,
        out: PathBuf,
        areas: Vec<Area>,
    },
    /// Encode a citizen's picture anew.
    CleanPicture { source: PathBuf, out: PathBuf },
    /// Encode a citizen's film anew.
    CleanFilm { source: PathBuf, out: PathBuf },
}

/// What is to be done, and where the answer goes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) work: Work,
    pub(super) answer: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It is done.
    Done,
    /// Browsers play the original.
    NotNeeded,
    /// A picture was encoded anew.
    Cleaned {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The perceptual hash of what it shows.
        perceptual: u64,
    },
    /// It is not done.
    Failed(Failure),
}

/// Why the process cannot even answer.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// No task came.
    #[error("standard input holds no task; the server itself starts this command")]
    NoTask(#[source] std::io::Error),
    /// The task is not one.
    #[error("standard input holds no task; the server itself starts this command")]
    Format(#[source] serde_json::Error),
    /// The answer could not be written.
    #[error("the answer cannot be written")]
    Answer(#[source] std::io::Error),
}

/// Reads a task from standard input, carries it out, and writes the answer into its file.
///
/// # Errors
/// [`TaskError`] where there is no task, or no room for the answer.
pub fn carry_out_task() -> Result<(), TaskError> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_TASK_BYTES)
        .read_to_end(&mut text)
        .map_err(TaskError::NoTask)?;
    let task: Task = serde_json::from_slice(&text).map_err(TaskError::Format)?;
    let answer = carry_out(task.work).unwrap_or_else(Answer::Failed);
    let text = serde_json::to_vec(&answer).map_err(TaskError::Format)?;
    std::fs::write(task.answer, text).map_err(TaskError::Answer)
}

pub(super) fn carry_out(work: Work) -> Result<Answer, Failure> {
    match work {
        Work::Viewing { source, out } => {
            let header = header_of(&source)?;
            if header.codec == Codec::H264(Playable::Everywhere) {
                return Ok(Answer::NotNeeded);
            }
            film::encode_again(&source, &header, VIEWING, &out, |_| {})?;
        }
        Work::Look { source, folder } => look(&source, folder)?,
        Work::CoverClip {
            source,
            out,
            covered,
        } => {
            let header = header_of(&source)?;
            film::encode_again(&source, &header, REDACTED, &out, move |picture| {
                redact(picture, &covered);
            })?;
        }
        Work::CoverPicture { source, out, areas } => still::cover_file(&source, &out, &areas)?,
        Work::CleanPicture { source, out } => return still::clean_file(&source, &out),
        Work::CleanFilm { source, out } => {
            let header = header_of(&source)?;
            film::encode_again(&source, &header, VIEWING, &out, |_| {})?;
        }
    }
    Ok(Answer::Done)
}

fn header_of(source: &Path) -> Result<Header, Failure> {
    let file = File::open(source).map_err(|_| Failure::SourceUnavailable)?;
    container::read(&mut BufReader::new(file))
}

fn look(source: &Path, folder: PathBuf) -> Result<(), Failure> {
    let header = header_of(source)?;
    let mut last = None;
    let failed = std::sync::Arc::new(std::sync::Mutex::new(None));
    let noted = std::sync::Arc::clone(&failed);
    film::look_through(source, &header, REDACTED, move |picture| {
        let at = picture.at;
        if last.is_some_and(|last| at < last + LOOK_EVERY) {
            return;
        }
        last = Some(at);
        let file = folder.join(format!("{:012}.jpg", at.as_micros()));
        if let Err(failure) = still::write_picture(picture, &file)
            && let Ok(mut noted) = noted.lock()
        {
            *noted = Some(failure);
        }
    })?;
    let failed = failed
        .lock()
        .map_or(Some(Failure::NotRun), |failed| *failed);
    failed.map_or(Ok(()), Err)
}

/// Covers what was found around a picture's moment; all of it where nothing was looked at.
fn redact(picture: &mut Picture<'_>, covered: &[Covered]) {
    let areas = around(picture.at, covered);
    picture.each_channel(|mut channel| {
        for area in &areas {
            cover(&mut channel, *area);
        }
    });
}

fn around(at: Duration, covered: &[Covered]) -> Vec<Area> {
    let near = |one: &&Covered| Duration::from_micros(one.at_us).abs_diff(at) <= HOLD;
    let mut looked = covered.iter().filter(near).peekable();
    if looked.peek().is_none() {
        return vec![Area::WHOLE];
    }
    looked.flat_map(|one| one.areas.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_covered_before_and_after_and_what_nobody_looked_at_is_covered_whole() {
        let area = |x0| Area {
            x0,
            y0: 0.0,
            x1: x0 + 0.1,
            y1: 0.1,
        };
        let covered = [
            Covered {
                at_us: 0,
                areas: vec![area(0.1)],
            },
            Covered {
                at_us: 200_000,
                areas: vec![],
            },
            Covered {
                at_us: 400_000,
                areas: vec![area(0.3)],
            },
        ];
        let at = |ms| around(Duration::from_millis(ms), &covered);
        assert_eq!(at(0), [area(0.1)]);
        assert_eq!(at(200), [area(0.1), area(0.3)]);
        assert_eq!(at(450), [area(0.3)]);
        assert_eq!(at(701), [Area::WHOLE]);
        assert_eq!(around(Duration::ZERO, &[]), [Area::WHOLE]);
    }
}
