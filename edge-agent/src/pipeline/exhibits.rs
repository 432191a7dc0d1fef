//! Evidence of a raised event: stills of the deciding picture at once; the clip, the pictures before
//! and after, and each track at its best when the post-roll has happened.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::v1::{EventId, EvidenceId, EvidenceKind, Interval, Part, UnavailableReason};
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

use super::desk::Paper;
use super::vault::{Missing, Owner, Piece, Vault};
use crate::camera::{
    Duty, Epoch, Footage, FoundBy, Frame, Passage, PassageError, Place, Reached, last_picture,
};
use crate::config::{CameraConfig, EvidenceWindow, RuleKind};
use crate::evidence::{
    self, BestShot, Gallery, Label, Overlay, OverlayBox, OverlayLamp, StillError,
};
use crate::geometry::{PictureSize, PixelBox};
use crate::report::{Outcome, Promise};
use crate::rule::EventChange;
use crate::signal::SignalState;
use crate::telemetry::{chain, metric};
use crate::time::{ClockAnchor, StreamTime};
use crate::track::Track;

/// For a change whose rule the configuration does not name; every rule of today is named.
const WINDOW_WITHOUT_RULE: EvidenceWindow = EvidenceWindow {
    pre_roll: Duration::from_secs(5),
    post_roll: Duration::from_secs(5),
    context: Duration::from_secs(2),
};
/// How long the still of a decision waits for the main stream to show that moment.
const ABREAST: Duration = Duration::from_secs(5);
/// Most parts of one clip: with all else, a report has room for that many entries.
const MOST_PARTS: usize = 4;

/// Collects one camera's evidence.
#[derive(Clone)]
pub(super) struct Exhibits {
    pub(super) camera: Arc<CameraConfig>,
    pub(super) footage: Footage,
    /// The camera's tracks at their best. Filled by its analysis.
    pub(super) gallery: Arc<Mutex<Gallery>>,
    pub(super) vault: Vault,
    /// When full, a clip's task waits with its finished files.
    pub(super) desk: mpsc::Sender<Paper>,
    /// Clip tasks, so that a stop can wait for them. As many as events were raised within the
    /// last post-roll.
    pub(super) clips: TaskTracker,
    /// Clips and pictures that may be made at once over all cameras; the others wait with their
    /// passages.
    pub(super) encoders: Arc<Semaphore>,
}

/// A raised event whose evidence is due.
pub(super) struct Scene {
    pub(super) change: EventChange,
    pub(super) epoch: Epoch,
    pub(super) clock: ClockAnchor,
    /// Size of the analysed pictures, in whose pixels tracks lie.
    pub(super) size: PictureSize,
    pub(super) promised: Vec<Promise>,
}

/// What became of one event's pieces.
type Outcomes = Vec<(EvidenceId, Outcome)>;

impl Scene {
    fn promise(&self, kind: EvidenceKind) -> Option<Promise> {
        self.promises(kind).next()
    }

    fn promises(&self, kind: EvidenceKind) -> impl Iterator<Item = Promise> {
        let kinds = self.promised.iter().copied();
        kinds.filter(move |promise| promise.kind == kind)
    }

    /// When the pictures from before and after are due: those of a passage, where there was one, in the
    /// order in which they were promised.
    fn due(&self, context: Duration) -> Vec<(EvidenceKind, EvidenceKind, StreamTime)> {
        let at = self.change.at;
        let before = match self.change.moments {
            Some(moments) => vec![moments.before, moments.crossing],
            None => vec![at - context],
        };
        let before = before.into_iter().map(|wanted| {
            (
                EvidenceKind::StillBefore,
                EvidenceKind::StillBeforeOverlay,
                wanted,
            )
        });
        let after = (
            EvidenceKind::StillAfter,
            EvidenceKind::StillAfterOverlay,
            at + context,
        );
        before.chain([after]).collect()
    }
}

/// A picture from before or after the deciding one.
struct Context {
    plain: Option<Promise>,
    drawn: Option<Promise>,
    passage: Result<Passage, Missing>,
}

impl Exhibits {
    /// Looks at an analysed picture: its tracks may never again be seen as well.
    pub(super) fn observe(&self, frame: &Frame, tracks: &[Track]) {
        self.gallery().observe(frame, tracks);
    }

