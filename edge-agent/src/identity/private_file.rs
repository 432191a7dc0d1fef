//! Files that nobody else may read: written with mode 0600 and atomically, refused when exposed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::IdentityError;

/// Reads a private file; `None` where it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, IdentityError> {
    let fault = |source| IdentityError::File {
        verb: "read",
        path: path.to_owned(),
        source,
    };
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode() & 0o777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    if mode & 0o077 != 0 {
        return Err(IdentityError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    fs::read_to_string(path)
        .map(|text| Some(Zeroizing::new(text)))
        .map_err(fault)
}

/// Writes a private file so that a power cut leaves the old or the new one, never half of it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), IdentityError> {
    write_atomically(path, text).map_err(|source| IdentityError::File {
        verb: "write",
        path: path.to_owned(),
        source,
    })
}

fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let draft = path.with_extension("new");
    // A draft left by a crash may have other permissions: begin afresh.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(folder)?.sync_all()
}

/// Puts a private file in another's place, for good.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), IdentityError> {
    let folder = to.parent().unwrap_or_else(|| Path::new("."));
    fs::rename(from, to)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| IdentityError::File {
            verb: "replace",
            path: to.to_owned(),
            source,
        })
}
