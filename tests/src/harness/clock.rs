//! Clocks that jump: `libfaketime` between a program and the system, told by a file how far the wall
//! clock is off. Durations go on as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian puts it.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// A clock that can be stepped while programs live by it.
#[derive(Debug, Clone)]
pub struct ClockStep {
    library: &'static str,
    file: PathBuf,
}

impl ClockStep {
    /// A clock whose file lies in `folder`; none where the library is not installed.
    #[must_use]
    pub fn at(folder: &Path) -> Option<Self> {
        let library = LIBRARIES
            .into_iter()
            .find(|file| Path::new(file).is_file())?;
        Some(Self {
            library,
            file: folder.join("clock"),
        })
    }

    /// Steps the clock to so many seconds beside the true time.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set(&self, seconds: i64) -> std::io::Result<()> {
        std::fs::write(&self.file, format!("{seconds:+}\n"))
    }
}

/// Makes a program live by the clock, where there is one.
pub(super) fn clock_of<'a>(clock: Option<&ClockStep>, command: &'a mut Command) -> &'a mut Command {
    let Some(clock) = clock else {
        return command;
    };
    command
        .env("LD_PRELOAD", clock.library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock.file)
        .env("FAKETIME_CACHE_DURATION", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}
