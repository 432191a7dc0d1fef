//! The words of the page and of refusals, in both languages. The catalogues are one type, so that
//! neither language can lack a text.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::manifest::MissingField;

/// A language that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Vietnamese, the first.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::Vietnamese, Self::English];

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }
}

/// What the page says in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    pub(crate) title: String,
    pub(crate) proposed_note: String,
    pub(crate) not_released: String,
    pub(crate) released: String,
    pub(crate) not_identified: String,
    pub(crate) unknown: String,
    pub(crate) none: String,
    pub(crate) local_time: String,
    pub(crate) seconds: String,
    pub(crate) milliseconds: String,
    pub(crate) metres: String,
    pub(crate) clip: String,
    pub(crate) no_parts: String,
    pub(crate) check: String,
    pub(crate) sections: Sections,
    pub(crate) labels: Labels,
    pub(crate) details: BTreeMap<String, String>,
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) parts: BTreeMap<String, String>,
    pub(crate) reasons: BTreeMap<String, String>,
    pub(crate) states: BTreeMap<String, String>,
    pub(crate) chain: BTreeMap<String, String>,
    pub(crate) clocks: BTreeMap<String, String>,
    pub(crate) fields: BTreeMap<String, String>,
}

/// Headings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sections {
    pub(crate) event: String,
    pub(crate) vehicle: String,
    pub(crate) place: String,
    pub(crate) time: String,
    pub(crate) red_light: String,
    pub(crate) method: String,
    pub(crate) pictures: String,
    pub(crate) parts: String,
    pub(crate) custody: String,
}

/// Names of facts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Labels {
    pub(crate) event_id: String,
    pub(crate) incident: String,
    pub(crate) kind: String,
    pub(crate) detail: String,
    pub(crate) proposed_offence: String,
    pub(crate) confidence: String,
    pub(crate) plate: String,
    pub(crate) typed_by: String,
    pub(crate) camera: String,
    pub(crate) pose: String,
    pub(crate) calibration: String,
    pub(crate) position: String,
    pub(crate) uncertainty: String,
    pub(crate) bearing: String,
    pub(crate) zone: String,
    pub(crate) began: String,
    pub(crate) ended: String,
    pub(crate) decided: String,
    pub(crate) observed: String,
    pub(crate) sealed: String,
    pub(crate) clock: String,
    pub(crate) camera_offset: String,
    pub(crate) agent_offset: String,
    pub(crate) agent_uncertainty: String,
    pub(crate) reference: String,
    pub(crate) trust: String,
    pub(crate) before: String,
    pub(crate) crossing: String,
    pub(crate) after: String,
    pub(crate) rule: String,
    pub(crate) config: String,
    pub(crate) model: String,
    pub(crate) tracks: String,
    pub(crate) agent: String,
    pub(crate) key: String,
    pub(crate) valid: String,
    pub(crate) chain: String,
    pub(crate) previous: String,
    pub(crate) received: String,
    pub(crate) state: String,
    pub(crate) decisions: String,
    pub(crate) released_by: String,
    pub(crate) file: String,
    pub(crate) bytes: String,
    pub(crate) sha256: String,
}

/// The texts of a language.
pub(crate) fn texts(language: Language) -> &'static Texts {
    static TEXTS: OnceLock<[Texts; 2]> = OnceLock::new();
    let [vietnamese, english] = TEXTS.get_or_init(|| {
        [
            read(include_str!("../texts/vi.json")),
            read(include_str!("../texts/en.json")),
        ]
    });
    match language {
        Language::Vietnamese => vietnamese,
        Language::English => english,
    }
}

/// Panics on a catalogue that does not fit; they are part of the program, and a test reads them.
fn read(text: &str) -> Texts {
    serde_json::from_str(text).expect("a catalogue of the program's own")
}

/// What a missing field is called.
#[must_use]
pub fn field_name(language: Language, field: MissingField) -> &'static str {
    word(&texts(language).fields, field.as_str())
}

/// The word for a code, or the code where it has none: an older page of a newer agent's event.
pub(crate) fn word<'a>(words: &'a BTreeMap<String, String>, code: &'a str) -> &'a str {
    words.get(code).map_or(code, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_things() {
        let [vi, en] = Language::ALL.map(texts);
        let maps = |texts: &'static Texts| {
            [
                &texts.details,
                &texts.kinds,
                &texts.parts,
                &texts.reasons,
                &texts.states,
                &texts.chain,
                &texts.clocks,
                &texts.fields,
            ]
        };
        for (vi, en) in maps(vi).into_iter().zip(maps(en)) {
            assert!(vi.keys().eq(en.keys()), "{vi:?} {en:?}");
        }
        for field in MissingField::ALL {
            assert!(en.fields.contains_key(field.as_str()), "{field:?}");
        }
        assert_eq!(en.fields.len(), MissingField::ALL.len());
        for kind in contract::v1::Kind::ALL {
            assert!(en.kinds.contains_key(kind.as_str()), "{kind:?}");
        }
        assert_ne!(vi.title, en.title);
    }
}
