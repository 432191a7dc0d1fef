//! How people and machines err: two worlds, so that nothing can be fitted to one of them.

use crate::dice::Dice;

/// How positions err.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gps {
    /// Gaussian, and the phone knows how much.
    Honest,
    /// Long tails and a bias between tall houses, while the phone claims always the same.
    Canyon,
}

/// How people type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Typing {
    /// Marks forgotten by some, a slip now and then.
    Careful,
    /// No marks by most, letters doubled, dropped and swapped, words dropped, abbreviations.
    Hasty,
}

/// How everything errs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
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
    /// The world that was in mind.
    pub const PLAIN: Self = Self {
        gps: Gps::Honest,
        typing: Typing::Careful,
        clock_s: 30.0,
        wrong_category: 0.06,
        twins: 0.02,
    };
    /// The world that was held out.
    pub const HELD_OUT: Self = Self {
        gps: Gps::Canyon,
        typing: Typing::Hasty,
        clock_s: 300.0,
        wrong_category: 0.30,
        twins: 0.06,
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
        }
    }
}

impl Typing {
    /// A text as it would arrive.
    pub(crate) fn type_out(self, dice: &mut Dice, text: &str) -> String {
        let (bare, slips) = match self {
            Self::Careful => (0.25, 0.006),
            Self::Hasty => (0.65, 0.03),
        };
        let text = if self == Self::Hasty {
            shorten(dice, text)
        } else {
            text.to_owned()
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
