//! What a model sees in a recording, for a person to look at: a video with the boxes drawn in, and a
//! sheet of small pictures.
//!
//! This is no evidence: the pictures are encoded anew (H.264 by `OpenH264`). Evidence is remuxed.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use image::RgbImage;
use image::imageops::{FilterType, replace, resize};

use super::still::{EXPLANATION, encode};
use crate::camera::GstFault;
use crate::time::StreamTime;

/// Longest that the encoder may take for what it still holds at the end.
const PATIENCE_S: u64 = 60;
/// Bits for each pixel of each picture: plenty for still cameras, so that the lines stay sharp.
const BITS_PER_PIXEL: f64 = 0.15;

/// Why there is no annotated video or sheet.
#[derive(Debug, thiserror::Error)]
pub enum AnnotatedError {
    /// GStreamer could not encode.
    #[error(
        "{} cannot be written; OpenH264 must be there (Debian: gstreamer1.0-plugins-bad)",
        file.display()
    )]
    Encode {
        /// The video.
        file: PathBuf,
        /// Why.
        #[source]
        source: GstFault,
    },
    /// The recording has no picture.
    #[error("the recording has no picture to show")]
    Empty,
    /// The sheet could not be encoded.
    #[error("the contact sheet cannot be encoded")]
    Sheet(#[source] super::StillError),
}

/// A video in the making. Pictures go in one after another; all are of the first one's size.
pub struct AnnotatedVideo {
    file: PathBuf,
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    columns: u32,
    rows: u32,
}

impl AnnotatedVideo {
    /// Begins a video of pictures like `first`, at about `fps` of them a second.
    ///
    /// # Errors
    /// [`AnnotatedError::Encode`].
    pub fn create(file: &Path, first: &RgbImage, fps: f64) -> Result<Self, AnnotatedError> {
        // Chroma is subsampled two by two: an odd last row or column is left out.
        let (columns, rows) = (first.width() & !1, first.height() & !1);
        let failed = |message: String| Self::failed(file, message);
        gst::init().map_err(|error| failed(error.to_string()))?;
        let bits = f64::from(columns) * f64::from(rows) * fps * BITS_PER_PIXEL;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to what the encoder takes"
        )]
        let (bits, thousandths) = (
            bits.clamp(200_000.0, 20_000_000.0) as u64,
            (fps.clamp(0.1, 240.0) * 1000.0) as u64,
        );
        // Both queues are bounded and block: whoever adds pictures waits for the encoder.
        let description = format!(
            "appsrc name=pictures format=time block=true max-bytes=0 max-buffers=4 \
             caps=video/x-raw,format=RGB,width={columns},height={rows},framerate={thousandths}/1000 \
             ! videoconvert ! video/x-raw,format=I420 \
             ! openh264enc bitrate={bits} gop-size=50 ! h264parse \
             ! mp4mux faststart=true ! filesink name=file"
        );
        let pipeline = gst::parse::launch(&description)
            .map_err(|error| failed(error.to_string()))?
            .downcast::<gst::Pipeline>()
            .map_err(|_| failed("not a pipeline".to_owned()))?;
        let source = pipeline.by_name("pictures");
        let source = source.and_then(|element| element.downcast::<gst_app::AppSrc>().ok());
        let sink = pipeline.by_name("file");
        let (Some(source), Some(sink)) = (source, sink) else {
            return Err(failed("an element is missing".to_owned()));
        };
        sink.set_property("location", file);
        let video = Self {
            file: file.to_owned(),
            pipeline,
            source,
            columns,
            rows,
        };
        let started = video.pipeline.set_state(gst::State::Playing);
        started.map_err(|error| video.fault(error.to_string()))?;
        Ok(video)
    }

    /// Adds a picture that is shown from `at` on. Waits where the encoder is behind.
    ///
    /// # Errors
    /// [`AnnotatedError::Encode`].
    pub fn add(&mut self, picture: &RgbImage, at: StreamTime) -> Result<(), AnnotatedError> {
        let mut buffer = gst::Buffer::from_mut_slice(self.rows_of(picture));
        if let Some(buffer) = buffer.get_mut() {
            let nanoseconds = u64::try_from(at.since(StreamTime::ZERO).as_nanos());
            buffer.set_pts(gst::ClockTime::from_nseconds(
                nanoseconds.unwrap_or(u64::MAX),
            ));
        }
        let pushed = self.source.push_buffer(buffer);
        pushed
            .map(|_| ())
            .map_err(|error| self.fault(error.to_string()))
    }

    /// Ends the video; the file is whole when this returns.
    ///
    /// # Errors
    /// [`AnnotatedError::Encode`].
    pub fn finish(self) -> Result<(), AnnotatedError> {
        let ended = self.source.end_of_stream();
        ended.map_err(|error| self.fault(error.to_string()))?;
        let bus = self.pipeline.bus();
        let bus = bus.ok_or_else(|| self.fault("no bus".to_owned()))?;
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(PATIENCE_S), &ends);
        let message = message.ok_or_else(|| self.fault("timed out".to_owned()))?;
        match message.view() {
            gst::MessageView::Error(error) => Err(AnnotatedError::Encode {
                file: self.file.clone(),
                source: GstFault::from_message(error),
            }),
            _ => Ok(()),
        }
    }

    /// The picture's bytes, its rows padded to four bytes as GStreamer lays RGB out; a picture of
    /// another size is put into the corner of one that fits.
    fn rows_of(&self, picture: &RgbImage) -> Vec<u8> {
        let mut fitted = RgbImage::new(self.columns, self.rows);
        replace(&mut fitted, picture, 0, 0);
        let row = 3 * self.columns as usize;
        let stride = row.next_multiple_of(4);
        let mut bytes = vec![0; stride * self.rows as usize];
        for (from, to) in fitted.chunks_exact(row).zip(bytes.chunks_exact_mut(stride)) {
            to[..row].copy_from_slice(from);
        }
        bytes
    }

    fn fault(&self, message: String) -> AnnotatedError {
        Self::failed(&self.file, message)
    }

    fn failed(file: &Path, message: String) -> AnnotatedError {
        AnnotatedError::Encode {
            file: file.to_owned(),
            source: GstFault {
                message,
                origin: "annotated video".to_owned(),
            },
        }
    }
}

