//! A raised event's evidence from a ring of real pictures: all of it, and what a reconnect leaves.

use std::path::Path;

use contract::v1::Phase;

use super::super::desk::promises;
use super::*;
use crate::camera::clips_fixture::encode_clip;
use crate::camera::{DecoderOptions, FileItem, FileSource, RingLimits, SharedRing, Timing};
use crate::config::Config;
use crate::evidence::MAX_PREVIEW_BYTES;
use crate::outbox::{Limits, Store};
use crate::rule::Moments;
use crate::time::StreamTime;
use crate::track::{Life, TrackId};

const DECIDED: f64 = 6.0;
const CAMERA: &str =
    "[[model]]\nname = \"yolox-nano\"\n[[camera]]\nid = \"cam-1\"\nurl = \"rtsp://host/path\"\n";

struct Scenery {
    exhibits: Exhibits,
    papers: mpsc::Receiver<Paper>,
    frame: Option<Frame>,
    _folder: tempfile::TempDir,
}

/// Pushes a recording into the ring as a connection that began at `wall` seconds; keeps the picture
/// of [`DECIDED`].
fn connect(scenery: &mut Scenery, path: &Path, epoch: u64, wall: i64, seconds: f64) {
    let wall = Timestamp::from_second(wall).unwrap();
    let options = DecoderOptions::default();
    let source = FileSource::open(path, Timing::AsRecorded, wall, options).unwrap();
    let ring = scenery.exhibits.footage.analysed();
    ring.begin(Epoch(epoch), source.info().clone(), source.anchor());
    for item in source {
        match item.unwrap() {
            FileItem::Unit(unit) if unit.pts.as_secs_f64() < seconds => {
                ring.push(unit);
            }
            FileItem::Frame(frame) if epoch == 1 && frame.pts.as_secs_f64() <= DECIDED => {
                scenery.exhibits.observe(&frame, &[track(&frame)]);
                scenery.frame = Some(frame);
            }
            _ => {}
        }
    }
}

fn track(frame: &Frame) -> Track {
    Track {
        id: TrackId(41),
        class: "cattle".into(),
        score: 0.8,
        bbox: PixelBox {
            x: 60.0,
            y: 50.0,
            w: 120.0,
            h: 90.0,
        },
        first_seen: StreamTime::ZERO,
        last_seen: frame.pts,
        life: Life::Confirmed,
        still_since: None,
    }
}

async fn scenery() -> Scenery {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        report_bytes: 1 << 20,
        evidence_bytes: 1 << 26,
    };
    let store = Store::open(folder.path(), "reports", limits).await.unwrap();
    let (desk, papers) = mpsc::channel(8);
    let config = Config::parse(CAMERA, Path::new("agent.toml")).unwrap();
    let exhibits = Exhibits {
        camera: Arc::new(config.cameras[0].clone()),
        footage: Footage::of(SharedRing::new(RingLimits {
            span: Duration::from_secs(60),
            bytes: 1 << 26,
        })),
        gallery: Arc::default(),
        vault: Vault {
            store: Arc::new(store),
            desk: desk.clone(),
        },
        desk,
        clips: TaskTracker::new(),
        encoders: Arc::new(Semaphore::new(1)),
    };
    Scenery {
        exhibits,
        papers,
        frame: None,
        _folder: folder,
    }
}

/// Raises an event at [`DECIDED`] and gathers what becomes of its evidence: at once, and later.
async fn raised(scenery: &mut Scenery) -> [(Vec<Promise>, Vec<Promise>, Outcomes); 2] {
    raised_with(scenery, None).await
}

/// The same of a passage with these moments.
async fn raised_with(
    scenery: &mut Scenery,
    moments: Option<Moments>,
) -> [(Vec<Promise>, Vec<Promise>, Outcomes); 2] {
    let frame = scenery.frame.clone().unwrap();
    let promised = promises(1, moments);
    let scene = Scene {
        change: EventChange {
            confidence: 0.8,
            began: frame.pts,
            tracks: vec![track(&frame)],
            moments,
            ..EventChange::sample(EventId::new(), Phase::Raised, frame.pts)
        },
        epoch: Epoch(1),
        clock: ClockAnchor {
            stream: StreamTime::ZERO,
            wall: Timestamp::from_second(1000).unwrap(),
        },
        size: frame.size,
        promised: promised.clone(),
    };
    let (exhibits, runtime) = (scenery.exhibits.clone(), Handle::current());
    let collect = move || exhibits.collect(scene, &frame, &runtime);
    tokio::task::spawn_blocking(collect).await.unwrap();
    let mut settled = Vec::new();
    for _ in 0..2 {
        let Some(Paper::Settled {
            added, outcomes, ..
        }) = scenery.papers.recv().await
        else {
            panic!("evidence is settled");
        };
        settled.push((promised.clone(), added, outcomes));
    }
    // The two tasks settle in any order.
    let first = promised[0].id;
    settled.sort_by_key(|(_, _, outcomes): &(_, _, Outcomes)| {
        outcomes.iter().all(|(id, _)| *id != first)
    });
    settled.try_into().unwrap()
}

