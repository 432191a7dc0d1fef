//! A sentence of the catalogue on its way to whoever asked: what is said is known where something went
//! wrong, the language where the answer is rendered.

use super::catalogue::{self, Language};

/// A sentence: its key in the catalogue, and what is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    key: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Said {
    /// The sentence of this key.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self {
            key,
            values: Vec::new(),
        }
    }

    /// Fills a value in.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// A number that does not lie between two others, both included.
    #[must_use]
    pub fn out_of_range(field: &'static str, least: impl ToString, most: impl ToString) -> Self {
        Self::new("out_of_range")
            .with("field", field)
            .with("least", least)
            .with("most", most)
    }

    /// The sentence in a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> String {
        let values: Vec<(&str, &str)> = self
            .values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        catalogue::said(language, self.key, &values)
    }
}
