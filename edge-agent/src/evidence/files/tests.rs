//! Files come back as they went in, from any place, and nothing that was touched is served.

use proptest::prelude::*;

use super::cipher::{CHUNK, HEADER, TAG};
use super::*;

fn key(byte: u8) -> EvidenceKey {
    EvidenceKey::new([byte; 32])
}

fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

struct Folder {
    files: EvidenceFiles,
    dir: tempfile::TempDir,
}

fn folder(key: Option<EvidenceKey>) -> Folder {
    let dir = tempfile::tempdir().unwrap();
    let files = EvidenceFiles::open(&dir.path().join("evidence"), key).unwrap();
    Folder { files, dir }
}

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("evidence").join(name)
    }
}

#[test]
fn a_file_comes_back_whole_and_its_hash_is_that_of_the_plain_bytes() {
    for key in [None, Some(key(7))] {
        let folder = folder(key.clone());
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 200_000] {
            let bytes = pattern(length);
            let sha256 = folder.files.write("a.jpg", &bytes).unwrap();
            assert_eq!(sha256, hex::encode(Sha256::digest(&bytes)));
            let mut reader = folder.files.read("a.jpg").unwrap();
            assert_eq!(reader.len(), length as u64);
            assert_eq!(reader.read_at(0, usize::MAX).unwrap(), bytes);
            assert!(reader.read_at(length as u64, 10).unwrap().is_empty());
            assert!(reader.read_at(u64::MAX, 10).unwrap().is_empty());
            folder
                .files
                .verify("a.jpg", length as u64, &sha256)
                .unwrap();
            let stored = std::fs::read(folder.path("a.jpg")).unwrap();
            assert_eq!(stored == bytes, key.is_none(), "{length}");
        }
        assert_eq!(folder.files.names().unwrap(), ["a.jpg"], "no draft is left");
    }
}

#[test]
fn two_files_of_the_same_bytes_share_nothing() {
    let folder = folder(Some(key(7)));
    let stored = ["a", "b"].map(|name| {
        folder.files.write(name, &pattern(1000)).unwrap();
        std::fs::read(folder.path(name)).unwrap()
    });
    assert_ne!(stored[0][8..HEADER], stored[1][8..HEADER], "salt");
    assert_ne!(stored[0][HEADER..], stored[1][HEADER..], "bytes");
}

#[test]
fn the_wrong_key_and_none_are_told_apart_from_a_plain_file() {
    let locked = folder(Some(key(7)));
    locked.files.write("a", b"secret").unwrap();
    let with = |key| EvidenceFiles::open(locked.files.folder(), key).unwrap();
    let fault = |key| with(key).read("a").err().unwrap();
    assert!(matches!(fault(None), EvidenceFileError::Locked));
    assert!(matches!(fault(Some(key(8))), EvidenceFileError::Damaged));
    let missing = with(None).read("none").err().unwrap();
    assert!(matches!(missing, EvidenceFileError::Missing));
    // Written before encryption was switched on: still readable.
    with(None).write("b", b"plain").unwrap();
    let mut reader = locked.files.read("b").unwrap();
    assert_eq!(reader.read_at(0, 99).unwrap(), b"plain");
}

#[test]
fn a_check_says_what_is_wrong() {
    for key in [None, Some(key(1))] {
        let folder = folder(key.clone());
        let sha256 = folder.files.write("a", &pattern(100_000)).unwrap();
        let check = |bytes, sha256: &str| folder.files.verify("a", bytes, sha256);
        assert!(matches!(
            check(99_999, &sha256),
            Err(EvidenceFault::Length { found: 100_000, .. })
        ));
        assert!(matches!(
            check(100_000, &"0".repeat(64)),
            Err(EvidenceFault::Hash { .. })
        ));
        let mut stored = std::fs::read(folder.path("a")).unwrap();
        stored[70_000] ^= 1;
        std::fs::write(folder.path("a"), stored).unwrap();
        let fault = check(100_000, &sha256).unwrap_err();
        assert!(fault.is_final(), "{fault}");
        folder.files.remove("a").unwrap();
        folder.files.remove("a").unwrap();
        assert!(matches!(check(1, &sha256), Err(EvidenceFault::Missing)));
    }
}

