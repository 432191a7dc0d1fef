//! How one copy is made: the original fetched and checked, looked at, covered, encoded, stored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bundle::{Digest, Fingerprint};
use futures_util::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::area::{Seen, covered};
use super::child::{self, Outcome};
use super::container;
use super::failure::Failure;
use super::offender::{Look, follow};
use super::task::{Answer, Covered, Task, Work};
use super::witness::{self, Unfound};
use super::{Came, Workshop};
use crate::evidence::objects::Objects;
use crate::evidence::uploads::Sha256Hex;
use crate::store::entity::evidence;
use crate::store::{ClaimedCopy, CopyKind, CopyMade};

/// Bytes of a clip in which its header is looked for first.
const HEAD: u64 = 256 * 1024;

impl Workshop {
    /// Makes a copy; `scratch` is an empty folder for what lies about meanwhile.
    ///
    /// # Errors
    /// Any [`Failure`].
    pub(super) async fn make(&self, copy: &ClaimedCopy, scratch: &Path) -> Result<Came, Failure> {
        if copy.kind == CopyKind::Viewing && self.plays_everywhere(&copy.piece).await {
            return Ok(Came::NotNeeded);
        }
        let source = scratch.join("source");
        self.fetch(&copy.piece, &copy.source_sha256, &source)
            .await?;
        let out = scratch.join("copy");
        let result = match (copy.kind, copy.piece.mime.as_deref()) {
            (CopyKind::Viewing, _) => self.viewing(&source, &out).await?,
            (CopyKind::Redacted, Some("image/jpeg" | "image/png")) => {
                Some(self.redacted_picture(&copy.piece, source, &out).await?)
            }
            (CopyKind::Redacted, Some("video/mp4" | "video/quicktime")) => {
                Some(self.redacted_clip(&copy.piece, source, &out).await?)
            }
            _ => return Err(Failure::UnknownCodec),
        };
        match result {
            None => Ok(Came::NotNeeded),
            Some(how) => Ok(Came::Made(self.keep(&out, how).await?)),
        }
    }

    /// Whether the head of a clip says that browsers play it as it is: most do, and then the rest need
    /// not be read. Where the head does not say it, the whole clip is looked at.
    async fn plays_everywhere(&self, piece: &evidence::Model) -> bool {
        let length = piece.bytes.map_or(0, i64::unsigned_abs).min(HEAD);
        let key = piece.object_key.as_deref().unwrap_or_default();
        let Ok(head) = self.objects.read(key, 0..length).await else {
            return false;
        };
        let head: Result<Vec<bytes::Bytes>, _> = head.try_collect().await;
        head.is_ok_and(|head| container::plays_everywhere(&head.concat()))
    }

    async fn viewing(&self, source: &Path, out: &Path) -> Result<Option<How>, Failure> {
        let work = Work::Viewing {
            source: source.to_owned(),
            out: out.to_owned(),
        };
        Ok(match self.task(work).await? {
            Answer::NotNeeded => None,
            Answer::Done => Some(How {
                program: this_program(),
                method: "h264_720p",
                offender: None,
                mime: "video/mp4",
            }),
            Answer::Failed(failure) => return Err(failure),
            Answer::Cleaned { .. } => return Err(Failure::Crashed),
        })
    }

    async fn redacted_picture(
        &self,
        piece: &evidence::Model,
        source: PathBuf,
        out: &Path,
    ) -> Result<How, Failure> {
        let looks = out.with_extension("looks");
        make_folder(&looks).await?;
        // Under a name that says what it is: the agent's program looks at pictures only.
        let file = match piece.mime.as_deref() {
            Some("image/png") => "000000000000.png",
            _ => "000000000000.jpg",
        };
        tokio::fs::copy(&source, looks.join(file))
            .await
            .map_err(|_| Failure::NotRun)?;
        let found = self.found(piece, &looks).await?;
        let areas = found.covered.first().map(|one| one.areas.clone());
        let work = Work::CoverPicture {
            source,
            out: out.to_owned(),
            areas: areas.ok_or(Failure::NoBoxes)?,
        };
        self.done(work).await?;
        Ok(found.how("image/jpeg"))
    }

    async fn redacted_clip(
        &self,
        piece: &evidence::Model,
        source: PathBuf,
        out: &Path,
    ) -> Result<How, Failure> {
        let looks = out.with_extension("looks");
        make_folder(&looks).await?;
        self.done(Work::Look {
            source: source.clone(),
            folder: looks.clone(),
        })
        .await?;
        let mut found = self.found(piece, &looks).await?;
        let work = Work::CoverClip {
            source,
            out: out.to_owned(),
            covered: std::mem::take(&mut found.covered),
        };
        self.done(work).await?;
        Ok(found.how("video/mp4"))
    }

