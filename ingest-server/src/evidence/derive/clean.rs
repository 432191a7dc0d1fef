//! What citizens send, encoded anew: nothing of the file but its pixels is kept, so that neither the
//! place where it was taken, nor the telephone, nor a second file hidden in it goes any further. And covered:
//! whoever may not unmask sees a copy in which nobody is recognised.
//!
//! Foreign bytes are decoded in a process of its own, as everywhere here; so few at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use citizens::sniff::Format;
use futures_util::TryStreamExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::area::covered;
use super::child::{self, Limits, Outcome};
use super::failure::Failure;
use super::finder::Finder;
use super::making::fingerprint;
use super::task::{Answer, Task, Work};
use crate::evidence::objects::Objects;
use crate::evidence::uploads::Sha256Hex;

/// The name under which a picture is looked at.
const LOOKED_AT: &str = "000000000000.jpg";
/// Files that are decoded at once.
const AT_ONCE: usize = 2;

/// A file that was encoded anew and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanFile {
    /// Media type.
    pub mime: &'static str,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Where it lies.
    pub object_key: String,
    /// Pixels, of a picture.
    pub size: Option<(u32, u32)>,
    /// The perceptual hash, of a picture.
    pub perceptual: Option<u64>,
}

/// Encodes files of citizens anew. Cheap to clone.
#[derive(Clone)]
pub struct Cleaner {
    objects: Objects,
    folder: PathBuf,
    hands: Hands,
    /// Who finds people and vehicles; none where nothing can be covered.
    finder: Option<Finder>,
    limits: Limits,
    places: Arc<Semaphore>,
}

/// Who decodes.
#[derive(Debug, Clone)]
enum Hands {
    /// This program, started again.
    Process(PathBuf),
    /// This very process: for tests of the library, which have no such program.
    #[cfg(test)]
    Here,
}