    /// Makes the stills from the deciding picture now, and the rest in a task of its own. Blocks. Where
    /// the camera has a main stream, its picture of that moment, which comes a little later, is waited
    /// for in a task of its own.
    pub(super) fn collect(&self, scene: Scene, frame: &Frame, runtime: &Handle) {
        let scene = Arc::new(scene);
        self.clips
            .spawn_on(self.clone().later(Arc::clone(&scene)), runtime);
        if self.footage.has_main() {
            self.clips
                .spawn_on(self.clone().of_main_stream(scene, frame.clone()), runtime);
            return;
        }
        let outcomes = runtime.block_on(self.at_once(&scene, frame));
        let event = scene.change.event_id;
        self.clips
            .spawn_on(self.clone().settle(event, vec![], outcomes), runtime);
    }

    /// The stills from the main stream's picture of the deciding moment; from the analysed one where
    /// there is none.
    async fn of_main_stream(self, scene: Arc<Scene>, analysed: Frame) {
        let place = self.place(&scene);
        let frame = match place.duty() {
            Duty::Analyse => None,
            Duty::Keep => self.still_of(&place, scene.change.at).await,
        };
        let outcomes = self
            .at_once(&scene, frame.as_ref().unwrap_or(&analysed))
            .await;
        self.settle(scene.change.event_id, vec![], outcomes).await;
    }

    /// The picture that the main stream shows at a moment of the analysed one.
    async fn still_of(&self, place: &Place, at: StreamTime) -> Option<Frame> {
        // What is not there in time may be there in part; the passage says.
        let _ = tokio::time::timeout(ABREAST, place.reached(at)).await;
        let decoded = match place.passage(at, at) {
            Ok(passage) => {
                // The permit is never refused: nobody closes this semaphore.
                let _permit = self.encoders.acquire().await;
                blocking(move || last_picture(&passage).map_err(not_encoded)).await
            }
            Err(error) => Err((UnavailableReason::NotInRing, chain(&error))),
        };
        decoded
            .inspect_err(|(_, cause)| {
                tracing::warn!(
                    camera.id = %self.camera.id,
                    cause,
                    "no still from the main stream: the analysed stream's is taken"
                );
            })
            .ok()
    }

    /// Where a scene's evidence is cut from.
    fn place(&self, scene: &Scene) -> Place {
        let place = self
            .footage
            .place(scene.epoch, scene.change.at, scene.clock);
        let found_by = match place.found_by {
            FoundBy::Itself => return place,
            FoundBy::CameraTime => "camera_time",
            FoundBy::Arrival => "arrival",
            FoundBy::MainAway => "main_away",
        };
        let camera = self.camera.id.to_string();
        metrics::counter!(metric::MAIN_MOMENTS, "camera" => camera, "found_by" => found_by)
            .increment(1);
        if place.found_by == FoundBy::MainAway {
            tracing::warn!(
                camera.id = %self.camera.id,
                event.id = %scene.change.event_id,
                "the main stream does not show this event: its evidence is cut from sub_url"
            );
        }
        place
    }

    async fn at_once(&self, scene: &Scene, frame: &Frame) -> Outcomes {
        let overlay = self.overlay(
            frame,
            &self.boxes_now(&scene.change),
            scene,
            scene.change.at,
        );
        let mut outcomes = Vec::new();
        for promise in &scene.promised {
            let made = match promise.kind {
                EvidenceKind::Preview => evidence::preview_jpeg(frame, &overlay),
                EvidenceKind::Still => evidence::jpeg(frame),
                EvidenceKind::StillOverlay => evidence::overlay_jpeg(frame, &overlay),
                _ => continue,
            };
            let made = picture(made, frame.wall);
            outcomes.push((promise.id, self.keep(scene, *promise, made).await));
        }
        outcomes
    }

