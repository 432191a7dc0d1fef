//! Downloads against a server on this machine that breaks off, resumes, or does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get as route;

use super::*;

/// How the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It resumes, and breaks off its first answer in the middle.
    BreaksOffOnce,
    /// It knows no ranges.
    Restarts,
}

#[derive(Debug)]
struct Library {
    manner: Manner,
    file: Vec<u8>,
    ranges: std::sync::Mutex<Vec<Option<String>>>,
    answers: AtomicUsize,
}

async fn serve(State(library): State<Arc<Library>>, headers: HeaderMap) -> Response {
    let range = headers
        .get("range")
        .map(|range| range.to_str().unwrap().to_owned());
    library.ranges.lock().unwrap().push(range.clone());
    let first = library.answers.fetch_add(1, Ordering::SeqCst) == 0;
    let whole = &library.file;
    if library.manner == Manner::Restarts {
        return whole.clone().into_response();
    }
    if first {
        let half = bytes::Bytes::copy_from_slice(&whole[..whole.len() / 2]);
        let parts = futures_util::stream::iter([Ok(half), Err(io::Error::other("gone"))]);
        return Body::from_stream(parts).into_response();
    }
    let start: usize = match range
        .as_deref()
        .and_then(|range| range.strip_prefix("bytes="))
    {
        Some(range) => range.trim_end_matches('-').parse().unwrap(),
        None => 0,
    };
    if start >= whole.len() {
        return Status::RANGE_NOT_SATISFIABLE.into_response();
    }
    (Status::PARTIAL_CONTENT, whole[start..].to_vec()).into_response()
}

struct Site {
    library: Arc<Library>,
    folder: tempfile::TempDir,
    file: ModelFile,
    // Ends the server with the test.
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    fn new(manner: Manner) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let library = Arc::new(Library {
            manner,
            file: (0..400_000_u32).flat_map(u32::to_le_bytes).collect(),
            ranges: std::sync::Mutex::default(),
            answers: AtomicUsize::new(0),
        });
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let app = Router::new()
            .route("/m.onnx", route(serve))
            .with_state(Arc::clone(&library));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        let file = ModelFile {
            name: "m.onnx".to_owned(),
            sha256: Some(model_file::hash_of(&library.file)),
            bytes: Some(library.file.len() as u64),
            url: Some(format!("http://{address}/m.onnx")),
            licence: None,
            note: None,
        };
        Self {
            library,
            folder: tempfile::tempdir().unwrap(),
            file,
            _runtime: runtime,
        }
    }

    fn fetch(&self, first_sight: FirstSight) -> anyhow::Result<()> {
        fetch("m", &self.file, self.folder.path(), first_sight)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.library.ranges.lock().unwrap().clone()
    }
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let site = Site::new(Manner::BreaksOffOnce);
    let error = site.fetch(FirstSight::Refuse).unwrap_err().to_string();
    assert!(error.contains("goes on from it"), "{error}");
    let part = fs::metadata(site.path("m.onnx.part")).unwrap().len();
    assert!(part > 0 && part < site.library.file.len() as u64, "{part}");
    site.fetch(FirstSight::Refuse).unwrap();
    assert_eq!(fs::read(site.path("m.onnx")).unwrap(), site.library.file);
    assert!(!site.path("m.onnx.part").exists());
    assert_eq!(site.ranges(), [None, Some(format!("bytes={part}-"))]);
    // The third pull asks nobody.
    site.fetch(FirstSight::Refuse).unwrap();
    assert_eq!(site.ranges().len(), 2);
}

#[test]
fn a_server_that_knows_no_ranges_sends_everything_again() {
    let site = Site::new(Manner::Restarts);
    fs::write(site.path("m.onnx.part"), b"an old beginning").unwrap();
    site.fetch(FirstSight::Refuse).unwrap();
    assert_eq!(fs::read(site.path("m.onnx")).unwrap(), site.library.file);
}

#[test]
fn a_part_that_is_already_whole_is_accepted() {
    let site = Site::new(Manner::BreaksOffOnce);
    site.library.answers.store(1, Ordering::SeqCst);
    fs::write(site.path("m.onnx.part"), &site.library.file).unwrap();
    site.fetch(FirstSight::Refuse).unwrap();
    assert_eq!(fs::read(site.path("m.onnx")).unwrap(), site.library.file);
}

#[test]
fn another_file_or_a_longer_one_never_gets_its_place() {
    let mut site = Site::new(Manner::Restarts);
    site.file.sha256 = Some("0".repeat(64));
    let error = site.fetch(FirstSight::Trust).unwrap_err().to_string();
    assert!(error.contains("expected 0000"), "{error}");
    assert!(!site.path("m.onnx").exists() && !site.path("m.onnx.part").exists());
    site.file.bytes = Some(10);
    let error = site.fetch(FirstSight::Trust).unwrap_err().to_string();
    assert!(error.contains("more than the 10 bytes"), "{error}");
}

#[test]
fn an_unknown_hash_is_trusted_once_and_held_to() {
    let mut site = Site::new(Manner::Restarts);
    site.file.sha256 = None;
    site.file.bytes = None;
    let error = site.fetch(FirstSight::Refuse).unwrap_err().to_string();
    assert!(error.contains("--trust-first"), "{error}");
    assert!(site.ranges().is_empty(), "asked the server all the same");
    site.fetch(FirstSight::Trust).unwrap();
    let trusted = Trust::load(site.folder.path())
        .unwrap()
        .file
        .remove("m.onnx")
        .unwrap();
    assert_eq!(trusted.sha256, model_file::hash_of(&site.library.file));
    assert_eq!(trusted.bytes, site.library.file.len() as u64);
    // Later pulls need no flag, and another file is refused.
    site.fetch(FirstSight::Refuse).unwrap();
    fs::write(site.path("m.onnx"), b"swapped").unwrap();
    site.fetch(FirstSight::Refuse).unwrap();
    assert_eq!(fs::read(site.path("m.onnx")).unwrap(), site.library.file);
}
