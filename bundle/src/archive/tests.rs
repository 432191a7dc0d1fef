//! One form, every bit of it guarded, and other people's readers open it.

use std::io::Cursor;
use std::process::Command;

use proptest::prelude::*;

use super::read::{Reading, readings};
use super::*;
use crate::digest::Fingerprint;

/// An archive of these files.
pub(crate) fn build(files: &[(&str, &[u8])]) -> Vec<u8> {
    let entry = |(name, bytes): &(&str, &[u8])| {
        let print = Fingerprint::of(bytes);
        Entry {
            name: (*name).to_owned(),
            bytes: print.bytes,
            crc32: print.crc32,
        }
    };
    let plan = Plan::new(files.iter().map(entry).collect()).unwrap();
    let mut out = Vec::new();
    for entry in plan.entries() {
        out.extend(Plan::local_header(entry));
        let (_, bytes) = files.iter().find(|(name, _)| *name == entry.name).unwrap();
        out.extend(*bytes);
    }
    out.extend(plan.tail());
    assert_eq!(out.len() as u64, plan.length());
    out
}

fn best(bytes: &[u8]) -> Option<Reading> {
    readings(&mut Cursor::new(bytes))
        .unwrap()
        .into_iter()
        .next()
}

const FILES: [(&str, &[u8]); 3] = [
    ("b.txt", b"two"),
    ("a/one.bin", &[0, 1, 2, 3, 255]),
    ("c", b""),
];

#[test]
fn the_order_in_which_files_come_does_not_matter() {
    let mut turned = FILES;
    turned.reverse();
    assert_eq!(build(&FILES), build(&turned));
    let reading = best(&build(&FILES)).unwrap();
    assert_eq!((reading.damage, reading.cost), (vec![], 0));
    let names: Vec<&str> = reading
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["a/one.bin", "b.txt", "c"]);
}

#[test]
fn names_that_could_leave_the_folder_or_stand_twice_are_refused() {
    let plan = |names: &[&str]| {
        let entry = |name: &&str| Entry {
            name: (**name).to_owned(),
            bytes: 0,
            crc32: 0,
        };
        Plan::new(names.iter().map(entry).collect())
    };
    for bad in [
        "", "../a", "a/../b", "/a", "a//b", "a\\b", "ă", ".hidden", "a/",
    ] {
        assert_eq!(plan(&[bad]), Err(PlanError::Name(bad.to_owned())));
    }
    assert_eq!(
        plan(&["a", "b", "a"]),
        Err(PlanError::Twice("a".to_owned()))
    );
}

#[test]
fn more_than_four_gibibytes_are_refused_with_the_reason() {
    let entry = |name: &str, bytes| Entry {
        name: name.to_owned(),
        bytes,
        crc32: 0,
    };
    let most = MOST_BYTES - (LOCAL_HEADER + 1 + DIRECTORY_ENTRY + 1 + END_RECORD) as u64;
    assert!(Plan::new(vec![entry("a", most)]).is_ok());
    let error = Plan::new(vec![entry("a", most + 1)]).unwrap_err();
    assert!(error.to_string().contains("4 GiB"), "{error}");
    assert!(Plan::new(vec![entry("a", u64::MAX), entry("b", u64::MAX)]).is_err());
}

/// Where each byte of an archive belongs, by the plan that made it.
fn regions(files: &[(&str, &[u8])]) -> Vec<Region> {
    let mut sorted = files.to_vec();
    sorted.sort();
    let mut regions = Vec::new();
    for (name, bytes) in &sorted {
        let name = (*name).to_owned();
        regions.extend(vec![
            Region::LocalHeader(name.clone());
            LOCAL_HEADER + name.len()
        ]);
        regions.extend(vec![Region::Data(name); bytes.len()]);
    }
    for (name, _) in &sorted {
        let entry = Region::DirectoryEntry((*name).to_owned());
        regions.extend(vec![entry; DIRECTORY_ENTRY + name.len()]);
    }
    regions.extend(vec![Region::EndRecord; END_RECORD]);
    regions
}

#[test]
fn every_flipped_bit_is_damage_and_nearly_all_are_told_where_they_are() {
    let whole = build(&FILES);
    let regions = regions(&FILES);
    assert_eq!(whole.len(), regions.len());
    for (at, region) in regions.iter().enumerate() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let all = readings(&mut Cursor::new(&bytes)).unwrap();
            let cheapest = all.first().map(|reading| reading.cost);
            // A flipped name leaves two readings that are equally good; the caller knows the names.
            let told = all
                .iter()
                .filter(|reading| Some(reading.cost) == cheapest)
                .any(|reading| reading.damage == [region.clone()]);
            assert!(told, "bit {bit} of byte {at}, {region}: {all:?}");
        }
    }
}

#[test]
fn every_truncation_and_every_appended_byte_is_damage() {
    let whole = build(&FILES);
    for length in 0..whole.len() {
        let reading = best(&whole[..length]);
        assert!(
            reading.is_none_or(|reading| !reading.damage.is_empty()),
            "{length}"
        );
    }
    for byte in [0, b'P', 0xff] {
        let mut longer = whole.clone();
        longer.push(byte);
        assert_eq!(best(&longer).unwrap().damage, [Region::AfterEnd]);
    }
}

proptest! {
    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let reading = best(&bytes);
        prop_assert!(reading.is_none_or(|reading| !reading.damage.is_empty()));
    }

    #[test]
    fn an_archive_with_some_bytes_changed_never_reads_as_whole(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..6),
    ) {
        let whole = build(&FILES);
        let mut bytes = whole.clone();
        for (at, change) in changes {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        prop_assume!(bytes != whole);
        let reading = best(&bytes);
        prop_assert!(reading.is_none_or(|reading| !reading.damage.is_empty()));
    }
}

/// Other people's readers open it. Each is asked where the machine has it.
#[test]
fn unzip_and_python_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    std::fs::write(&path, build(&FILES)).unwrap();
    let python = "import sys, zipfile\n\
                  z = zipfile.ZipFile(sys.argv[1])\n\
                  assert z.testzip() is None\n\
                  assert z.read('b.txt') == b'two'\n\
                  assert z.namelist() == ['a/one.bin', 'b.txt', 'c']";
    let readers: [(&str, &[&str]); 2] = [("unzip", &["-t"]), ("python3", &["-c", python])];
    for (program, arguments) in readers {
        match Command::new(program).args(arguments).arg(&path).output() {
            Ok(output) => assert!(output.status.success(), "{program}: {output:?}"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => panic!("{program}: {error}"),
        }
    }
}
