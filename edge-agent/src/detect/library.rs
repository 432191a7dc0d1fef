//! Where ONNX Runtime's shared library lies.

use std::path::{Path, PathBuf};

use super::error::DetectError;
use crate::config::{cache_dir, env_path};

/// Finds the library: `configured`, then `$ORT_DYLIB_PATH`, then the newest version in the cache
/// folder, then the folders of the system's loader.
///
/// # Errors
/// [`DetectError::NoRuntime`] with every place that was looked at.
pub fn find(configured: Option<&Path>) -> Result<PathBuf, DetectError> {
    let mut looked: Vec<String> = Vec::new();
    let named = configured
        .map(Path::to_owned)
        .or_else(|| env_path("ORT_DYLIB_PATH"));
    if let Some(file) = named {
        // Whoever names a library wants that one, not another that happens to lie about.
        if file.is_file() {
            return Ok(file);
        }
        return Err(DetectError::NoRuntime {
            looked: file.display().to_string(),
        });
    }
    let versions = cache_dir().join("onnxruntime");
    if let Some(file) = newest(&versions) {
        return Ok(file);
    }
    looked.push(versions.display().to_string());
    for folder in system_folders() {
        if let Some(file) = library_in(&folder) {
            return Ok(file);
        }
        looked.push(folder.display().to_string());
    }
    Err(DetectError::NoRuntime {
        looked: looked.join(", "),
    })
}

fn system_folders() -> Vec<PathBuf> {
    let loader = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let system = ["/usr/local/lib", "/usr/lib", "/usr/lib64"].map(PathBuf::from);
    let multiarch = PathBuf::from(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    std::env::split_paths(&loader)
        .filter(|folder| !folder.as_os_str().is_empty())
        .chain(system)
        .chain([multiarch])
        .collect()
}

/// The library in the folder of the highest version that has one.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(versions).ok()?;
    let found = entries.filter_map(Result::ok).filter_map(|entry| {
        let file = library_in(&entry.path())?;
        Some((version_of(&entry.file_name().to_string_lossy()), file))
    });
    found.max().map(|(_, file)| file)
}

fn version_of(name: &str) -> Vec<u64> {
    name.split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

fn library_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("libonnxruntime.so")
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_by_number_not_by_letter() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["1.9.0", "1.31.1", "1.31.0", "empty"] {
            let dir = folder.path().join(version);
            std::fs::create_dir(&dir).unwrap();
            if version != "empty" {
                std::fs::write(dir.join(format!("libonnxruntime.so.{version}")), b"").unwrap();
            }
        }
        let found = newest(folder.path()).unwrap();
        assert!(
            found.ends_with("1.31.1/libonnxruntime.so.1.31.1"),
            "{}",
            found.display()
        );
    }

    #[test]
    fn a_named_library_that_is_missing_is_not_replaced_by_another() {
        let error = find(Some(Path::new("/no/such/library.so")))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/no/such/library.so") && error.contains("make setup"),
            "{error}"
        );
    }
}