fn kind_of(promised: &[Promise], id: EvidenceId) -> EvidenceKind {
    promised.iter().find(|p| p.id == id).unwrap().kind
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_was_promised_comes_from_the_pictures_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 300, 50);
    let mut scenery = scenery().await;
    connect(&mut scenery, &path, 1, 1000, 100.0);
    let [at_once, later] = raised(&mut scenery).await;
    let first: Vec<_> = at_once
        .2
        .iter()
        .map(|(id, _)| kind_of(&at_once.0, *id))
        .collect();
    use EvidenceKind::{Clip, Crop, Preview, Still, StillAfter, StillBefore, StillOverlay};
    assert_eq!(first, [Preview, Still, StillOverlay]);
    let seals = 2;
    assert_eq!(
        at_once.2.len() + later.2.len() + seals,
        at_once.0.len(),
        "each promise is kept; the seal is the desk's"
    );
    assert!(later.1.is_empty());
    for (id, outcome) in at_once.2.iter().chain(&later.2) {
        let kind = kind_of(&at_once.0, *id);
        let Outcome::Sealed {
            bytes,
            sha256,
            shown,
            part,
            track,
            ..
        } = outcome
        else {
            panic!("{kind:?}: {outcome:?}");
        };
        let files = scenery.exhibits.vault.store.files();
        files
            .verify(&Store::evidence_name(*id, kind), *bytes, sha256)
            .unwrap();
        let shown = shown.unwrap();
        let seen = shown.start.as_millisecond() - 1_000_000;
        let near = |wanted: i64| (seen - wanted).abs() <= 40;
        match kind {
            Preview => assert!(near(6000) && *bytes <= MAX_PREVIEW_BYTES as u64),
            Still | StillOverlay => assert!(near(6000)),
            StillBefore => assert!(near(4000), "{seen}"),
            StillAfter => assert!(near(8000), "{seen}"),
            Clip => {
                let end = shown.end.unwrap().as_millisecond() - 1_000_000;
                assert!(seen <= 1000 && end >= 11_000, "{seen} to {end}");
            }
            _ => {}
        }
        assert_eq!(*part, None);
        assert_eq!(*track, (kind == Crop).then_some(41));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passage_is_shown_before_on_and_beyond_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 300, 50);
    let mut scenery = scenery().await;
    connect(&mut scenery, &path, 1, 1000, 100.0);
    let moments = Moments {
        before: StreamTime::from_secs_f64(3.0),
        crossing: StreamTime::from_secs_f64(5.0),
        after: scenery.frame.as_ref().unwrap().pts,
    };
    let [_, (promised, _, outcomes)] = raised_with(&mut scenery, Some(moments)).await;
    let shown = |wanted: EvidenceKind| -> Vec<i64> {
        let of_kind = promised.iter().filter(|promise| promise.kind == wanted);
        let outcome = |promise: &Promise| {
            let (_, outcome) = outcomes.iter().find(|(id, _)| *id == promise.id).unwrap();
            match outcome {
                Outcome::Sealed {
                    shown: Some(shown), ..
                } => shown.start.as_millisecond() - 1_000_000,
                other => panic!("{wanted:?}: {other:?}"),
            }
        };
        of_kind.map(outcome).collect()
    };
    let near = |seen: Vec<i64>, wanted: &[i64]| {
        let all = seen.iter().zip(wanted);
        assert_eq!(seen.len(), wanted.len());
        assert!(
            all.into_iter().all(|(a, b)| (a - b).abs() <= 40),
            "{seen:?}"
        );
    };
    near(shown(EvidenceKind::StillBefore), &[3000, 5000]);
    near(shown(EvidenceKind::StillBeforeOverlay), &[3000, 5000]);
    near(shown(EvidenceKind::StillAfter), &[8000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_makes_two_parts_and_both_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 300, 25);
    let mut scenery = scenery().await;
    connect(&mut scenery, &path, 1, 1000, 7.0);
    scenery.exhibits.footage.analysed().end();
    connect(&mut scenery, &path, 2, 1009, 100.0);
    let [_, (promised, added, outcomes)] = raised(&mut scenery).await;
    let clips: Vec<(EvidenceId, Part, i64, i64)> = outcomes
        .iter()
        .filter_map(|(id, outcome)| match outcome {
            Outcome::Sealed {
                part: Some(part),
                shown: Some(shown),
                ..
            } => Some((
                *id,
                *part,
                shown.start.as_second(),
                shown.end.unwrap().as_second(),
            )),
            _ => None,
        })
        .collect();
    let own = promised
        .iter()
        .find(|p| p.kind == EvidenceKind::Clip)
        .unwrap();
    let (one, two) = (Part { number: 1, of: 2 }, Part { number: 2, of: 2 });
    let expected = [(own.id, one, 1001, 1007), (added[0].id, two, 1009, 1011)];
    assert_eq!(clips, expected);
    // The picture after comes from as late as the connection lasted.
    let after = promised
        .iter()
        .find(|p| p.kind == EvidenceKind::StillAfter)
        .unwrap();
    let outcome = outcomes.iter().find(|(id, _)| *id == after.id).unwrap();
    assert!(
        matches!(outcome.1, Outcome::Sealed { .. }),
        "{:?}",
        outcome.1
    );
}
