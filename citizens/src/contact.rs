//! Whom to call back: normal forms of telephone numbers and e-mail addresses, and what may be shown
//! of them.
//!
//! What does not belong here: keeping any of it. The server encrypts it.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Problem};

/// Most characters of a name or an account.
const MAX_NAME: usize = 120;
/// Longest e-mail address: RFC 5321 §4.5.3.1.3.
const MAX_EMAIL: usize = 254;
/// Digits of an international number without its plus: ITU-T E.164.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// Whom to call back. Everything is optional.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What to call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A telephone number, `+84…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// An e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// An account of theirs at whoever passed the report on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The device that reported, as its app names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl Contact {
    /// Brings what was typed into its normal form; what is blank is none. Faults are named by `field`s
    /// of the sender.
    ///
    /// # Errors
    /// Every field that will not do.
    pub fn check(self, calling_code: &str, prefix: &str) -> Result<Option<Self>, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut note =
            |field: &str, problem| faults.push(Fault::new(format!("{prefix}{field}"), problem));
        let typed = [&self.name, &self.account, &self.device];
        for (field, text) in ["name", "account_id", "device_id"].into_iter().zip(typed) {
            if text
                .as_ref()
                .is_some_and(|text| text.chars().count() > MAX_NAME)
            {
                note(field, Problem::TooLong);
            }
        }
        let phone = present(self.phone).map(|typed| phone(&typed, calling_code));
        if phone.as_ref().is_some_and(Option::is_none) {
            note("phone", Problem::NotAPhone);
        }
        let email = present(self.email).map(|typed| email(&typed));
        if email.as_ref().is_some_and(Option::is_none) {
            note("email", Problem::NotAnEmail);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let contact = Self {
            name: present(self.name),
            phone: phone.flatten(),
            email: email.flatten(),
            account: present(self.account),
            device: present(self.device),
        };
        Ok((contact != Self::default()).then_some(contact))
    }

    /// What stays the same from one report of this person to the next: the strongest thing known.
    /// None where only a name is.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        let of = |sort: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{sort}:{value}"))
        };
        of("phone", &self.phone)
            .or_else(|| of("email", &self.email))
            .or_else(|| of("account", &self.account))
            .or_else(|| of("device", &self.device))
    }
}

fn present(text: Option<String>) -> Option<String> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().filter(|c| !c.is_control()).collect())
}

/// A telephone number as `+` and digits: a leading 0 becomes the country's calling code.
#[must_use]
pub fn phone(typed: &str, calling_code: &str) -> Option<String> {
    let is_space = |c: char| matches!(c, ' ' | '.' | '-' | '(' | ')' | '/' | '\u{a0}');
    let bare: String = typed.chars().filter(|c| !is_space(*c)).collect();
    let digits = if let Some(rest) = bare.strip_prefix('+') {
        rest.to_owned()
    } else if let Some(rest) = bare.strip_prefix("00") {
        rest.to_owned()
    } else {
        // What begins with neither is taken as a number within the country.
        format!("{calling_code}{}", bare.strip_prefix('0').unwrap_or(&bare))
    };
    let is_number =
        digits.bytes().all(|b| b.is_ascii_digit()) && PHONE_DIGITS.contains(&digits.len());
    is_number.then(|| format!("+{digits}"))
}

/// An e-mail address in lower case, where it can be one at all.
#[must_use]
pub fn email(typed: &str) -> Option<String> {
    let address = typed.trim().to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let is_domain = domain.split('.').count() >= 2
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    let is_local = (1..=64).contains(&local.len())
        && local.chars().all(|c| {
            !c.is_whitespace() && !c.is_control() && !matches!(c, '@' | '<' | '>' | ',' | ';' | '"')
        });
    (is_local && is_domain && address.len() <= MAX_EMAIL).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for (typed, expected) in [
            ("0905 123 456", Some("+84905123456")),
            ("(0234) 3.822-022", Some("+842343822022")),
            ("+84 905123456", Some("+84905123456")),
            ("0084905123456", Some("+84905123456")),
            ("905123456", Some("+84905123456")),
            ("113", None),
            ("0905 abc 456", None),
            ("", None),
            ("+1234567890123456", None),
        ] {
            assert_eq!(phone(typed, "84").as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn addresses_have_one_form() {
        for (typed, expected) in [
            (" Lan.Nguyen@Example.VN ", Some("lan.nguyen@example.vn")),
            ("a@b", None),
            ("a b@c.vn", None),
            ("a@@c.vn", None),
            ("a@-c.vn", None),
            ("a@c..vn", None),
            ("a,b@c.vn", None),
        ] {
            assert_eq!(email(typed).as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn what_is_blank_is_none_and_what_is_wrong_is_named() {
        let blank = Contact {
            name: Some("  ".to_owned()),
            phone: Some(String::new()),
            ..Contact::default()
        };
        assert_eq!(blank.check("84", ""), Ok(None));
        let wrong = Contact {
            name: Some("x".repeat(MAX_NAME + 1)),
            phone: Some("12".to_owned()),
            email: Some("no".to_owned()),
            ..Contact::default()
        };
        let faults: Vec<String> = wrong
            .check("84", "contact.")
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            faults,
            [
                "contact.name: too_long",
                "contact.phone: not_a_phone",
                "contact.email: not_an_email"
            ]
        );
    }

    proptest! {
        /// Any text: never a panic, and a number's form is its own.
        #[test]
        fn a_form_is_stable(typed in ".{0,40}") {
            if let Some(once) = phone(&typed, "84") {
                prop_assert_eq!(phone(&once, "84"), Some(once.clone()));
            }
            if let Some(once) = email(&typed) {
                prop_assert_eq!(email(&once), Some(once.clone()));
            }
        }
    }
}
