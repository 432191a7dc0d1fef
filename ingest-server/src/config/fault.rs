//! What is wrong with a configuration, for the person who must put it right.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key's path, e.g. `http.listen`.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.problem, self.remedy)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read; check the path given with --config and its rights", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration {} is not TOML", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// Keys are wrong; all of them.
    #[error("the configuration {} has {}:{}", file.display(), counted(faults.len()), listed(faults))]
    Faults {
        /// The file.
        file: PathBuf,
        /// Every fault, in the order of reading.
        faults: Vec<Fault>,
    },
}

fn counted(faults: usize) -> String {
    if faults == 1 {
        "1 fault".to_owned()
    } else {
        format!("{faults} faults")
    }
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect()
}