    /// Waits for the post-roll and makes what needs it.
    async fn later(self, scene: Arc<Scene>) {
        let EvidenceWindow {
            pre_roll,
            post_roll,
            context,
        } = self.window(&scene.change);
        let at = scene.change.at;
        let begins = scene.change.moments.map_or(at, |moments| moments.before);
        let (from, to) = ((at - pre_roll).min(begins), at + post_roll);
        let place = self.place(&scene);
        let reached = place.reached(to).await;
        // Cut now: the ring goes on, and what is cut keeps its bytes.
        let parts = place.passages(from, to);
        let mut kept: Vec<EvidenceKind> = Vec::new();
        let mut around = Vec::new();
        for (plain, drawn, wanted) in scene.due(context) {
            let earlier = kept.iter().filter(|kind| **kind == plain).count();
            kept.push(plain);
            around.push(Context {
                plain: scene.promises(plain).nth(earlier),
                drawn: scene.promises(drawn).nth(earlier),
                passage: moment(&scene, &place, &parts, wanted),
            });
        }
        // The permit is never refused: nobody closes this semaphore.
        let permit = self.encoders.acquire().await;
        let (added, mut outcomes) = self.clip(&scene, place.epoch, parts, reached).await;
        for context in around {
            outcomes.extend(self.context(&scene, &place, context).await);
        }
        outcomes.extend(self.crops(&scene, &place).await);
        drop(permit);
        let event = scene.change.event_id;
        self.clone().settle(event, added, outcomes).await;
    }

    /// The clip, in as many parts as the camera was connected. The first part that was promised is
    /// the one with the deciding picture; the others are added.
    async fn clip(
        &self,
        scene: &Scene,
        epoch: Epoch,
        parts: Result<Vec<Passage>, PassageError>,
        reached: Reached,
    ) -> (Vec<Promise>, Outcomes) {
        let Some(promised) = scene.promise(EvidenceKind::Clip) else {
            return (vec![], vec![]);
        };
        let mut parts = match parts {
            Ok(parts) => parts,
            Err(error) => {
                let missing = (why_not_held(error, reached), chain(&error));
                let outcome = self.keep(scene, promised, Err(missing)).await;
                return (vec![], vec![(promised.id, outcome)]);
            }
        };
        keep_around(&mut parts, epoch);
        self.warn_of_gaps(scene, &parts);
        let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let (mut added, mut outcomes) = (vec![], vec![]);
        for (number, passage) in (1..).zip(parts) {
            let promise = match passage.epoch == epoch {
                true => promised,
                false => Promise {
                    id: EvidenceId::new(),
                    kind: EvidenceKind::Clip,
                },
            };
            if promise != promised {
                added.push(promise);
            }
            let part = (of > 1).then_some(Part { number, of });
            let made = blocking(move || remuxed(&passage, part)).await;
            outcomes.push((promise.id, self.keep(scene, promise, made).await));
        }
        (added, outcomes)
    }

    /// A picture that nobody analysed, plain and with what is known drawn in.
    async fn context(&self, scene: &Scene, place: &Place, context: Context) -> Outcomes {
        let frame = match context.passage {
            Ok(passage) => blocking(move || last_picture(&passage).map_err(not_encoded)).await,
            Err(missing) => Err(missing),
        };
        let mut outcomes = Vec::new();
        for promise in [context.plain, context.drawn].into_iter().flatten() {
            let made = match &frame {
                Ok(frame) if Some(promise) == context.plain => {
                    picture(evidence::jpeg(frame), frame.wall)
                }
                Ok(frame) => {
                    let at = place.analysed(frame.pts);
                    let overlay = self.overlay(frame, &self.boxes_at(scene, at), scene, at);
                    picture(evidence::overlay_jpeg(frame, &overlay), frame.wall)
                }
                Err(missing) => Err(missing.clone()),
            };
            outcomes.push((promise.id, self.keep(scene, promise, made).await));
        }
        outcomes
    }

    /// The tracks that take part at their best, the surest first, as many as were promised.
    async fn crops(&self, scene: &Scene, place: &Place) -> Outcomes {
        let mut tracks: Vec<&Track> = scene.change.tracks.iter().collect();
        tracks.sort_by(|a, b| b.score.total_cmp(&a.score));
        let crops = scene
            .promised
            .iter()
            .filter(|p| p.kind == EvidenceKind::Crop);
        let mut outcomes = Vec::new();
        for (promise, track) in crops.zip(tracks) {
            let best = match self.crop_from_main(scene, place, track).await {
                Some(best) => Some(best),
                None => self.gallery().best(track.id),
            };
            let made = best
                .map(|best| Piece {
                    track: Some(track.id.0),
                    ..Piece::picture(best.jpeg, instant(scene.clock.wall_at(best.at)))
                })
                .ok_or_else(|| {
                    let cause = format!("track {} was never seen well", track.id.0);
                    (UnavailableReason::NotInRing, cause)
                });
            outcomes.push((promise.id, self.keep(scene, *promise, made).await));
        }
        outcomes
    }

