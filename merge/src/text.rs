//! What people write: folded so that missing tone marks and typing errors hurt little, compared by
//! character n-grams.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::level::Level;

/// Characters of a text that are compared.
pub const MAX_CHARS: usize = 400;
/// Lengths of the n-grams.
const GRAMS: std::ops::RangeInclusive<usize> = 3..=5;
/// Houses whose numbers differ by so much are next to each other, or across the street.
const NEXT_DOORS: u32 = 4;
/// So many words before a number say which it is.
const WORDS_BEFORE: usize = 4;
/// A text of fewer n-grams, some eight letters, says too little to be unlike another.
const LEAST_GRAMS: usize = 15;

/// A text without marks, capitals and punctuation: NFD, combining marks dropped, `đ` as `d`.
/// Numbers keep a `/` between digits, as in lane numbers.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut letters = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .take(MAX_CHARS)
        .peekable();
    while let Some(letter) = letters.next() {
        let between_digits = letter == '/'
            && folded.ends_with(|c: char| c.is_ascii_digit())
            && letters.peek().is_some_and(char::is_ascii_digit);
        if letter.is_alphanumeric() || between_digits {
            folded.push(letter);
        } else if !folded.ends_with(' ') && !folded.is_empty() {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// A text in lower case with its marks, words apart: NFC.
#[must_use]
pub fn lowered(text: &str) -> String {
    let spaced: String = text
        .nfc()
        .take(MAX_CHARS)
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text has a mark, or the letter `đ`.
#[must_use]
pub fn has_marks(text: &str) -> bool {
    text.nfd()
        .any(|c| is_combining_mark(c) || matches!(c, 'đ' | 'Đ'))
}

/// A text, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// Hashes of its n-grams, in order, with their weights; the squares of the weights sum to 1.
    grams: Vec<(u32, f32)>,
    /// The house, lane and milestone numbers it names, in order.
    numbers: Vec<Number>,
}

/// A number of an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    /// The word before it, where that numbers other things than houses and lanes.
    row: Option<String>,
    /// Whether it is of what stands opposite.
    across: bool,
    /// As it was written, folded.
    text: String,
}

impl Number {
    /// What letters, lanes and slashes stand behind.
    fn first(&self) -> Option<u32> {
        let digits = |c: char| c.is_ascii_digit();
        let end = self.text.find(|c| !digits(c)).unwrap_or(self.text.len());
        self.text.get(..end)?.parse().ok()
    }

    /// What two numbers of one row say of each other; none where they number different things.
    fn beside(&self, other: &Self) -> Option<Level> {
        let apart = self.first().zip(other.first()).map(|(a, b)| a.abs_diff(b));
        let next_door = if self.row.is_none() { NEXT_DOORS } else { 0 };
        (self.row == other.row).then(|| match apart {
            _ if self.text == other.text && self.across == other.across => Level::NumberShared,
            Some(apart) if apart <= next_door => Level::NumberNear,
            _ => Level::NumberDifferent,
        })
    }
}

/// Words of the language that compare nothing, or that say that a number follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Folded words that reports are full of.
    pub common: Vec<String>,
    /// Folded words that stand before a number of a house, a lane or a milestone.
    pub before_number: Vec<String>,
    /// Folded words before the name of a street, which may be a number, or before an hour or a day.
    pub before_name: Vec<String>,
    /// Folded words that stand behind a number of things, of hours or of metres: it is of no address.
    pub after_count: Vec<String>,
    /// Folded words that say that what is meant stands on the other side of the street.
    pub across: Vec<String>,
    /// Those of `before_number` whose numbers are not of houses and lanes: each says nothing of another's.
    pub rows: Vec<String>,
}

impl Sketch {
    /// Sketches a text.
    #[must_use]
    pub fn of(text: &str, words: &Words) -> Self {
        let folded = fold(text);
        let tokens: Vec<&str> = folded.split(' ').collect();
        let kept: Vec<&str> = tokens
            .iter()
            .copied()
            .filter(|token| !words.common.iter().any(|common| common == token))
            .collect();
        Self {
            grams: weighed(hashes(&kept.join(" "))),
            numbers: numbers(&tokens, words),
        }
    }

    /// What two texts say of each other; none where one says too little.
    #[must_use]
    pub fn alike(&self, other: &Self) -> Option<Level> {
        if self.grams.len().min(other.grams.len()) < LEAST_GRAMS {
            return None;
        }
        Some(match self.cosine(other) {
            cosine if cosine >= 0.6 => Level::TextAlike,
            cosine if cosine >= 0.3 => Level::TextSimilar,
            _ => Level::TextUnlike,
        })
    }

    /// What the numbers in two texts say of each other, the best of them; none where one names none that the
    /// other could name too.
    #[must_use]
    pub fn same_number(&self, other: &Self) -> Option<Level> {
        let pairs = self
            .numbers
            .iter()
            .flat_map(|number| other.numbers.iter().map(|its| number.beside(its)));
        pairs.flatten().min()
    }

    /// The cosine of the two weight vectors, 0 to 1.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        let (mut left, mut right) = (self.grams.iter().peekable(), other.grams.iter().peekable());
        let mut sum = 0.0;
        while let (Some((a, weight)), Some((b, other))) = (left.peek(), right.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(left.next()),
                std::cmp::Ordering::Greater => drop(right.next()),
                std::cmp::Ordering::Equal => {
                    sum += weight * other;
                    left.next();
                    right.next();
                }
            }
        }
        sum
    }
}

