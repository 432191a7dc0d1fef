//! The store's promises on a real folder.

use std::os::unix::fs::symlink;

use super::*;

const LOW: Severity = Severity::Low;
const HIGH: Severity = Severity::High;
const CLIP: EvidenceKind = EvidenceKind::Clip;
const STILL: EvidenceKind = EvidenceKind::Still;

/// Ids in order of birth.
fn id(number: u8) -> EvidenceId {
    format!("0192f000-0000-7000-8000-0000000000{number:02x}")
        .parse()
        .unwrap()
}

fn piece(number: u8, kind: EvidenceKind, severity: Severity, bytes: &[u8]) -> NewPiece<'_> {
    let mime = if kind == CLIP {
        "video/mp4"
    } else {
        "image/jpeg"
    };
    NewPiece {
        id: id(number),
        kind,
        severity,
        mime,
        bytes,
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_piece_is_kept_found_again_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = EvidenceStore::open(folder.path(), 1_000).unwrap();
    let put = store.put(piece(1, STILL, HIGH, b"abc")).unwrap();
    assert_eq!(put.dropped, []);
    assert_eq!(fs::read(&put.sealed.path).unwrap(), b"abc");
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((put.sealed.sha256.as_str(), put.sealed.bytes), (abc, 3));

    let again = EvidenceStore::open(folder.path(), 1_000).unwrap();
    let held = again.held();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].id, held[0].kind, held[0].severity),
        (id(1), STILL, HIGH)
    );
    assert_eq!((held[0].bytes, &held[0].path), (3, &put.sealed.path));
    again.remove(id(1)).unwrap();
    again.remove(id(1)).unwrap();
    assert_eq!((again.bytes(), files(folder.path()).len()), (0, 0));
}

#[test]
fn an_unfinished_file_is_forgotten_and_a_strange_one_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("low.clip.x.partial"), "half").unwrap();
    fs::write(folder.path().join("README"), "not ours").unwrap();
    let store = EvidenceStore::open(folder.path(), 1_000).unwrap();
    assert_eq!(files(folder.path()), ["README"]);
    assert!(store.held().is_empty());
}

#[test]
fn the_oldest_clip_of_the_lowest_severity_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = EvidenceStore::open(folder.path(), 50).unwrap();
    for (number, kind, severity) in [
        (1, CLIP, HIGH),
        (2, STILL, LOW),
        (3, CLIP, LOW),
        (4, CLIP, LOW),
        (5, STILL, HIGH),
    ] {
        assert_eq!(
            store
                .put(piece(number, kind, severity, &[0; 10]))
                .unwrap()
                .dropped,
            []
        );
    }
    let mut gone = Vec::new();
    for number in 6..11 {
        let put = store.put(piece(number, STILL, HIGH, &[0; 10])).unwrap();
        gone.extend(put.dropped.into_iter().map(|dropped| dropped.id));
        assert!(store.bytes() <= 50);
    }
    assert_eq!(gone, [id(3), id(4), id(1), id(2), id(5)]);
    assert_eq!(files(folder.path()).len(), 5);
}

#[test]
fn a_piece_that_matters_least_is_refused_and_nothing_goes_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = EvidenceStore::open(folder.path(), 30).unwrap();
    store.put(piece(1, STILL, HIGH, &[0; 20])).unwrap();
    store.put(piece(2, CLIP, LOW, &[0; 5])).unwrap();
    let refused = store.put(piece(3, CLIP, LOW, &[0; 15])).unwrap_err();
    assert!(matches!(refused, StoreError::QuotaFull { limit: 30 }));
    let too_large = store.put(piece(4, STILL, HIGH, &[0; 31])).unwrap_err();
    assert!(matches!(too_large, StoreError::QuotaFull { .. }));
    assert_eq!((store.held().len(), store.bytes()), (2, 25));
}

#[test]
fn keeping_an_id_again_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = EvidenceStore::open(folder.path(), 30).unwrap();
    store.put(piece(1, STILL, HIGH, &[0; 20])).unwrap();
    let put = store.put(piece(1, STILL, HIGH, &[1; 25])).unwrap();
    assert_eq!(
        (put.dropped.len(), store.bytes(), store.held().len()),
        (0, 25, 1)
    );
    assert_eq!(fs::read(put.sealed.path).unwrap(), [1; 25]);
}

#[test]
fn a_full_disk_gives_up_lesser_pieces_then_says_so_and_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = EvidenceStore::open(folder.path(), 1_000).unwrap();
    store.put(piece(1, STILL, HIGH, b"precious")).unwrap();
    store.put(piece(2, CLIP, LOW, b"lesser")).unwrap();
    // Writing to /dev/full fails with ENOSPC, as a full disk does; the store removes the link after
    // its first failure, so the second attempt finds room.
    let name = format!("high.clip.{}.partial", id(3));
    symlink("/dev/full", folder.path().join(&name)).unwrap();
    let put = store.put(piece(3, CLIP, HIGH, b"new")).unwrap();
    assert_eq!(
        put.dropped
            .iter()
            .map(|dropped| dropped.id)
            .collect::<Vec<_>>(),
        [id(2)]
    );

    symlink(
        "/dev/full",
        folder.path().join(format!("low.clip.{}.partial", id(4))),
    )
    .unwrap();
    let error = store.put(piece(4, CLIP, LOW, b"least")).unwrap_err();
    assert!(matches!(&error, StoreError::DiskFull { dropped, .. } if dropped.is_empty()));
    assert!(
        error
            .to_string()
            .contains(&folder.path().display().to_string())
    );
    let names: Vec<_> = store.held().into_iter().map(|held| held.id).collect();
    assert_eq!(names, [id(1), id(3)]);
    assert_eq!(files(folder.path()).len(), 2);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = EvidenceStore::open(&file.join("evidence"), 1).unwrap_err();
    assert!(error.to_string().contains("evidence"));
    let unknown = NewPiece {
        mime: "text/plain",
        ..piece(1, STILL, LOW, b"")
    };
    let store = EvidenceStore::open(folder.path(), 1).unwrap();
    assert!(matches!(
        store.put(unknown),
        Err(StoreError::MediaType("text/plain"))
    ));
}
