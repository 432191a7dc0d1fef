//! A folder of pictures, or one picture, as a recording: a time-lapse whose pictures were never put into a
//! file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::frame::Frame;
use super::picture_file::{PictureError, read_picture};
use super::sampler::Sampler;
use crate::time::{ClockAnchor, StreamTime};

/// The JPEG and PNG files of a folder, in the order of their names, a period apart.
#[derive(Debug)]
pub struct PictureFolder {
    files: std::vec::IntoIter<PathBuf>,
    period: Duration,
    anchor: ClockAnchor,
    sampler: Sampler,
    next: StreamTime,
    newest: Option<StreamTime>,
    read: u64,
}

/// Endings of picture files, in lower case.
const ENDINGS: &[&str] = &["jpg", "jpeg", "png"];

impl PictureFolder {
    /// Whether a path is one to open here: a folder, or a file that is named like a picture.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        path.is_dir() || is_picture(path)
    }

    /// Opens a folder, or one picture of it, whose pictures are `period` apart and analysed `fps` times a second at most.
    /// `wall` is the wall clock of the first.
    ///
    /// # Errors
    /// [`PictureError`] where the folder cannot be read, or has no picture.
    pub fn open(
        folder: &Path,
        period: Duration,
        wall: Timestamp,
        fps: f64,
    ) -> Result<Self, PictureError> {
        let unreadable = |source| PictureError::Unreadable {
            file: folder.to_owned(),
            source,
        };
        let files = match is_picture(folder) && folder.is_file() {
            true => vec![folder.to_owned()],
            false => {
                let entries = std::fs::read_dir(folder).map_err(unreadable)?;
                let files = entries.filter_map(Result::ok).map(|entry| entry.path());
                let mut files: Vec<PathBuf> = files.filter(|file| is_picture(file)).collect();
                files.sort();
                files
            }
        };
        if files.is_empty() {
            return Err(PictureError::NoPicture {
                folder: folder.to_owned(),
            });
        }
        Ok(Self {
            files: files.into_iter(),
            period,
            anchor: ClockAnchor {
                stream: StreamTime::ZERO,
                wall,
            },
            sampler: Sampler::new(fps),
            next: StreamTime::ZERO,
            newest: None,
            read: 0,
        })
    }

    /// The next picture that is due; nothing after the last.
    ///
    /// # Errors
    /// [`PictureError`] where a file is no picture.
    pub fn next_due(&mut self) -> Result<Option<Frame>, PictureError> {
        for file in self.files.by_ref() {
            let at = self.next;
            self.next = at + self.period;
            self.newest = Some(at);
            self.read += 1;
            if !self.sampler.wants(at) {
                continue;
            }
            let frame = read_picture(&file)?;
            return Ok(Some(Frame {
                pts: at,
                wall: self.anchor.wall_at(at),
                ..frame
            }));
        }
        Ok(None)
    }

    /// Pictures so far.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// The latest moment so far.
    #[must_use]
    pub const fn newest(&self) -> Option<StreamTime> {
        self.newest
    }
}

fn is_picture(file: &Path) -> bool {
    let ending = file.extension().and_then(std::ffi::OsStr::to_str);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_in_the_order_of_their_names_a_period_apart() {
        let folder = tempfile::tempdir().unwrap();
        for (name, side) in [("b.JPG", 20), ("a.png", 10), ("c.jpeg", 30)] {
            image::RgbImage::new(side, 8)
                .save(folder.path().join(name))
                .unwrap();
        }
        std::fs::write(folder.path().join("labels.txt"), "no picture").unwrap();
        let minute = Duration::from_secs(60);
        let wall = Timestamp::from_second(1_800_000_000).unwrap();
        let mut pictures = PictureFolder::open(folder.path(), minute, wall, 5.0).unwrap();
        let mut seen = Vec::new();
        while let Some(frame) = pictures.next_due().unwrap() {
            seen.push((
                frame.pts.as_secs_f64(),
                frame.size.width,
                frame.wall.as_second(),
            ));
        }
        let start = 1_800_000_000;
        assert_eq!(
            seen,
            [
                (0.0, 10, start),
                (60.0, 20, start + 60),
                (120.0, 30, start + 120)
            ]
        );
        assert_eq!(pictures.read(), 3);
    }

    #[test]
    fn a_folder_without_pictures_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wall = Timestamp::UNIX_EPOCH;
        let opened = PictureFolder::open(folder.path(), Duration::from_secs(1), wall, 5.0);
        assert!(matches!(opened, Err(PictureError::NoPicture { .. })));
    }
}