    /// Looks at the pictures of a folder and decides what of each is covered.
    async fn found(&self, piece: &evidence::Model, folder: &Path) -> Result<Redaction, Failure> {
        let found = self.finder.find(folder, self.limits).await?;
        let looks = looks(found.pictures).ok_or(Failure::NoBoxes)?;
        let anchor = witness::anchor(&self.store, piece)
            .await
            .map_err(|_| Failure::SourceUnavailable)?;
        let kept = match &anchor {
            None => vec![Vec::new(); looks.len()],
            Some((anchor, unfound)) => match (follow(&looks, anchor), unfound) {
                (Ok(kept), _) => kept,
                (Err(_), Unfound::CoverAll) => vec![Vec::new(); looks.len()],
                (Err(_), Unfound::Refuse) => return Err(Failure::BoxesContradict),
            },
        };
        let is_kept = kept.iter().any(|areas| !areas.is_empty());
        let covered = looks.iter().zip(&kept).map(|(look, kept)| Covered {
            at_us: u64::try_from(look.at.as_micros()).unwrap_or(u64::MAX),
            areas: covered(&look.seen, kept),
        });
        Ok(Redaction {
            covered: covered.collect(),
            program: format!("{}, {}", this_program(), found.by),
            method: match self.finder.plate_model {
                Some(_) => "plate_detector_and_heads",
                None => "heads_and_plate_areas",
            },
            offender: if is_kept { "kept" } else { "none" },
        })
    }

    async fn done(&self, work: Work) -> Result<(), Failure> {
        match self.task(work).await? {
            Answer::Done => Ok(()),
            Answer::NotNeeded | Answer::Cleaned { .. } => Err(Failure::Crashed),
            Answer::Failed(failure) => Err(failure),
        }
    }

    /// Lets the process that makes copies do one thing.
    async fn task(&self, work: Work) -> Result<Answer, Failure> {
        let answer = self.folder.join("scratch/answer.json");
        drop(tokio::fs::remove_file(&answer).await);
        let task = Task {
            work,
            answer: answer.clone(),
        };
        let text = serde_json::to_vec(&task).map_err(|_| Failure::NotRun)?;
        let mut command = Command::new(&self.program);
        command
            .arg("make-copy")
            // What GStreamer knows of its plugins; the user's own cache may not be writable.
            .env("GST_REGISTRY", self.folder.join("gstreamer-registry.bin"));
        let ended = child::run(command, &text, self.limits).await?;
        if ended.outcome == Outcome::Failure {
            return Err(Failure::Crashed);
        }
        let text = tokio::fs::read(&answer)
            .await
            .map_err(|_| Failure::Crashed)?;
        serde_json::from_slice(&text).map_err(|_| Failure::Crashed)
    }

    /// Brings the original into a file, and holds it against the hash under which it was stored: a
    /// copy is derived from those bytes or from none.
    async fn fetch(
        &self,
        piece: &evidence::Model,
        sha256: &str,
        file: &Path,
    ) -> Result<(), Failure> {
        let key = piece
            .object_key
            .as_deref()
            .ok_or(Failure::SourceUnavailable)?;
        let length = piece.bytes.map_or(0, i64::unsigned_abs);
        let unavailable = |_| Failure::SourceUnavailable;
        let mut bytes = self
            .objects
            .read(key, 0..length)
            .await
            .map_err(unavailable)?;
        let mut out = tokio::fs::File::create(file)
            .await
            .map_err(|_| Failure::NotRun)?;
        let mut digest = Digest::default();
        while let Some(some) = bytes.try_next().await.map_err(unavailable)? {
            digest.update(&some);
            out.write_all(&some).await.map_err(|_| Failure::NotRun)?;
        }
        out.flush().await.map_err(|_| Failure::NotRun)?;
        match digest.finish().sha256.to_string() == sha256 {
            true => Ok(()),
            false => Err(Failure::SourceAltered),
        }
    }

    /// Puts a finished copy into the object store.
    async fn keep(&self, out: &Path, how: How) -> Result<CopyMade, Failure> {
        let print = fingerprint(out).await.map_err(|_| Failure::NotRun)?;
        let sha256: Sha256Hex = print
            .sha256
            .to_string()
            .parse()
            .map_err(|_| Failure::NotRun)?;
        let object_key = Objects::key(&sha256);
        self.objects
            .put_file(&object_key, out)
            .await
            .map_err(|_| Failure::NotRun)?;
        Ok(CopyMade {
            program: how.program,
            method: how.method.to_owned(),
            offender: how.offender.map(str::to_owned),
            mime: how.mime.to_owned(),
            bytes: print.bytes,
            sha256: sha256.as_str().to_owned(),
            object_key,
        })
    }
}

/// How a copy was made.
struct How {
    program: String,
    method: &'static str,
    offender: Option<&'static str>,
    mime: &'static str,
}

/// What of each look is covered, and how that was decided.
struct Redaction {
    covered: Vec<Covered>,
    program: String,
    method: &'static str,
    offender: &'static str,
}

impl Redaction {
    fn how(self, mime: &'static str) -> How {
        How {
            program: self.program,
            method: self.method,
            offender: Some(self.offender),
            mime,
        }
    }
}

/// The pictures as looks, by the time in their names.
fn looks(pictures: BTreeMap<String, Vec<Seen>>) -> Option<Vec<Look>> {
    let look = |(name, seen): (String, Vec<Seen>)| {
        let microseconds = name.split('.').next()?.parse().ok()?;
        Some(Look {
            at: Duration::from_micros(microseconds),
            seen,
        })
    };
    pictures.into_iter().map(look).collect()
}

fn this_program() -> String {
    concat!("ingest-server ", env!("CARGO_PKG_VERSION")).to_owned()
}

async fn make_folder(folder: &Path) -> Result<(), Failure> {
    tokio::fs::create_dir(folder)
        .await
        .map_err(|_| Failure::NotRun)
}

pub(super) async fn fingerprint(file: &Path) -> std::io::Result<Fingerprint> {
    let mut file = tokio::fs::File::open(file).await?;
    let mut digest = Digest::default();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(digest.finish());
        };
        digest.update(bytes);
    }
}
