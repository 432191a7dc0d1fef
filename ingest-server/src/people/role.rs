//! What a person may do.

use std::fmt;
use std::str::FromStr;

use crate::incident::UnknownWord;

/// The role of an account. Later ones may do what earlier ones may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reviews incidents.
    Operator,
    /// Also sees quarantine, agents' metrics and accounts.
    Administrator,
}

impl Role {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// What this role is to the life of an incident.
    #[must_use]
    pub const fn of_case(self) -> casework::people::Role {
        match self {
            Self::Operator => casework::people::Role::Operator,
            Self::Administrator => casework::people::Role::Administrator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "operator" => Ok(Self::Operator),
            "administrator" => Ok(Self::Administrator),
            _ => Err(UnknownWord {
                what: "a role (operator, administrator)",
                word: text.to_owned(),
            }),
        }
    }
}
