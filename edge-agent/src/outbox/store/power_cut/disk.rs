//! What a disk holds after a power cut: pure.
//!
//! A file's bytes are certain up to its last sync. What was written since then may be there wholly,
//! in part, sector by sector and in any order, or not at all. A sync makes the file's name certain
//! too, as ext4 and xfs do; a deletion without a sync of the folder may come undone.

use std::collections::BTreeMap;

/// The unit in which a torn write may arrive.
const SECTOR: usize = 512;

/// What SQLite asked of the file system, in order.
#[derive(Debug, Clone)]
pub(super) enum Op {
    /// A file that did not exist was made.
    Create(String),
    /// Bytes were written.
    Write {
        file: String,
        at: usize,
        bytes: Vec<u8>,
    },
    /// The file was cut, or grown with zeros.
    Truncate { file: String, length: usize },
    /// Everything of the file is on the medium.
    Sync(String),
    /// The folder is: which names there are, and which are gone.
    SyncFolder,
    /// The file is gone; until the folder is synced, a power cut may bring it back.
    Delete(String),
    /// A step of the workload has returned.
    Done,
}

/// What became of everything that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is lost.
    Lost,
    /// It is there.
    Kept,
    /// Chance decides, for each sector.
    Torn(u64),
}

#[derive(Debug, Clone)]
enum Unsynced {
    Created,
    Written { at: usize, bytes: Vec<u8> },
    Truncated(usize),
    Deleted,
}

#[derive(Debug, Clone, Default)]
struct File {
    durable: Option<Vec<u8>>,
    unsynced: Vec<Unsynced>,
}

/// The files by name after these operations and a power cut.
pub(super) fn after_power_cut(ops: &[Op], fate: Fate) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    for op in ops {
        match op {
            Op::Create(file) => note(&mut files, file, Unsynced::Created),
            Op::Write { file, at, bytes } => {
                let (at, bytes) = (*at, bytes.clone());
                note(&mut files, file, Unsynced::Written { at, bytes });
            }
            Op::Truncate { file, length } => {
                note(&mut files, file, Unsynced::Truncated(*length));
            }
            Op::Sync(file) => settle(&mut files, file),
            Op::SyncFolder => files.values_mut().for_each(settle_name),
            Op::Delete(file) => note(&mut files, file, Unsynced::Deleted),
            Op::Done => {}
        }
    }
    let mut chance = match fate {
        Fate::Torn(seed) => seed,
        Fate::Lost | Fate::Kept => 0,
    };
    let survive = |(name, file): (String, File)| {
        let bytes = match fate {
            Fate::Lost => file.durable,
            Fate::Kept => kept(file),
            Fate::Torn(_) => torn(file, &mut chance),
        };
        bytes.map(|bytes| (name, bytes))
    };
    files.into_iter().filter_map(survive).collect()
}

fn note(files: &mut BTreeMap<String, File>, name: &str, change: Unsynced) {
    let file = files.entry(name.to_owned()).or_default();
    file.unsynced.push(change);
}

fn settle(files: &mut BTreeMap<String, File>, name: &str) {
    let file = files.entry(name.to_owned()).or_default();
    file.durable = kept(std::mem::take(file));
}

/// What was written before the last creation or deletion belongs to a file that is gone; what was
/// written since is as uncertain as before.
fn settle_name(file: &mut File) {
    let is_name = |change: &Unsynced| matches!(change, Unsynced::Created | Unsynced::Deleted);
    let Some(last) = file.unsynced.iter().rposition(is_name) else {
        return;
    };
    let since = file.unsynced.split_off(last + 1);
    if let Some(change) = file.unsynced.last() {
        apply(&mut file.durable, change);
    }
    file.unsynced = since;
}

fn kept(file: File) -> Option<Vec<u8>> {
    let mut bytes = file.durable;
    for change in file.unsynced {
        apply(&mut bytes, &change);
    }
    bytes
}

fn torn(file: File, chance: &mut u64) -> Option<Vec<u8>> {
    let mut bytes = file.durable;
    for change in file.unsynced {
        match change {
            Unsynced::Written { at, bytes: written } => {
                for (index, sector) in written.chunks(SECTOR).enumerate() {
                    if toss(chance) {
                        let at = at + index * SECTOR;
                        let bytes_of_sector = sector.to_vec();
                        apply(
                            &mut bytes,
                            &Unsynced::Written {
                                at,
                                bytes: bytes_of_sector,
                            },
                        );
                    }
                }
            }
            Unsynced::Truncated(_) => {
                if toss(chance) {
                    apply(&mut bytes, &change);
                }
            }
            // What follows belongs to another file of the same name.
            Unsynced::Created | Unsynced::Deleted => {
                if !toss(chance) {
                    return bytes;
                }
                apply(&mut bytes, &change);
            }
        }
    }
    bytes
}

fn apply(bytes: &mut Option<Vec<u8>>, change: &Unsynced) {
    match change {
        Unsynced::Created => *bytes = Some(Vec::new()),
        Unsynced::Deleted => *bytes = None,
        Unsynced::Truncated(length) => bytes.get_or_insert_default().resize(*length, 0),
        Unsynced::Written { at, bytes: written } => {
            let bytes = bytes.get_or_insert_default();
            let end = at + written.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes
                .get_mut(*at..end)
                .unwrap_or_default()
                .copy_from_slice(written);
        }
    }
}

/// Heads or tails (splitmix64).
fn toss(state: &mut u64) -> bool {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(at: usize, text: &str) -> Op {
        Op::Write {
            file: "f".to_owned(),
            at,
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn only_what_was_synced_is_certain() {
        let file = "f".to_owned();
        let ops = [
            Op::Create(file.clone()),
            write(0, "safe"),
            Op::Sync(file.clone()),
            write(4, " not"),
        ];
        let lost = after_power_cut(&ops, Fate::Lost);
        assert_eq!(lost["f"], b"safe");
        assert_eq!(after_power_cut(&ops, Fate::Kept)["f"], b"safe not");
        assert!(after_power_cut(&ops[..2], Fate::Lost).is_empty());
        let mut gone = ops.to_vec();
        gone.push(Op::Delete(file));
        assert!(after_power_cut(&gone, Fate::Lost).contains_key("f"));
        gone.push(Op::SyncFolder);
        assert!(after_power_cut(&gone, Fate::Lost).is_empty());
        let made = [Op::Create("g".to_owned()), Op::SyncFolder];
        assert!(after_power_cut(&made, Fate::Lost)["g"].is_empty());
    }
}
