//! What is wrong with a configuration: every fault at once, each with its place and its remedy.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key's path, e.g. `camera[2].rule[0].zone`; indices count from 0. Empty for the file.
    pub path: String,
    /// The line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read; name the agent's configuration with --config FILE", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A suite cannot be read.
    #[error("{}: cannot be read; name the suite's file", file.display())]
    NoSuite {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file was read, and these are its faults.
    #[error("{}", listed(file, faults))]
    Faulty {
        /// The file.
        file: PathBuf,
        /// Every fault, in the order of the file.
        faults: Vec<Fault>,
    },
}

fn listed(file: &std::path::Path, faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(|fault| fault.in_file(file)).collect();
    lines.join("\n")
}

impl Fault {
    fn in_file(&self, file: &std::path::Path) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line}: {self}", file.display())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

/// Collects faults while a file is read, and knows which byte lies on which line.
pub(super) struct FaultSink {
    line_starts: Vec<usize>,
    faults: RefCell<Vec<(usize, Fault)>>,
}

impl FaultSink {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        Self {
            line_starts,
            faults: RefCell::default(),
        }
    }

    /// Notes a fault at byte `offset` of the file.
    pub(super) fn add(&self, path: &str, offset: usize, wrong: Wrong) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let fault = Fault {
            path: path.to_owned(),
            line: Some(line),
            problem: wrong.problem,
            remedy: wrong.remedy,
        };
        self.faults.borrow_mut().push((offset, fault));
    }

    /// The faults in the order of the file.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|(offset, _)| *offset);
        faults.into_iter().map(|(_, fault)| fault).collect()
    }
}

/// A value that will not do, before its place is known.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) problem: String,
    pub(super) remedy: String,
}

impl Wrong {
    pub(super) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// The known word nearest to `given`, where one is near enough to be a slip of the hand.
pub(super) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.chars().count() / 4)
        .min()
        .map(|(_, word)| word)
}

/// `did you mean "x"?` where a known word is near, else the list of known words.
pub(super) fn suggestion(given: &str, known: &[&str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(word) => format!("did you mean {word:?}?"),
        None if known.is_empty() => "remove it".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}
