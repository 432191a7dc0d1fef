//! The texts that the server shows or sends to people, in Vietnamese and English, from
//! `locales/*.json`: the one catalogue.
//!
//! What does not belong here: which language a caller prefers (that is `http::catalogue`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Vietnamese, the first language.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// The language's tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }
}

/// The part of the catalogue that is the API's; the console reads the rest.
#[derive(Debug, Deserialize)]
struct Catalogue {
    api: Texts,
}

#[derive(Debug, Deserialize)]
struct Texts {
    /// Titles of problems by their code.
    errors: BTreeMap<String, String>,
    /// Details of problems by their word.
    details: BTreeMap<String, String>,
    /// What is wrong with a field, by its word.
    fields: BTreeMap<String, String>,
    /// Texts of the pages that the server makes itself.
    pages: BTreeMap<String, String>,
    /// What units are told, with `{names}` to be filled in.
    dispatch: BTreeMap<String, String>,
}

static VIETNAMESE: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/vi.json")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../locales/en.json")));

/// The catalogue is part of the binary and a test reads it; should it not parse all the same, the
/// codes themselves are shown.
fn parse(text: &str) -> Texts {
    serde_json::from_str(text).map_or_else(
        |_| Texts {
            errors: BTreeMap::new(),
            details: BTreeMap::new(),
            fields: BTreeMap::new(),
            pages: BTreeMap::new(),
            dispatch: BTreeMap::new(),
        },
        |catalogue: Catalogue| catalogue.api,
    )
}

fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Vietnamese => &VIETNAMESE,
        Language::English => &ENGLISH,
    }
}

/// The title of a problem.
#[must_use]
pub fn error_title(language: Language, code: &'static str) -> &'static str {
    texts(language)
        .errors
        .get(code)
        .map_or(code, String::as_str)
}

/// The detail of a problem.
#[must_use]
pub fn detail(language: Language, word: &'static str) -> &'static str {
    texts(language)
        .details
        .get(word)
        .map_or(word, String::as_str)
}

/// What is wrong with a field.
#[must_use]
pub fn field_problem(language: Language, word: &'static str) -> &'static str {
    texts(language)
        .fields
        .get(word)
        .map_or(word, String::as_str)
}

/// A text of a page that the server makes itself.
#[must_use]
pub fn page(language: Language, key: &'static str) -> &'static str {
    texts(language).pages.get(key).map_or(key, String::as_str)
}

/// A text that units are told, its `{names}` filled in with what people and cameras said.
#[must_use]
pub fn dispatch(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let text = texts(language).dispatch.get(key);
    let mut rest = text.map_or(key, String::as_str);
    let mut filled = String::with_capacity(rest.len());
    // In one pass: what is filled in is never read as a name.
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// Every key of what units are told.
#[cfg(test)]
pub(crate) fn dispatch_keys(language: Language) -> Vec<&'static str> {
    texts(language)
        .dispatch
        .keys()
        .map(String::as_str)
        .collect()
}

/// Every key of each part, for the test that both languages have the same.
#[cfg(test)]
pub(crate) fn api_keys(language: Language) -> [Vec<&'static str>; 4] {
    let texts = texts(language);
    [&texts.errors, &texts.details, &texts.fields, &texts.pages]
        .map(|part| part.keys().map(String::as_str).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_said_is_filled_in_once() {
        let told = dispatch(
            Language::English,
            "{a} and {b}{c}",
            &[("a", "{b}"), ("b", "x")],
        );
        assert_eq!(told, "{b} and x");
    }

    #[test]
    fn units_are_told_the_same_in_both_languages() {
        let names = |language| {
            dispatch_keys(language)
                .into_iter()
                .map(|key| {
                    let text = &texts(language).dispatch[key];
                    assert!(!text.is_empty(), "{key}");
                    let mut names: Vec<&str> = text
                        .split('{')
                        .skip(1)
                        .filter_map(|part| part.split('}').next())
                        .collect();
                    names.sort_unstable();
                    (key, names)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Language::Vietnamese), names(Language::English));
    }
}