/// FNV-1a of each n-gram of the padded text.
fn hashes(text: &str) -> Vec<u32> {
    let padded: Vec<char> = format!(" {text} ").chars().collect();
    let mut hashes: Vec<u32> = GRAMS
        .flat_map(|length| padded.windows(length).map(hash))
        .collect();
    hashes.sort_unstable();
    hashes
}

fn hash(gram: &[char]) -> u32 {
    gram.iter().fold(0x811c_9dc5, |hash: u32, letter| {
        (hash ^ u32::from(*letter)).wrapping_mul(0x0100_0193)
    })
}

/// Each hash once, weighed by 1 + ln(count), scaled to length 1.
fn weighed(sorted: Vec<u32>) -> Vec<(u32, f32)> {
    let mut grams: Vec<(u32, f32)> = sorted
        .chunk_by(|a, b| a == b)
        .filter_map(|run| Some((*run.first()?, 1.0 + (run.len() as f32).ln())))
        .collect();
    let length = grams
        .iter()
        .map(|(_, weight)| weight * weight)
        .sum::<f32>()
        .sqrt();
    for (_, weight) in &mut grams {
        *weight /= length.max(f32::MIN_POSITIVE);
    }
    grams
}

/// Numbers behind a word that says so, and those that stand bare before the name of a street: two digits or
/// more, which count nothing and name no street themselves.
fn numbers(tokens: &[&str], words: &Words) -> Vec<Number> {
    let among = |list: &[String], word: &str| list.iter().any(|known| known == word);
    let mut numbers = Vec::new();
    for (at, text) in tokens.iter().enumerate() {
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).copied();
        let after = tokens.get(at + 1).copied();
        let said = before.is_some_and(|word| among(&words.before_number, word));
        let street =
            |word: &str| word.chars().all(char::is_alphabetic) && !among(&words.after_count, word);
        let bare = (2..=4).contains(&digits)
            && after.is_some_and(street)
            && !before.is_some_and(|word| among(&words.before_name, word));
        if digits > 0 && (said || bare) {
            let row = before.filter(|word| said && among(&words.rows, word));
            let mut led_up = tokens.iter().take(at).rev().take(WORDS_BEFORE);
            numbers.push(Number {
                row: row.map(str::to_owned),
                across: led_up.any(|word| among(&words.across, word)),
                text: (*text).to_owned(),
            });
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words() -> Words {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect();
        Words {
            common: list("de nghi xu ly"),
            before_number: list("so nha kiet km"),
            across: list("dien"),
            rows: list("km"),
            before_name: list("duong luc"),
            after_count: list("con ngay"),
        }
    }

    fn level(a: &str, b: &str) -> Option<Level> {
        Sketch::of(a, &words()).alike(&Sketch::of(b, &words()))
    }

    #[test]
    fn folding_drops_marks_in_either_form_and_the_stroke() {
        for (text, expected) in [
            ("Đường Lê Lợi, số 12/3!", "duong le loi so 12/3"),
            ("tre\u{302}n vi\u{309}a he\u{300}", "tren via he"),
            ("  a//b 1/ 2 ", "a b 1 2"),
            ("", ""),
        ] {
            assert_eq!(fold(text), expected);
        }
    }

    #[test]
    fn missing_marks_and_slips_stay_alike() {
        let original = "Hàng quán lấn chiếm hết vỉa hè trước trường học";
        assert_eq!(
            level(original, "hang quan lan chiem het via he truoc truong hoc"),
            Some(Level::TextAlike)
        );
        assert_eq!(
            level(
                original,
                "hang quan lan chiem het via ehf truoc truong hco, xu ly"
            ),
            Some(Level::TextAlike)
        );
        assert_eq!(
            level(original, "Đèn đường không sáng nhiều đêm"),
            Some(Level::TextUnlike)
        );
        assert_eq!(level(original, "ổ gà"), None);
    }

    #[test]
    fn only_numbers_of_addresses_are_numbers() {
        let number =
            |a: &str, b: &str| Sketch::of(a, &words()).same_number(&Sketch::of(b, &words()));
        let here = "quán nước trước số nhà 45 để bàn";
        assert_eq!(number(here, "trước nhà 45"), Some(Level::NumberShared));
        for (there, expected) in [
            ("trước số 46", Level::NumberNear),
            ("trước số 45b", Level::NumberNear),
            ("trong kiệt 45/2", Level::NumberNear),
            ("đối diện nhà số 45", Level::NumberNear),
            ("trước số 50", Level::NumberDifferent),
        ] {
            assert_eq!(number(here, there), Some(expected), "{there}");
        }
        for no_address in ["gần km 45", "45 ngày rồi", "đường 45 cũ", "lúc 45", "có 45"]
        {
            assert_eq!(number(here, no_address), None, "{no_address}");
        }
        assert_eq!(number(here, "45 lê lợi"), Some(Level::NumberShared));
        assert_eq!(number(here, "có 6 con bò"), None);
        assert_eq!(
            number("trong kiệt 12/3", "kiet 12/3"),
            Some(Level::NumberShared)
        );
    }

    proptest! {
        /// Foreign text: never a panic, and a cosine is one.
        #[test]
        fn any_text_compares(a in ".*", b in ".*") {
            let (a, b) = (Sketch::of(&a, &words()), Sketch::of(&b, &words()));
            let cosine = a.cosine(&b);
            prop_assert!((-1e-3..=1.001).contains(&cosine));
            prop_assert!((cosine - b.cosine(&a)).abs() < 1e-4);
            prop_assert!(a.grams.is_empty() || (a.cosine(&a) - 1.0).abs() < 1e-3);
        }
    }
}