    /// A track at its best as the main stream shows it, while that moment is held.
    async fn crop_from_main(
        &self,
        scene: &Scene,
        place: &Place,
        track: &Track,
    ) -> Option<BestShot> {
        if place.duty() == Duty::Analyse {
            return None;
        }
        let (at, bbox) = {
            let gallery = self.gallery();
            let at = gallery.best(track.id)?.at;
            (at, gallery.place(track.id, at)?)
        };
        let passage = place.passage(at, at).ok().filter(Passage::is_whole)?;
        let size = scene.size;
        let cut = blocking(move || {
            let frame = last_picture(&passage).map_err(not_encoded)?;
            evidence::cut_out(&frame, &bbox.resized(size, frame.size)).map_err(not_encoded)
        });
        let jpeg = cut.await.ok()?;
        Some(BestShot { jpeg, at })
    }

    async fn keep(&self, scene: &Scene, promise: Promise, made: Result<Piece, Missing>) -> Outcome {
        let owner = Owner {
            camera: &self.camera.id,
            event: scene.change.event_id,
            severity: scene.change.severity,
        };
        self.vault.keep(owner, promise, made).await
    }

    /// What the rule saw: its zone, the tracks that take part and the way they came up to `at`, camera
    /// and time; for a picture of that moment, of whichever stream.
    fn overlay(
        &self,
        frame: &Frame,
        boxes: &[(&Track, PixelBox)],
        scene: &Scene,
        at: StreamTime,
    ) -> Overlay {
        let zone = self
            .camera
            .zones
            .iter()
            .find(|zone| Some(&zone.id) == scene.change.zone.as_ref());
        let line = self
            .camera
            .lines
            .iter()
            .find(|line| Some(&line.id) == scene.change.zone.as_ref());
        let gallery = self.gallery();
        let boxed = |(track, bbox): &(&Track, PixelBox)| OverlayBox {
            bbox: bbox.resized(scene.size, frame.size),
            label: Label {
                class: track.class.to_string(),
                score: track.score,
                track: Some(track.id.0),
            },
        };
        let trail = |(track, _): &(&Track, PixelBox)| {
            let way = gallery.trail(track.id, at).into_iter();
            way.map(|point| point.resized(scene.size, frame.size))
                .collect()
        };
        Overlay {
            caption: format!("{}  {}", self.camera.name, frame.wall.strftime("%F %T UTC")),
            zone: zone
                .map(|zone| zone.polygon.points().to_vec())
                .unwrap_or_default(),
            line: line.map(|line| line.ends),
            lamp: self.lamp(scene, at),
            trails: boxes.iter().map(trail).collect(),
            boxes: boxes.iter().map(boxed).collect(),
        }
    }

    /// The lamp that the rule goes by; its state stands at it up to the picture that decided.
    fn lamp(&self, scene: &Scene, at: StreamTime) -> Option<OverlayLamp> {
        let change = &scene.change;
        let rule = self.camera.rule(change.detail, change.zone.as_ref())?;
        let RuleKind::RedLight(own) = &rule.kind else {
            return None;
        };
        let mut signals = self.camera.signals.iter();
        let signal = signals.find(|signal| Some(&signal.id) == own.signal.as_ref())?;
        let label = match change.moments {
            Some(moments) if (moments.before..=change.at).contains(&at) => {
                format!("{} {}", signal.id, SignalState::Red.word())
            }
            _ => signal.id.to_string(),
        };
        Some(OverlayLamp {
            outline: signal.lamp.as_ref()?.head.points().to_vec(),
            label,
        })
    }

