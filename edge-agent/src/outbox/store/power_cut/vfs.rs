//! A file system for SQLite that writes down what is asked of it, and passes it on to the real one.
//!
//! It is the process's default file system once it is installed; files outside a watched folder are
//! handed to the real one untouched.

#![expect(
    unsafe_code,
    reason = "SQLite's file-system interface is C; each block says why it holds"
)]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libsqlite3_sys::{
    SQLITE_IOERR, SQLITE_OK, SQLITE_OPEN_CREATE, SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL,
    sqlite3_file, sqlite3_filename, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

use super::disk::Op;

/// What was asked, in order.
pub(super) type Journal = Arc<Mutex<Vec<Op>>>;

/// What the file system can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ability {
    /// All that a local one can.
    Full,
    /// No shared memory, as on a network share: SQLite cannot keep a write-ahead log there.
    NoSharedMemory,
}

#[derive(Clone)]
struct Watched {
    folder: String,
    journal: Journal,
    ability: Ability,
}

struct Open {
    name: String,
    journal: Journal,
    real: &'static sqlite3_io_methods,
    first_sync: FirstSync,
}

/// What the real file system does at a file's first sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstSync {
    /// Syncs the folder as well: it does for a journal or a log that it was told to make.
    WithFolder,
    /// Nothing else.
    Alone,
}

/// The folders that are watched.
static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());
/// The open files of watched folders, by the address of SQLite's handle.
static FILES: Mutex<BTreeMap<usize, Open>> = Mutex::new(BTreeMap::new());
/// The address of the real file system.
static REAL: OnceLock<usize> = OnceLock::new();

static FULL: sqlite3_io_methods = methods(2);
static NO_SHARED_MEMORY: sqlite3_io_methods = methods(1);

const fn methods(version: c_int) -> sqlite3_io_methods {
    sqlite3_io_methods {
        iVersion: version,
        xClose: Some(close),
        xRead: Some(read),
        xWrite: Some(write),
        xTruncate: Some(truncate),
        xSync: Some(sync),
        xFileSize: Some(file_size),
        xLock: Some(lock),
        xUnlock: Some(unlock),
        xCheckReservedLock: Some(check_reserved_lock),
        xFileControl: Some(file_control),
        xSectorSize: Some(sector_size),
        xDeviceCharacteristics: Some(device_characteristics),
        xShmMap: Some(shm_map),
        xShmLock: Some(shm_lock),
        xShmBarrier: Some(shm_barrier),
        xShmUnmap: Some(shm_unmap),
        xFetch: None,
        xUnfetch: None,
    }
}

/// Watches a folder from now on.
pub(super) fn watch(folder: &Path, ability: Ability) -> Journal {
    REAL.get_or_init(install);
    let journal = Journal::default();
    let folder = folder.canonicalize().unwrap();
    locked(&WATCHED).push(Watched {
        folder: folder.to_str().unwrap().to_owned(),
        journal: Arc::clone(&journal),
        ability,
    });
    journal
}

/// Puts the recorder in the real file system's place; returns the real one's address.
fn install() -> usize {
    // SAFETY: SQLite may be asked for its default file system at any time, initialises itself for
    // it, and never frees one that is registered.
    let real = unsafe { sqlite3_vfs_find(std::ptr::null()) };
    assert!(!real.is_null(), "SQLite has no file system");
    // SAFETY: `real` is a registered file system, so it points to one; it is only read here.
    let mut recorder = unsafe { *real };
    recorder.zName = c"recorder".as_ptr();
    recorder.pNext = std::ptr::null_mut();
    recorder.xOpen = Some(open);
    recorder.xDelete = Some(delete);
    // SAFETY: the structure is leaked, so it lives as long as the registration: for ever. What it
    // has of the real one's functions does not use the file system it is given.
    let registered = unsafe { sqlite3_vfs_register(Box::leak(Box::new(recorder)), 1) };
    assert_eq!(registered, SQLITE_OK);
    real.expose_provenance()
}

