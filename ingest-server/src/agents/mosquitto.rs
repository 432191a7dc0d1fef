//! The users of a Mosquitto, as its password file holds them: `NAME:$7$ROUNDS$SALT$HASH`, PBKDF2 with
//! HMAC-SHA-512, which `mosquitto_passwd` writes since Mosquitto 2.0.

use std::collections::BTreeMap;
use std::num::NonZero;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use ring::pbkdf2;

/// As many as `mosquitto_passwd` takes. What is hashed are 256 random bits, which nobody guesses.
const ROUNDS: NonZero<u32> = NonZero::new(101).unwrap();
const SALT_BYTES: usize = 12;
const HASH_BYTES: usize = 64;

/// What a line of the password file says after the name: a password with a salt of its own.
///
/// # Errors
/// Where the operating system has no randomness.
pub fn mosquitto_hash(password: &str) -> Result<String, rand::rand_core::OsError> {
    let mut salt = [0_u8; SALT_BYTES];
    OsRng.try_fill_bytes(&mut salt)?;
    Ok(hashed(password, &salt))
}

fn hashed(password: &str, salt: &[u8]) -> String {
    let mut hash = [0_u8; HASH_BYTES];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA512,
        ROUNDS,
        salt,
        password.as_bytes(),
        &mut hash,
    );
    format!(
        "$7${ROUNDS}${}${}",
        STANDARD.encode(salt),
        STANDARD.encode(hash)
    )
}

/// What the password file is to say of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MosquittoUser {
    /// It comes in with this hash.
    Known(String),
    /// It comes in, and its hash was never kept: the line that is there stays.
    AsItIs,
    /// It does not come in.
    ShutOut,
}

/// A password file brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MosquittoPasswords {
    /// The file.
    pub text: String,
    /// Who is to come in and has no line in it.
    pub missing: Vec<String>,
}

/// Brings a password file up to date: our users' lines become what they are to be, everybody else's
/// stay as they are.
#[must_use]
pub fn mosquitto_passwords(
    existing: &str,
    users: &BTreeMap<String, MosquittoUser>,
) -> MosquittoPasswords {
    let name_of = |line: &str| line.split_once(':').map(|(name, _)| name.to_owned());
    let mut lines: Vec<String> = existing
        .lines()
        .filter(|line| {
            let user = name_of(line).and_then(|name| users.get(&name));
            matches!(user, None | Some(MosquittoUser::AsItIs)) && !line.is_empty()
        })
        .map(str::to_owned)
        .collect();
    let mut missing = Vec::new();
    for (name, user) in users {
        match user {
            MosquittoUser::Known(hash) => lines.push(format!("{name}:{hash}")),
            MosquittoUser::AsItIs => {
                let here = lines
                    .iter()
                    .any(|line| name_of(line).as_ref() == Some(name));
                if !here {
                    missing.push(name.clone());
                }
            }
            MosquittoUser::ShutOut => {}
        }
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    MosquittoPasswords { text, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_mosquitto_passwd_writes() {
        // `mosquitto_passwd -b file x secret` of Mosquitto 2.0.11 wrote it, with this salt.
        let salt = STANDARD.decode("nrOVLbHXFOtNt3++").unwrap();
        assert_eq!(
            hashed("secret", &salt),
            "$7$101$nrOVLbHXFOtNt3++$RmlakDrl7q0Bmpen7K5fJEPMStWnKRpUvutf+fxmRwlIocFve5aqohYlZs3obMsmZ4qpCExa6rL+u07ge9NCgg=="
        );
        assert_ne!(
            mosquitto_hash("secret").unwrap(),
            mosquitto_hash("secret").unwrap(),
            "each has a salt of its own"
        );
    }

    #[test]
    fn our_lines_change_and_other_peoples_stay() {
        let existing =
            "operator:$7$other\ningest:$7$old\nhue-01:$7$old\nhue-02:$7$old\nhue-03:$7$by-hand\n";
        let users = BTreeMap::from([
            (
                "ingest".to_owned(),
                MosquittoUser::Known("$7$new".to_owned()),
            ),
            (
                "hue-01".to_owned(),
                MosquittoUser::Known("$7$new".to_owned()),
            ),
            ("hue-02".to_owned(), MosquittoUser::ShutOut),
            ("hue-03".to_owned(), MosquittoUser::AsItIs),
            ("hue-04".to_owned(), MosquittoUser::AsItIs),
        ]);
        let written = mosquitto_passwords(existing, &users);
        assert_eq!(
            written.text,
            "operator:$7$other\nhue-03:$7$by-hand\nhue-01:$7$new\ningest:$7$new\n"
        );
        assert_eq!(written.missing, ["hue-04"]);
        let again = mosquitto_passwords(&written.text, &users);
        assert_eq!(
            again.text.lines().count(),
            4,
            "writing twice doubles nothing"
        );
    }
}