impl Drop for AnnotatedVideo {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// A sheet of small pictures, evenly over a recording whose length nobody knows beforehand.
#[derive(Debug)]
pub struct ContactSheet {
    across: u32,
    down: u32,
    every: u64,
    offered: u64,
    kept: Vec<RgbImage>,
}

impl ContactSheet {
    /// Columns of one small picture.
    const WIDTH: u32 = 320;

    /// A sheet of so many pictures across and down, at least one each.
    #[must_use]
    pub fn new(across: u32, down: u32) -> Self {
        Self {
            across: across.max(1),
            down: down.max(1),
            every: 1,
            offered: 0,
            kept: Vec::new(),
        }
    }

    /// Offers the next picture. When there are twice as many as there is room for, every second one
    /// is let go, and from then on every second one is taken.
    pub fn offer(&mut self, picture: &RgbImage) {
        let taken = self.offered.is_multiple_of(self.every);
        self.offered += 1;
        if !taken {
            return;
        }
        let (width, height) = picture.dimensions();
        let small = (u64::from(height) * u64::from(Self::WIDTH) / u64::from(width.max(1))).max(1);
        let small = u32::try_from(small).unwrap_or(Self::WIDTH);
        self.kept
            .push(resize(picture, Self::WIDTH, small, FilterType::Triangle));
        if self.kept.len() >= 2 * self.room() {
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.every *= 2;
        }
    }

    /// The sheet as JPEG.
    ///
    /// # Errors
    /// [`AnnotatedError::Empty`] where no picture was offered, [`AnnotatedError::Sheet`].
    pub fn jpeg(&self) -> Result<Vec<u8>, AnnotatedError> {
        let first = self.kept.first().ok_or(AnnotatedError::Empty)?;
        let shown = self.kept.len().min(self.room());
        let across = self.across.min(u32::try_from(shown).unwrap_or(self.across));
        let down = u32::try_from(shown).unwrap_or(1).div_ceil(across);
        let mut sheet = RgbImage::new(across * Self::WIDTH, down * first.height());
        for (place, column_row) in (0..shown).zip(places(across)) {
            let picture = &self.kept[place * self.kept.len() / shown];
            let (x, y) = (column_row.0 * Self::WIDTH, column_row.1 * first.height());
            replace(&mut sheet, picture, i64::from(x), i64::from(y));
        }
        encode(&sheet, EXPLANATION).map_err(AnnotatedError::Sheet)
    }

    fn room(&self) -> usize {
        (self.across * self.down) as usize
    }
}

/// Column and row of each place of a sheet, row by row.
fn places(across: u32) -> impl Iterator<Item = (u32, u32)> {
    (0_u32..).map(move |place| (place % across, place / across))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{DecoderOptions, FileItem, FileSource, Timing};
    use image::Rgb;

    #[test]
    fn a_video_of_odd_size_is_read_back_picture_by_picture() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen.mp4");
        let picture = |level: u8| RgbImage::from_pixel(123, 67, Rgb([level, level, level]));
        let mut video = AnnotatedVideo::create(&file, &picture(0), 5.0).unwrap();
        for index in 0..12_i64 {
            let at = StreamTime::from_nanos(index * 200_000_000);
            video.add(&picture(20 * index as u8), at).unwrap();
        }
        video.finish().unwrap();
        let source = FileSource::open(
            &file,
            Timing::AsRecorded,
            jiff::Timestamp::UNIX_EPOCH,
            DecoderOptions::default(),
        );
        let frames = source.unwrap().filter_map(|item| match item.unwrap() {
            FileItem::Frame(frame) => Some(frame),
            FileItem::Unit(_) => None,
        });
        let frames: Vec<_> = frames.collect();
        assert_eq!(frames.len(), 12);
        assert_eq!((frames[0].size.width, frames[0].size.height), (122, 66));
        assert!((frames[11].pts.as_secs_f64() - 2.2).abs() < 0.01);
        let level = f64::from(frames[10].planes[0].data[0]);
        assert!(
            (level - (16.0 + 200.0 * 219.0 / 255.0)).abs() < 6.0,
            "{level}"
        );
    }

    #[test]
    fn a_sheet_spreads_its_pictures_over_the_whole() {
        let mut sheet = ContactSheet::new(2, 2);
        assert!(matches!(sheet.jpeg(), Err(AnnotatedError::Empty)));
        for level in 0..100_u8 {
            sheet.offer(&RgbImage::from_pixel(640, 320, Rgb([2 * level; 3])));
        }
        let jpeg = sheet.jpeg().unwrap();
        let decoded = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        assert_eq!(decoded.dimensions(), (640, 320));
        let levels =
            [(10, 10), (330, 10), (10, 170), (330, 170)].map(|(x, y)| decoded.get_pixel(x, y).0[0]);
        assert!(
            levels.is_sorted() && levels[0] < 10 && levels[3] > 90,
            "{levels:?}"
        );
    }

    #[test]
    fn a_sheet_of_few_pictures_is_small() {
        let mut sheet = ContactSheet::new(4, 4);
        sheet.offer(&RgbImage::new(100, 50));
        let decoded = image::load_from_memory(&sheet.jpeg().unwrap()).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (320, 160));
    }
}
