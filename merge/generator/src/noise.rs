//! How people and machines err, and how a city lives: three worlds. Two are for development; the third is
//! held out, and nothing of a scorer may be tuned by looking at it.

use crate::dice::Dice;

/// How positions err.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gps {
    /// Gaussian, and the phone knows how much.
    Honest,
    /// Long tails and a bias between tall houses, while the phone claims always the same.
    Canyon,
    /// Student's law with three degrees of freedom, while the phone claims what it likes.
    Wild,
}

/// How people type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Typing {
    /// Marks forgotten by some, a slip now and then.
    Careful,
    /// No marks by most, letters doubled, dropped and swapped, words dropped, abbreviations.
    Hasty,
    /// Keys of an input method left standing, words run together, letters replaced, other abbreviations.
    Thumbs,
}

/// How a city lives: what happens how often and how long, who reports it when, and in which words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum City {
    /// The one that was in mind.
    Own,
    /// Another one.
    Elsewhere,
}

/// How everything errs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// How the city lives.
    pub city: City,
    /// Positions.
    pub gps: Gps,
    /// Words.
    pub typing: Typing,
    /// Clocks are off by up to so many seconds.
    pub clock_s: f64,
    /// Share of people's reports with a wrong category.
    pub wrong_category: f64,
    /// Share of incidents with another of the same category a few steps away at the same time.
    pub twins: f64,
}

impl Noise {
    /// The world that was in mind: for development.
    pub const PLAIN: Self = Self {
        city: City::Own,
        gps: Gps::Honest,
        typing: Typing::Careful,
        clock_s: 30.0,
        wrong_category: 0.06,
        twins: 0.02,
    };
    /// The same city, where everybody errs more: for development.
    pub const ROUGH: Self = Self {
        city: City::Own,
        gps: Gps::Canyon,
        typing: Typing::Hasty,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.06,
    };
    /// Another city, other laws of error, other words: held out.
    pub const HELD_OUT: Self = Self {
        city: City::Elsewhere,
        gps: Gps::Wild,
        typing: Typing::Thumbs,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.05,
    };
}

impl Gps {
    /// An error east and north, and what the phone claims, metres.
    pub(crate) fn error(self, dice: &mut Dice) -> (f64, f64, f64) {
        match self {
            Self::Honest => {
                let sigma = dice.between(4.0, 22.0);
                let claimed = sigma * dice.between(0.85, 1.3);
                (sigma * dice.normal(), sigma * dice.normal(), claimed)
            }
            Self::Canyon => {
                let far = dice.exponential(11.0);
                let angle = dice.between(0.0, std::f64::consts::TAU);
                let bias = if dice.chance(0.12) {
                    dice.between(15.0, 55.0)
                } else {
                    0.0
                };
                let towards = dice.between(0.0, std::f64::consts::TAU);
                (
                    far * angle.sin() + bias * towards.sin(),
                    far * angle.cos() + bias * towards.cos(),
                    *dice.pick(&[8.0, 10.0, 12.0, 20.0]),
                )
            }
            Self::Wild => {
                let sigma = 8.0 * (0.5 * dice.normal()).exp();
                let chi: f64 = (0..3).map(|_| dice.normal().powi(2)).sum();
                let wide = sigma * (3.0 / chi.max(0.05)).sqrt();
                let claimed = (sigma * (0.6 * dice.normal()).exp()).clamp(3.0, 80.0);
                (wide * dice.normal(), wide * dice.normal(), claimed)
            }
        }
    }
}

impl Typing {
    /// A text as it would arrive.
    pub(crate) fn type_out(self, dice: &mut Dice, text: &str) -> String {
        let (bare, slips) = match self {
            Self::Careful => (0.25, 0.006),
            Self::Hasty => (0.65, 0.03),
            Self::Thumbs => (0.45, 0.02),
        };
        let text = match self {
            Self::Careful => text.to_owned(),
            Self::Hasty => shorten(dice, text),
            Self::Thumbs => thumbed(dice, text),
        };
        let text = if dice.chance(bare) {
            strip(&text)
        } else {
            text
        };
        let mut letters: Vec<char> = text.chars().collect();
        let mut at = 0;
        while at + 1 < letters.len() {
            if !letters[at].is_ascii_digit() && dice.chance(slips) {
                match dice.below(3) {
                    0 => letters.swap(at, at + 1),
                    1 => drop(letters.remove(at)),
                    _ => letters.insert(at, letters[at]),
                }
            }
            at += 1;
        }
        letters.into_iter().collect()
    }
}

