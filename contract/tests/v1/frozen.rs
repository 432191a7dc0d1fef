//! Version 1 is frozen: a golden message never changes and never vanishes.
//!
//! `golden/v1.sha256` lists each with the SHA-256 of its bytes, as `sha256sum` writes it. A message may
//! be added, with its line. Whoever changes a line breaks agents in the field.

use std::collections::BTreeMap;

use hex::ToHex as _;
use sha2::{Digest as _, Sha256};

use crate::golden;

fn listed() -> BTreeMap<String, String> {
    include_str!("../../golden/v1.sha256")
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, file)| (file.to_owned(), hash.to_owned()))
        .collect()
}

fn found() -> BTreeMap<String, String> {
    golden::all()
        .into_iter()
        .map(|golden| (golden.file, Sha256::digest(&golden.bytes).encode_hex()))
        .collect()
}

#[test]
fn no_golden_message_changed_or_vanished() {
    let found = found();
    for (file, hash) in listed() {
        let now = found.get(&file);
        assert_eq!(
            now,
            Some(&hash),
            "{file} was released and is not what it was"
        );
    }
}

#[test]
fn every_golden_message_is_listed() {
    let listed = listed();
    for (file, hash) in found() {
        assert!(
            listed.contains_key(&file),
            "add to contract/golden/v1.sha256:\n{hash}  {file}"
        );
    }
}

/// The list itself: lines may be added at its end, and the first ones stand for ever.
#[test]
fn the_list_that_was_frozen_stands() {
    let list = include_str!("../../golden/v1.sha256");
    let frozen: String = list.split_inclusive('\n').take(FROZEN_LINES).collect();
    let hash: String = Sha256::digest(frozen).encode_hex();
    assert_eq!(hash, FROZEN_SHA256);
}

/// How many messages there were when version 1 was frozen, on 2026-11-22.
const FROZEN_LINES: usize = 31;
const FROZEN_SHA256: &str = "fc01a6249dead446f9e35acc4da10e005f8be5289020f4cf8ade736089b296b9";
