//! The texts that the API shows to people, in Vietnamese and English, from `locales/*.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
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

    /// The language that `Accept-Language` prefers among those there are; Vietnamese where it
    /// names neither.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let mut best = (0.0, Self::default());
        for range in accepted.unwrap_or_default().split(',') {
            let (tag, quality) = range.split_once(";q=").unwrap_or((range, "1"));
            let quality: f32 = quality.trim().parse().unwrap_or(0.0);
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary {
                _ if primary.eq_ignore_ascii_case("vi") => Self::Vietnamese,
                _ if primary.eq_ignore_ascii_case("en") => Self::English,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
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
}

static VIETNAMESE: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../../locales/vi.json")));
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| parse(include_str!("../../locales/en.json")));

/// The catalogue is part of the binary and a test reads it; should it not parse all the same, the
/// codes themselves are shown.
fn parse(text: &str) -> Texts {
    serde_json::from_str(text).map_or_else(
        |_| Texts {
            errors: BTreeMap::new(),
            details: BTreeMap::new(),
            fields: BTreeMap::new(),
            pages: BTreeMap::new(),
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use contract::v1::FieldProblem;

    use super::*;
    use crate::http::error::{CODES, DETAILS};

    #[test]
    fn both_languages_have_every_text_and_no_other() {
        for texts in [&VIETNAMESE, &ENGLISH] {
            let keys = |texts: &'static BTreeMap<String, String>| {
                texts.keys().map(String::as_str).collect::<Vec<_>>()
            };
            let sorted = |words: &[&'static str]| {
                let mut words = words.to_vec();
                words.sort_unstable();
                words
            };
            assert_eq!(keys(&texts.errors), sorted(&CODES));
            assert_eq!(keys(&texts.details), sorted(&DETAILS));
            let mut problems = FieldProblem::ALL.map(FieldProblem::as_str).to_vec();
            problems.push("unreadable");
            assert_eq!(keys(&texts.fields), sorted(&problems));
            assert!(texts.errors.values().all(|text| !text.is_empty()));
        }
        assert_eq!(
            VIETNAMESE.pages.keys().collect::<Vec<_>>(),
            ENGLISH.pages.keys().collect::<Vec<_>>()
        );
    }

    #[test]
    fn vietnamese_comes_first_unless_english_is_preferred() {
        use Language::{English, Vietnamese};
        let table = [
            ("", Vietnamese),
            ("*", Vietnamese),
            ("fr", Vietnamese),
            ("en", English),
            ("en-GB,en;q=0.9", English),
            ("EN-us", English),
            ("vi,en;q=0.8", Vietnamese),
            ("en;q=0.8,vi", Vietnamese),
            ("fr,en;q=0.5", English),
            ("en;q=0", Vietnamese),
            ("en;q=nonsense", Vietnamese),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::ACCEPT_LANGUAGE,
                HeaderValue::from_str(accept).unwrap(),
            );
            assert_eq!(Language::of(&headers), expected, "{accept:?}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Vietnamese);
    }
}