fn shorten(dice: &mut Dice, text: &str) -> String {
    let short = [
        ("không", "ko"),
        ("đường", "đg"),
        ("người", "ng"),
        ("được", "dc"),
    ];
    let words = text.split(' ').filter_map(|word| {
        let known = short.iter().find(|(long, _)| *long == word);
        match known {
            Some((_, short)) if dice.chance(0.5) => Some(*short),
            _ if word.chars().any(|c| c.is_ascii_digit()) => Some(word),
            _ => (!dice.chance(0.05)).then_some(word),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Words as thumbs leave them: some in the raw keys of Telex, some run together.
fn thumbed(dice: &mut Dice, text: &str) -> String {
    let short = [
        ("không", "hông"),
        ("được", "đc"),
        ("rồi", "r"),
        ("người", "ng`"),
    ];
    let mut typed = String::new();
    for word in text.split(' ') {
        let known = short.iter().find(|(long, _)| *long == word);
        match known {
            Some((_, short)) if dice.chance(0.4) => typed.push_str(short),
            _ if dice.chance(0.08) => typed.push_str(&telex(word)),
            _ => typed.push_str(word),
        }
        let digits = typed.ends_with(|c: char| c.is_ascii_digit());
        if digits || !dice.chance(0.03) {
            typed.push(' ');
        }
    }
    typed.trim_end().to_owned()
}

/// A word in the keys that make it: marks of vowels doubled, the tone's key at the end.
fn telex(word: &str) -> String {
    const TONED: [(&str, &str); 12] = [
        ("áàảãạ", "a"),
        ("ắằẳẵặ", "aw"),
        ("ấầẩẫậ", "aa"),
        ("éèẻẽẹ", "e"),
        ("ếềểễệ", "ee"),
        ("íìỉĩị", "i"),
        ("óòỏõọ", "o"),
        ("ốồổỗộ", "oo"),
        ("ớờởỡợ", "ow"),
        ("úùủũụ", "u"),
        ("ứừửữự", "uw"),
        ("ýỳỷỹỵ", "y"),
    ];
    const PLAIN: [(char, &str); 7] = [
        ('ă', "aw"),
        ('â', "aa"),
        ('ê', "ee"),
        ('ô', "oo"),
        ('ơ', "ow"),
        ('ư', "uw"),
        ('đ', "dd"),
    ];
    let (mut keys, mut tone) = (String::new(), "");
    for letter in word.chars() {
        let toned = TONED
            .iter()
            .find_map(|(toned, base)| Some((toned.chars().position(|c| c == letter)?, base)));
        let plain = PLAIN.iter().find(|(marked, _)| *marked == letter);
        match (toned, plain) {
            (Some((at, base)), _) => {
                keys.push_str(base);
                tone = ["s", "f", "r", "x", "j"][at];
            }
            (None, Some((_, base))) => keys.push_str(base),
            (None, None) => keys.push(letter),
        }
    }
    keys + tone
}

/// Drops Vietnamese marks by table: another way than the scorer's, on purpose.
fn strip(text: &str) -> String {
    const TABLE: [(&str, char); 7] = [
        ("áàảãạăắằẳẵặâấầẩẫậ", 'a'),
        ("éèẻẽẹêếềểễệ", 'e'),
        ("íìỉĩị", 'i'),
        ("óòỏõọôốồổỗộơớờởỡợ", 'o'),
        ("úùủũụưứừửữự", 'u'),
        ("ýỳỷỹỵ", 'y'),
        ("đ", 'd'),
    ];
    text.chars()
        .map(|letter| {
            let lower = letter.to_lowercase().next().unwrap_or(letter);
            TABLE
                .iter()
                .find(|(marked, _)| marked.contains(lower))
                .map_or(letter, |(_, bare)| *bare)
        })
        .collect()
}