    fn boxes_now<'a>(&self, change: &'a EventChange) -> Vec<(&'a Track, PixelBox)> {
        change
            .tracks
            .iter()
            .map(|track| (track, track.bbox))
            .collect()
    }

    fn boxes_at<'a>(&self, scene: &'a Scene, at: StreamTime) -> Vec<(&'a Track, PixelBox)> {
        let gallery = self.gallery();
        let place = |track: &'a Track| Some((track, gallery.place(track.id, at)?));
        scene.change.tracks.iter().filter_map(place).collect()
    }

    fn window(&self, change: &EventChange) -> EvidenceWindow {
        let rule = self.camera.rule(change.detail, change.zone.as_ref());
        rule.map_or(WINDOW_WITHOUT_RULE, |rule| rule.evidence)
    }

    fn warn_of_gaps(&self, scene: &Scene, parts: &[Passage]) {
        match parts {
            [only] if only.is_whole() => {}
            [only] => tracing::warn!(
                camera.id = %self.camera.id,
                event.id = %scene.change.event_id,
                head = ?only.head,
                tail = ?only.tail,
                "a clip does not hold all of its pre- and post-roll"
            ),
            parts => tracing::warn!(
                camera.id = %self.camera.id,
                event.id = %scene.change.event_id,
                parts = parts.len(),
                "the camera was away for a part of a clip: the clip comes in parts"
            ),
        }
    }

    async fn settle(self, event: EventId, added: Vec<Promise>, outcomes: Outcomes) {
        let paper = Paper::Settled {
            event,
            added,
            outcomes,
        };
        if self.desk.send(paper).await.is_err() {
            tracing::warn!(event.id = %event, "the desk is closed; the next start settles this evidence");
        }
    }

    fn gallery(&self) -> std::sync::MutexGuard<'_, Gallery> {
        // Every critical section leaves the gallery whole, so a poisoned lock is still good.
        self.gallery.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What decodes to the picture shown at about `wanted`: as near to that as the connection of the
/// deciding picture lasted.
fn moment(
    scene: &Scene,
    place: &Place,
    parts: &Result<Vec<Passage>, PassageError>,
    wanted: StreamTime,
) -> Result<Passage, Missing> {
    let own = parts
        .iter()
        .flatten()
        .find(|part| part.epoch == place.epoch);
    let shown = own
        .iter()
        .flat_map(|part| &part.units)
        .map(|unit| place.analysed(unit.pts));
    let ends = shown.clone().min().zip(shown.max());
    let nearest = ends.map(|(first, last)| wanted.clamp(first, last));
    let lost = |cause: String| (UnavailableReason::CameraLost, cause);
    match nearest {
        Some(at) if at != scene.change.at => place
            .passage(at, at)
            .map_err(|error| (UnavailableReason::NotInRing, chain(&error))),
        _ => Err(lost("the camera showed nothing else".to_owned())),
    }
}

/// At most [`MOST_PARTS`], the one of `epoch` among them.
fn keep_around(parts: &mut Vec<Passage>, epoch: Epoch) {
    let own = parts.iter().position(|part| part.epoch == epoch);
    let surplus = own.map_or(0, |own| (own + 1).saturating_sub(MOST_PARTS));
    parts.drain(..surplus);
    parts.truncate(MOST_PARTS);
}

fn remuxed(passage: &Passage, part: Option<Part>) -> Result<Piece, Missing> {
    let clip = evidence::remux(passage)
        .map_err(|error| (UnavailableReason::EncodingFailed, chain(&error)))?;
    Ok(Piece {
        shown: Some(Interval {
            start: passage.anchor.wall_at(clip.from),
            end: Some(passage.anchor.wall_at(clip.to)),
        }),
        bytes: clip.bytes,
        mime: clip.mime,
        part,
        track: None,
    })
}

fn not_encoded(error: impl std::error::Error) -> Missing {
    (UnavailableReason::EncodingFailed, chain(&error))
}

fn picture(made: Result<Vec<u8>, StillError>, at: Timestamp) -> Result<Piece, Missing> {
    made.map(|bytes| Piece::picture(bytes, instant(at)))
        .map_err(|error| (UnavailableReason::EncodingFailed, chain(&error)))
}

const fn instant(at: Timestamp) -> Interval {
    Interval {
        start: at,
        end: None,
    }
}

/// Works off the runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Missing> + Send + 'static,
) -> Result<T, Missing> {
    let failed = |text| (UnavailableReason::EncodingFailed, text);
    let worked = tokio::task::spawn_blocking(work).await;
    worked.unwrap_or_else(|panic| Err(failed(panic.to_string())))
}

fn why_not_held(error: PassageError, reached: Reached) -> UnavailableReason {
    match (error, reached) {
        (_, Reached::ConnectionEnded) => UnavailableReason::CameraLost,
        (PassageError::ConnectionNotHeld | PassageError::NothingHeld, Reached::Yes) => {
            UnavailableReason::NotInRing
        }
    }
}

#[cfg(test)]
#[path = "exhibits_tests.rs"]
mod tests;
