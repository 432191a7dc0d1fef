//! Accounts as values, and what may not be one.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use casework::unit::UnitId;

use super::password::{self, Password, PasswordHash};
use super::{Reach, Role, Scope};

const MAX_USERNAME_BYTES: usize = 64;
/// Characters of a display name.
pub const MAX_DISPLAY_NAME_CHARS: usize = 100;

/// What is wrong with an account that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// The user name is not one.
    #[error("a user name has 1 to 64 characters of a-z, 0-9, '.', '-' and '_'")]
    Username,
    /// The display name is not one.
    #[error("a display name has 1 to 100 characters and no control characters")]
    DisplayName,
    /// The password is too short or too long.
    #[error("a password has {min} to {max} bytes", min = password::MIN_BYTES, max = password::MAX_BYTES)]
    Password,
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hash(#[source] password::HashError),
}

/// A log-in name.
///
/// Invariant: 1 to 64 characters of `a-z`, `0-9`, `.`, `-`, `_`. It appears in histories and logs,
/// so it holds nothing that could forge a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Username {
    type Err = AccountFault;
    fn from_str(text: &str) -> Result<Self, AccountFault> {
        let fits = (1..=MAX_USERNAME_BYTES).contains(&text.len())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(AccountFault::Username)
        }
    }
}

/// An account as the store holds it, without its password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// The log-in name.
    pub username: Username,
    /// The name that others see.
    pub display_name: String,
    /// What the person may do.
    pub role: Role,
    /// The unit they act for; roles of units see nothing without one.
    pub unit: Option<UnitId>,
    /// Where and for what.
    pub scope: Scope,
    /// Whether log-in is refused.
    pub standing: Standing,
}

impl Account {
    /// Gives it another name for others to see.
    ///
    /// # Errors
    /// [`AccountFault::DisplayName`].
    pub fn rename(&mut self, name: &str) -> Result<(), AccountFault> {
        self.display_name = checked_name(name)?;
        Ok(())
    }

    /// How far its rights reach.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach {
            role: self.role,
            unit: self.unit.clone(),
            scopes: vec![self.scope.clone()],
        }
    }

    /// The person, as far as decisions about incidents need to know them.
    #[must_use]
    pub fn person(&self) -> casework::people::Person {
        casework::people::Person {
            name: self.username.to_string(),
            role: self.role,
            unit: self.unit.clone(),
        }
    }
}

/// Whether an account may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Active,
    /// It may not, and its sessions are over.
    Disabled,
}

/// An account to be made, checked and hashed.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The log-in name.
    pub username: Username,
    /// The name that others see.
    pub display_name: String,
    /// What the person may do.
    pub role: Role,
    /// The unit they act for.
    pub unit: Option<UnitId>,
    /// Where and for what.
    pub scope: Scope,
    /// Argon2id, PHC string.
    pub password_hash: PasswordHash,
}

impl NewAccount {
    /// Checks the parts and hashes the password. Takes some 50 ms of one core.
    ///
    /// # Errors
    /// [`AccountFault`] that names the first part that is wrong.
    pub fn new(
        username: &str,
        display_name: &str,
        role: Role,
        password: &Password,
    ) -> Result<Self, AccountFault> {
        let username = username.parse()?;
        let display_name = checked_name(display_name)?;
        let password_hash = hash_new_password(password)?;
        Ok(Self {
            username,
            display_name,
            role,
            unit: None,
            scope: Scope::default(),
            password_hash,
        })
    }

    /// The same, for a unit and within a scope.
    #[must_use]
    pub fn within(self, unit: Option<UnitId>, scope: Scope) -> Self {
        Self {
            unit,
            scope,
            ..self
        }
    }
}

fn checked_name(name: &str) -> Result<String, AccountFault> {
    let name = name.trim();
    let fits = (1..=MAX_DISPLAY_NAME_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(AccountFault::DisplayName)
    }
}

/// Checks a new password's length and hashes it.
///
/// # Errors
/// [`AccountFault::Password`], [`AccountFault::Hash`].
pub fn hash_new_password(password: &Password) -> Result<PasswordHash, AccountFault> {
    if !password.has_allowed_length() {
        return Err(AccountFault::Password);
    }
    password::hash(password).map_err(AccountFault::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_hold_nothing_that_could_forge_a_log_line() {
        for bad in [
            "",
            "Lan",
            "lan anh",
            "lan\n",
            "lân",
            "a=b",
            "a\"b",
            &"a".repeat(65),
        ] {
            assert!(bad.parse::<Username>().is_err(), "{bad:?}");
        }
        for good in ["lan", "lan.anh", "truc-ban_01", "0"] {
            assert!(good.parse::<Username>().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn each_part_of_a_new_account_is_checked() {
        let good = Password::new("a long pass phrase".to_owned());
        let make = |username: &str, name: &str, password: &Password| {
            NewAccount::new(username, name, Role::Operator, password)
        };
        assert!(make("lan", "Lan Anh", &good).is_ok());
        assert!(matches!(
            make("Lan", "Lan", &good),
            Err(AccountFault::Username)
        ));
        assert!(matches!(
            make("lan", "  ", &good),
            Err(AccountFault::DisplayName)
        ));
        assert!(matches!(
            make("lan", "a\u{7}", &good),
            Err(AccountFault::DisplayName)
        ));
        let short = Password::new("short".to_owned());
        assert!(matches!(
            make("lan", "Lan", &short),
            Err(AccountFault::Password)
        ));
    }
}
