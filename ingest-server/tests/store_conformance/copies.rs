//! The queue of copies and the custody log.

use ingest_server::custody::{self, Act, Detail};
use ingest_server::store::entity::evidence;
use ingest_server::store::{self, CopyKind, CopyMade, CustodyEntry, EvidenceOwner, Requeue, Store};
use serde_json::json;

use crate::support::{EVENT, agent, at, report, take_in};

/// A stored clip, part 2 of 3, and a stored crop of a track.
async fn pieces(store: &Store) -> Vec<evidence::Model> {
    let entry = |number: u8, kind: &str| {
        json!({
            "state": "sealed", "id": format!("0198a000-0000-7000-8000-0000000000e{number}"), "kind": kind,
            "mime": "video/mp4", "bytes": 7, "sha256": format!("{number}").repeat(64),
        })
    };
    let (mut clip, mut crop) = (entry(1, "clip"), entry(2, "crop"));
    clip["part"] = json!({ "number": 2, "of": 3 });
    clip["shown"] = json!({ "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:05Z" });
    crop["track"] = json!(17);
    take_in(store, &report(json!({ "evidence": [clip, crop] }))).await;
    let tx = store.begin().await.unwrap();
    for number in ["1", "2"] {
        let hash = number.repeat(64);
        store::mark_stored(&tx, &agent("hue-01"), &hash, "key", at(5))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let owner = EvidenceOwner::Event(EVENT.parse().unwrap());
    store::evidence_of(store, owner).await.unwrap()
}

pub(crate) async fn what_a_piece_shows_is_kept(store: &Store) {
    let pieces = pieces(store).await;
    let [clip, crop] = &pieces[..] else {
        panic!("{pieces:?}")
    };
    assert_eq!(
        (clip.part_number, clip.part_of, clip.track),
        (Some(2), Some(3), None)
    );
    let shown = clip.shown_start.zip(clip.shown_end).unwrap();
    assert_eq!(shown.1 - shown.0, 5_000_000);
    assert_eq!(
        (crop.track, crop.shown_start, crop.part_number),
        (Some(17), None, None)
    );
    // The same id as a command's is another thing.
    let command = EvidenceOwner::Command(EVENT.parse().unwrap());
    assert!(store::evidence_of(store, command).await.unwrap().is_empty());
    let id = clip.id.parse().unwrap();
    assert_eq!(
        store::evidence_piece(store, command, id).await.unwrap(),
        None
    );
}

pub(crate) async fn a_copy_is_made_once_and_by_one(store: &Store) {
    let pieces = pieces(store).await;
    let queue = async |kind, requeue, second| {
        let tx = store.begin().await.unwrap();
        let changed = store::queue_copy(&tx, &pieces[0], kind, requeue, at(second)).await;
        tx.commit().await.unwrap();
        changed.unwrap()
    };
    let claim = async |now, until| {
        let tx = store.begin().await.unwrap();
        let claimed = store::claim_copy(&tx, at(now), at(until)).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    assert!(claim(100, 200).await.is_none());
    assert!(queue(CopyKind::Viewing, Requeue::Never, 10).await);
    assert!(
        !queue(CopyKind::Viewing, Requeue::Failed, 11).await,
        "it waits already"
    );
    assert!(queue(CopyKind::Redacted, Requeue::Failed, 12).await);
    assert_eq!(store::due_copies(store).await.unwrap(), 2);

    // A person waits for the redacted one.
    let first = claim(20, 200).await.unwrap();
    assert_eq!((first.kind, first.attempts), (CopyKind::Redacted, 1));
    let second = claim(20, 200).await.unwrap();
    assert_eq!(second.kind, CopyKind::Viewing);
    assert!(claim(20, 200).await.is_none(), "both are held");
    let tx = store.begin().await.unwrap();
    store::hold_copy(&tx, &second, at(300)).await.unwrap();
    tx.commit().await.unwrap();
    // Who made the first one died; who makes the second one is still at it.
    let again = claim(201, 400).await.unwrap();
    assert_eq!((again.kind, again.attempts), (CopyKind::Redacted, 2));
    assert!(claim(202, 400).await.is_none());

    let tx = store.begin().await.unwrap();
    store::put_back_copy(&tx, &again, at(210)).await.unwrap();
    tx.commit().await.unwrap();
    let again = claim(211, 400).await.unwrap();
    assert_eq!(again.attempts, 2, "a stop is no attempt");
    let tx = store.begin().await.unwrap();
    store::copy_failed(&tx, &again, "time_limit", Some(at(500)))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(400, 600).await.unwrap().kind, CopyKind::Viewing);
    let again = claim(500, 600).await.unwrap();
    let tx = store.begin().await.unwrap();
    store::copy_failed(&tx, &again, "no_boxes", None)
        .await
        .unwrap();
    let made = CopyMade {
        program: "p".to_owned(),
        method: "m".to_owned(),
        offender: None,
        mime: "video/mp4".to_owned(),
        bytes: 9,
        sha256: "9".repeat(64),
        object_key: "99/9".to_owned(),
    };
    store::copy_made(&tx, &second, &made, at(520))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store::due_copies(store).await.unwrap(), 0);
    let copies = store::copies_of(store, [EVENT.to_owned()]).await.unwrap();
    let mut told: Vec<_> = copies
        .iter()
        .map(|copy| {
            (
                copy.kind.as_str(),
                copy.state.as_str(),
                copy.reason.as_deref(),
            )
        })
        .collect();
    told.sort_unstable();
    let expected = [
        ("redacted", "failed", Some("no_boxes")),
        ("viewing", "made", None),
    ];
    assert_eq!(told, expected);
    // Asked for again, what failed is tried anew; what is made stays.
    assert!(queue(CopyKind::Redacted, Requeue::Failed, 600).await);
    assert!(!queue(CopyKind::Viewing, Requeue::Failed, 600).await);
    assert_eq!(claim(601, 700).await.unwrap().attempts, 1);
}

pub(crate) async fn a_custody_log_is_a_chain_of_its_own(store: &Store) {
    let pieces = pieces(store).await;
    let tx = store.begin().await.unwrap();
    for (piece, act, copy, second) in [
        (0, Act::Received, None, 10),
        (1, Act::Received, None, 11),
        (0, Act::Viewed, Some(CopyKind::Viewing), 12),
        (0, Act::Viewed, None, 13),
    ] {
        let entry = CustodyEntry {
            actor: "lan".to_owned(),
            act,
            copy,
            detail: Detail {
                note: Some("ghi chú".to_owned()),
                ..Detail::default()
            },
        };
        store::append_custody(&tx, &pieces[piece], entry, at(second))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    for (piece, length) in [(&pieces[0], 3), (&pieces[1], 1)] {
        let log = store::custody_of_piece(store, piece).await.unwrap();
        assert_eq!(log.len(), length);
        let entries = log.iter().map(|(entry, hash)| (entry, hash.as_str()));
        custody::verify((&piece.event_id, &piece.id), entries).unwrap();
    }
    for (piece, who, copy, since, expected) in [
        (0, "lan", Some(CopyKind::Viewing), 12, true),
        (0, "lan", Some(CopyKind::Viewing), 13, false),
        (0, "lan", Some(CopyKind::Redacted), 0, false),
        (0, "minh", None, 0, false),
        (1, "lan", None, 0, false),
        (0, "lan", None, 13, true),
    ] {
        let saw = store::saw_lately(store, &pieces[piece], who, (copy, None), at(since)).await;
        assert_eq!(saw.unwrap(), expected, "{who} {copy:?} {since}");
    }
}
