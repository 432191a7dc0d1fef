//! Random GOPs, reordering, reconnects and event times: no clip lacks its deciding picture or a picture
//! of its pre-roll. ffprobe, a reader that is not ours, says what is in the files.

use proptest::prelude::*;

use super::*;
use crate::camera::SharedRing;

/// One GOP: so many pictures, so many out of order behind each, open or closed.
#[derive(Debug, Clone)]
struct Gop {
    pictures: usize,
    reordered: usize,
    open: bool,
}

/// A connection: its GOPs, and how long after the one before it began.
#[derive(Debug, Clone)]
struct Link {
    gops: Vec<Gop>,
    away_ms: i64,
}

fn gop(step_ms: i64) -> impl Strategy<Value = Gop> {
    let longest = usize::try_from(10_000 / step_ms).unwrap();
    (1..=longest, 0..4_usize, any::<bool>()).prop_map(|(pictures, reordered, open)| Gop {
        pictures,
        reordered,
        open,
    })
}

fn link(step_ms: i64) -> impl Strategy<Value = Link> {
    (prop::collection::vec(gop(step_ms), 1..6), 300..4000_i64)
        .prop_map(|(gops, away_ms)| Link { gops, away_ms })
}

/// Whether decoding can begin there, and when it is shown; in decode order.
fn decode_order(gops: &[Gop], step_ms: i64) -> Vec<(bool, i64)> {
    let (mut sent, mut slot) = (Vec::new(), 0);
    for (index, gop) in gops.iter().enumerate() {
        // Leading pictures are shown before their keyframe and come after it.
        let leading = if gop.open && index > 0 {
            gop.reordered as i64
        } else {
            0
        };
        sent.push((true, slot + leading));
        sent.extend((slot..slot + leading).map(|slot| (false, slot)));
        slot += leading + 1;
        let mut left = gop.pictures - 1;
        while left > 0 {
            let group = left.min(gop.reordered + 1) as i64;
            sent.push((false, slot + group - 1));
            sent.extend((slot..slot + group - 1).map(|slot| (false, slot)));
            slot += group;
            left -= group as usize;
        }
    }
    sent.iter()
        .map(|(key, slot)| (*key, slot * step_ms))
        .collect()
}

fn at_ms(ms: i64) -> StreamTime {
    StreamTime::from_nanos(ms * 1_000_000)
}

/// When the packets of a clip are shown, in ms from the first, as ffprobe reads them.
fn packets(clip: &Clip) -> Vec<i64> {
    let file = written(clip);
    let output = Command::new("ffprobe")
        .args(["-v", "quiet", "-select_streams", "v", "-of", "csv=p=0"])
        .args(["-show_entries", "packet=pts_time"])
        .arg(file.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let ms = |line: &str| line.trim_end_matches(',').parse::<f64>().unwrap() * 1000.0;
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| ms(line).round() as i64)
        .collect()
}

/// Real bytes for hand-made units: a keyframe with its parameter sets, and another picture.
fn bytes_of_both() -> (StreamInfo, [bytes::Bytes; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.mp4");
    encode_clip(&path, 3, 10);
    let (ring, units) = ring_of(&path);
    let info = ring.passage(Epoch(1), secs(0.0), secs(0.1)).unwrap().info;
    (info, [units[0].data.clone(), units[1].data.clone()])
}

fn unit(key: bool, ms: i64, bytes: &[bytes::Bytes; 2]) -> Arc<AccessUnit> {
    Arc::new(AccessUnit {
        pts: at_ms(ms),
        duration: None,
        arrival: Timestamp::UNIX_EPOCH,
        camera_time: None,
        keyframe: key,
        data: bytes[usize::from(!key)].clone(),
    })
}

#[derive(Debug, Clone)]
struct Case {
    step_ms: i64,
    links: Vec<Link>,
    /// Which connection's which picture decides.
    link: prop::sample::Index,
    picture: prop::sample::Index,
    pre_ms: i64,
    post_ms: i64,
}

fn case() -> impl Strategy<Value = Case> {
    (20..200_i64)
        .prop_flat_map(|step_ms| {
            let links = prop::collection::vec(link(step_ms), 1..3);
            (
                Just(step_ms),
                links,
                any::<(prop::sample::Index, prop::sample::Index)>(),
                0..15_000_i64,
                0..15_000_i64,
            )
        })
        .prop_map(|(step_ms, links, (link, picture), pre_ms, post_ms)| Case {
            step_ms,
            links,
            link,
            picture,
            pre_ms,
            post_ms,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_deciding_picture_and_the_whole_pre_roll_are_there(case in case()) {
        let (info, bytes) = bytes_of_both();
        let ring = SharedRing::new(RingLimits { span: Duration::from_secs(3600), bytes: 1 << 30 });
        // Where each connection lies on the wall clock, and what it showed, in ms.
        let (mut wall, mut seen) = (1_000_000, Vec::new());
        let chosen = case.link.index(case.links.len());
        let mut clip_ends = None;
        for (index, link) in case.links.iter().enumerate() {
            let sent = decode_order(&link.gops, case.step_ms);
            wall += link.away_ms;
            let anchor = ClockAnchor {
                stream: StreamTime::ZERO,
                wall: Timestamp::from_millisecond(wall).unwrap(),
            };
            let epoch = Epoch(index as u64 + 1);
            ring.begin(epoch, info.clone(), anchor);
            let decides = sent[case.picture.index(sent.len())].1;
            let until = at_ms(decides + case.post_ms);
            for (key, ms) in &sent {
                ring.push(unit(*key, *ms, &bytes));
                // The clip is cut the moment that the wait for its end is over: nothing that comes
                // later may be missing from it.
                if index == chosen && clip_ends.is_none() {
                    let wait = std::pin::pin!(ring.reached(epoch, until));
                    if futures_util::FutureExt::now_or_never(wait).is_some() {
                        clip_ends = Some(ring.passages(epoch, at_ms(decides - case.pre_ms), until));
                    }
                }
            }
            ring.end();
            if index == chosen {
                seen.push((wall, sent.clone(), Some(decides)));
            } else {
                seen.push((wall, sent.clone(), None));
            }
            wall += sent.iter().map(|(_, ms)| *ms).max().unwrap() + case.step_ms;
        }
        let (own_wall, decides) = seen
            .iter()
            .find_map(|(wall, _, decides)| decides.map(|decides| (*wall, decides)))
            .unwrap();
        let parts = clip_ends.unwrap_or_else(|| {
            let epoch = Epoch(chosen as u64 + 1);
            let until = at_ms(decides + case.post_ms);
            ring.passages(epoch, at_ms(decides - case.pre_ms), until)
        }).unwrap();
        let mut shown = Vec::new();
        for part in parts {
            let clip = remux(&part).unwrap();
            let packets = packets(&clip);
            prop_assert_eq!(packets.iter().min(), Some(&0), "the first picture is shown at zero");
            prop_assert_eq!(packets.len(), clip.pictures);
            let from = part.anchor.wall_at(clip.from).as_millisecond();
            shown.extend(packets.iter().map(|ms| ms + from));
        }
        let window = own_wall + decides - case.pre_ms..=own_wall + decides + case.post_ms;
        for (wall, sent, _) in &seen {
            for (_, ms) in sent {
                let at = wall + ms;
                prop_assert!(!window.contains(&at) || shown.contains(&at), "{at} of {window:?} is missing");
            }
        }
        prop_assert!(shown.contains(&(own_wall + decides)), "the deciding picture");
    }
}
