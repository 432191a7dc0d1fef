//! How people type.

use crate::dice::Dice;

/// How people type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Typing {
    /// Marks forgotten by some, a slip now and then.
    Careful,
    /// No marks by most, letters doubled, dropped and swapped, words dropped, abbreviations.
    Hasty,
    /// Keys of an input method left standing, words run together, letters replaced, other abbreviations.
    Thumbs,
    /// Small letters, a few words, marks by half, signs and repeated letters.
    Short,
    /// Dictated: whole sentences with their marks, and syllables that sound alike.
    Dictated,
    /// Raw number keys of an input method, letters for sounds, commas for full stops, whole texts in capitals.
    Keys,
}

impl Typing {
    /// A text as it would arrive.
    pub(crate) fn type_out(self, dice: &mut Dice, text: &str) -> String {
        let (bare, slips) = match self {
            Self::Careful => (0.25, 0.006),
            Self::Hasty => (0.65, 0.03),
            Self::Thumbs => (0.45, 0.02),
            Self::Short => (0.5, 0.015),
            Self::Dictated => (0.02, 0.002),
            Self::Keys => (0.55, 0.025),
        };
        let text = match self {
            Self::Careful => text.to_owned(),
            Self::Hasty => shorten(dice, text),
            Self::Thumbs => thumbed(dice, text),
            Self::Short => clipped(dice, text),
            Self::Dictated => misheard(dice, text),
            Self::Keys => keyed(dice, text),
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

/// Small letters, a word's last vowel drawn out, signs at the end.
fn clipped(dice: &mut Dice, text: &str) -> String {
    let mut typed = text.to_lowercase();
    if let Some(last) = typed
        .chars()
        .last()
        .filter(|c| c.is_alphabetic() && dice.chance(0.15))
    {
        typed.extend(std::iter::repeat_n(last, 3));
    }
    typed + *dice.pick(&["", "", "!!!", " :(", " 😡"])
}

/// Some words end in the number keys of VNI, some are written as they sound, some texts are shouted.
fn keyed(dice: &mut Dice, text: &str) -> String {
    let sound = [("gi", "j"), ("qu", "w"), ("ph", "f"), ("kh", "k")];
    let words = text.split(' ').map(|word| {
        if word.chars().any(|c| c.is_ascii_digit()) {
            return word.to_owned();
        }
        let known = sound.iter().find(|(long, _)| word.starts_with(long));
        match known {
            Some((long, short)) if dice.chance(0.25) => word.replacen(long, short, 1),
            _ if dice.chance(0.06) => format!("{}{}", strip(word), 1 + dice.below(9)),
            _ => word.to_owned(),
        }
    });
    let typed = words.collect::<Vec<_>>().join(" ");
    if dice.chance(0.1) {
        typed.to_uppercase()
    } else {
        typed
    }
}

/// Syllables as a machine hears them from another region.
fn misheard(dice: &mut Dice, text: &str) -> String {
    const SOUNDS: [(&str, &str); 6] = [
        ("tr", "ch"),
        ("s", "x"),
        ("gi", "d"),
        ("l", "n"),
        ("v", "d"),
        ("r", "g"),
    ];
    let words = text.split(' ').map(|word| {
        let sound = SOUNDS.iter().find(|(spoken, _)| word.starts_with(spoken));
        match sound {
            Some((spoken, heard)) if dice.chance(0.12) => word.replacen(spoken, heard, 1),
            _ => word.to_owned(),
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
