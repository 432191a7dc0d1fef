//! Small disks for agent and server, so that one can be filled: where this user may mount any.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How large a small disk is: room for a run, and soon full.
const SIZE: &str = "size=192m";

/// A folder on a small disk of its own, where this user may mount one; else a plain folder.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) folder: PathBuf,
    kind: DiskKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DiskKind {
    Mounted,
    Plain,
}

impl Disk {
    pub(super) fn at(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(folder)
            .output();
        let mounted = mount.is_ok_and(|output| output.status.success());
        Ok(Self {
            folder: folder.to_owned(),
            kind: if mounted {
                DiskKind::Mounted
            } else {
                DiskKind::Plain
            },
        })
    }

    /// Takes all its room; `false` where the disk is not its own, and then nothing is done.
    pub(super) fn fill(&self) -> anyhow::Result<bool> {
        if self.kind == DiskKind::Plain {
            return Ok(false);
        }
        let mut ballast = std::fs::File::create(self.ballast())?;
        let block = vec![0xA5; 64 * 1024];
        // Large blocks first, then what is left, byte by byte as the disk counts them.
        for size in [block.len(), 4096] {
            let Some(block) = block.get(..size) else {
                continue;
            };
            while std::io::Write::write_all(&mut ballast, block).is_ok() {}
        }
        Ok(true)
    }

    /// Gives the room back.
    pub(super) fn free(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(self.ballast()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.kind == DiskKind::Mounted {
            // Lazily: a process that is dying may hold it for a moment yet.
            drop(
                Command::new("umount")
                    .arg("--lazy")
                    .arg(&self.folder)
                    .output(),
            );
        }
    }
}
