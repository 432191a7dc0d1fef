//! What a person's words name: people choose wrong categories and say the right thing beside them.
//!
//! Each category has words that name it (`[naming]` of the model). The category that most of a text's words
//! name stands against the one that was chosen, where it was chosen from the same list: the words of "a
//! heap of rubbish" filed as noise are of rubbish. Words that name two categories alike name none.
//!
//! What does not belong here: how much it weighs (`score`), how alike two texts are (`text`).

use crate::category::Code;
use crate::text::{fold, has_marks, lowered};

/// The code that says nothing of what it is.
const ANY: &str = "other";

/// The words that name categories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lexicon {
    categories: Vec<(Code, Vec<Phrase>)>,
}

/// One word or more.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phrase {
    /// Compared with its marks: without them a short word is another (`bò`, a cow; `bỏ`, to leave).
    Marked(String),
    /// Compared without marks.
    Folded(String),
}

impl Phrase {
    fn of(text: &str) -> Self {
        if has_marks(text) && !text.trim().contains(' ') {
            Self::Marked(padded(&lowered(text)))
        } else {
            Self::Folded(padded(&fold(text)))
        }
    }

    fn stands_in(&self, marked: &str, folded: &str) -> bool {
        match self {
            Self::Marked(phrase) => marked.contains(phrase.as_str()),
            Self::Folded(phrase) => folded.contains(phrase.as_str()),
        }
    }
}

fn padded(text: &str) -> String {
    format!(" {text} ")
}

impl Lexicon {
    /// Takes each category's words.
    pub fn of<'a>(words: impl IntoIterator<Item = (&'a Code, &'a Vec<String>)>) -> Self {
        let categories = words
            .into_iter()
            .map(|(code, words)| {
                let phrases = words.iter().map(|word| Phrase::of(word)).collect();
                (code.clone(), phrases)
            })
            .collect();
        Self { categories }
    }

    fn lists(&self, code: &Code) -> bool {
        self.categories.iter().any(|(known, _)| known == code)
    }

    /// Whether it is of the list, or of a family that is: then the list could have been chosen from.
    fn knows(&self, code: &Code) -> bool {
        let mut families = self.categories.iter().map(|(known, _)| known.family());
        families.any(|family| family == code.family()) || code.family() == ANY
    }

    /// The category that the words name, where it is another than was chosen; none where the words name
    /// none or two alike, or what was chosen as much. Of a family, what is not listed is left to who chose it.
    #[must_use]
    pub fn named(&self, text: &str, chosen: &Code) -> Option<Code> {
        if !self.knows(chosen) {
            return None;
        }
        let (marked, folded) = (padded(&lowered(text)), padded(&fold(text)));
        let count = |phrases: &[Phrase]| {
            phrases
                .iter()
                .filter(|phrase| phrase.stands_in(&marked, &folded))
                .count()
        };
        let (mut best, mut most, mut second) = (None, 0, 0);
        for (code, phrases) in &self.categories {
            let found = count(phrases);
            if found > most {
                (best, second, most) = (Some(code), most, found);
            } else {
                second = second.max(found);
            }
        }
        let other = |code: &&Code| {
            *code != chosen && (self.lists(chosen) || code.family() != chosen.family())
        };
        best.filter(|code| most > second && other(code)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(text: &str, chosen: &str) -> Option<String> {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let lexicon = [
            ("stray_cattle", words(&["bò", "đàn bò", "trâu bò"])),
            (
                "environment/litter",
                words(&["rác", "đống rác", "bãi rác", "rac bua bai"]),
            ),
            ("environment/noise", words(&["karaoke", "loa kéo"])),
        ]
        .map(|(code, words): (_, Vec<String>)| (Code::new(code), words));
        let named = Lexicon::of(lexicon.iter().map(|(code, words)| (code, words)))
            .named(text, &Code::new(chosen));
        named.map(|code| code.as_str().to_owned())
    }

    #[test]
    fn words_stand_against_a_wrong_choice() {
        let cow = Some("stray_cattle".to_owned());
        let litter = Some("environment/litter".to_owned());
        for (text, chosen, expected) in [
            ("đàn bò đi giữa đường", "environment/noise", cow.clone()),
            ("dan bo di giua duong", "environment/noise", cow.clone()),
            ("ĐÀN BÒ đi giữa đường", "other", cow.clone()),
            ("đàn bò đi giữa đường", "stray_cattle", None),
            // To leave rubbish is no cow, with marks or without.
            (
                "bỏ rác bừa bãi, bãi rác tự phát",
                "stray_cattle",
                litter.clone(),
            ),
            ("bo rac bua bai, bai rac tu phat", "stray_cattle", litter),
            // Both, or neither: the choice stands.
            ("đàn bò bới đống rác", "environment/noise", None),
            ("xin kiểm tra giúp", "stray_cattle", None),
            // Nobody knows what this category's words would be.
            ("đàn bò đi giữa đường", "telecom/cable", None),
        ] {
            assert_eq!(named(text, chosen), expected, "{text} under {chosen}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".*") {
            let _ = named(&text, "other");
        }
    }
}