#[test]
fn a_write_that_fails_leaves_nothing() {
    let folder = folder(None);
    // A folder of that name stands in the way of the rename.
    std::fs::create_dir(folder.path("a")).unwrap();
    assert!(folder.files.write("a", b"bytes").is_err());
    assert_eq!(folder.files.names().unwrap(), ["a"]);
}

/// What somebody with access to the disk might do to an encrypted file.
#[derive(Debug, Clone)]
enum Tampering {
    Flip { at: prop::sample::Index, bit: u8 },
    Truncate { to: prop::sample::Index },
    Append(Vec<u8>),
    SwapChunks(prop::sample::Index, prop::sample::Index),
    RepeatChunk(prop::sample::Index),
    DropChunk(prop::sample::Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    use prop::sample::Index;
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Tampering::Flip { at, bit }),
        any::<Index>().prop_map(|to| Tampering::Truncate { to }),
        prop::collection::vec(any::<u8>(), 1..64).prop_map(Tampering::Append),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Tampering::SwapChunks(a, b)),
        any::<Index>().prop_map(Tampering::RepeatChunk),
        any::<Index>().prop_map(Tampering::DropChunk),
    ]
}

fn tampered(stored: &[u8], how: &Tampering) -> Vec<u8> {
    let mut bytes = stored.to_vec();
    let mut chunks: Vec<Vec<u8>> = stored[HEADER..]
        .chunks(CHUNK + TAG)
        .map(<[u8]>::to_vec)
        .collect();
    let joined = |chunks: Vec<Vec<u8>>| [stored[..HEADER].to_vec(), chunks.concat()].concat();
    match how {
        Tampering::Flip { at, bit } => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            bytes
        }
        Tampering::Truncate { to } => {
            bytes.truncate(to.index(stored.len()));
            bytes
        }
        Tampering::Append(more) => {
            bytes.extend_from_slice(more);
            bytes
        }
        Tampering::SwapChunks(a, b) => {
            let (a, b) = (a.index(chunks.len()), b.index(chunks.len()));
            chunks.swap(a, b);
            joined(chunks)
        }
        Tampering::RepeatChunk(at) => {
            let at = at.index(chunks.len());
            chunks.insert(at, chunks[at].clone());
            joined(chunks)
        }
        Tampering::DropChunk(at) => {
            chunks.remove(at.index(chunks.len()));
            joined(chunks)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_stretch_reads_the_same_as_of_the_plain_bytes(
        length in 0..4 * CHUNK,
        stretches in prop::collection::vec((0..5 * CHUNK as u64, 0..3 * CHUNK), 1..12),
    ) {
        let folder = folder(Some(key(3)));
        let bytes = pattern(length);
        folder.files.write("a", &bytes).unwrap();
        let mut reader = folder.files.read("a").unwrap();
        for (offset, most) in stretches {
            let from = usize::try_from(offset).unwrap().min(length);
            let expected = &bytes[from..(from + most).min(length)];
            let read = reader.read_at(offset, most).unwrap();
            prop_assert!(read == expected, "{offset} + {most} of {length}");
        }
    }

    #[test]
    fn a_touched_file_never_passes(length in 0..4 * CHUNK, how in tampering()) {
        let folder = folder(Some(key(3)));
        let bytes = pattern(length);
        let sha256 = folder.files.write("a", &bytes).unwrap();
        let stored = std::fs::read(folder.path("a")).unwrap();
        let touched = tampered(&stored, &how);
        prop_assume!(touched != stored);
        std::fs::write(folder.path("a"), &touched).unwrap();
        prop_assert!(folder.files.verify("a", length as u64, &sha256).is_err());
        // Beyond the hash, the cipher itself notices, unless the file no longer says that it is
        // encrypted.
        if touched.starts_with(cipher::MAGIC) {
            let whole = folder.files.read("a").and_then(|mut reader| reader.read_at(0, usize::MAX));
            prop_assert!(matches!(whole, Err(EvidenceFileError::Damaged)), "{how:?}");
        }
    }
}