impl Cleaner {
    pub(in crate::evidence) fn new(
        objects: Objects,
        data_dir: &Path,
        (program, finder): (PathBuf, Finder),
        limits: Limits,
    ) -> Self {
        Self {
            objects,
            folder: data_dir.join("citizens"),
            hands: Hands::Process(program),
            finder: Some(finder),
            limits,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The same, decoding in this process.
    #[cfg(test)]
    pub(in crate::evidence) fn here(objects: Objects, data_dir: &Path) -> Self {
        let limits = Limits {
            time: std::time::Duration::from_secs(60),
            memory: 0,
        };
        Self {
            objects,
            folder: data_dir.join("citizens"),
            hands: Hands::Here,
            finder: None,
            limits,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Encodes a file anew and stores it. Waits for its turn.
    ///
    /// # Errors
    /// Any [`Failure`].
    pub async fn clean(&self, file: &[u8], format: Format) -> Result<CleanFile, Failure> {
        let turn = self.places.acquire().await.map_err(|_| Failure::NotRun)?;
        let scratch = self.folder.join(Uuid::now_v7().to_string());
        let made = self.make(&scratch, file, format).await;
        drop(turn);
        // What stays behind after a crash is swept at the next start.
        drop(tokio::fs::remove_dir_all(&scratch).await);
        made
    }

    /// Makes a copy of a stored picture in which people's heads and vehicles' plates are covered, as of
    /// evidence. Waits for its turn.
    ///
    /// # Errors
    /// [`Failure::NoBoxes`] where nobody can look for them, and any other [`Failure`].
    pub async fn redact(&self, object_key: &str, bytes: u64) -> Result<CleanFile, Failure> {
        let finder = self.finder.as_ref().ok_or(Failure::NoBoxes)?;
        let turn = self.places.acquire().await.map_err(|_| Failure::NotRun)?;
        let scratch = self.folder.join(Uuid::now_v7().to_string());
        let made = self.cover(finder, &scratch, (object_key, bytes)).await;
        drop(turn);
        drop(tokio::fs::remove_dir_all(&scratch).await);
        made
    }

    async fn cover(
        &self,
        finder: &Finder,
        scratch: &Path,
        (object_key, bytes): (&str, u64),
    ) -> Result<CleanFile, Failure> {
        let looks = scratch.join("looks");
        let not_run = |_| Failure::NotRun;
        tokio::fs::create_dir_all(&looks).await.map_err(not_run)?;
        let unavailable = |_| Failure::SourceUnavailable;
        let stored = self.objects.read(object_key, 0..bytes).await;
        let picture: Vec<bytes::Bytes> = stored
            .map_err(unavailable)?
            .try_collect()
            .await
            .map_err(unavailable)?;
        let source = looks.join(LOOKED_AT);
        let written = tokio::fs::write(&source, picture.concat()).await;
        written.map_err(not_run)?;
        let mut found = finder.find(&looks, self.limits).await?;
        let seen = found.pictures.remove(LOOKED_AT).ok_or(Failure::NoBoxes)?;
        let out = scratch.join("out");
        let work = Work::CoverPicture {
            source,
            out: out.clone(),
            areas: covered(&seen, &[]),
        };
        match self.task(scratch, work).await? {
            Answer::Done => self.keep(&out, "image/jpeg", None, None).await,
            Answer::Failed(failure) => Err(failure),
            Answer::NotNeeded | Answer::Cleaned { .. } => Err(Failure::Crashed),
        }
    }

    /// Removes what a crash left behind.
    pub async fn sweep(&self) {
        drop(tokio::fs::remove_dir_all(&self.folder).await);
    }

    /// Removes a stored file that nothing names any more.
    ///
    /// # Errors
    /// [`Failure::NotRun`] where the store does not do it.
    pub async fn forget(&self, object_key: &str) -> Result<(), Failure> {
        self.objects
            .delete(object_key)
            .await
            .map_err(|_| Failure::NotRun)
    }

    async fn make(
        &self,
        scratch: &Path,
        file: &[u8],
        format: Format,
    ) -> Result<CleanFile, Failure> {
        let not_run = |_| Failure::NotRun;
        tokio::fs::create_dir_all(scratch).await.map_err(not_run)?;
        let (source, out) = (scratch.join("source"), scratch.join("out"));
        tokio::fs::write(&source, file).await.map_err(not_run)?;
        let work = match format {
            Format::Jpeg | Format::Png | Format::WebP => Work::CleanPicture {
                source,
                out: out.clone(),
            },
            Format::Mp4 | Format::QuickTime => Work::CleanFilm {
                source,
                out: out.clone(),
            },
        };
        let (mime, size, perceptual) = match self.task(scratch, work).await? {
            Answer::Cleaned {
                width,
                height,
                perceptual,
            } => ("image/jpeg", Some((width, height)), Some(perceptual)),
            Answer::Done => ("video/mp4", None, None),
            Answer::Failed(failure) => return Err(failure),
            Answer::NotNeeded => return Err(Failure::Crashed),
        };
        self.keep(&out, mime, size, perceptual).await
    }

    /// Puts a finished file into the object store.
    async fn keep(
        &self,
        out: &Path,
        mime: &'static str,
        size: Option<(u32, u32)>,
        perceptual: Option<u64>,
    ) -> Result<CleanFile, Failure> {
        let print = fingerprint(out).await.map_err(|_| Failure::NotRun)?;
        let sha256 = print.sha256.to_string();
        let digits: Sha256Hex = sha256.parse().map_err(|_| Failure::NotRun)?;
        let object_key = Objects::key(&digits);
        self.objects
            .put_file(&object_key, out)
            .await
            .map_err(|_| Failure::NotRun)?;
        Ok(CleanFile {
            mime,
            bytes: print.bytes,
            sha256,
            object_key,
            size,
            perceptual,
        })
    }

    async fn task(&self, scratch: &Path, work: Work) -> Result<Answer, Failure> {
        #[cfg_attr(
            not(test),
            expect(
                clippy::infallible_destructuring_match,
                reason = "tests have a second kind"
            )
        )]
        let program = match &self.hands {
            Hands::Process(program) => program,
            #[cfg(test)]
            Hands::Here => {
                let done = tokio::task::spawn_blocking(|| super::task::carry_out(work)).await;
                return done.map_err(|_| Failure::Crashed)?;
            }
        };
        let answer = scratch.join("answer.json");
        let task = Task {
            work,
            answer: answer.clone(),
        };
        let text = serde_json::to_vec(&task).map_err(|_| Failure::NotRun)?;
        let mut command = Command::new(program);
        command
            .arg("make-copy")
            .env("GST_REGISTRY", scratch.join("gstreamer-registry.bin"));
        let ended = child::run(command, &text, self.limits).await?;
        if ended.outcome == Outcome::Failure {
            return Err(Failure::Crashed);
        }
        let text = tokio::fs::read(&answer)
            .await
            .map_err(|_| Failure::Crashed)?;
        serde_json::from_slice(&text).map_err(|_| Failure::Crashed)
    }
}
