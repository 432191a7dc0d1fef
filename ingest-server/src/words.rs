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
    /// What is wrong with a request, with `{names}` to be filled in.
    said: BTreeMap<String, String>,
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
            said: BTreeMap::new(),
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
    filled(text.map_or(key, String::as_str), values)
}

/// What is wrong with a request.
#[must_use]
pub fn said(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let text = texts(language).said.get(key);
    filled(text.map_or(key, String::as_str), values)
}

fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut rest = text;
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

/// Every text with names to be filled in, by its key.
#[cfg(test)]
fn filled_in(language: Language) -> impl Iterator<Item = (&'static str, &'static str)> {
    let texts = texts(language);
    let both = texts.said.iter().chain(&texts.dispatch);
    both.map(|(key, text)| (key.as_str(), text.as_str()))
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
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// A file of this crate without its comments, log lines, attributes and tests.
    fn without_what_is_not_said(text: &str) -> String {
        let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
        let mut kept = String::new();
        let mut attribute = 0_i32;
        for line in text.lines() {
            let bare = line.trim_start();
            if attribute > 0 || bare.starts_with("#[") {
                let depth = |open, close| {
                    let count = |c| i32::try_from(bare.matches(c).count()).unwrap();
                    count(open) - count(close)
                };
                attribute += depth('[', ']');
                continue;
            }
            if !bare.starts_with("//") {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        kept
    }

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                sources(&path, found);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = without_what_is_not_said(&text);
                found.push((path.display().to_string(), text));
            }
        }
    }

    fn of_this_crate() -> Vec<(String, String)> {
        let mut found = Vec::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        sources(&source, &mut found);
        assert!(found.len() > 100);
        found
    }

    /// The string literals of a text, an escaped character as the character.
    fn literals(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        // A quotation mark as a character opens nothing.
        let plain = text.replace("'\"'", "");
        let mut characters = plain.chars();
        while characters.by_ref().any(|c| c == '"') {
            let mut literal = String::new();
            while let Some(c) = characters.next().filter(|c| *c != '"') {
                literal.extend(if c == '\\' {
                    characters.next()
                } else {
                    Some(c)
                });
            }
            found.push(literal);
        }
        found
    }

    /// What stands between the parentheses that follow each `name(`.
    fn arguments<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
        text.split(name)
            .skip(1)
            .map(|rest| {
                let mut depth = 1;
                let end = rest.char_indices().find(|(_, c)| {
                    depth += match c {
                        '(' => 1,
                        ')' => -1,
                        _ => 0,
                    };
                    depth == 0
                });
                rest.split_at(end.map_or(rest.len(), |(at, _)| at)).0
            })
            .collect()
    }

    #[test]
    fn no_vietnamese_stands_outside_the_catalogue() {
        for (file, text) in of_this_crate() {
            let text = text.replace("Vọng", "");
            let foreign = text.lines().find(|line| {
                let quoted = line.contains('"');
                quoted && line.chars().any(|c| c.is_alphabetic() && !c.is_ascii())
            });
            assert_eq!(foreign, None, "{file}: its place is locales/vi.json");
        }
    }

    /// What goes into an answer, a page or a message is a key, never a sentence.
    #[test]
    fn no_english_for_people_stands_outside_the_catalogue() {
        const SAYS: [&str; 6] = [
            "ApiError::InvalidRequest(",
            "Self::InvalidRequest(",
            "BundleUnavailable(",
            "CopyUnavailable(",
            "NotAllowed(",
            "Conflict(",
        ];
        let is_sentence = |literal: &str| {
            let words = literal.split_whitespace();
            words
                .filter(|word| word.chars().all(char::is_alphabetic))
                .count()
                > 1
        };
        for (file, text) in of_this_crate() {
            for name in SAYS {
                for argument in arguments(&text, name) {
                    let sentence = literals(argument).into_iter().find(|one| is_sentence(one));
                    assert_eq!(
                        sentence, None,
                        "{file}: {name}…) says it itself; its place is locales/*.json (Said::new)"
                    );
                }
            }
            let page = ["dispatch/letter.rs", "dispatch/phrases.rs", "notice/"];
            if page.iter().any(|end| file.ends_with(end)) {
                let spoken = literals(&text).into_iter().find(|one| is_sentence(one));
                assert_eq!(spoken, None, "{file}: its place is locales/*.json");
            }
            // HTML of ours holds tags and places to fill in.
            for literal in literals(&text) {
                let between = literal.split('<').filter_map(|part| part.split_once('>'));
                let spoken = between
                    .filter(|(tag, _)| !tag.is_empty() && !tag.starts_with("code"))
                    .find(|(_, between)| is_sentence(between));
                assert_eq!(spoken, None, "{file}: its place is locales/*.json");
            }
        }
    }

    #[test]
    fn every_sentence_of_the_catalogue_is_said_somewhere_and_none_is_missing() {
        let mut said: BTreeSet<String> = BTreeSet::from(["unreadable".to_owned()]);
        for (_, text) in of_this_crate() {
            for name in ["Said::new(", "Self::new("] {
                for argument in arguments(&text, name) {
                    let mut parts = argument.trim().split('"');
                    if let (Some(""), Some(key)) = (parts.next(), parts.next())
                        && (name == "Said::new(" || key == "out_of_range")
                    {
                        said.insert(key.to_owned());
                    }
                }
            }
        }
        let known: BTreeSet<String> = VIETNAMESE.said.keys().cloned().collect();
        assert_eq!(said, known);
    }

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
    fn the_same_is_filled_in_in_both_languages() {
        let names = |language| {
            filled_in(language)
                .map(|(key, text)| {
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
