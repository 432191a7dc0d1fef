//! `application/x-www-form-urlencoded`, with the standard's `attribute[code]=value` and
//! `attribute[code][]=value`. What is empty counts as not sent (the standard's "Optional Arguments").

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::contact::Contact;
use crate::draft::Draft;
use crate::fault::{Fault, Problem};

/// Most fields of one form.
pub const MAX_FIELDS: usize = 200;

/// A form, or the query of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// [`Problem::TooMany`] where it has more than [`MAX_FIELDS`] fields.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(bytes)
            .take(MAX_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if pairs.len() > MAX_FIELDS {
            return Err(Fault::new("attribute", Problem::TooMany));
        }
        Ok(Self(pairs))
    }

    /// The first value of a field that is not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field, those of commas apart, none of them empty.
    pub fn listed<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.all(name)
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The answers to a service's questions.
    #[must_use]
    pub fn attributes(&self) -> BTreeMap<String, Vec<String>> {
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (field, value) in &self.0 {
            let code = field
                .strip_prefix("attribute[")
                .and_then(|rest| rest.strip_suffix("[]").unwrap_or(rest).strip_suffix(']'));
            if let Some(code) = code {
                attributes
                    .entry(code.to_owned())
                    .or_default()
                    .push(value.clone());
            }
        }
        attributes
    }

    /// The report of a `POST requests`.
    ///
    /// # Errors
    /// Fields whose numbers do not read.
    pub fn draft(&self) -> Result<Draft, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut number = |name: &str| {
            let text = self.get(name)?;
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            if number.is_none() {
                faults.push(Fault::new(name, Problem::NotANumber));
            }
            number
        };
        let (lat, lon) = (number("lat"), number("long"));
        let text = |name: &str| self.get(name).map(str::to_owned);
        let names = [self.get("first_name"), self.get("last_name")];
        let full: Vec<&str> = names.into_iter().rev().flatten().collect();
        let draft = Draft {
            service: text("service_code"),
            description: text("description"),
            lat,
            lon,
            uncertainty_m: None,
            address: text("address_string"),
            address_id: text("address_id"),
            occurred: None,
            attributes: self.attributes(),
            contact: Contact {
                // Family name first, as names are written here.
                name: (!full.is_empty()).then(|| full.join(" ")),
                phone: text("phone"),
                email: text("email"),
                account: text("account_id"),
                device: text("device_id"),
            },
            media_url: text("media_url"),
            trap: None,
        };
        if faults.is_empty() {
            Ok(draft)
        } else {
            Err(faults)
        }
    }
}

/// A time with an offset. A plus that came as a space is a plus.
#[must_use]
pub fn time(text: &str) -> Option<Timestamp> {
    let mended = text.trim().replace(' ', "+");
    mended.parse().or_else(|_| text.parse()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn attributes_come_one_or_many() {
        let form = Form::parse(
            b"attribute[A]=1&attribute%5BB%5D%5B%5D=x&attribute[B][]=y&attribute=z&attribute[]=q",
        )
        .unwrap();
        let attributes = form.attributes();
        assert_eq!(attributes["A"], ["1"]);
        assert_eq!(attributes["B"], ["x", "y"]);
    }

    #[test]
    fn empty_is_absent_and_lists_are_of_commas() {
        let form = Form::parse(b"status=&status=open,%20closed&service_code=001&service_code=002")
            .unwrap();
        assert_eq!(form.get("status"), Some("open, closed"));
        assert_eq!(
            form.listed("status").collect::<Vec<_>>(),
            ["open", "closed"]
        );
        assert_eq!(
            form.listed("service_code").collect::<Vec<_>>(),
            ["001", "002"]
        );
        assert_eq!(form.get("nothing"), None);
    }

    #[test]
    fn numbers_that_are_none_are_named() {
        let form = Form::parse(b"lat=north&long=NaN").unwrap();
        let faults: Vec<String> = form
            .draft()
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(faults, ["lat: not_a_number", "long: not_a_number"]);
        assert!(Form::parse(&b"a=1&".repeat(MAX_FIELDS + 1)).is_err());
    }

    #[test]
    fn times_have_an_offset() {
        for (text, good) in [
            ("2010-05-24T00:00:00Z", true),
            ("2010-05-24T00:00:00-08:00", true),
            ("2010-05-24T00:00:00 07:00", true),
            ("2010-05-24T00:00:00", false),
            ("2010-05-24", false),
            ("", false),
        ] {
            assert_eq!(time(text).is_some(), good, "{text}");
        }
    }

    proptest! {
        #[test]
        fn foreign_forms(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(form) = Form::parse(&bytes) {
                drop(form.draft());
            }
        }
    }
}