fn real() -> *mut sqlite3_vfs {
    REAL.get().map_or(std::ptr::null_mut(), |address| {
        std::ptr::with_exposed_provenance_mut(*address)
    })
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder's watch and the file's name in it; not for the shared memory, which no power cut
/// leaves.
fn watched(path: &str) -> Option<(Watched, String)> {
    let watched = locked(&WATCHED);
    let found = watched.iter().find_map(|watched| {
        let name = path
            .strip_prefix(watched.folder.as_str())?
            .strip_prefix('/')?;
        Some((watched.clone(), name.to_owned()))
    });
    found.filter(|(_, name)| !name.ends_with("-shm"))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let real = real();
    let path = if name.is_null() {
        None
    } else {
        // SAFETY: SQLite passes a path that ends with a zero and lives as long as this call.
        unsafe { CStr::from_ptr(name) }.to_str().ok()
    };
    let watched = path.and_then(watched);
    let existed = path.is_some_and(|path| Path::new(path).exists());
    // SAFETY: all arguments are those that SQLite meant for this very function of the real one.
    let outcome = unsafe {
        match (*real).xOpen {
            Some(open) => open(real, name, file, flags, out_flags),
            None => SQLITE_IOERR,
        }
    };
    let Some((watched, name)) = watched.filter(|_| outcome == SQLITE_OK) else {
        return outcome;
    };
    if !existed {
        locked(&watched.journal).push(Op::Create(name.clone()));
    }
    // SAFETY: after a successful open the handle holds the real one's methods, which are static.
    let methods = unsafe { (*file).pMethods.as_ref() };
    if let Some(real) = methods {
        let is_log = flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL) != 0;
        let open = Open {
            name,
            journal: watched.journal,
            real,
            first_sync: if is_log && flags & SQLITE_OPEN_CREATE != 0 {
                FirstSync::WithFolder
            } else {
                FirstSync::Alone
            },
        };
        locked(&FILES).insert(file.addr(), open);
        let ours = match watched.ability {
            Ability::Full => &FULL,
            Ability::NoSharedMemory => &NO_SHARED_MEMORY,
        };
        // SAFETY: the handle is SQLite's and stays where it is until it is closed; the real one
        // never looks at this field of its own handles.
        unsafe { (*file).pMethods = ours };
    }
    outcome
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    let real = real();
    // SAFETY: the arguments are those that SQLite meant for this very function of the real one.
    let outcome = unsafe {
        match (*real).xDelete {
            Some(delete) => delete(real, name, sync),
            None => SQLITE_IOERR,
        }
    };
    // SAFETY: SQLite passes a path that ends with a zero and lives as long as this call.
    let path = unsafe { CStr::from_ptr(name) }.to_str().ok();
    if outcome == SQLITE_OK
        && let Some((watched, file)) = path.and_then(watched)
    {
        let mut journal = locked(&watched.journal);
        journal.push(Op::Delete(file));
        if sync != 0 {
            journal.push(Op::SyncFolder);
        }
    }
    outcome
}

/// The real methods of an open file, and what to write down of a call that succeeds.
fn call(
    file: *mut sqlite3_file,
    method: impl FnOnce(&sqlite3_io_methods) -> Option<c_int>,
    op: impl FnOnce(String) -> Option<Op>,
) -> c_int {
    let (real, name, journal) = {
        let files = locked(&FILES);
        let Some(open) = files.get(&file.addr()) else {
            return SQLITE_IOERR;
        };
        (open.real, open.name.clone(), Arc::clone(&open.journal))
    };
    let outcome = method(real).unwrap_or(SQLITE_IOERR);
    if outcome == SQLITE_OK
        && let Some(op) = op(name)
    {
        locked(&journal).push(op);
    }
    outcome
}

/// Functions that nothing is written down of.
macro_rules! pass_on {
    ($($name:ident $method:ident ($($argument:ident: $type:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $type),*) -> c_int {
            call(
                file,
                // SAFETY: all arguments are those that SQLite meant for this very method of the
                // real one.
                |real| real.$method.map(|method| unsafe { method(file, $($argument),*) }),
                |_| None,
            )
        }
    )*};
}

pass_on! {
    read xRead (into: *mut c_void, amount: c_int, at: sqlite3_int64);
    file_size xFileSize (size: *mut sqlite3_int64);
    lock xLock (level: c_int);
    unlock xUnlock (level: c_int);
    check_reserved_lock xCheckReservedLock (held: *mut c_int);
    file_control xFileControl (which: c_int, argument: *mut c_void);
    sector_size xSectorSize ();
    device_characteristics xDeviceCharacteristics ();
    shm_map xShmMap (page: c_int, size: c_int, extend: c_int, at: *mut *mut c_void);
    shm_lock xShmLock (offset: c_int, amount: c_int, flags: c_int);
    shm_unmap xShmUnmap (delete: c_int);
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    let real = locked(&FILES).get(&file.addr()).map(|open| open.real);
    if let Some(barrier) = real.and_then(|real| real.xShmBarrier) {
        // SAFETY: the argument is the one that SQLite meant for this very method of the real one.
        unsafe { barrier(file) };
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the argument is the one that SQLite meant for this very method of the real one.
    let outcome = call(
        file,
        |real| real.xClose.map(|close| unsafe { close(file) }),
        |_| None,
    );
    locked(&FILES).remove(&file.addr());
    outcome
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: sqlite3_int64,
) -> c_int {
    let length = usize::try_from(amount).unwrap_or(0);
    // SAFETY: SQLite passes as many readable bytes as it says, for as long as this call.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length) }.to_vec();
    call(
        file,
        // SAFETY: all arguments are those that SQLite meant for this very method of the real one.
        |real| {
            real.xWrite
                .map(|write| unsafe { write(file, from, amount, at) })
        },
        |file| {
            let at = usize::try_from(at).ok()?;
            Some(Op::Write { file, at, bytes })
        },
    )
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    call(
        file,
        // SAFETY: all arguments are those that SQLite meant for this very method of the real one.
        |real| {
            real.xTruncate
                .map(|truncate| unsafe { truncate(file, size) })
        },
        |file| {
            let length = usize::try_from(size).ok()?;
            Some(Op::Truncate { file, length })
        },
    )
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let outcome = call(
        file,
        // SAFETY: all arguments are those that SQLite meant for this very method of the real one.
        |real| real.xSync.map(|sync| unsafe { sync(file, flags) }),
        |file| Some(Op::Sync(file)),
    );
    if outcome == SQLITE_OK
        && let Some(open) = locked(&FILES).get_mut(&file.addr())
        && open.first_sync == FirstSync::WithFolder
    {
        open.first_sync = FirstSync::Alone;
        locked(&open.journal).push(Op::SyncFolder);
    }
    outcome
}
