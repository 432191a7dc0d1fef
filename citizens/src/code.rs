//! The code by which a reporter follows a report: 80 random bits that people can read out.
//!
//! Crockford's base 32 in four groups of four, `7K2Q-M9XF-4TBD-0WER`: no I, L, O or U, so that what is
//! heard or misread is still found. Nobody guesses it; the server keeps its hash alone.

use std::fmt;
use std::str::FromStr;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;

/// A code. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowCode(String);

/// It is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a code of sixteen letters and digits")]
pub struct NotACode;

impl FollowCode {
    /// The code of random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let mut number = bytes
            .iter()
            .fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        let mut letters = [0_u8; LENGTH];
        for letter in letters.iter_mut().rev() {
            let at = usize::try_from(number & 31).unwrap_or_default();
            *letter = LETTERS.get(at).copied().unwrap_or(b'0');
            number >>= 5;
        }
        Self(letters.iter().map(|letter| char::from(*letter)).collect())
    }

    /// Its sixteen letters, without the dashes: what is hashed.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.0
    }
}

impl FromStr for FollowCode {
    type Err = NotACode;

    /// Takes what people type: any case, any dashes and spaces, O for 0, I and L for 1.
    fn from_str(typed: &str) -> Result<Self, NotACode> {
        let mut letters = String::with_capacity(LENGTH);
        for typed in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let letter = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let is_letter = u8::try_from(letter).is_ok_and(|byte| LETTERS.contains(&byte));
            if !is_letter || letters.len() == LENGTH {
                return Err(NotACode);
            }
            letters.push(letter);
        }
        (letters.len() == LENGTH)
            .then_some(Self(letters))
            .ok_or(NotACode)
    }
}

impl fmt::Display for FollowCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FollowCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FollowCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_misread_is_found_and_what_is_no_code_is_not() {
        let code = FollowCode::from_random([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(code.to_string(), "000G-40R4-0M30-E209");
        for typed in ["000g40r40m30e209", "oOoG-4Or4 0m3o-e2o9"] {
            assert_eq!(typed.parse(), Ok(code.clone()));
        }
        for typed in [
            "",
            "000G-40R4-0M30-E20",
            "000G-40R4-0M30-E209-1",
            "000G-40R4-0M30-E2Ư9",
            "U00G-40R4-0M30-E209",
        ] {
            assert_eq!(typed.parse::<FollowCode>(), Err(NotACode), "{typed:?}");
        }
        assert!(!format!("{code:?}").contains("40R4"));
    }

    proptest! {
        #[test]
        fn codes_are_as_many_as_bytes(bytes: [u8; 10], other: [u8; 10]) {
            let code = FollowCode::from_random(bytes);
            prop_assert_eq!(code.to_string().parse(), Ok(code.clone()));
            prop_assert_eq!(bytes == other, code == FollowCode::from_random(other));
        }
    }
}
